"""The appliance: whether it lets us in, and answers what every run asks."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bt_autotask_sync.appliance.document import CHECK_PERMISSION
from bt_autotask_sync.appliance.errors import ReportNotPermitted
from bt_autotask_sync.check.clocks import NO_TIME, compare_with_machine
from bt_autotask_sync.check.findings import Area, ok, problem, remark
from bt_autotask_sync.check.ticket_data import asked_contact
from bt_autotask_sync.config.models import PollEvent
from bt_autotask_sync.sync.discover.reports import CHUNK, Reports

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    from bt_autotask_sync.appliance.client import ApplianceClient
    from bt_autotask_sync.check.findings import Finding, Step
    from bt_autotask_sync.clock import Clock
    from bt_autotask_sync.config.models import Profile

HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)
COMMAND_API = "Under /login > Management > API Configuration give the API account full access to the command API."


class ApplianceCheck:
    """Asks one appliance.

    Attributes:
        ahead: How far its clock is ahead of this machine's; None before it was reached.
        usernames: The representatives of the last week's sessions, invited ones left out.
    """

    def __init__(self, profile: Profile, client: ApplianceClient, clock: Clock) -> None:
        self._profile = profile
        self._client = client
        self._clock = clock
        self.ahead: timedelta | None = None
        self.usernames: tuple[str, ...] = ()

    def steps(self) -> tuple[Step, ...]:
        """Return what to do, in order."""
        surveys = (self._surveys,) if PollEvent.CUSTOMER_SURVEY in self._profile.poll_events else ()
        return (self._login, self._permissions, self._listing, *surveys, self._week)

    @property
    def _now(self) -> datetime:
        return self._clock.now() + (self.ahead or timedelta(0))

    def _login(self) -> Iterator[Finding]:
        settings = self._profile.appliance
        moment = self._client.time()
        self.ahead = None if moment is None else moment - self._clock.now()
        yield ok(Area.APPLIANCE, f"{settings.host} is reached and accepts the OAuth client.")
        if settings.use_tls and settings.verify_certificates:
            yield ok(Area.APPLIANCE, "Its certificate is valid.")
        yield NO_TIME if self.ahead is None else compare_with_machine(self.ahead)

    def _permissions(self) -> Iterator[Finding]:
        """BeyondTrust: `get_api_info` tells the account's permissions; it needs the command API itself."""
        try:
            info = self._client.api_info()
        except ReportNotPermitted:
            yield self._no_command("The API account may not use the command API.", "")
            return
        yield ok(Area.APPLIANCE, f"Its API has the version {info.version or 'unknown'}.")
        command = info.permissions.get("perm_command")
        if command not in (None, "full_access"):
            what = f"The API account has no full access to the command API (perm_command is {command})."
            yield self._no_command(what, " Deliveries do not need it.")
        reporting = info.permissions.get("perm_reporting_support")
        if reporting not in (None, "1"):
            what = f"The API account may not read session reports (perm_reporting_support is {reporting})."
            yield problem(Area.APPLIANCE, what, CHECK_PERMISSION)

    def _no_command(self, what: str, comfort: str) -> Finding:
        """BeyondTrust: the external key of a running session is set by the command API, with full access."""
        if not self._profile.tickets.create_on_session_start:
            return remark(Area.APPLIANCE, what, f"{COMMAND_API}{comfort}")
        unwritten = f"{what} The numbers of new tickets cannot be written to the running sessions."
        return problem(Area.APPLIANCE, unwritten, COMMAND_API)

    def _listing(self) -> Iterator[Finding]:
        try:
            self._client.list_cheaply(self._now - HOUR)
        except ReportNotPermitted:
            yield remark(
                Area.APPLIANCE,
                "The SupportSessionListing report is not permitted; every run reads the larger SupportSession instead.",
                CHECK_PERMISSION,
            )
        else:
            yield ok(Area.APPLIANCE, "The sessions that ended can be listed.")

    def _surveys(self) -> Iterator[Finding]:
        try:
            self._client.customer_surveys(self._now - HOUR)
        except ReportNotPermitted:
            yield problem(
                Area.APPLIANCE,
                "The report of customer surveys is not permitted: surveys that come late make no note.",
                f'{CHECK_PERMISSION} Or leave "customer-survey" out of poll_events.',
            )
        else:
            yield ok(Area.APPLIANCE, "The customer surveys can be read.")

    def _week(self) -> Iterator[Finding]:
        """Read the usernames and custom fields of the last week's reports; of one report where nobody needs them."""
        lsids = self._client.list_ended(self._now - WEEK, None).lsids
        asked = asked_contact(self._profile.tickets)
        read = lsids if self._profile.time_entries.enabled or asked else lsids[:1]
        reports, unreadable = Reports(self._client), 0
        usernames: set[str] = set()
        code_names: set[str] = set()
        for start in range(0, len(read), CHUNK):
            reading = reports.read(read[start : start + CHUNK])
            unreadable += len(reading.unreadable)
            for session in reading.sessions.values():
                present = session.representatives
                usernames |= {person.username for person in present if person.username and not person.invited}
                code_names |= {each.code_name.casefold() for each in session.custom_attributes}
        self.usernames = tuple(sorted(usernames))
        yield ok(Area.APPLIANCE, f"{len(lsids)} sessions ended in the last week.")
        if unreadable:
            what = f"{unreadable} of the last week's reports cannot be read."
            yield remark(Area.APPLIANCE, what, "A run holds these sessions and tells what is wrong with each report.")
        if asked:
            yield _judge_code_name(asked.code_name, code_names)


def _judge_code_name(code_name: str, seen: Collection[str]) -> Finding:
    """BeyondTrust: nothing lists the custom fields, and a session's report has those that the session has."""
    if code_name.casefold() in seen:
        return ok(Area.TICKETS, f"Sessions of the last week have the custom field {code_name!r}.")
    return remark(
        Area.TICKETS,
        f"No session of the last week has the custom field {code_name!r}, which tickets.default_data.contactID names.",
        "See that it is the code name of a custom field under /login, and that the portal's issue form has this field.",
    )
