"""The levers of sessions under `/sandbox/`: let one begin, be joined, get another key, end, be surveyed."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from bt_autotask_sync.sandbox.appliance.new_sessions import NewSessions
from bt_autotask_sync.sandbox.appliance.session_changes import Submitter  # noqa: TC001 - read by `checked` at run time
from bt_autotask_sync.sandbox.checking import checked
from bt_autotask_sync.sandbox.control.request_body import json_object

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from werkzeug.wrappers import Request

    from bt_autotask_sync.sandbox.application import Sandbox

_MOST_IN_A_WEEK = 100_000


class Happening(Protocol):
    """What a lever asks for: it can be let happen."""

    def apply(self, sandbox: Sandbox) -> None:
        """Let it happen.

        Raises:
            KeyError: There is no such session.
            ValueError: It cannot happen now.
        """
        ...


@dataclass(frozen=True, slots=True)
class End:
    """What `POST /sandbox/end` asks for."""

    lsid: str

    def apply(self, sandbox: Sandbox) -> None:
        """End the session."""
        sandbox.appliance.end_session(self.lsid)


@dataclass(frozen=True, slots=True)
class Join:
    """What `POST /sandbox/join` asks for: a representative by name, or anybody on duty."""

    lsid: str
    username: str | None = None

    def apply(self, sandbox: Sandbox) -> None:
        """Let the representative join."""
        sandbox.appliance.join(self.lsid, self.username)


@dataclass(frozen=True, slots=True)
class Key:
    """What `POST /sandbox/key` asks for: an external key that somebody types."""

    lsid: str
    external_key: str

    def apply(self, sandbox: Sandbox) -> None:
        """Change the key."""
        sandbox.appliance.change_key(self.lsid, self.external_key)


@dataclass(frozen=True, slots=True)
class Survey:
    """What `POST /sandbox/survey` asks for: a submitted exit survey."""

    lsid: str
    by: Submitter = "customer"
    rating: str = "5"
    comments: str = ""

    def apply(self, sandbox: Sandbox) -> None:
        """Submit it."""
        sandbox.appliance.survey(self.lsid, self.by, self.rating, self.comments)


@dataclass(frozen=True, slots=True)
class WeekToCome:
    """What `POST /sandbox/week` asks for: so many sessions within the next seven days."""

    sessions: int = 24


def session_endpoints(sandbox: Sandbox) -> dict[tuple[str, str], Callable[[Request], dict[str, Any]]]:
    """Return the levers by method and name; each takes the request and returns JSON values, or raises ValueError."""
    happenings: Mapping[str, type[Happening]] = {"end": End, "join": Join, "key": Key, "survey": Survey}

    def lever(shape: type[Happening]) -> Callable[[Request], dict[str, Any]]:
        return lambda request: _let_happen(sandbox, shape(**checked(shape, json_object(request))))

    return {
        ("POST", "sessions"): lambda request: _begin(sandbox, request),
        ("POST", "week"): lambda request: _week(sandbox, request),
        **{("POST", name): lever(shape) for name, shape in happenings.items()},
    }


def _begin(sandbox: Sandbox, request: Request) -> dict[str, Any]:
    order = NewSessions(**checked(NewSessions, json_object(request)))
    return {"lsids": sandbox.add_sessions(**dataclasses.asdict(order))}


def _week(sandbox: Sandbox, request: Request) -> dict[str, Any]:
    week = WeekToCome(**checked(WeekToCome, json_object(request)))
    if not 0 <= week.sessions <= _MOST_IN_A_WEEK:
        raise ValueError(f"sessions: must be from 0 to {_MOST_IN_A_WEEK}")
    return {"lsids": sandbox.announce_week(week.sessions)}


def _let_happen(sandbox: Sandbox, happening: Happening) -> dict[str, Any]:
    try:
        happening.apply(sandbox)
    except KeyError:
        raise ValueError("lsid: there is no such session") from None
    return {"now": sandbox.clock.now()}
