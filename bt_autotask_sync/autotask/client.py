"""Autotask's REST API as the job uses it: queries, single records, creates, the hourly budget."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

from bt_autotask_sync.autotask.creating import create, made_nothing
from bt_autotask_sync.autotask.entities import Threshold
from bt_autotask_sync.autotask.errors import AutotaskRefused, unusable
from bt_autotask_sync.autotask.exchange import Call, Exchange, open_session
from bt_autotask_sync.autotask.masking import Mask
from bt_autotask_sync.autotask.paging import read_pages
from bt_autotask_sync.autotask.query import Condition, Operator
from bt_autotask_sync.autotask.reading import read
from bt_autotask_sync.autotask.zone import TenantZone, normalise_services_url
from bt_autotask_sync.transport import OPEN_GATE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    import requests

    from bt_autotask_sync.autotask.entities import CreateOutcome, Lookup
    from bt_autotask_sync.autotask.query import AnyOf
    from bt_autotask_sync.autotask.zone import Zone
    from bt_autotask_sync.clock import Clock
    from bt_autotask_sync.transport import Gate

__all__ = ["AutotaskClient", "AutotaskSettings", "open_session"]

MOST_RECORDS = 500
"""Autotask: at most 500 records a page."""

THRESHOLD = "/ThresholdInformation"
"""Where the hourly budget is read: cheap, and with no permission of its own."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class AutotaskSettings:
    """Who we are for Autotask, and where.

    Args:
        username: The API user's generated name.
        secret: Its password.
        integration_code: REST's tracking identifier.
        services_url: The tenant's services; empty: found by zone information.
        timeout_seconds: How long one answer may take.
    """

    username: str
    secret: str = field(repr=False)
    integration_code: str = field(repr=False)
    services_url: str = ""
    timeout_seconds: float = 100.0


class AutotaskClient:
    """Talks to one tenant. Several threads may use it at once.

    Args:
        settings: The credentials.
        http: The connections, from `open_session`.
        clock: Time as it is passed in.
        gate: Asked before the credentials are presented; what it raises, every method may raise.

    Raises:
        ValueError: The settings' `services_url` is none.
    """

    def __init__(
        self, settings: AutotaskSettings, http: requests.Session, clock: Clock, gate: Gate = OPEN_GATE
    ) -> None:
        self._gate = gate
        self._headers = {
            "ApiIntegrationCode": _header(settings.integration_code),
            "UserName": _header(settings.username),
            "Secret": _header(settings.secret),
        }
        mask = Mask((settings.username, settings.secret, settings.integration_code))
        self._judging = threading.RLock()
        self._exchange = Exchange(http, clock, settings.timeout_seconds, mask, self._permit)
        services_url = normalise_services_url(settings.services_url) if settings.services_url else ""
        self._zone = TenantZone(self._exchange, settings.username, services_url)

    @property
    def requests_sent(self) -> int:
        """How many HTTP requests went out, repeated ones and those for the zone included."""
        return self._exchange.requests_sent

    @property
    def zone(self) -> Zone:
        """The tenant's zone; asked for on first use unless the settings name the services.

        Raises:
            SyncError: The zone cannot be found out.
        """
        return self._zone.get()

    @property
    def known_zone(self) -> Zone | None:
        """The tenant's zone as far as it is known without asking."""
        return self._zone.known

    def named_zone(self) -> Zone:
        """Ask Autotask for the zone of the API user's tenant, whatever the settings name.

        Raises:
            AutotaskOutage: No usable answer.
            AutotaskRefused: Autotask does not know the username.
        """
        self._gate.permit()
        return self._zone.ask()

    def web_url(self) -> str:
        """Return the address of Autotask's web pages without a slash at its end, for links.

        Links are a comfort: where the address cannot be found out it is empty, and nothing fails.
        """
        return self._zone.web_url()

    def query(
        self,
        entity: str,
        conditions: Sequence[Condition | AnyOf],
        fields: Sequence[str] = (),
        *,
        most: int | None = None,
    ) -> Lookup[dict[str, Any]]:
        """Return every record for which all `conditions` hold, page by page, with the time of the first page.

        Args:
            entity: As in the address, `TimeEntries`.
            conditions: At least one. Autotask: a query needs a filter.
            fields: What to return; nothing: every field.
            most: How many records may be there; None: any number.

        Raises:
            TooManyRecords: There are more than `most`.
            AutotaskOutage: No usable answer.
            AutotaskRefused: The credentials are not accepted.
            QueryRefused: Autotask answered with errors.
        """
        if not conditions:
            raise ValueError(f"a query of {entity} needs a condition")
        body: dict[str, Any] = {"MaxRecords": MOST_RECORDS, "filter": [condition.to_json() for condition in conditions]}
        if fields:
            body["IncludeFields"] = list(dict.fromkeys(("id", *fields)))
        return self._read_in_zone(
            lambda zone: read_pages(self._exchange, self._call(zone, "POST", f"/{entity}/query", body), most)
        )

    def count(self, entity: str, conditions: Sequence[Condition | AnyOf]) -> int:
        """Return how many records a query would show.

        Raises:
            As `query`.
        """
        path = f"/{entity}/query/count"
        body = {"filter": [condition.to_json() for condition in conditions]}
        answer = self._read_in_zone(lambda zone: read(self._exchange, self._call(zone, "POST", path, body)))
        found = (answer.body or {}).get("queryCount")
        if type(found) is not int:
            raise unusable(f"POST {path}", "it has no number")
        return found

    def get(self, entity: str, record_id: int) -> dict[str, Any] | None:
        """Return one record, or None where there is none. Autotask: that is a 200 with a null item, or a 404.

        Raises:
            As `query`.
        """
        path = f"/{entity}/{record_id}"
        answer = self._read_in_zone(lambda zone: read(self._exchange, self._call(zone, "GET", path)))
        item = None if answer.status == HTTPStatus.NOT_FOUND else _only_item(path, answer.body or {})
        if item is not None and item.get("id") != record_id:
            raise unusable(f"GET {path}", "it is another record")
        return item

    def read(self, path: str) -> dict[str, Any] | None:
        """Return the JSON object at a path behind the version, as it is; None where there is nothing (404).

        Raises:
            As `query`.
        """
        answer = self._read_in_zone(lambda zone: read(self._exchange, self._call(zone, "GET", path)))
        return None if answer.status == HTTPStatus.NOT_FOUND else answer.body

    def create(self, path: str, body: Mapping[str, Any], *, impersonate: int | None = None) -> CreateOutcome:
        """Create a record, once, and return what came of it. Whatever this raises, nothing was made.

        Args:
            path: Behind the version, as `/Tickets/7/Notes`.
            body: The record by REST names.
            impersonate: The id of the resource in whose name it is made.

        Raises:
            AutotaskOutage: No connection could be made, or Autotask was too busy for 60 seconds.
            BudgetSpent: The hourly threshold is spent.
            AutotaskRefused: The credentials are not accepted, which a read confirmed.
            CredentialsError: They are not presented again.
        """
        extra = {} if impersonate is None else {"ImpersonationResourceId": str(impersonate)}
        used = self.zone
        outcome = create(self._exchange, self._call(used, "POST", path, body, extra), self._judge_credentials)
        if not made_nothing(outcome) or self.zone.services_url == used.services_url:
            return outcome
        # The tenant has moved, as a refused read showed.
        return create(self._exchange, self._call(self.zone, "POST", path, body, extra), self._judge_credentials)

    def threshold(self) -> tuple[Threshold | None, datetime | None]:
        """Return the tenant's hourly budget and the Autotask time of the answer. Autotask: this request counts too.

        The budget is None where the answer does not name it: the keys differ between sources.

        Raises:
            UnusableAnswer, QueryRefused: This one call is out of order; others may work.
            As `query`.
        """
        answer = self._read_in_zone(lambda zone: read(self._exchange, self._call(zone, "GET", THRESHOLD)))
        body = answer.body or {}
        limit, used = body.get("externalRequestThreshold"), body.get("currentTimeframeRequestCount")
        if type(limit) is not int or type(used) is not int:
            return None, answer.answered_at
        return Threshold(limit, used), answer.answered_at

    def time(self) -> datetime | None:
        """Return Autotask's time, from the answer to a query that finds nothing; None where it has no `Date`.

        Raises:
            As `query`.
        """
        return self.query("Tickets", [Condition(Operator.EQ, "id", 0)], ["id"]).answered_at

    def _permit(self) -> None:
        """Raise CredentialsError while the credentials must not be presented; first wait for who is judging them."""
        with self._judging:
            self._gate.permit()

    def _judge_credentials(self) -> None:
        """See by a cheap read whether the credentials are refused; raises as `query`, and then they are.

        One asks, the others wait: until the answer is there nothing else presents the credentials.
        """
        with self._judging:
            self._read_in_zone(lambda zone: read(self._exchange, self._call(zone, "GET", THRESHOLD)))

    def _call(
        self,
        zone: Zone,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        extra: Mapping[str, str] | None = None,
    ) -> Call:
        return Call(method, f"{zone.services_url}/v1.0{path}", path, {**self._headers, **(extra or {})}, body)

    def _read_in_zone(self, ask: Callable[[Zone], Result]) -> Result:
        """Read, and let the gate know what became of the credentials. A create alone never judges them."""
        self._gate.permit()
        try:
            result = self._ask_in_zone(ask)
        except AutotaskRefused as error:
            self._gate.refused(error)
            raise
        self._gate.accepted()
        return result

    def _ask_in_zone(self, ask: Callable[[Zone], Result]) -> Result:
        """Ask in the tenant's zone, once more if the tenant turns out to have moved."""
        used = self.zone
        try:
            return ask(used)
        except AutotaskRefused as refusal:
            moved = self._zone.after(refusal, used)
        return ask(moved)


def _header(credential: str) -> str:
    """Return a text whose Latin-1 bytes, which is how headers are written, are the credential's in UTF-8."""
    return credential.encode("utf-8", "surrogateescape").decode("latin-1")


def _only_item(path: str, body: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the record of an answer, or None. Autotask: some endpoints answer a single record with a list."""
    found = body["items"] if isinstance(body.get("items"), list) else [body.get("item", "")]
    item = found[0] if found else None
    if item is None or isinstance(item, dict):
        return item
    raise unusable(f"GET {path}", "it has no record")
