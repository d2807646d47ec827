"""The whole sandbox as one WSGI application: both products, their faults, and the levers to steer them."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from email.utils import formatdate
from functools import lru_cache
from random import Random
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from bt_autotask_sync.sandbox import breakage
from bt_autotask_sync.sandbox.appliance import ApplianceServer
from bt_autotask_sync.sandbox.autotask import AutotaskServer
from bt_autotask_sync.sandbox.calls import SandboxRequest, autotask_path, is_under, recognise
from bt_autotask_sync.sandbox.clock import SandboxClock
from bt_autotask_sync.sandbox.control.endpoints import Control
from bt_autotask_sync.sandbox.faults import Fault, Faults, reason_phrase
from bt_autotask_sync.sandbox.outbound.sender import Sender
from bt_autotask_sync.sandbox.page import render_page
from bt_autotask_sync.sandbox.requestlog import RequestLog
from bt_autotask_sync.sandbox.scenarios.seed import announce_week, seed_world
from bt_autotask_sync.sandbox.switches import Switches

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment
    from werkzeug.wrappers import Request

    from bt_autotask_sync.sandbox.calls import Call
    from bt_autotask_sync.sandbox.control.records import Deed
    from bt_autotask_sync.sandbox.outbound.recipient import Recipient

TIMEOUT = "sandbox.timeout"
"""In the environ of a caller without sockets: the seconds that it waits for an answer."""
_BETWEEN_EVENTS = 0.05
"""Seconds after which it is seen at the latest that there is an event to send."""
_WRONG_DATES = {"year-9999": "Fri, 31 Dec 9999 23:59:59 GMT", "unreadable": "yesterday, about noon"}
_WRITES = ("POST", "PATCH", "PUT")
_EXPIRED_TOKEN = "Bearer expired-by-the-sandbox"  # noqa: S105 - a token that no product ever gave


@dataclass(frozen=True, slots=True)
class LateRequest:
    """A request that a product goes on working on although its caller is gone; `due` in seconds since 1970."""

    due: float
    call: Call
    request: Request


class Sandbox:
    """Both products with seeded data.

    Args:
        sessions: How many ended sessions the appliance holds at first.
        seed: Of all randomness; the same seed gives the same data.
        latency: Seconds that every answer of a product takes.
        threshold: Autotask's requests an hour; 0 for no limit.
        clock: The products' time; the machine's when None.
        switches: How the products behave where that is open; the likeliest when None.
        recipients: Who is sent outbound events from the beginning.

    Attributes:
        autotask: Autotask's side, made anew by `reset`.
        appliance: The appliance's side, made anew by `reset`.
        clocks: Each product's own, by its side's name; they can be set apart.
        faults: What goes wrong.
        log: Which requests came.
    """

    def __init__(
        self,
        sessions: int = 24,
        seed: int = 1,
        *,
        latency: float = 0.0,
        threshold: int = 10_000,
        clock: SandboxClock | None = None,
        switches: Switches | None = None,
        recipients: Iterable[Recipient] = (),
    ) -> None:
        self.clock = clock or SandboxClock()
        self.clocks = {"appliance": self.clock.of_product(), "autotask": self.clock.of_product()}
        self.switches = switches or Switches()
        self.latency = latency
        self._sessions = sessions
        self._seed = seed
        self._threshold = threshold
        self._recipients = tuple(recipients)
        self._first_switches = self.switches.copy()
        self._lock = threading.RLock()
        self._control = Control(self)
        self._build()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a WSGI request; raises ConnectionCut where the connection is to end."""
        request = SandboxRequest(environ)
        return self.respond(request)(environ, start_response)

    def respond(self, request: Request) -> Response:
        """Return the finished answer to a request.

        Raises:
            ConnectionCut: The connection is to end without one.
            AnswerTimedOut: A caller without sockets gave up waiting.
        """
        try:
            # Read first: a form is parsed from it all the same, and a request that is worked on later still has it.
            request.get_data()
            response = self._route(request)
        except HTTPException as refused:
            response = Response(refused.get_body(request.environ), refused.code, refused.get_headers())
        return self._finished(request, response)

    def reset(self) -> None:
        """Put everything back as it was at the start: data, switches, faults, requests, and the clock."""
        with self._lock:
            self.switches.restore(self._first_switches)
            for clock in (self.clock, *self.clocks.values()):
                clock.restore()
            self._build()

    def state(self) -> dict[str, Any]:
        """Return everything that is stored, as JSON values."""
        with self._lock:
            self._settle()
            return {
                "now": self.clock.now(),
                "appliance": self.appliance.state(),
                "autotask": self.autotask.state(),
                "faults": self.faults.described(),
                "requests": self.log.counts(),
            }

    def add_sessions(self, count: int, **options: Any) -> list[str]:
        """Add sessions to the appliance and return their lsids; the options are the fields of `NewSessions`.

        Raises:
            ValueError: They cannot be so.
        """
        with self._lock:
            return self.appliance.add_sessions(count, **options)

    def announce_week(self, sessions: int) -> list[str]:
        """Let a week of sessions take place from now on, told by outbound events, and return their lsids."""
        with self._lock:
            return announce_week(self.appliance, self._tickets, sessions=sessions, random=self._world)

    def apply(self, deed: Deed) -> dict[str, Any]:
        """Let a person do something with a record, and return the time and what else there is to tell.

        Raises:
            ValueError: It cannot be done.
        """
        with self._lock:
            self._settle()
            return {"now": self.clock.now(), **deed.apply(self)}

    def send_events(self, stopped: threading.Event) -> None:
        """Send outbound events over sockets until `stopped` is set."""
        with Sender(self._ca_file) as sender:
            while not stopped.wait(_BETWEEN_EVENTS):
                while not stopped.is_set() and self.appliance.deliver_due(self.appliance.clock.now(), sender.send):
                    continue

    def _ca_file(self, url: str) -> str | None:
        return self.appliance.outbound.ca_file(url)

    def _build(self) -> None:
        self.autotask = AutotaskServer(self.clocks["autotask"], self.switches, self._threshold)
        appliance_random = Random(f"{self._seed}-appliance")  # noqa: S311 - data
        self.appliance = ApplianceServer(self.clocks["appliance"], self.switches, appliance_random, self._recipients)
        self.faults = Faults(Random(f"{self._seed}-faults"))  # noqa: S311 - draws shares, no secrets
        self.log = RequestLog()
        self._late: list[LateRequest] = []
        self._world = Random(f"{self._seed}-world")  # noqa: S311 - data
        self._tickets = seed_world(self.autotask, self.appliance, sessions=self._sessions, random=self._world)

    def _route(self, request: Request) -> Response:
        if request.path in ("/", "/sandbox", "/sandbox/"):
            with self._lock:
                self._settle()
                return render_page(self.autotask.store, self.appliance.summary())
        if is_under(request.path, "/sandbox"):
            return self._control.handle(request)
        call = recognise(request)
        if call is None:
            return Response("There is nothing here. The sandbox's page is at /\n", 404, mimetype="text/plain")
        return self._logged(request, call)

    def _logged(self, request: Request, call: Call) -> Response:
        entry = self.log.add(call, request.path, self.clock.now(), _written_body(request, call))
        response = self._product(request, call)
        entry.status = response.status_code
        return response

    def _product(self, request: Request, call: Call) -> Response:
        if call.side == "appliance":
            return self._struck(request, call)
        code = request.headers.get("ApiIntegrationCode", "")
        with self.autotask.threads.slot(code, autotask_path(request.path)) as admitted:
            return self._struck(request, call) if admitted else breakage.too_many(self._retry_after(None))

    def _struck(self, request: Request, call: Call) -> Response:
        strike = self.faults.strike(call)
        delay = self.latency + strike.delay + self._penalty(call)
        lets_execute = strike.fault is None or strike.fault.lets_execute
        self._wait(delay, request, call, lets_execute=lets_execute)
        return self._execute(request, call) if strike.fault is None else self._broken(request, call, strike.fault)

    def _broken(self, request: Request, call: Call, fault: Fault) -> Response:
        match fault.kind:
            case "late_commit":
                self._postpone(fault.seconds, request, call)
                breakage.cut()
            case "expired_token":
                request.environ["HTTP_AUTHORIZATION"] = _EXPIRED_TOKEN
            case "dropped":
                breakage.cut()
            case "outage" if fault.status is None:
                breakage.cut()
            case "status" | "outage" | "429" | "redirect":
                return self._replaced(request, call, fault)
        response = self._execute(request, call)
        match fault.kind:
            case "lost_answer":
                breakage.cut()
            case "cut_body":
                return breakage.cut_in_half(response)
            case "garbled":
                return breakage.garbled(response)
            case "slow_drip":
                return breakage.dripping(response, fault.seconds, self.clock, request.environ.get(TIMEOUT))
        return response

    def _replaced(self, request: Request, call: Call, fault: Fault) -> Response:
        if fault.executed:
            self._execute(request, call)
        if fault.kind == "redirect":
            return breakage.redirected(fault.location)
        return breakage.too_many(self._retry_after(fault)) if fault.kind == "429" else breakage.canned(fault)

    def _retry_after(self, fault: Fault | None) -> int | None:
        given = fault.retry_after if fault else None
        return given if given is not None or not self.switches.retry_after else 1

    def _execute(self, request: Request, call: Call) -> Response:
        with self._lock:
            self._settle()
            return self._side(call).handle(request)

    def _side(self, call: Call) -> AutotaskServer | ApplianceServer:
        return self.autotask if call.side == "autotask" else self.appliance

    def _penalty(self, call: Call) -> float:
        with self._lock:
            return self.autotask.penalty() if call.side == "autotask" else 0.0

    def _wait(self, seconds: float, request: Request, call: Call, *, lets_execute: bool) -> None:
        patience = request.environ.get(TIMEOUT)
        if patience is not None and seconds > patience:
            if lets_execute:
                self._postpone(seconds, request, call)
            self.clock.sleep(patience)
            raise breakage.AnswerTimedOut
        self.clock.sleep(seconds)

    def _postpone(self, seconds: float, request: Request, call: Call) -> None:
        with self._lock:
            self._late.append(LateRequest(self.clock.now() + seconds, call, request))

    def _settle(self) -> None:
        now = self.clock.now()
        due = [late for late in self._late if late.due <= now]
        self._late = [late for late in self._late if late.due > now]
        for late in sorted(due, key=lambda late: late.due):
            self._side(late.call).handle(late.request)

    def _finished(self, request: Request, response: Response) -> Response:
        response.status = f"{response.status_code} {reason_phrase(response.status_code)}"
        self._date(request, response)
        if is_under(request.path, "/api"):
            # BeyondTrust: "you must close the connection after each API call".
            response.headers["Connection"] = "close"
        return response

    def _date(self, request: Request, response: Response) -> None:
        call = recognise(request)
        clock = self.clock if call is None else self.clocks[call.side]
        response.headers["Date"] = _http_date(int(clock.now()))
        habit = "right" if call is None else getattr(self.switches, f"{call.side}_date")
        if habit == "missing":
            del response.headers["Date"]
        elif habit != "right":
            response.headers["Date"] = _WRONG_DATES[habit]


@lru_cache(maxsize=16)
def _http_date(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)


def _written_body(request: Request, call: Call) -> str:
    writes = call.side == "autotask" and request.method in _WRITES and "/query" not in request.path.lower()
    return request.get_data(as_text=True) if writes else ""
