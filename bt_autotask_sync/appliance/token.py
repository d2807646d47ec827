"""The OAuth token of one run."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from requests.auth import AuthBase

from bt_autotask_sync.appliance.document import CHECK_HOST
from bt_autotask_sync.appliance.errors import UnusableAnswer

if TYPE_CHECKING:
    from datetime import datetime

    import requests

_USUAL_LIFE = 3600.0
_RENEWED_BEFORE_EXPIRY = 300.0
_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]{1,8192}")
_ERROR_CODE = re.compile(r"[a-z_]{1,60}")
INVALID_CLIENT = "invalid_client"
"""RFC 6749, 5.2: the client is not known, or its secret is wrong."""
_CHECK_ACCOUNT = (
    "This says nothing against client_id and client_secret. Look at the API account under /login > Management > API "
    "Configuration."
)


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token; `renew_at` is by the monotonic clock, `issued_at` the appliance's own time (UTC).

    BeyondTrust: it lives an hour, at most 30 of an account are valid, and a 31st silently ends the oldest.
    """

    value: str = field(repr=False)
    renew_at: float
    issued_at: datetime | None


class BearerAuth(AuthBase):
    """Sends the token. As an auth object, so that requests never puts a `.netrc` entry in its place."""

    def __init__(self, token: Token) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Return the request with the token in its header."""
        request.headers["Authorization"] = f"Bearer {self._token.value}"
        return request


def read_token(answer: object, *, host: str, asked: float, issued_at: datetime | None) -> Token:
    """Return the token in the JSON of a 200 of `/oauth2/token`, `asked` being the monotonic time of asking.

    Raises:
        UnusableAnswer: It holds none; an OAuth error is named.
    """
    fields = answer if isinstance(answer, dict) else {}
    value, life = fields.get("access_token"), fields.get("expires_in")
    if isinstance(value, str) and _VISIBLE_ASCII.fullmatch(value):
        seconds = float(life) if isinstance(life, int) and 0 < life <= _USUAL_LIFE * 24 else _USUAL_LIFE
        return Token(value, asked + max(seconds - _RENEWED_BEFORE_EXPIRY, seconds / 2), issued_at)
    error = oauth_error(answer)
    if error:
        raise UnusableAnswer(f"Instead of an OAuth token of {host} came the OAuth error {error}.", _CHECK_ACCOUNT)
    raise UnusableAnswer(f"Instead of an OAuth token of {host} came something else.", CHECK_HOST)


def oauth_error(answer: object) -> str:
    """Return the error that an answer of `/oauth2/token` names, or an empty text. RFC 6749, 5.2."""
    error = answer.get("error") if isinstance(answer, dict) else None
    return error if isinstance(error, str) and _ERROR_CODE.fullmatch(error) else ""
