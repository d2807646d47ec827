"""The appliance: its addresses, who may use them, and the levers of whoever steers the sandbox."""

from __future__ import annotations

import random as randomness
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from werkzeug import Response
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from bt_autotask_sync.sandbox.appliance.commands import Commands
from bt_autotask_sync.sandbox.appliance.event_feed import EventFeed
from bt_autotask_sync.sandbox.appliance.markup import error_document, namespace, xml_answer
from bt_autotask_sync.sandbox.appliance.new_sessions import NewSessions
from bt_autotask_sync.sandbox.appliance.pages import Pages
from bt_autotask_sync.sandbox.appliance.record import APPLIANCE_ID
from bt_autotask_sync.sandbox.appliance.reporting import Reporting
from bt_autotask_sync.sandbox.appliance.session_changes import Submitter, change_key, end, join, submit_survey
from bt_autotask_sync.sandbox.appliance.sessions import SessionStore, summary
from bt_autotask_sync.sandbox.appliance.tokens import Credentials, Tokens
from bt_autotask_sync.sandbox.appliance.usernames import Usernames, renamed
from bt_autotask_sync.sandbox.outbound.dispatch import Dispatch
from bt_autotask_sync.sandbox.scenarios.author import Author

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from random import Random

    from werkzeug import Request

    from bt_autotask_sync.sandbox.appliance.record import Session
    from bt_autotask_sync.sandbox.appliance.surroundings import Clock, Switches
    from bt_autotask_sync.sandbox.outbound.recipient import Recipient
    from bt_autotask_sync.sandbox.outbound.surroundings import Send

ENDED_AGO = 120
"""Seconds that a session made by `add_sessions` has been over."""


class ApplianceServer:
    """A BeyondTrust appliance without a network of its own.

    Args:
        clock: The time of the sandbox.
        switches: Read anew for every answer.
        random: The only source of chance: the same seed gives the same appliance.
        recipients: Who is sent outbound events from the beginning.

    Attributes:
        outbound: Who is sent outbound events, and what became of them.
    """

    def __init__(self, clock: Clock, switches: Switches, random: Random, recipients: Iterable[Recipient] = ()) -> None:
        self.clock = clock
        self.credentials = Credentials.drawn(random)
        self.author = Author(random)
        self._switches = switches
        self._sessions = SessionStore()
        self._usernames = Usernames()
        # Of their own, so that how often somebody logs in or is told something changes nothing in the sessions to come.
        seed = random.getrandbits(64)
        answering = randomness.Random(seed)  # noqa: S311  # a sandbox repeats by its seed
        self._chance = randomness.Random(f"{seed}-levers")  # noqa: S311  # likewise
        telling = randomness.Random(f"{seed}-outbound")  # noqa: S311  # likewise
        self.outbound = Dispatch(APPLIANCE_ID, switches, telling, recipients)
        self._announcer = EventFeed(self._sessions, self.outbound.tell)
        self._tokens = Tokens(self.credentials, clock, answering)
        self._reporting = Reporting(self._sessions, clock, switches)
        self._commands = Commands(self._sessions, clock, switches, answering)
        self._pages = Pages(self._sessions, clock, switches)
        self._lock = threading.RLock()

    def handle(self, request: Request) -> Response:
        """Answer a request; the body of a report is generated while it is sent."""
        with self._lock:
            self._announcer.tell_due(self.clock.now())
            try:
                response = self._routed(request)
            except HTTPException as error:
                response = Response(status=error.code, headers=_allow(error))
        response.headers["Connection"] = "close"
        return response

    def add_session(self, session: Session, *, announce: bool = False) -> None:
        """Keep a session as it is given; what in it has not happened yet happens at its time.

        With `announce` outbound events tell what is in its log: what has happened at once, the rest as it happens.
        """
        with self._lock:
            self._sessions.add(self._usernames.applied(session))
            if announce:
                self._announcer.follow(session.lsid)
                self._announcer.tell_due(self.clock.now())

    def add_sessions(self, count: int = 1, **options: Any) -> list[str]:
        """Make ordinary sessions and return their lsids; the options are the fields of `NewSessions`.

        Raises:
            ValueError: They cannot be so.
        """
        order = NewSessions(count, **options)
        with self._lock:
            now = self.clock.now()
            sessions = [self._ordinary(int(now), order) for _ in range(order.count)]
            for session in sessions:
                self.add_session(replace(session, visible_from=now + order.late_seconds), announce=order.announced)
            return [session.lsid for session in sessions]

    def end_session(self, lsid: str) -> None:
        """End a session now; one that is over stays as it is.

        Raises:
            KeyError: There is no such session.
        """
        self._change(lsid, end)

    def join(self, lsid: str, username: str | None = None) -> None:
        """Let a representative join a running session, who owns it if nobody does; None: anybody on duty.

        Raises:
            KeyError: There is no such session.
            ValueError: It does not run, there is no such representative, or they are in it.
        """
        technicians = self._usernames.technicians()
        self._change(lsid, lambda session, at: join(session, username, technicians, at, self._chance))

    def rename(self, username: str, new: str, *, past: bool = True) -> None:
        """Give a representative another username from now on; with `past` the reports of earlier sessions show it too.

        Raises:
            ValueError: There is no such representative, or somebody else has that name.
        """
        with self._lock:
            user_id = self._usernames.rename(username, new)
            for session in self._sessions if past else ():
                self._sessions.put(renamed(session, user_id, new))

    def change_key(self, lsid: str, external_key: str) -> None:
        """Let somebody type another external key into a running session.

        Raises:
            KeyError: There is no such session.
            ValueError: It does not run, or the key is too long.
        """
        self._change(lsid, lambda session, at: change_key(session, external_key, at))

    def survey(self, lsid: str, by: Submitter = "customer", rating: str = "5", comments: str = "") -> None:
        """Let an exit survey be submitted for a session that ended.

        Raises:
            KeyError: There is no such session.
            ValueError: It has not ended, nobody took it up, or the customer has submitted one.
        """
        self._change(lsid, lambda session, at: submit_survey(session, by, (rating, comments), at))

    def deliver_due(self, now: float, send: Send) -> int:
        """Send every recipient the outbound event that is due at `now` (unix seconds), one at most to each.

        Returns how many were sent, whatever became of them: call it again until it returns 0. While it sends, the
        appliance answers.
        """
        with self._lock:
            self._announcer.tell_due(now)
        deliveries = self.outbound.due(now)
        for delivery in deliveries:
            self.outbound.settle(delivery, delivery.outcome(send), now)
        return len(deliveries)

    def next_event_due(self) -> float | None:
        """Return when `deliver_due` has something to do next, in unix seconds; None when nothing is known to happen."""
        with self._lock:
            moments = (self._announcer.next_due(), self.outbound.next_due())
            return min((moment for moment in moments if moment is not None), default=None)

    def state(self) -> dict[str, Any]:
        """Return all sessions that have begun, briefly, and who is sent outbound events, fit for JSON."""
        with self._lock:
            sessions = [summary(session) for session in self._sessions.begun(self.clock.now())]
            return {"sessions": sessions, "recipients": self.outbound.described()}

    def summary(self) -> list[str]:
        """Return lines for a person: how many sessions run, and how each recipient of outbound events fares."""
        with self._lock:
            running = sum(session.active for session in self._sessions.begun(self.clock.now()))
        return [f"{running} sessions running", *(f"Events to {line}" for line in self.outbound.lines())]

    def oldest_start(self) -> float:
        """Return when the first session began, in unix seconds; now while there is none."""
        with self._lock:
            return min((float(session.started_at) for session in self._sessions), default=self.clock.now())

    def _routed(self, request: Request) -> Response:
        path = request.path
        if path == "/oauth2/token":
            return self._tokens.answer(request)
        if path in {"/api/reporting", "/api/command"}:
            return self._api(request)
        if path == "/session_download":
            return self._pages.download(request)
        if path.startswith("/login/"):
            return self._pages.login(request)
        raise NotFound

    def _api(self, request: Request) -> Response:
        """BeyondTrust: GET or POST, parameters url-encoded; multipart is not supported."""
        if request.method not in {"GET", "POST"}:
            raise MethodNotAllowed(valid_methods=["GET", "POST"])
        if not self._tokens.accepts(request):
            return Response(status=401, headers={"WWW-Authenticate": "Bearer"})
        api = request.path.removeprefix("/api/")
        if request.mimetype.startswith("multipart/"):
            xmlns = namespace(self._switches.namespace, api)
            return xml_answer(error_document(xmlns, "multipart/form-data is not supported."), status=400)
        answering = self._reporting if api == "reporting" else self._commands
        return answering.answer(request.values.to_dict(), request.host_url)

    def _ordinary(self, now: int, order: NewSessions) -> Session:
        length = self.author.length()
        seconds = length if order.length_seconds is None else int(order.length_seconds)
        end = None if order.in_progress else now - ENDED_AGO
        if order.started_seconds_ago is not None:
            seconds = int(order.started_seconds_ago)
        return self.author.ordinary(
            (now if end is None else end) - seconds,
            end,
            now=now,
            key=order.external_key,
            waiting=order.waiting,
            twists=order.twists(),
        )

    def _change(self, lsid: str, change: Callable[[Session, int], Session]) -> None:
        """Let something happen in a session at this second, and tell of it.

        Raises:
            KeyError: There is no such session.
        """
        with self._lock:
            now = self.clock.now()
            self._announcer.tell_due(now)
            session = self._sessions[lsid]
            self._announcer.follow_from(lsid, now)
            self._sessions.put(change(session, int(now)))
            self._announcer.look_again(lsid)
            self._announcer.tell_due(now)


def _allow(error: HTTPException) -> dict[str, str]:
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        return {"Allow": ", ".join(error.valid_methods)}
    return {}
