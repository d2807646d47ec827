"""Autotask: whether it lets us in, and leaves us requests enough."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bt_autotask_sync.autotask.errors import AutotaskOutage, AutotaskRefused
from bt_autotask_sync.check.billing import OF_TICKETS, OF_TIME_ENTRIES, check_billed_hours, check_reference
from bt_autotask_sync.check.clocks import compare_with_autotask
from bt_autotask_sync.check.findings import Area, failed, ok, problem, remark
from bt_autotask_sync.check.people import PeopleCheck
from bt_autotask_sync.check.tenant import check_entity, needs
from bt_autotask_sync.check.ticket_choices import check_choices
from bt_autotask_sync.check.ticket_data import check_required_here
from bt_autotask_sync.check.ticket_people import check_assignment, check_clients
from bt_autotask_sync.state.artifact_record import RecordClass
from bt_autotask_sync.state.artifacts import Artifacts
from bt_autotask_sync.state.runs import Runs
from bt_autotask_sync.state.states import ArtifactKind
from bt_autotask_sync.sync.budget import OWN_REQUESTS, Budget, BudgetSpentError, read_threshold
from bt_autotask_sync.sync.compare.lookup_state import BLIND, KNOWN_RECORDS, LookupState
from bt_autotask_sync.sync.compare.lookups import Comparison, place_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, timedelta

    from bt_autotask_sync.autotask.client import AutotaskClient
    from bt_autotask_sync.autotask.entities import Threshold
    from bt_autotask_sync.autotask.records import Records
    from bt_autotask_sync.check.findings import Finding, Step
    from bt_autotask_sync.clock import Clock
    from bt_autotask_sync.config.models import Profile
    from bt_autotask_sync.config.tickets import Tickets
    from bt_autotask_sync.state.ledger import Ledger

_SORTS = (
    (RecordClass(ArtifactKind.TICKET), Area.TICKETS, "tickets"),
    (RecordClass(ArtifactKind.NOTE), Area.NOTES, "notes"),
    (RecordClass(ArtifactKind.TIME_ENTRY), Area.TIME_ENTRIES, "time entries"),
    (RecordClass(ArtifactKind.TIME_ENTRY, non_billable=True), Area.TIME_ENTRIES, "non-billable time entries"),
)


def check_sight(profile: Profile, records: Records, ledger: Ledger | None) -> Iterator[Finding]:
    """Yield for each sort of records whether the newest known ones show in a query."""
    if ledger is None:
        return
    artifacts = Artifacts(ledger, profile.name)
    comparison = Comparison(records, artifacts)
    off = {Area.TIME_ENTRIES: not profile.time_entries.enabled, Area.TICKETS: not profile.tickets.enabled}
    for record_class, area, words in _SORTS:
        places = {place_of(known) for known in artifacts.known(record_class, KNOWN_RECORDS)} - {None}
        if not places or off.get(area):
            continue
        if comparison.lookup_states.of(record_class) is LookupState.UNVERIFIED:
            comparison.existing(record_class.kind, places)
        yield _judge(comparison.lookup_states.of(record_class), area, words)


def _judge(state: LookupState, area: Area, words: str) -> Finding:
    if state is LookupState.VERIFIED:
        return ok(area, f"Look-ups show {words} that are there.")
    return problem(area, f"{BLIND.error} It hides {words}.", BLIND.advice)


def ticket_steps(settings: Tickets, client: AutotaskClient, records: Records) -> tuple[Step, ...]:
    """Return what to do, in order; nothing where no tickets are made."""
    if not settings.enabled:
        return ()
    data = settings.default_data
    references = (
        partial(check_reference, client, records, OF_TICKETS, name, value) for name, value in data.fields.items()
    )
    return (
        partial(_check_fields, settings, records),
        partial(check_clients, data, records),
        partial(check_assignment, data, records),
        *references,
    )


def _check_fields(settings: Tickets, records: Records) -> Iterator[Finding]:
    known = records.ticket_fields()
    yield from check_required_here(settings, known)
    yield from check_choices(settings, known)


_HOUR = 3600


class AutotaskCheck:
    """Asks one tenant.

    Args:
        profile: The settings to try.
        client: The tenant.
        records: The reads of a run.
        ledger: What earlier runs did, if any.
        clock: This machine's time.
        appliance_ahead: How far the appliance's clock is ahead of this machine's, if it was reached.
        usernames: Representatives to look for.
    """

    def __init__(
        self,
        profile: Profile,
        client: AutotaskClient,
        records: Records,
        *,
        ledger: Ledger | None,
        clock: Clock,
        appliance_ahead: timedelta | None,
        usernames: tuple[str, ...],
    ) -> None:
        self._profile = profile
        self._client = client
        self._records = records
        self._ledger = ledger
        self._clock = clock
        self._appliance_ahead = appliance_ahead
        self.people = PeopleCheck(profile.time_entries, records, usernames)

    def steps(self) -> tuple[Step, ...]:
        """Return what to do, in order."""
        profile, client = self._profile, self._client
        entities = (partial(check_entity, client, profile, need) for need in needs(profile))
        sight = partial(check_sight, profile, self._records, self._ledger)
        tickets = ticket_steps(profile.tickets, client, self._records)
        return (self._zone, self._budget, *entities, sight, *tickets, *self._time_entries())

    def _time_entries(self) -> tuple[Step, ...]:
        settings = self._profile.time_entries
        if not settings.enabled:
            return ()
        references = (
            partial(check_reference, self._client, self._records, OF_TIME_ENTRIES, name, value)
            for name, value in settings.default_data.fields.items()
        )
        rounds_here = bool(settings.round_to_minutes or settings.minimum_minutes)
        billing = partial(check_billed_hours, self._client, self._clock.now(), rounds_here=rounds_here)
        return (*references, billing, *self.people.steps())

    def _zone(self) -> Iterator[Finding]:
        """Autotask: a wrong zone refuses the credentials, or finds nothing."""
        configured = self._profile.autotask.services_url
        try:
            named = self._client.named_zone().services_url
        except (AutotaskRefused, AutotaskOutage) as error:
            if not configured:
                raise
            # No secret went with the question: whether the credentials are right, the next one shows.
            what = f"The tenant's zone cannot be read, and links to tickets are left out: {error.message}"
            yield remark(Area.AUTOTASK, what, "Runs work in the zone of services_url.")
            return
        if configured and configured != named:
            what = f"The tenant is in the zone at {named}, and services_url names {configured}."
            yield problem(Area.AUTOTASK, what, f'Set autotask.services_url = "{named}", or leave it empty.')
        else:
            yield ok(Area.AUTOTASK, f"The tenant is in the zone at {named}.")

    def _budget(self) -> Iterator[Finding]:
        threshold, answered_at, reason = read_threshold(self._client)
        yield ok(Area.AUTOTASK, "It accepts the credentials.")
        yield self._judge_budget(threshold) if threshold else _unreadable(reason)
        if answered_at is not None and self._appliance_ahead is not None:
            autotask_ahead = answered_at - self._clock.now()
            yield compare_with_autotask(self._appliance_ahead - autotask_ahead)

    def _judge_budget(self, threshold: Threshold) -> Finding:
        share = self._profile.autotask.request_share
        budget = Budget(share, self._own_requests(threshold, self._clock.now()))
        budget.record_threshold(threshold, 0)
        used = f"{threshold.used} of the tenant's {threshold.limit} requests of this hour are used"
        try:
            budget.check(0)
        except BudgetSpentError as error:
            return failed(Area.AUTOTASK, error)
        if threshold.limit <= 0:
            return ok(Area.AUTOTASK, "The tenant has no hourly limit of requests.")
        if threshold.used < share * threshold.limit:
            return ok(Area.AUTOTASK, f"{used}; runs work up to {share * threshold.limit:.0f}.")
        return remark(
            Area.AUTOTASK,
            f"{used}: a run may send no more than {OWN_REQUESTS} in this hour.",
            "Look for another integration that asks too much, or raise autotask.request_share.",
        )

    def _own_requests(self, threshold: Threshold, now: datetime) -> int:
        """Return how many of the requests of this hour earlier runs sent."""
        if self._ledger is None:
            return 0
        earlier = Runs(self._ledger, self._profile.name).requests_since(int(now.timestamp()) - _HOUR)
        return min(earlier, threshold.used)


def _unreadable(reason: str) -> Finding:
    return remark(
        Area.AUTOTASK,
        f"The tenant's count of requests cannot be read: {reason}",
        f"Runs send at most {OWN_REQUESTS} requests an hour until it can. See whether a firewall keeps GET "
        "/ThresholdInformation back; else Autotask has changed: report it.",
    )
