"""The levers of outbound events under `/sandbox/`: who is sent them, and what was sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bt_autotask_sync.sandbox.checking import checked
from bt_autotask_sync.sandbox.control.request_body import json_object
from bt_autotask_sync.sandbox.outbound.recipient import Recipient

if TYPE_CHECKING:
    from collections.abc import Callable

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
