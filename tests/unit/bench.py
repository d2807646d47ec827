"""A provider in small without sockets: both products in this process, the real clients, and runs of the job."""

from __future__ import annotations

import io
import json
import sqlite3
from collections import Counter
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import requests
from urllib3 import HTTPResponse

from bt_autotask_sync.appliance.client import ApplianceClient, ApplianceSettings
from bt_autotask_sync.autotask.client import AutotaskClient, AutotaskSettings
from bt_autotask_sync.config.load import check
from bt_autotask_sync.config.secrets import Surroundings
from bt_autotask_sync.sandbox.adapter import SandboxAdapter
from bt_autotask_sync.sandbox.application import Sandbox
from bt_autotask_sync.sandbox.clock import SandboxClock
from bt_autotask_sync.sandbox.faults import Fault
from bt_autotask_sync.sandbox.requestlog import RequestLog
from bt_autotask_sync.sandbox.scenarios import ticketing
from bt_autotask_sync.sandbox.scenarios.seed import DEFAULT_DOMAIN, ROLE_NAME
from bt_autotask_sync.state.artifacts import Artifacts
from bt_autotask_sync.state.clock_tracks import ClockTracks
from bt_autotask_sync.state.ledger import Ledger
from bt_autotask_sync.state.refused_credentials import RefusedCredentials
from bt_autotask_sync.state.sessions import Sessions
from bt_autotask_sync.stop import Stop
from bt_autotask_sync.sync.access import Access
from bt_autotask_sync.sync.clocks import Side
from bt_autotask_sync.sync.held import HeldQueue
from bt_autotask_sync.sync.job import perform
from bt_autotask_sync.sync.resync import resync_named, resync_window
from bt_autotask_sync.sync.run_context import RunContext

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from bt_autotask_sync.autotask.entities import CreateOutcome
    from bt_autotask_sync.config.models import Profile
    from bt_autotask_sync.notes.templates import Templates
    from bt_autotask_sync.state.artifact_record import ArtifactRecord
    from bt_autotask_sync.state.session_record import Progress, SessionRecord
    from bt_autotask_sync.sync.deliver.workers import Call, Workers
    from bt_autotask_sync.sync.job import Job
    from bt_autotask_sync.sync.summary import Summary

NOW = 1_795_345_200
"""2026-11-22T11:00:00Z, when every test begins."""
DAY = 86_400
REST = "/atservicesrest/v1.0"


class ImmediateWorkers:
    """Does each create as it is started."""

    def start(self, create: Callable[[], CreateOutcome]) -> Call:
        call: Call = Future()
        try:
            call.set_result(create())
        except BaseException as error:  # noqa: BLE001 - as an executor does: it is raised where the result is asked for
            call.set_exception(error)
        return call

    def finished(self, calls: Collection[Call]) -> Collection[Call]:
        return list(calls)


class WrongClock:
    """This machine's clock: it goes right in another year, and its sleeping moves the products' time.

    `leapt` seconds ago or to come somebody set it.
    """

    def __init__(self, products: SandboxClock, leapt: float = 0.0) -> None:
        self._products = products
        self._leapt = leapt

    def now(self) -> datetime:
        return datetime(2001, 9, 9, tzinfo=UTC) + timedelta(seconds=self._products.now() - NOW + self._leapt)

    def monotonic(self) -> float:
        return self._products.now()

    def sleep(self, seconds: float) -> None:
        self._products.advance(seconds)


class RewritingAdapter(SandboxAdapter):
    """The sandbox behind something that rewrites the appliance's reports: given the form and the body."""

    def __init__(self, sandbox: Sandbox, rewrite: Callable[[str, bytes], bytes]) -> None:
        super().__init__(sandbox)
        self._rewrite = rewrite

    def send(self, request: requests.PreparedRequest, *given: Any, **named: Any) -> requests.Response:
        response = super().send(request, *given, **named)
        if request.path_url == "/api/reporting":
            body = self._rewrite(str(request.body), response.raw.read())
            response.raw = HTTPResponse(io.BytesIO(body), headers=response.raw.headers, preload_content=False)
        return response


class Bench:
    """Both products, a ledger that stays from run to run, and the job.

    Attributes:
        sandbox: What it holds and received is the judge. It begins without sessions.
        ledger: In memory, unless a test puts a file's there.
        rewrite: What becomes of the appliance's reports on their way.
        own_leapt: By how many seconds this machine's clock was set ahead since the test began.
    """

    def __init__(self, templates: Templates, directory: Path, switches: dict[str, Any]) -> None:
        self.clock = SandboxClock.virtual(float(NOW))
        with patch.object(ticketing, "FEWEST_TICKETS", 4):  # a small world is soon made
            self.sandbox = Sandbox(sessions=0, clock=self.clock, **switches)
        self.sandbox.appliance._sessions._sessions.clear()
        self.directory = directory
        self.ledger = in_memory()
        self._templates = templates
        self.rewrite: Callable[[str, bytes], bytes] | None = None
        self.own_leapt = 0.0
        self.access = Access(None, WrongClock(self.clock))
        self._tables: dict[str, Any] = {}
        self.configure()

    def configure(self, **tables: Any) -> None:
        """Change keys of the profile: `autotask={"note_type": 3}`, `retry_limit=2`."""
        appliance, autotask = self.sandbox.appliance.credentials, self.sandbox.autotask.credentials
        defaults = {"defaultDomain": DEFAULT_DOMAIN, "roleName": ROLE_NAME, "summaryNotes": "Remote support session"}
        base: dict[str, Any] = {
            "start_at": iso(NOW - 30 * DAY),
            "appliance": {
                "host": "127.0.0.1",
                "client_id": appliance.client_id,
                "client_secret": appliance.client_secret,
                "use_tls": False,
            },
            "autotask": {
                "username": autotask.username,
                "secret": autotask.secret,
                "integration_code": autotask.integration_code,
                "services_url": "http://127.0.0.1/atservicesrest",
            },
            "time_entries": {"enabled": True, "default_data": defaults},
        }
        self._tables = _merged(self._tables, tables)
        document = {"profile": {"default": _merged(base, self._tables)}}
        checked = check(_without_none(document), Surroundings(self.directory, {}), "test")
        self.profile: Profile = checked.profiles["default"]

    def run(
        self,
        since: float | None = None,
        until: float | None = None,
        limit: int | None = None,
        **options: Any,
    ) -> Summary:
        """Make a run; see `perform`."""
        return self.perform(lambda job: job.run(_moment(since), _moment(until), limit), **options)

    def resync(self, *lsids: str, ticket: str = "", **options: Any) -> Summary:
        """Resync named sessions; see `perform`."""
        return self.perform(lambda job: resync_named(job, lsids, ticket), **options)

    def resync_window(
        self, since: float, until: float | None = None, *, partly: bool = False, **options: Any
    ) -> Summary:
        """Resync what ended in a window; see `perform`."""
        start = datetime.fromtimestamp(since, UTC)
        return self.perform(lambda job: resync_window(job, start, _moment(until), partly=partly), **options)

    def perform(
        self,
        work: Callable[[Job], None],
        *,
        fails: type[BaseException] | None = None,
        workers: Workers | None = None,
        stop: Stop | None = None,
        ledger: Ledger | None = None,
        dry_run: bool = False,
    ) -> Summary:
        """Do one piece of work as a new process would, and see that it ends early for the reason given, or not."""
        with requests.Session() as http:
            http.trust_env = False
            adapter = RewritingAdapter(self.sandbox, self.rewrite) if self.rewrite else SandboxAdapter(self.sandbox)
            http.mount("http://", adapter)
            used = ledger or self.ledger
            refused = RefusedCredentials(used)
            self.access = Access(refused, WrongClock(self.clock, self.own_leapt))
            context = replace(self.world(http, workers or ImmediateWorkers(), stop or Stop(), used), dry_run=dry_run)
            summary = perform(context, work, "test")
            self.access.keep(refused)
        if fails is None and summary.error is not None:
            raise summary.error
        assert fails is None or isinstance(summary.error, fails), summary.error
        return summary

    def dry_run(self, **options: Any) -> Summary:
        """Make a dry run, on a copy of the ledger."""
        copy = in_memory()
        self.ledger._connection.backup(copy._connection)
        try:
            return self.run(dry_run=True, ledger=copy, **options)
        finally:
            copy.close()

    def world(self, http: requests.Session, workers: Workers, stop: Stop, ledger: Ledger) -> RunContext:
        """Wire what a run is given."""
        profile, clock = self.profile, WrongClock(self.clock, self.own_leapt)
        appliance = ApplianceSettings(
            host=profile.appliance.host,
            client_id=profile.appliance.client_id,
            client_secret=profile.appliance.client_secret.get_secret_value(),
            use_tls=False,
        )
        autotask = AutotaskSettings(
            username=profile.autotask.username,
            secret=profile.autotask.secret.get_secret_value(),
            integration_code=profile.autotask.integration_code.get_secret_value(),
            services_url=profile.autotask.services_url,
        )
        appliance_gate, autotask_gate = self.access.gates(profile)
        return RunContext(
            profile=profile,
            appliance=ApplianceClient(appliance, http, clock, appliance_gate),
            client=AutotaskClient(autotask, http, clock, autotask_gate),
            ledger=ledger,
            load_templates=lambda: self._templates,
            workers=workers,
            stop=stop,
            clock=clock,
        )

    def fault(self, kind: str, **values: Any) -> None:
        """Let something go wrong, as the sandbox's levers name it; once unless `times` says otherwise."""
        self.sandbox.faults.set(Fault.parse({"kind": kind, **values}))

    def forget_ledger(self) -> None:
        """Lose the checkpoint file."""
        self.ledger.close()
        self.ledger = in_memory()

    def pass_time(self, seconds: float) -> None:
        """Move the time of both products and of this machine, forward or back."""
        self.clock.advance(seconds)

    @property
    def now(self) -> int:
        """The products' time."""
        return int(self.clock.now())

    @property
    def waited(self) -> int:
        """The seconds that have passed by Autotask's clock and ours since the first run."""
        return ClockTracks(self.ledger, self.profile.name).get(Side.AUTOTASK).waited

    def run_daily(self, days: int) -> None:
        """Let days pass, each with a run."""
        for _ in range(days):
            self.pass_time(DAY)
            self.run()

    def ticket(self, **fields: Any) -> dict[str, Any]:
        """Make a ticket in Autotask and return its record."""
        store = self.sandbox.autotask.store
        like = {key: value for key, value in store.rows("Tickets")[-1].items() if key not in {"id", "ticketNumber"}}
        return dict(store.get("Tickets", store.insert("Tickets", {**like, "status": 1, **fields})) or {})

    def end(self, count: int = 1, **options: Any) -> list[str]:
        """Let sessions end one after the other, each on a ticket of its own unless `key` names one."""
        return [self.session(**options) for _ in range(count)]

    def session(
        self,
        key: str | None = None,
        *,
        ended_ago: float | None = 120,
        minutes: float = 20,
        username: str | None = None,
        **changes: Any,
    ) -> str:
        """Make a session and return its lsid.

        Args:
            key: Its external key; None: the number of a new ticket.
            ended_ago: Seconds since its end; None: it still runs.
            minutes: How long it took.
            username: Of its representative; None: somebody whom Autotask knows.
            changes: Fields of the appliance's record, last of all.
        """
        external_key = self.ticket()["ticketNumber"] if key is None else key
        end = None if ended_ago is None else int(self.now - ended_ago)
        start = int((self.now if end is None else end) - minutes * 60)
        session = self.sandbox.appliance.author.ordinary(start, end, now=self.now, key=external_key)
        people = session.representatives
        if username is not None:
            people = tuple(replace(each, username=username) for each in people)
        plain: dict[str, Any] = {"representatives": people, "customer_survey": None, "representative_surveys": ()}
        session = replace(session, **{**plain, **changes})
        self.sandbox.appliance.add_session(session)
        return session.lsid

    def change(self, lsid: str, **changes: Any) -> None:
        """Change what the appliance knows of a session."""
        kept = self.sandbox.appliance._sessions
        kept.put(replace(kept[lsid], **changes))

    def poison(self, lsids: Collection[str]) -> None:
        """Make the reports of these sessions no XML: nobody can read a chunk that holds one."""

        def rewrite(form: str, body: bytes) -> bytes:
            for lsid in lsids if "=SupportSession&" in form else ():
                body = body.replace(f'<session lsid="{lsid}">'.encode(), b"<session <broken")
            return body

        self.rewrite = rewrite

    def told(self, lsid: str) -> Any:
        """What the appliance knows of a session."""
        return self.sandbox.appliance._sessions[lsid]

    def rows(self, entity: str) -> list[dict[str, Any]]:
        """All records of an entity in Autotask."""
        return [dict(row) for row in self.sandbox.autotask.store.rows(entity)]

    def notes(self, lsid: str = "") -> list[dict[str, Any]]:
        """Our notes in Autotask, or those of one session."""
        return [row for row in self.rows("TicketNotes") if f"[bt:{lsid[:12]}" in (row["title"] or "")]

    def entries(self, lsid: str = "") -> list[dict[str, Any]]:
        """Our time entries in Autotask, or those of one session."""
        return [row for row in self.rows("TimeEntries") if f"[bt:{lsid}" in (row["internalNotes"] or "")]

    def creates(self) -> list[tuple[str, dict[str, Any]]]:
        """Every create that Autotask received, in order: the path behind the version, and the body."""
        return [
            (entry.path.removeprefix(REST), json.loads(entry.body))
            for entry in self.sandbox.log.entries("autotask")
            if entry.method == "POST" and entry.body
        ]

    def asked(self, side: str) -> Counter[str]:
        """How often each endpoint of a side was asked."""
        return Counter(entry.endpoint for entry in self.sandbox.log.entries(side))

    def forget_requests(self) -> None:
        """Let the list of requests begin anew."""
        self.sandbox.log = RequestLog()

    @property
    def sessions(self) -> Sessions:
        """The ledger's sessions."""
        return Sessions(self.ledger, "default")

    @property
    def artifacts(self) -> Artifacts:
        """The ledger's artifacts."""
        return Artifacts(self.ledger, "default")

    @property
    def held(self) -> HeldQueue:
        """The queue of what could not be delivered."""
        return HeldQueue(self.ledger, "default")

    @property
    def progress(self) -> Progress:
        """How far the listings have come."""
        found = self.sessions.progress()
        assert found is not None
        return found

    def record(self, lsid: str) -> SessionRecord:
        """What the ledger knows of a session."""
        return self.sessions.get([lsid])[lsid]

    def state(self, lsid: str) -> str:
        """Where a session stands in the ledger."""
        return str(self.record(lsid).state)

    def artifact(self, lsid: str, kind: str = "note") -> ArtifactRecord:
        """The only artifact of a kind of a session."""
        (found,) = (each for each in self.artifacts.of([lsid])[lsid].values() if each.kind == kind)
        return found

    def error(self, lsid: str) -> str:
        """What keeps a session, the whole or a part of it."""
        return "; ".join(problem.error for problem in self.held.problems() if problem.lsid == lsid)


def in_memory() -> Ledger:
    """Return an empty ledger that forgets everything when closed."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.row_factory = sqlite3.Row
    ledger = Ledger(connection, None)
    ledger._prepare()
    return ledger


def iso(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return `base` with `changes`, tables merged."""
    merged = dict(base)
    for key, value in changes.items():
        old = merged.get(key)
        merged[key] = _merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def _without_none(table: dict[str, Any]) -> dict[str, Any]:
    """Return the document without the keys that a test took away."""
    return {
        key: _without_none(value) if isinstance(value, dict) else value
        for key, value in table.items()
        if value is not None
    }
