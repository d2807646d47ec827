"""Which past a profile goes on with: that of its appliance and tenant, whatever its name is."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bt_autotask_sync.errors import UsageError
from bt_autotask_sync.state.artifact_record import RecordClass
from bt_autotask_sync.state.profiles import Profiles
from bt_autotask_sync.state.states import ArtifactKind
from bt_autotask_sync.sync.compare.lookup_state import KNOWN_RECORDS
from bt_autotask_sync.sync.markers import is_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from bt_autotask_sync.config.models import Profile, Served
    from bt_autotask_sync.state.artifact_record import ArtifactRecord
    from bt_autotask_sync.state.inbox import Inbox
    from bt_autotask_sync.state.ledger import Ledger
    from bt_autotask_sync.sync.run_context import RunContext

_LOG = logging.getLogger(__name__)


class OtherTenantError(UsageError):
    """A profile is pointed at another tenant than the one whose past the ledger has under its name."""

    def __init__(self, profile: Profile, known: Served) -> None:
        super().__init__(
            f"The profile {profile.name!r} worked for the Autotask tenant of {known.domain} so far, and is set to "
            f"that of {profile.serves.domain} now.",
            "If that is a mistake, correct username and services_url. If it is not, begin a new past: set start_at to "
            f"the time from which on this tenant is served, or run once: bt-autotask-sync --profile {profile.name} run "
            "--since T",
        )


def take_over_renamed(
    ledger: Ledger, inbox: Inbox | None, profiles: Iterable[Profile], enabled: Collection[str]
) -> None:
    """Give each profile that the ledger does not know the past of its appliance and tenant under a former name.

    One that the ledger knows for another tenant, and that was set back to a former one, goes on with the past of that.
    What waits in the inbox goes first: should the run be killed in between, the next one does the rest.

    Args:
        ledger: The checkpoint file.
        inbox: Where outbound events wait, if there is one.
        profiles: Those that are worked on.
        enabled: The names of all enabled profiles: what belongs to one of these is not taken over.
    """
    records = Profiles(ledger)
    for profile in profiles:
        known = records.known()
        if profile.name in known:
            _go_back(records, profile, known, enabled)
            continue
        former = [name for name in known if name not in enabled and _is_past_of(profile, name, known[name])]
        if len(former) == 1:
            if inbox is not None:
                inbox.rename(former[0], profile.name)
            records.rename(former[0], profile.name)
            _goes_on(profile.name, former[0])


def _go_back(records: Profiles, profile: Profile, known: Mapping[str, Served | None], enabled: Collection[str]) -> None:
    """Have a profile that was set back to a former tenant go on with that past; the present one is kept aside."""
    present = known[profile.name]
    if present is None or present.is_tenant(profile.serves):
        return
    former = [
        name
        for name, served in known.items()
        if served is not None and name not in enabled and _is_same(profile, served)
    ]
    if len(former) == 1:
        aside = (f"{profile.name} ({present.domain}, {number})" for number in count(1))
        records.exchange(profile.name, former[0], next(name for name in aside if name not in known))
        _goes_on(profile.name, former[0])


def _goes_on(name: str, former: str) -> None:
    _LOG.warning("The profile %r goes on with what was known of %r.", name, former)


def _is_same(profile: Profile, served: Served) -> bool:
    return served.appliance == profile.serves.appliance and served.is_tenant(profile.serves)


def recognise_tenant(context: RunContext, since: datetime | None) -> None:
    """See that the ledger's past under a profile's name is that of its tenant, and keep what the profile is used for.

    Autotask is asked only where the names differ: a record that is known to be there is there in one tenant alone.

    Args:
        context: Everything the run was given.
        since: The starting point that a person gave this run, with which a new past may begin.

    Raises:
        OtherTenantError: It is another tenant's, and nothing says that a new past begins.
        SyncError: Autotask had to be asked and gave no answer.
    """
    profile, records = context.profile, Profiles(context.ledger)
    known, serves = records.known().get(profile.name), profile.serves
    if known == serves:
        return
    other = known is not None and not known.is_tenant(serves) and records.has_sent(profile.name)
    if known is not None and other and not _shows_known_record(context):
        if not _begins_anew(profile, records, since):
            raise OtherTenantError(profile, known)
        former = f"{profile.name} ({known.domain}, until {_now(context):%Y-%m-%d %H:%M:%S})"
        records.rename(profile.name, former)
        _LOG.warning("The profile %r begins a new past; the former one is kept as %r.", profile.name, former)
        known = None
    if known is None or known != replace(serves, zone=serves.zone or known.zone):
        records.keep(profile.name, serves)


def keep_zone(context: RunContext) -> None:
    """Keep the tenant's zone, if Autotask was asked for it in this run."""
    zone, serves = context.client.known_zone, context.profile.serves
    if zone is None or serves.zone:
        return
    records = Profiles(context.ledger)
    known, host = records.known().get(context.profile.name), urlsplit(zone.services_url).netloc.casefold()
    if known is not None and known.zone != host:
        records.keep(context.profile.name, replace(serves, zone=host))


def _is_past_of(profile: Profile, name: str, known: Served | None) -> bool:
    if known is None or profile.formerly:
        return name == profile.formerly
    return _is_same(profile, known)


def _begins_anew(profile: Profile, records: Profiles, since: datetime | None) -> bool:
    """Return whether a starting point is given that lies behind what was listed for the former tenant."""
    listed = records.watermark(profile.name)
    later = profile.start_at is not None and listed is not None and profile.start_at.timestamp() >= listed
    return since is not None or later


def _shows_known_record(context: RunContext) -> bool:
    """Return whether a note or time entry that the ledger knows is in the tenant that the profile is set to now."""
    for kind in (ArtifactKind.NOTE, ArtifactKind.TIME_ENTRY):
        if any(_is_there(context, record) for record in context.artifacts.known(RecordClass(kind), KNOWN_RECORDS)):
            return True
    return False


def _is_there(context: RunContext, known: ArtifactRecord) -> bool:
    if known.autotask_id is None:
        return False
    read = context.records.note if known.kind is ArtifactKind.NOTE else context.records.time_entry
    record = read(known.autotask_id)
    return record is not None and is_of(record, known.lsid)


def _now(context: RunContext) -> datetime:
    return context.clock.now().astimezone(UTC)
