"""The mutants of identity and of what re-opens a session: each breaks one sentence of I1, I2, R2 or R3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bt_autotask_sync.sync import profile_identity
from bt_autotask_sync.sync.compare import entry_matching
from bt_autotask_sync.sync.compare.missing import Missing
from bt_autotask_sync.sync.compare.tenant_search import Elsewhere
from bt_autotask_sync.sync.plan.session_billing import SessionBilling
from tests.crash.mutants.infection import Mutant, replace
from tests.crash.simulator.themes import Theme

if TYPE_CHECKING:
    from bt_autotask_sync.autotask.entities import TimeEntry
    from bt_autotask_sync.config.models import Profile
    from bt_autotask_sync.sync.compare.entry_matching import WantedEntry
    from bt_autotask_sync.sync.markers import EntryMarker


def _person_by_username() -> None:
    """Recognise a time entry by the username in its marker alone, and let nothing be in doubt."""

    def is_named(wanted: WantedEntry, _: TimeEntry, marker: EntryMarker) -> bool:
        return marker.name.casefold() in wanted.names

    replace(entry_matching, "_is_person", lambda _: is_named)
    replace(entry_matching, "_is_alike", lambda _: lambda *_: False)
    replace(entry_matching, "_doubt", lambda _: lambda *_: None)


def _past_by_name() -> None:
    """Take a profile's past for that of its name."""

    def is_namesake(profile: Profile, name: str, _: Any) -> bool:
        return name == profile.name

    replace(profile_identity, "_is_past_of", lambda _: is_namesake)


def _billed_by_settings() -> None:
    """Plan the time of every session from the settings of today."""
    replace(SessionBilling, "_kept", lambda _: lambda *_: None)


def _on_its_ticket_alone() -> None:
    """Look for a session that is not known only on the ticket that it names."""
    replace(Missing, "_is_old", lambda _: lambda *_: False)


def _never_elsewhere() -> None:
    """Find nothing on other tickets, whatever the tenant shows."""
    replace(Elsewhere, "find", lambda _: lambda *_: None)
    replace(Elsewhere, "of", lambda _: lambda *_: ())


IDENTITY = {
    "person-by-username": Mutant("I1 a username identifies nobody", _person_by_username, themes=(Theme.NAMES,)),
    "past-by-name": Mutant("I2 a past belongs to appliance and tenant", _past_by_name, themes=(Theme.PROFILES,)),
    "billed-by-settings": Mutant("R2 what was planned first stays", _billed_by_settings, themes=(Theme.SETTINGS,)),
    "on-its-ticket-alone": Mutant(
        "R3 an unknown session is looked for elsewhere", _on_its_ticket_alone, themes=(Theme.TICKETS,)
    ),
    "never-elsewhere": Mutant("R3 what stands elsewhere is adopted", _never_elsewhere, themes=(Theme.TICKETS,)),
}
