"""The appliance: its addresses, who may use them, and the levers of whoever steers the sandbox."""

from __future__ import annotations

import random as randomness
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from werkzeug import Response
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from bt_autotask_sync.sandbox.appliance.author import Author
from bt_autotask_sync.sandbox.appliance.commands import Commands
from bt_autotask_sync.sandbox.appliance.markup import error_document, namespace, xml_answer
from bt_autotask_sync.sandbox.appliance.pages import Pages
from bt_autotask_sync.sandbox.appliance.reporting import Reporting
from bt_autotask_sync.sandbox.appliance.sessions import SessionStore, ended, summary
from bt_autotask_sync.sandbox.appliance.tokens import Credentials, Tokens

if TYPE_CHECKING:
    from random import Random

    from werkzeug import Request

    from bt_autotask_sync.sandbox.appliance.record import Session
    from bt_autotask_sync.sandbox.appliance.surroundings import Clock, Switches

ENDED_AGO = 120
"""Seconds that a session made by `add_sessions` has been over."""


class ApplianceSide:
    """A BeyondTrust appliance without a network of its own.

    Args:
        clock: The time of the sandbox.
        switches: Read anew for every answer.
        random: The only source of chance: the same seed gives the same appliance.
    """

    def __init__(self, clock: Clock, switches: Switches, random: Random) -> None:
        self.clock = clock
        self.credentials = Credentials.drawn(random)
        self.author = Author(random)
        self._switches = switches
        self._sessions = SessionStore()
        # Of its own, so that how often somebody logs in changes nothing in the sessions to come.
        answering = randomness.Random(random.getrandbits(64))  # noqa: S311  # a sandbox repeats by its seed
        self._tokens = Tokens(self.credentials, clock, answering)
        self._reporting = Reporting(self._sessions, clock, switches)
        self._commands = Commands(self._sessions, clock, switches, answering)
        self._pages = Pages(self._sessions, switches)
        self._lock = threading.RLock()

    def handle(self, request: Request) -> Response:
        """Answer a request; the body of a report is generated while it is sent."""
        with self._lock:
            try:
                response = self._routed(request)
            except HTTPException as error:
                response = Response(status=error.code, headers=_allow(error))
        response.headers["Connection"] = "close"
        return response

    def add_session(self, session: Session) -> None:
        """Keep a session as it is given."""
        with self._lock:
            self._sessions.add(session)

    def add_sessions(
        self, count: int, *, in_progress: bool = False, late_seconds: float = 0, external_key: str | None = None
    ) -> list[str]:
        """Make `count` ordinary sessions and return their lsids.

        They ended two minutes ago after 4 to 55 minutes, or still run. With `late_seconds` no report shows them
        before so much time has passed. `external_key` None names a fitting ticket, "" none.
        """
        with self._lock:
            now = self.clock.now()
            sessions = [self._ordinary(int(now), in_progress=in_progress, key=external_key) for _ in range(count)]
            for session in sessions:
                self._sessions.add(replace(session, visible_from=now + late_seconds))
            return [session.lsid for session in sessions]

    def end_session(self, lsid: str) -> None:
        """End a session now; one that is over stays as it is.

        Raises:
            KeyError: There is no such session.
        """
        with self._lock:
            session = self._sessions[lsid]
            if session.ended_at is None:
                self._sessions.put(ended(session, int(self.clock.now())))

    def state(self) -> dict[str, Any]:
        """Return all sessions, briefly, fit for JSON."""
        with self._lock:
            return {"sessions": [summary(session) for session in self._sessions]}

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

    def _ordinary(self, now: int, *, in_progress: bool, key: str | None) -> Session:
        seconds = self.author.length()
        end = None if in_progress else now - ENDED_AGO
        return self.author.ordinary(now - seconds if end is None else end - seconds, end, now=now, key=key)


def _allow(error: HTTPException) -> dict[str, str]:
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        return {"Allow": ", ".join(error.valid_methods)}
    return {}
