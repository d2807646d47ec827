"""Everything that is uncertain about the two products, or differs between their installations, as a switch."""

from __future__ import annotations

import copy
import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

from bt_autotask_sync.sandbox.checking import checked

if TYPE_CHECKING:
    from collections.abc import Mapping

_SHARES = {"events_lost", "events_reordered", "event_answers_lost"}


@dataclass
class Switches:
    """How the two products behave where their documents leave it open; the defaults are the likeliest.

    Attributes:
        namespace: Of the appliance's reports: three generations are in use.
        nothing_found: The shape of "no … information matching your chosen criteria".
        nothing_found_language: In which language it says so, whatever language is asked for.
        reporting: Whether the account may read reports; if not, whether they say so or seem to be empty.
        report_retention_days: Days after its end for which a session stays in the reports; 0: for ever.
        listing: Whether `SupportSessionListing` can be called, or how it fails.
        report_lag_seconds: A report is complete this long after its session's end.
        running_lag_seconds: Reports show a running session, and that it began, so late.
        external_key_attribute: Whether `get_session_attributes` names the external key among the custom fields.
        set_attributes: How `set_session_attributes` is refused to an account that may only read.
        event_lsid: How outbound events write the digits of the lsid.
        event_custom_fields: How outbound events name a custom field: as it is, or with `session.custom.` before it.
        events_lost: The share of outbound events that are never sent.
        events_reordered: The share of outbound events that arrive up to an hour late, behind others.
        event_answers_lost: The share of the 200s that get lost on the way, so that their events are sent again.
        abnormal_end: How the end time of a session that was never closed looks.
        appliance_date: The `Date` header of the appliance's answers.
        autotask_date: The `Date` header of Autotask's answers.
        bad_credentials: "500-text" for a wrong user or integration code, as older reports tell.
        refusals: The HTTP status under which an `errors` body arrives.
        missing_item: What a GET of an unknown id answers.
        hourly_limit: The HTTP status once the hourly threshold is reached.
        retry_after: Whether a 429 names the seconds to wait.
        latency_tiers: Autotask: +0.5 s from half of the hourly threshold on, +1 s from three quarters.
        over_length: What happens to a text that is longer than its field.
        date_suffix: Whether times are answered with a `Z`.
        date_offsets: What happens to an offset such as `+02:00` in a time that is sent.
        like_wildcards: Whether `%`, `_` and `[…]` are wildcards in `contains`, `beginsWith` and `endsWith`.
        query_lag_seconds: A new record shows in queries only after so many seconds.
        missing_rights: Entities (`TicketNotes`) whose queries answer 200 with an empty list.
        creates_refused: Entities whose creates are refused for lack of permission.
        non_billable_hidden: Whether queries leave out non-billable time entries.
        threshold_information: Whether the hourly count is answered under the usual names, or under others.
        impersonation: Whether `ImpersonationResourceId` is permitted on writes, or is refused in the usual words or in
            words that no document shows.
        not_impersonated: Ids of the resources whose security level does not let them be impersonated.
        note_title_required: Whether a note needs a title.
        system_note_types: Whether a note may have a type that Autotask's own processes use (13, 15 to 17, 91 to 95).
        proxy_time_entry: Whether the API user may write time for others.
        over_midnight: Whether a time entry may span midnight in `timezone`.
        timezone: The tenant's time zone, an IANA name.
        full_day_entry: Whether a time entry of exactly 24 hours is accepted: Autotask's pages say both.
        completed_ticket_time: Whether a completed ticket takes time entries.
        role_of_ticket: Whether a time entry must have the role that its ticket was assigned under.
        submitted_timesheets: Ids of the resources whose timesheets are submitted.
        posted_timesheets: Ids of the resources whose time is approved and posted already.
        workflow_notes: Whether a workflow rule adds a note (type 13) to every new ticket.
        workflow_reverts_status: Whether a workflow rule undoes each change of a ticket's status.
    """

    namespace: Literal["beyondtrust", "bomgar", "sra"] = "beyondtrust"
    nothing_found: Literal["root-error", "empty-list", "list-error", "nested"] = "root-error"
    nothing_found_language: Literal["english", "french"] = "english"
    reporting: Literal["granted", "document-not-found", "empty"] = "granted"
    report_retention_days: float = 0.0
    listing: Literal["available", "forbidden", "missing", "document-not-found"] = "available"
    report_lag_seconds: float = 0.0
    running_lag_seconds: float = 0.0
    external_key_attribute: Literal["never", "when-set", "always"] = "never"
    set_attributes: Literal["allowed", "forbidden", "error"] = "allowed"
    event_lsid: Literal["lower", "upper"] = "lower"
    event_custom_fields: Literal["code_name", "session.custom"] = "code_name"
    events_lost: float = 0.0
    events_reordered: float = 0.0
    event_answers_lost: float = 0.0
    abnormal_end: Literal["empty", "absent"] = "empty"
    appliance_date: Literal["right", "missing", "year-9999", "unreadable"] = "right"
    autotask_date: Literal["right", "missing", "year-9999", "unreadable"] = "right"
    bad_credentials: Literal["401-empty", "500-text"] = "401-empty"
    refusals: Literal[500, 200] = 500
    missing_item: Literal["null", "404"] = "null"
    hourly_limit: Literal[429, 500] = 429
    retry_after: bool = False
    latency_tiers: bool = False
    over_length: Literal["truncate", "error"] = "truncate"
    date_suffix: Literal["Z", "none"] = "Z"
    date_offsets: Literal["convert", "ignore"] = "convert"
    like_wildcards: bool = False
    query_lag_seconds: float = 0.0
    missing_rights: tuple[str, ...] = ()
    creates_refused: tuple[str, ...] = ()
    non_billable_hidden: bool = False
    threshold_information: Literal["usual", "other-keys"] = "usual"
    impersonation: Literal["allowed", "refused", "refused-otherwise", "turned-away"] = "allowed"
    not_impersonated: tuple[int, ...] = ()
    note_title_required: bool = True
    system_note_types: Literal["accepted", "refused"] = "accepted"
    proxy_time_entry: Literal["allowed", "refused"] = "allowed"
    over_midnight: Literal["allowed", "refused"] = "allowed"
    timezone: str = "UTC"
    full_day_entry: Literal["accepted", "refused"] = "accepted"
    completed_ticket_time: Literal["allowed", "refused"] = "allowed"
    role_of_ticket: bool = False
    submitted_timesheets: tuple[int, ...] = ()
    posted_timesheets: tuple[int, ...] = ()
    workflow_notes: bool = False
    workflow_reverts_status: bool = False

    def change(self, values: Mapping[str, Any]) -> None:
        """Set the switches named in `values`; none is set when one of them is wrong.

        Raises:
            ValueError: There is no switch of that name, or it has no such position.
        """
        accepted = checked(Switches, values)
        _check_timezone(accepted.get("timezone", self.timezone))
        _check_shares(accepted)
        self._set(accepted)

    def copy(self) -> Switches:
        """Return a second set in the same positions."""
        return copy.copy(self)

    def restore(self, other: Switches) -> None:
        """Take over every position of `other`."""
        self._set(dataclasses.asdict(other))

    def _set(self, values: Mapping[str, Any]) -> None:
        for name, value in values.items():
            setattr(self, name, value)


def _check_shares(values: Mapping[str, Any]) -> None:
    for name in _SHARES & values.keys():
        if not 0 <= values[name] <= 1:
            raise ValueError(f"{name}: must be from 0 to 1")


def _check_timezone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"timezone: {name!r} is not a known IANA time zone") from None
