"""Time Entry Default Data: what every time entry starts from."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pydantic import Field

from bt_autotask_sync.autotask.fields import TIME_ENTRY_FIELDS, JsonType
from bt_autotask_sync.autotask.fields import Field as AutotaskField
from bt_autotask_sync.config.default_data import DefaultData, RecordKind, Scalar, name_rule, read_default_data
from bt_autotask_sync.config.problems import Fault, InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

OWN_KEYS = {"defaultDomain": "default_domain", "roleName": "role_name", "summaryNotes": "summary_notes"}
"""The keys that every time entry needs, and what they are called here."""

SET_BY_THE_PROGRAM = {
    "id": "Autotask numbers its time entries.",
    "ticketID": "The session's external key names the ticket.",
    "taskID": "The time of a session stands on a ticket.",
    "internalBillingCodeID": "The time of a session stands on a ticket, where the work type is billingCodeID.",
    "resourceID": "The representative decides whose time it is; see resource_map.",
    "roleID": "Name the role in roleName.",
    "startDateTime": "The session decides it.",
    "endDateTime": "The session decides it.",
    "dateWorked": "The session decides it.",
    "hoursWorked": "The session decides it.",
    "hoursToBill": "Autotask works it out from the hours worked.",
}
"""Fields that default data may not hold, and why: a wrong one would move, double or hide time."""


class TimeEntryDefaults(DefaultData):
    """What every time entry starts from."""

    default_domain: str = Field(
        "",
        serialization_alias="defaultDomain",
        description="Needed while enabled. A representative's username at this domain is the e-mail address of the "
        "Autotask resource.",
    )
    role_name: str = Field(
        "",
        serialization_alias="roleName",
        description="Needed while enabled. The role that the time is billed under; the resources must hold it.",
    )
    summary_notes: str = Field(
        "",
        serialization_alias="summaryNotes",
        description="Needed while enabled. The summary notes of the entry, itself a template.",
    )
    fields: dict[str, Scalar] = Field(
        default_factory=dict,
        description="Any other writable field of TimeEntries, by its REST name or by its name in the plugin's JSON. "
        "billingCodeID takes the name of a work type too.",
    )

    @property
    def work_type_name(self) -> str:
        """The name that stands for `billingCodeID`; empty where a number does, or nothing."""
        code = self.fields.get("billingCodeID")
        return code if isinstance(code, str) else ""


def time_entry_defaults(value: object, *, required: bool) -> TimeEntryDefaults:
    """Return the defaults that `value` holds; an @ in front of the domain is taken off.

    Args:
        value: A table or JSON text, or defaults that were read before.
        required: Whether the three keys of our own must be there, as they must where time entries are made.

    Raises:
        InvalidValueError: With everything that is wrong, each at its key.
    """
    written = value.as_written() if isinstance(value, TimeEntryDefaults) else value
    read, faults = read_default_data(written, _TIME_ENTRIES)
    if required:
        faults += _missing(read)
    if faults:
        raise InvalidValueError(*faults)
    named = {attribute: read.pop(key, "") for key, attribute in OWN_KEYS.items()}
    return TimeEntryDefaults(**{**named, "default_domain": _bare(named["default_domain"])}, fields=read)


def _missing(read: Mapping[str, Any]) -> Iterator[Fault]:
    for key in OWN_KEYS:
        text = read.get(key)
        if text is None:
            yield Fault("is missing", "Time entries need it while they are enabled.", (key,))
        elif isinstance(text, str) and not _bare(text):
            yield Fault("must not be empty", "Time entries need it while they are enabled.", (key,))


def _fault_of_domain(text: str) -> Fault | None:
    if "@" in _bare(text) or len(_bare(text).split()) > 1:
        return Fault("is not a domain", 'Write one like "example.com".')
    return None


def _bare(domain: str) -> str:
    return domain.strip().removeprefix("@")


_TIME_ENTRIES = RecordKind(
    name="time entries",
    fields=TIME_ENTRY_FIELDS,
    own=MappingProxyType({name: AutotaskField(JsonType.STRING) for name in ("defaultDomain", "roleName")}),
    refused=MappingProxyType(SET_BY_THE_PROGRAM),
    rules=MappingProxyType({"billingCodeID": name_rule("the name of a work type"), "defaultDomain": _fault_of_domain}),
)
