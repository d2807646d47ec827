"""The levers under `/sandbox/`: what is stored, faults, switches, the clock, a fresh start; and those of events."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from werkzeug.wrappers import Response

from bt_autotask_sync.sandbox.checking import checked
from bt_autotask_sync.sandbox.control.records import record_endpoints
from bt_autotask_sync.sandbox.control.request_body import as_object, json_object, json_value
from bt_autotask_sync.sandbox.control.sessions import session_endpoints
from bt_autotask_sync.sandbox.faults import Fault
from bt_autotask_sync.sandbox.outbound.recipient import Recipient

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from werkzeug.wrappers import Request

    from bt_autotask_sync.sandbox.application import Sandbox


@dataclass(frozen=True, slots=True)
class Removal:
    """What `DELETE /sandbox/recipients` asks for: the recipient of this name, or all."""

    name: str | None = None


def recipient_levers(sandbox: Sandbox) -> dict[tuple[str, str], Callable[[Request], dict[str, Any]]]:
    """Return the levers by method and name; each takes the request and returns JSON values, or raises ValueError."""

    def shown() -> dict[str, Any]:
        return {"recipients": sandbox.appliance.outbound.described()}

    def set_one(request: Request) -> dict[str, Any]:
        sandbox.appliance.outbound.set(Recipient(**checked(Recipient, json_object(request))))
        return shown()

    def remove(request: Request) -> dict[str, Any]:
        sandbox.appliance.outbound.remove(Removal(**checked(Removal, json_object(request))).name)
        return shown()

    def sent(_: Request) -> dict[str, Any]:
        return {"events": [attempt.described() for attempt in tuple(sandbox.appliance.outbound.attempts)]}

    return {
        ("GET", "recipients"): lambda _: shown(),
        ("POST", "recipients"): set_one,
        ("DELETE", "recipients"): remove,
        ("GET", "events"): sent,
    }


_LONGEST_ADVANCE = 20 * 366 * 86_400.0


@dataclass(frozen=True, slots=True)
class ClockChange:
    """What `POST /sandbox/clock` asks for; time moves forward only, but one product's clock can be set back too."""

    advance_seconds: float
    product: Literal["both", "appliance", "autotask"] = "both"


class Control:
    """Answers the requests under `/sandbox/` in JSON; a wrong one with 400 and `{"error": …}`."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._actions: Mapping[tuple[str, str], Callable[[Request], dict[str, Any]]] = {
            ("GET", "state"): lambda _: sandbox.state(),
            ("GET", "faults"): lambda _: self._faults(),
            ("POST", "faults"): self._add_faults,
            ("DELETE", "faults"): lambda _: self._clear_faults(),
            ("GET", "switches"): lambda _: dataclasses.asdict(sandbox.switches),
            ("POST", "switches"): self._change_switches,
            ("POST", "clock"): self._advance,
            ("POST", "reset"): lambda _: self._reset(),
            ("GET", "requests"): lambda request: sandbox.log.described(request.args.get("side")),
            **session_endpoints(sandbox),
            **recipient_levers(sandbox),
            **record_endpoints(sandbox),
        }

    def handle(self, request: Request) -> Response:
        """Do what a request under `/sandbox/` asks, and tell the outcome."""
        name = request.path.lower().removeprefix("/sandbox/").rstrip("/")
        action = self._actions.get((request.method, name))
        if action is None:
            known = any(name == each for _, each in self._actions)
            return _json({"error": "method not allowed" if known else "no such lever"}, 405 if known else 404)
        try:
            return _json(action(request))
        except (ValueError, TypeError, RecursionError) as wrong:
            return _json({"error": str(wrong)}, 400)

    def _add_faults(self, request: Request) -> dict[str, Any]:
        value = json_value(request)
        if value == {"clear": True}:
            return self._clear_faults()
        items = value if isinstance(value, list) else [value]
        for fault in [Fault.parse(as_object(item)) for item in items]:
            self._sandbox.faults.set(fault)
        return self._faults()

    def _clear_faults(self) -> dict[str, Any]:
        self._sandbox.faults.clear()
        return self._faults()

    def _faults(self) -> dict[str, Any]:
        return {"faults": self._sandbox.faults.described()}

    def _change_switches(self, request: Request) -> dict[str, Any]:
        self._sandbox.switches.change(json_object(request))
        return dataclasses.asdict(self._sandbox.switches)

    def _advance(self, request: Request) -> dict[str, Any]:
        change = ClockChange(**checked(ClockChange, json_object(request)))
        clock = self._sandbox.clock if change.product == "both" else self._sandbox.clocks[change.product]
        earliest = 0.0 if change.product == "both" else -_LONGEST_ADVANCE
        if not earliest <= change.advance_seconds <= _LONGEST_ADVANCE:
            raise ValueError("advance_seconds: must be at least 0, unless for one product, and less than twenty years")
        clock.advance(change.advance_seconds)
        return {"now": clock.now()}

    def _reset(self) -> dict[str, Any]:
        self._sandbox.reset()
        return {"now": self._sandbox.clock.now()}


def _json(value: Any, status: int = 200) -> Response:
    return Response(json.dumps(value, default=str), status, mimetype="application/json")
