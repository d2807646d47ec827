"""The levers under `/sandbox/`: what is stored, new sessions, faults, switches, the clock, a fresh start."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Response

from bt_autotask_sync.sandbox.checking import checked
from bt_autotask_sync.sandbox.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from werkzeug.wrappers import Request

    from bt_autotask_sync.sandbox.application import Sandbox

_MOST_SESSIONS = 100_000
_LONGEST_ADVANCE = 20 * 366 * 86_400.0


@dataclass(frozen=True, slots=True)
class NewSessions:
    """What `POST /sandbox/sessions` asks for: `late_seconds` is how long after now their reports are complete."""

    count: int = 1
    in_progress: bool = False
    late_seconds: float = 0.0
    external_key: str | None = None


@dataclass(frozen=True, slots=True)
class ClockChange:
    """What `POST /sandbox/clock` asks for; time moves forward only."""

    advance_seconds: float


class Control:
    """Answers the requests under `/sandbox/` in JSON; a wrong one with 400 and `{"error": …}`."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._actions: Mapping[tuple[str, str], Callable[[Request], dict[str, Any]]] = {
            ("GET", "state"): lambda _: sandbox.state(),
            ("POST", "sessions"): self._add_sessions,
            ("GET", "faults"): lambda _: self._faults(),
            ("POST", "faults"): self._add_faults,
            ("DELETE", "faults"): lambda _: self._clear_faults(),
            ("GET", "switches"): lambda _: dataclasses.asdict(sandbox.switches),
            ("POST", "switches"): self._change_switches,
            ("POST", "clock"): self._advance,
            ("POST", "reset"): lambda _: self._reset(),
            ("GET", "requests"): lambda request: sandbox.log.described(request.args.get("side")),
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

    def _add_sessions(self, request: Request) -> dict[str, Any]:
        asked = NewSessions(**checked(NewSessions, _body(request)))
        if not 1 <= asked.count <= _MOST_SESSIONS or asked.late_seconds < 0:
            raise ValueError(f"count: must be from 1 to {_MOST_SESSIONS}, late_seconds at least 0")
        return {"lsids": self._sandbox.add_sessions(**dataclasses.asdict(asked))}

    def _add_faults(self, request: Request) -> dict[str, Any]:
        value = _json_value(request)
        if value == {"clear": True}:
            return self._clear_faults()
        items = value if isinstance(value, list) else [value]
        for fault in [Fault.parse(_object(item)) for item in items]:
            self._sandbox.faults.set(fault)
        return self._faults()

    def _clear_faults(self) -> dict[str, Any]:
        self._sandbox.faults.clear()
        return self._faults()

    def _faults(self) -> dict[str, Any]:
        return {"faults": self._sandbox.faults.described()}

    def _change_switches(self, request: Request) -> dict[str, Any]:
        self._sandbox.switches.change(_body(request))
        return dataclasses.asdict(self._sandbox.switches)

    def _advance(self, request: Request) -> dict[str, Any]:
        change = ClockChange(**checked(ClockChange, _body(request)))
        if not 0 <= change.advance_seconds <= _LONGEST_ADVANCE:
            raise ValueError("advance_seconds: must be at least 0, and less than twenty years")
        self._sandbox.clock.advance(change.advance_seconds)
        return {"now": self._sandbox.clock.now()}

    def _reset(self) -> dict[str, Any]:
        self._sandbox.reset()
        return {"now": self._sandbox.clock.now()}


def _body(request: Request) -> Mapping[str, Any]:
    return _object(_json_value(request))


def _json_value(request: Request) -> Any:
    text = request.get_data().decode("utf-8")
    try:
        return json.loads(text) if text.strip() else {}
    except ValueError:
        raise ValueError("the body is not JSON") from None


def _object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("the body must be a JSON object")  # noqa: TRY004 - answered as any other wrong body
    return value


def _json(value: Any, status: int = 200) -> Response:
    return Response(json.dumps(value, default=str), status, mimetype="application/json")
