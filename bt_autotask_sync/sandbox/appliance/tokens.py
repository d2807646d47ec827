"""OAuth client credentials, as the appliance hands them out: one API account, short-lived bearer tokens."""

from __future__ import annotations

import string
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import MethodNotAllowed

from bt_autotask_sync.sandbox.appliance.markup import json_answer

if TYPE_CHECKING:
    from random import Random

    from werkzeug import Request, Response

    from bt_autotask_sync.sandbox.appliance.surroundings import Clock

LIFETIME = 3600
"""Seconds. BeyondTrust: a token lives one hour."""
MOST_TOKENS = 30
"""BeyondTrust: the 31st token of an account silently invalidates the oldest."""
_LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class Credentials:
    """The API account: `client_id` is 40 hex digits, `client_secret` 44 letters and digits."""

    client_id: str
    client_secret: str = field(repr=False)

    @classmethod
    def drawn(cls, random: Random) -> Credentials:
        """Return an account drawn from `random`."""
        return cls(f"{random.getrandbits(160):040x}", "".join(random.choices(_LETTERS, k=44)))


class Tokens:
    """Issues and knows the bearer tokens of one account."""

    def __init__(self, credentials: Credentials, clock: Clock, random: Random) -> None:
        self._credentials = credentials
        self._clock = clock
        self._random = random
        self._expiry: dict[str, float] = {}

    def answer(self, request: Request) -> Response:
        """Answer `POST /oauth2/token`.

        Raises:
            MethodNotAllowed: Any other method.
        """
        if request.method != "POST":
            raise MethodNotAllowed(valid_methods=["POST"])
        if not self._is_account(request):
            response = _refusal(401, "invalid_client", "Client authentication failed")
            response.headers["WWW-Authenticate"] = 'Basic realm="OAuth"'
            return response
        grant = request.form.get("grant_type")
        if grant is None:
            return _refusal(400, "invalid_request", "Check the `grant_type` parameter")
        if grant != "client_credentials":
            return _refusal(400, "unsupported_grant_type", "Check the `grant_type` parameter")
        return _token(self._issue())

    def accepts(self, request: Request) -> bool:
        """Tell whether the request carries a bearer token that is known and not expired."""
        authorization = request.authorization
        if authorization is None or authorization.type != "bearer" or authorization.token is None:
            return False
        return self._expiry.get(authorization.token, 0.0) > self._clock.now()

    def _is_account(self, request: Request) -> bool:
        authorization = request.authorization
        if authorization is None or authorization.type != "basic":
            return False
        given = (authorization.username, authorization.password)
        return given == (self._credentials.client_id, self._credentials.client_secret)

    def _issue(self) -> str:
        now = self._clock.now()
        alive = {token: expiry for token, expiry in self._expiry.items() if expiry > now}
        while len(alive) >= MOST_TOKENS:
            del alive[next(iter(alive))]
        token = "".join(self._random.choices(_LETTERS, k=40))
        self._expiry = {**alive, token: now + LIFETIME}
        return token


def _token(token: str) -> Response:
    return json_answer(200, {"access_token": token, "token_type": "Bearer", "expires_in": LIFETIME})


def _refusal(status: int, error: str, message: str) -> Response:
    body: dict[str, Any] = {"error": error, "message": message}
    return json_answer(status, body)
