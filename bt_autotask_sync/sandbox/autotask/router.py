"""From a path and a method to what they ask for.

Autotask: paths without regard to case; notes are written below their ticket only, time entries never below one.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from bt_autotask_sync.sandbox.autotask import metadata, writing
from bt_autotask_sync.sandbox.autotask.reading import Position, Reader
from bt_autotask_sync.sandbox.autotask.refusal import answer, message, not_permitted
from bt_autotask_sync.sandbox.autotask.schema import ENTITIES, TICKET_NOTES, TICKETS, TIME_ENTRIES, Entity
from bt_autotask_sync.sandbox.autotask.write_context import WriteContext, write_context_for
from bt_autotask_sync.sandbox.calls import autotask_path

if TYPE_CHECKING:
    from werkzeug.wrappers import Request, Response

    from bt_autotask_sync.sandbox.autotask.store import Store
    from bt_autotask_sync.sandbox.autotask.traffic import Threshold
    from bt_autotask_sync.sandbox.clock import SandboxClock
    from bt_autotask_sync.sandbox.switches import Switches

_WRITES: Final = ("POST", "PATCH", "PUT")
_NO_ROOT: Final = ("TicketNotes", "Contacts", "ResourceServiceDeskRoles", "ResourceRoles", "BillingCodes")
"""Entities that are written below their parents, or not at all: their own path is unknown to the web server."""
_IMPERSONATION: Final = "ImpersonationResourceId"


class Router:
    """Takes a request of a known API user to its answer."""

    def __init__(self, store: Store, switches: Switches, clock: SandboxClock, threshold: Threshold) -> None:
        self._store = store
        self._switches = switches
        self._clock = clock
        self._threshold = threshold
        self._reader = Reader(store, switches)

    def answer(self, request: Request, user: str) -> Response:
        """Return the answer to a request of the API user of that name.

        Raises:
            Refusal: Autotask refuses it.
        """
        match _segments(request):
            case ["thresholdinformation"]:
                return self._get_only(request, self._threshold_information())
            case ["version"]:
                return self._get_only(
                    request, {"majorVersion": 1, "minorVersion": 0, "build": "sandbox", "customerType": 1}
                )
            case [path, *rest] if path in ENTITIES:
                return self._of_entity(request, ENTITIES[path], rest, user)
        return _not_found(request)

    def _of_entity(self, request: Request, entity: Entity, rest: list[str], user: str) -> Response:
        match rest:
            case []:
                return self._write(request, entity, user)
            case ["query"] | ["query", "next" | "count"]:
                return self._query(request, entity, rest)
            case ["entityinformation", *part]:
                return self._metadata(request, entity, part)
            case [key] if _is_id(key):
                return self._one(request, entity, int(key), user)
            case [key, "notes", *deeper] if entity is TICKETS and _is_id(key):
                return self._notes(request, int(key), deeper, user)
        return _not_found(request)

    def _write(self, request: Request, entity: Entity, user: str) -> Response:
        if entity.path in _NO_ROOT:
            return _not_found(request)
        if request.method not in _WRITES:
            return _not_supported(request)
        if entity not in (TICKETS, TIME_ENTRIES):
            raise not_permitted("create" if request.method == "POST" else "update")
        return self._written(request, entity, user)

    def _notes(self, request: Request, ticket: int, deeper: list[str], user: str) -> Response:
        if len(deeper) > 1 or not all(map(_is_id, deeper)):
            return _not_found(request)
        if request.method == "GET" and deeper:
            return self._one(request, TICKET_NOTES, int(deeper[0]), user)
        if request.method == "GET":
            self._refuse_impersonated_read(request)
            return answer(self._reader.children(TICKET_NOTES, "ticketID", ticket))
        if deeper or request.method not in _WRITES:
            return _not_supported(request)
        return self._written(request, TICKET_NOTES, user, ticket)

    def _written(self, request: Request, entity: Entity, user: str, ticket: int | None = None) -> Response:
        if request.mimetype != "application/json":
            kind = request.mimetype or "null"
            return message(f"The request entity's media type '{kind}' is not supported for this resource.", 415)
        try:
            body = _body(request)
        except ValueError:
            return message("The request is invalid.", 400)
        context = self._desk(request, user)
        if request.method == "POST":
            return answer({"itemId": writing.create(entity, body, context, ticket)})
        replace = request.method == "PUT"
        return answer({"itemId": writing.change(entity, body, context, replace=replace, ticket=ticket)})

    def _one(self, request: Request, entity: Entity, key: int, user: str) -> Response:
        if request.method == "DELETE" and entity is TIME_ENTRIES:
            return answer({"itemId": writing.delete(key, self._desk(request, user))})
        if request.method != "GET":
            return _not_supported(request)
        self._refuse_impersonated_read(request)
        found = self._reader.one(entity, key)
        if found["item"] is None and self._switches.missing_item == "404":
            return _not_found(request)
        return answer(found)

    def _query(self, request: Request, entity: Entity, rest: list[str]) -> Response:
        by_post = request.method == "POST"
        search = next((value for name, value in request.args.items() if name.lower() == "search"), None)
        if not by_post and (request.method != "GET" or (rest[1:] == ["next"] and search is None)):
            return _not_supported(request)
        self._refuse_impersonated_read(request)
        try:
            asked = _body(request).values if by_post else _object(search or "{}")
        except ValueError:
            return message("The request is invalid.", 400)
        lowered = {name.lower(): value for name, value in asked.items()}
        if rest[1:] == ["count"]:
            return answer(self._reader.count(entity, lowered))
        position = Position.parse(request.args.get("paging", "")) if rest[1:] == ["next"] else Position()
        return answer(self._reader.query(entity, lowered, position, _page_url(request, entity, search)))

    def _metadata(self, request: Request, entity: Entity, part: list[str]) -> Response:
        match part:
            case []:
                return self._get_only(request, metadata.entity_information(entity, self._switches))
            case ["fields"]:
                return self._get_only(request, metadata.fields(entity, self._switches))
            case ["userdefinedfields"]:
                return self._get_only(request, metadata.user_defined_fields(entity))
        return _not_found(request)

    def _threshold_information(self) -> dict[str, int]:
        if self._switches.threshold_information == "other-keys":
            return {"requestLimit": self._threshold.limit, "requestsUsed": self._threshold.used}
        return {
            "externalRequestThreshold": self._threshold.limit,
            "requestThresholdTimeframe": self._threshold.timeframe_minutes,
            "currentTimeframeRequestCount": self._threshold.used,
        }

    def _get_only(self, request: Request, value: Any) -> Response:
        return answer(value) if request.method == "GET" else _not_supported(request)

    def _desk(self, request: Request, user: str) -> WriteContext:
        return write_context_for(self._store, self._switches, self._clock, user, request.headers.get(_IMPERSONATION))

    def _refuse_impersonated_read(self, request: Request) -> None:
        # Autotask: impersonation is for writes; on reads it can be refused, so no client may send it.
        if _IMPERSONATION in request.headers:
            raise not_permitted("query")


def _segments(request: Request) -> list[str]:
    return autotask_path(request.path).lower().strip("/").split("/")


def _is_id(segment: str) -> bool:
    return segment.isascii() and segment.isdecimal() and len(segment) < len(str(2**63))


def _page_url(request: Request, entity: Entity, search: str | None) -> str:
    carried = "" if search is None else f"search={quote(search, safe='')}&"
    return f"{request.host_url}ATServicesRest/V1.0/{entity.path}/query/next?{carried}paging="


def _body(request: Request) -> writing.Body:
    text = request.get_data().decode("utf-8-sig")
    return writing.Body(_object(text.strip() or "{}"), text)


def _object(text: str) -> dict[str, Any]:
    value = json.loads(text, parse_constant=_refuse_constant)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - one error for all that is no object
    return value


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _not_found(request: Request) -> Response:
    return message(f"No HTTP resource was found that matches the request URI '{request.url}'.", 404)


def _not_supported(request: Request) -> Response:
    return message(f"The requested resource does not support http method '{request.method}'.", 405)
