"""The picklist values that ticket default data name, by number or by label, among those that the tenant has."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bt_autotask_sync.autotask.bulk import folded
from bt_autotask_sync.autotask.fields import TICKET_FIELDS
from bt_autotask_sync.check.findings import Area, ok, problem, remark
from bt_autotask_sync.check.tenant import named

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bt_autotask_sync.autotask.metadata import Choice, FieldInformation
    from bt_autotask_sync.check.findings import Finding
    from bt_autotask_sync.config.tickets import Tickets


class _Pick(NamedTuple):
    """What default data name for a field, the tenant's values for it, and the value that it must belong to, if any."""

    name: str
    value: int | str
    choices: Sequence[Choice]
    parent_field: str = ""
    parent: str = ""

    @property
    def shown(self) -> str:
        return f"with the label {self.value!r}" if isinstance(self.value, str) else str(self.value)


def check_choices(settings: Tickets, known: Mapping[str, FieldInformation]) -> Iterator[Finding]:
    """Yield for each picklist value whether it exists, is active and is one.

    `known` are the fields of tickets by their names in lower case. What a value depends on, as a sub-issue does on its
    issue, is judged before it; where that is wrong, nothing more is said.
    """
    picked = {
        name: value
        for name, value in settings.default_data.fields.items()
        if isinstance(value, int | str) and _is_picked(name, value, known)
    }
    chosen: dict[str, str] = {}
    for name in sorted(picked, key=lambda name: bool(_parent_field(name, known))):
        parent_field = _parent_field(name, known)
        if parent_field and parent_field.lower() not in map(str.lower, picked):
            yield _without_parent(settings, name, parent_field)
        elif not parent_field or parent_field.lower() in chosen:
            parent = chosen.get(parent_field.lower(), "")
            field = known.get(name.lower())
            finding, choice = _judge(_Pick(name, picked[name], field.choices if field else (), parent_field, parent))
            yield finding
            if choice is not None:
                chosen[name.lower()] = choice.value


def _is_picked(name: str, value: int | str, known: Mapping[str, FieldInformation]) -> bool:
    """Tell whether a value is one of a list: the tenant says so, or it is a label."""
    if not TICKET_FIELDS[name].picklist:
        return False
    field = known.get(name.lower())
    return isinstance(value, str) or bool(field and field.choices)


def _parent_field(name: str, known: Mapping[str, FieldInformation]) -> str:
    field = known.get(name.lower())
    return field.parent_field if field else ""


def _without_parent(settings: Tickets, name: str, parent_field: str) -> Finding:
    what = f"tickets.default_data has {name} without the {parent_field} that it belongs to."
    if settings.create_without_external_key:
        return problem(Area.TICKETS, what, f"Add {parent_field}: Autotask takes no ticket so.")
    return remark(Area.TICKETS, what, f"The JSON of every external key must bring {parent_field}; or add it.")


def _judge(pick: _Pick) -> tuple[Finding, Choice | None]:
    """Return what to say of a value, and the one that it means where that is sure."""
    if not pick.choices:
        what = f"Autotask does not tell the values of {pick.name} to look for one {pick.shown}."
        return problem(Area.TICKETS, what, f"Give its number in tickets.default_data.{pick.name}."), None
    meant = [choice for choice in pick.choices if _is_meant(choice, pick.value)]
    if not meant:
        return _wrong(pick, f"The {pick.name} {pick.shown} does not exist in this tenant."), None
    belonging = [choice for choice in meant if choice.parent in ("", pick.parent)]
    if not belonging:
        return _wrong(pick, f"The {pick.name} {pick.shown} belongs to another {pick.parent_field} than given."), None
    active = [choice for choice in belonging if choice.active]
    if not active:
        return _wrong(pick, f"The {pick.name} {belonging[0].value} ({belonging[0].label}) is not active."), None
    if len(active) > 1:
        return _wrong(pick, f"Several values of {pick.name} have the label {pick.value!r}."), None
    return ok(Area.TICKETS, f"The {pick.name} {active[0].value} is “{active[0].label}”."), active[0]


def _is_meant(choice: Choice, value: int | str) -> bool:
    """Autotask: values of picklists are text."""
    return folded(choice.label) == folded(value) if isinstance(value, str) else choice.value == str(value)


def _wrong(pick: _Pick, what: str) -> Finding:
    open_to_it = (choice for choice in pick.choices if choice.parent in ("", pick.parent))
    return problem(Area.TICKETS, what, f"Set tickets.default_data.{pick.name} to one of: {named(open_to_it)}.")
