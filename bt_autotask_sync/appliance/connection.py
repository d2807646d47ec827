"""HTTP with one appliance: one token, bounded retries of whole reads, and what each kind of answer means."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import requests
import urllib3.exceptions
from requests.auth import HTTPBasicAuth

from bt_autotask_sync.appliance.answer import Answer
from bt_autotask_sync.appliance.document import CHECK_PERMISSION
from bt_autotask_sync.appliance.errors import ApplianceOutage, ApplianceRefused, ReportNotPermitted
from bt_autotask_sync.appliance.failure import explain_failure, judge_status, refused
from bt_autotask_sync.appliance.token import INVALID_CLIENT, BearerAuth, Token, oauth_error, read_token
from bt_autotask_sync.transport import OPEN_GATE, TransientError, answered_at, read_retries

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from requests.auth import AuthBase

    from bt_autotask_sync.clock import Clock
    from bt_autotask_sync.transport import Gate

T = TypeVar("T")

_LARGEST_TOKEN_ANSWER = 64 * 1024
_NOT_PERMITTED = {requests.codes.unauthorized, requests.codes.forbidden, requests.codes.not_found}
"""A 401 in spite of a fresh token is among them where it says nothing of the credentials."""


@dataclass(frozen=True, slots=True)
class ApplianceSettings:
    """How to reach one appliance.

    `host` is `host` or `host:port`. `locale` is the language of details and surveys. `timeout_seconds` bounds the
    connecting and every silence, not the whole answer.
    """

    host: str
    client_id: str
    client_secret: str = field(repr=False)
    locale: str = "en-us"
    use_tls: bool = True
    timeout_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Question:
    """One call: `name` is what messages call it, `locale` the language that the answer should have, if it matters.

    `judges`: no run works without it, so that a 401 in spite of a fresh token is about the credentials, unless another
    question was answered. Of any other question it says that the account may not ask this.
    """

    name: str
    path: str
    form: Mapping[str, str]
    locale: str = ""
    judges: bool = False


class Connection:
    """Asks questions of one appliance, counting every HTTP request in `requests_sent`.

    BeyondTrust: GET or urlencoded POST, and the connection is to be closed after each call.
    """

    def __init__(
        self, settings: ApplianceSettings, http: requests.Session, clock: Clock, gate: Gate = OPEN_GATE
    ) -> None:
        self.settings = settings
        self.requests_sent = 0
        self._gate = gate
        self._http = http
        self._clock = clock
        self._token: Token | None = None
        self._accepted = False
        """Whether a token of ours was good for any question."""

    def token(self) -> Token:
        """Return the run's token: asked for at first use, and anew when it is about to expire.

        Raises:
            CredentialsError: The gate does not let the OAuth client through.
            ApplianceRefused: The appliance does not accept the OAuth client.
            ApplianceOutage: It cannot be reached or its answer is unusable.
        """
        if self._token is None or self._clock.monotonic() >= self._token.renew_at:
            self._token = self._retried(self._log_in, "the OAuth token")
        return self._token

    def ask(self, question: Question, read: Callable[[Answer], T]) -> T:
        """Return what `read` makes of the answer. Asking and reading to the end are one attempt, of four.

        Raises:
            ApplianceOutage: No attempt succeeded, or the answer is unusable.
            ApplianceRefused: The appliance does not accept the OAuth client, or a fresh token for what judges.
            ReportNotPermitted: The API account may not ask this.
            SyncError: Whatever `read` raises.
        """
        self.token()
        return self._retried(lambda: self._attempt(question, read), question.name)

    def _retried(self, attempt: Callable[[], T], name: str) -> T:
        try:
            return read_retries(self._clock)(attempt)
        except ApplianceRefused as error:
            self._gate.refused(error)
            raise
        except TransientError as error:
            raise ApplianceOutage(
                f"The appliance {self.settings.host} gave no answer for {name}: {error}.",
                "The next run tries again. If it stays so, check the host name, the network and the appliance.",
            ) from error

    def _attempt(self, question: Question, read: Callable[[Answer], T]) -> T:
        response = self._ask_once(question)
        if response.status_code == requests.codes.unauthorized:
            response.close()
            self._token = None
            response = self._ask_once(question)
        with response:
            source = f"{question.name} of {self.settings.host}"
            judges = question.judges and not self._accepted
            if response.status_code == requests.codes.unauthorized and judges:
                raise refused(self.settings.host, "HTTP 401 in spite of a fresh token")
            if response.status_code in _NOT_PERMITTED:
                raise ReportNotPermitted(
                    f"The API account may not ask for {source} (HTTP {response.status_code}).", CHECK_PERMISSION
                )
            judge_status(response, source, self._time_of(response))
            found = read(self._answer(response, source))
        # Not when a token is given: the appliance may refuse even a fresh one.
        self._accepted = True
        self._gate.accepted()
        return found

    def _ask_once(self, question: Question) -> requests.Response:
        headers = {"Accept-Language": question.locale} if question.locale else {}
        return self._post(question.path, question.form, BearerAuth(self.token()), headers)

    def _log_in(self) -> Token:
        self._gate.permit()
        settings, asked = self.settings, self._clock.monotonic()
        client = HTTPBasicAuth(settings.client_id.encode(), settings.client_secret.encode())
        with self._post("/oauth2/token", {"grant_type": "client_credentials"}, client, {}) as response:
            source = f"the OAuth token of {settings.host}"
            fields = _json(self._answer(response, source))
            if _refuses_client(response.status_code, fields):
                raise refused(settings.host, f"HTTP {response.status_code} {oauth_error(fields)}".rstrip())
            judge_status(response, source, self._time_of(response))
            return read_token(fields, host=settings.host, asked=asked, issued_at=answered_at(response))

    def _post(
        self, path: str, form: Mapping[str, str], auth: AuthBase, headers: Mapping[str, str]
    ) -> requests.Response:
        self.requests_sent += 1
        scheme = "https" if self.settings.use_tls else "http"
        try:
            return self._http.post(
                f"{scheme}://{self.settings.host}{path}",
                data=form,
                auth=auth,
                headers={"Connection": "close", **headers},
                timeout=self.settings.timeout_seconds,
                # Said for each request: left to the session, REQUESTS_CA_BUNDLE in the environment would go before it.
                verify=self._http.verify,
                allow_redirects=False,
                stream=True,
            )
        except (requests.RequestException, urllib3.exceptions.HTTPError, UnicodeError) as error:
            raise explain_failure(error, self.settings.host) from error

    def _answer(self, response: requests.Response, source: str) -> Answer:
        return Answer(response, source, self._clock, self.settings.timeout_seconds)

    def _time_of(self, response: requests.Response) -> datetime:
        return answered_at(response) or self._clock.now()


def _refuses_client(status: int, fields: object) -> bool:
    """Return whether an answer to the token call is about the client: a 401, or `invalid_client` with any other status.

    RFC 6749, 5.2: all other errors are about the request. A 403 may come from anybody on the way.
    """
    if status == requests.codes.forbidden:
        return False
    return bool(status == requests.codes.unauthorized) or oauth_error(fields) == INVALID_CLIENT


def _json(answer: Answer) -> object:
    """Return the JSON of a small answer, or None when it is none or not small."""
    body = b""
    while len(body) <= _LARGEST_TOKEN_ANSWER and (data := answer.read(_LARGEST_TOKEN_ANSWER)):
        body += data
    try:
        return json.loads(body) if len(body) <= _LARGEST_TOKEN_ANSWER else None
    except (ValueError, RecursionError):
        return None
