"""Autotask's side of the sandbox: who may ask, what is asked, and the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from werkzeug.wrappers import Response

from bt_autotask_sync.sandbox.autotask.refusal import Refusal, TurnedAway, answer, errors, message
from bt_autotask_sync.sandbox.autotask.router import Router
from bt_autotask_sync.sandbox.autotask.schema import ENTITIES
from bt_autotask_sync.sandbox.autotask.store import Store
from bt_autotask_sync.sandbox.autotask.traffic import Threads, Threshold
from bt_autotask_sync.sandbox.calls import autotask_path

if TYPE_CHECKING:
    from werkzeug.wrappers import Request

    from bt_autotask_sync.sandbox.clock import SandboxClock
    from bt_autotask_sync.sandbox.switches import Switches

_RETRY_AFTER_HOURLY: Final = 60
_CI: Final = 632538


@dataclass(frozen=True, slots=True)
class Credentials:
    """The API user's three headers."""

    username: str
    secret: str
    integration_code: str


CREDENTIALS: Final = Credentials(
    username="bt-sync-api@sandbox.example",
    secret="Sandbox-Secret-4711",  # noqa: S106 - opens nothing but this sandbox
    integration_code="SANDBOXCODE7B2C4D6E8F0A1B3",
)


class AutotaskServer:
    """Autotask's REST API.

    Args:
        clock: The products' time.
        switches: How it behaves where that is open.
        threshold: External requests an hour; 0 for no limit.
    """

    def __init__(self, clock: SandboxClock, switches: Switches, threshold: int = 10_000) -> None:
        self.store = Store(clock)
        self.credentials = CREDENTIALS
        self.threads = Threads()
        self.threshold = Threshold(clock, threshold)
        self._switches = switches
        self._router = Router(self.store, switches, clock, self.threshold)

    def handle(self, request: Request) -> Response:
        """Answer a request under `/atservicesrest`."""
        path = autotask_path(request.path).rstrip("/").lower()
        if path == "/zoneinformation":
            return self._zone(request)
        if path == "/versioninformation":
            return answer({"apiVersions": ["1.0"]})
        refused = self._unauthorized(request) or self._exhausted()
        return refused or self._answered(request)

    def penalty(self) -> float:
        """Return the seconds that a request takes longer because the hour is well used."""
        return self.threshold.penalty() if self._switches.latency_tiers else 0.0

    def state(self) -> dict[str, Any]:
        """Return every record, by entity."""
        return {entity.path: self.store.rows(entity.path) for entity in ENTITIES.values()}

    def _answered(self, request: Request) -> Response:
        try:
            return self._router.answer(request, self.credentials.username)
        except Refusal as refusal:
            return errors(refusal.texts, self._switches.refusals)
        except TurnedAway:
            return Response("", 403)
        except RecursionError:
            return message("The request is invalid.", 400)

    def _zone(self, request: Request) -> Response:
        if request.method != "GET":
            return message(f"The requested resource does not support http method '{request.method}'.", 405)
        users = {str(row["userName"]).lower() for row in self.store.scan("Resources") if row["userName"]}
        users.add(self.credentials.username.lower())
        asked = next((value for name, value in request.args.items() if name.lower() == "user"), "")
        if asked.lower() not in users:
            return errors(["Zone information could not be determined"])
        root = request.host_url
        return answer({"zoneName": "Sandbox", "url": f"{root}atservicesrest/", "webUrl": root, "ci": _CI})

    def _unauthorized(self, request: Request) -> Response | None:
        given = request.headers
        user = given.get("UserName", "").lower() == self.credentials.username.lower()
        code = given.get("ApiIntegrationCode", "") == self.credentials.integration_code
        secret = given.get("Secret", "") == self.credentials.secret
        if user and code and secret:
            return None
        if self._switches.bad_credentials == "500-text" and not (user and code):
            return errors(["IntegrationCode is invalid" if user else "Zone information could not be determined"])
        return Response(b"", 401, {"WWW-Authenticate": f'Basic realm="{request.host}"'})

    def _exhausted(self) -> Response | None:
        if self.threshold.count():
            return None
        limit = self.threshold.limit
        text = (
            f"Request Threshold Exceeded. The external request threshold of {limit} requests per hour has been reached."
        )
        response = errors([text], self._switches.hourly_limit)
        if self._switches.retry_after:
            response.headers["Retry-After"] = str(_RETRY_AFTER_HOURLY)
        return response
