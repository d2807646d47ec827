"""The application that receives outbound events: an ASGI application that asks, stores and answers, and nothing more.

BeyondTrust: an appliance sends no other event until the one at hand is answered with 200. Refused is therefore only
what comes from the wrong place or is too large; anything else is stored, whether it can be read or not.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING, Final

from bt_autotask_sync.appliance.outbound_event import MOST_VARIABLES, UnreadableEventError, read_event
from bt_autotask_sync.events.request import (
    DisconnectedError,
    RefusedError,
    read_body,
    read_form,
    read_request,
    shown,
    tokens,
    without_token,
)
from bt_autotask_sync.state.inbox import InboxError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bt_autotask_sync.appliance.outbound_event import Event
    from bt_autotask_sync.clock import Clock
    from bt_autotask_sync.events.access import Access, Address
    from bt_autotask_sync.events.request import Pairs, Receive, Request, Scope, Send
    from bt_autotask_sync.events.writer import InboxWriter

    OnStored = Callable[[Event, tuple[str, ...]], None]

RETRY_AFTER: Final = "10"
"""Seconds that a sender is asked to wait when nothing can be stored; an appliance has its own interval."""

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    text: str
    headers: tuple[tuple[str, str], ...] = ()


class Receiver:
    """Takes events in.

    Args:
        access: Who may send, and for whom; another one may be put in its place at any time, from any thread.
        writer: Stores what comes.
        clock: Tells when it came.
        on_stored: Called in the server's thread when a new event is on disk, with the names of the profiles that it
            goes to. It must not block, and what it raises changes nothing about the answer.
    """

    def __init__(self, access: Access, writer: InboxWriter, clock: Clock, on_stored: OnStored) -> None:
        self.access = access
        self._writer = writer
        self._clock = clock
        self._on_stored = on_stored

    def admits(self, peer: str) -> bool:
        """Tell whether a connection from this address may come in at all, by the access that holds now."""
        return self.access.admits(peer)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, as ASGI has it."""
        try:
            answer = await self._answer(read_request(scope), receive)
        except DisconnectedError:
            return
        except Exception as error:  # noqa: BLE001 - the sender sends again what was not answered with 200
            _tell_unexpected("A request could not be answered", error)
            answer = _Answer(500, "something unexpected went wrong", (("connection", "close"),))
        content = f"{answer.text}\n".encode()
        headers = {
            "content-type": "text/plain; charset=utf-8",
            "content-length": str(len(content)),
            "date": formatdate(self._clock.now().timestamp(), usegmt=True),
            **dict(answer.headers),
        }
        encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": encoded})
        await send({"type": "http.response.body", "body": content})

    async def _answer(self, request: Request, receive: Receive) -> _Answer:
        access = self.access
        caller = access.caller(request.peer, request.forwarded_for)
        try:
            if request.place == "health":
                return await self._health(request, access, caller)
            return await self._take(request, receive, access, caller)
        except RefusedError as refused:
            origin = _whence(request, caller)
            _LOG.warning("A request %s was refused (%d): %s. %s", origin, refused.status, refused.what, refused.mend)
            return _Answer(refused.status, refused.what, refused.headers)
        except InboxError as error:
            _LOG.error(
                "An event %s could not be stored and was answered with 503, so that it is sent again. %s %s",
                _whence(request, caller),
                error.message,
                error.advice,
            )
            return _Answer(503, "it cannot be stored now", (("retry-after", RETRY_AFTER),))

    async def _take(self, request: Request, receive: Receive, access: Access, caller: Address | None) -> _Answer:
        """Store what an appliance sent, unless it is refused."""
        if not access.accepts(caller):
            raise _not_accepted()
        if not request.is_for_events:
            mend = "The address that the appliance sends to must end in /ERSPost, or in /ERSPost/ and the appliance id."
            raise RefusedError(404, "there is nothing at this path", mend, (("connection", "close"),))
        _allow(request, "POST")
        body = await read_body(request, receive)
        profiles = access.profiles.get(request.appliance)
        if profiles is None:
            mend = f"The configuration has the appliance ids {', '.join(sorted(access.profiles))}."
            raise RefusedError(404, "no profile has this appliance id", mend)
        form = read_form(body) if body.count(b"&") < MOST_VARIABLES else None
        _see_token(access, tokens(request.query) + tokens(form or ()))
        await self._store(form, body, profiles, _whence(request, caller))
        return _Answer(200, "stored")

    async def _store(self, form: Pairs | None, body: bytes, profiles: tuple[str, ...], origin: str) -> None:
        at = int(self._clock.now().timestamp())
        try:
            event = _event_in(form)
        except UnreadableEventError as error:
            await self._writer.quarantine(without_token(body), reason=str(error), profiles=profiles, at=at)
            _LOG.warning(
                "An event %s cannot be read: %s. It is kept in the table `quarantine` of inbox.db.", origin, error
            )
            return
        if not await self._writer.store(event, profiles=profiles, at=at):
            _LOG.debug("The event %s of session %s came again.", event.name, event.lsid)
            return
        _LOG.info("The event %s of session %s was stored.", event.name, event.lsid)
        try:
            self._on_stored(event, profiles)
        except Exception as error:  # noqa: BLE001 - whatever it is, the event is safe and must be answered so
            _tell_unexpected("An event was stored and waits for the next run, but none could be asked for", error)

    async def _health(self, request: Request, access: Access, caller: Address | None) -> _Answer:
        """Tell whether events can be stored."""
        if not access.accepts(caller) and not (caller and caller.is_loopback):
            raise _not_accepted()
        _allow(request, "GET", "HEAD")
        headers = (("content-type", "application/json"), ("cache-control", "no-store"))
        try:
            await self._writer.check(at=int(self._clock.now().timestamp()))
        except InboxError as error:
            _LOG.error("Events cannot be stored. %s %s", error.message, error.advice)
            told = {"status": "failing", "reason": "the inbox cannot be written"}
            return _Answer(503, json.dumps(told), (*headers, ("retry-after", RETRY_AFTER)))
        return _Answer(200, json.dumps({"status": "ok"}), headers)


def _event_in(form: Pairs | None) -> Event:
    """Return the event of a form; None is one that would cost too much to read."""
    if form is None:
        raise UnreadableEventError(f"it has more than {MOST_VARIABLES} variables")
    return read_event(form)


def _tell_unexpected(what: str, error: Exception) -> None:
    _LOG.error("%s: something unexpected went wrong (%s).", what, type(error).__name__)
    _LOG.debug("The trace:", exc_info=error)


def _allow(request: Request, *methods: str) -> None:
    if request.method not in methods:
        raise RefusedError(
            405,
            "this method is not allowed here",
            f"Only {' and '.join(methods)} is.",
            (("allow", ", ".join(methods)), ("connection", "close")),
        )


def _see_token(access: Access, given: list[str]) -> None:
    if not access.knows(given):
        raise RefusedError(
            401,
            "the parameter outbound_event_token is wrong" if given else "it has no parameter outbound_event_token",
            "The address that the appliance sends to must end in ?outbound_event_token= and `token` of [listen].",
            (("www-authenticate", "outbound_event_token"),),
        )


def _not_accepted() -> RefusedError:
    return RefusedError(
        403,
        "this address is not accepted",
        "If it is an appliance's, add it to accepted_addresses in [listen]; if it is a reverse proxy's, let it send "
        "X-Forwarded-For and add it to trusted_proxies.",
        (("connection", "close"),),
    )


def _whence(request: Request, caller: Address | None) -> str:
    """Return where a request came from and for which appliance, for the log."""
    known = f"from {caller}" if caller else f"by way of {request.peer or 'a socket'}, from where it does not say,"
    return f"{known} for the appliance id {shown(request.appliance)}" if request.is_for_events else known
