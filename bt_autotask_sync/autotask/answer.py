"""One answer of Autotask, parsed as far as it is JSON, and what it amounts to."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from bt_autotask_sync.transport import answered_at, retry_after_seconds

if TYPE_CHECKING:
    from datetime import datetime

    import requests

    from bt_autotask_sync.autotask.masking import Mask

LARGEST_ID = 2**63 - 1
_BUDGET_STATUSES = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.INTERNAL_SERVER_ERROR})


def _sentences(*patterns: str) -> re.Pattern[str]:
    """Return a pattern for a whole message that is made of these sentences and nothing else."""
    sentence = "|".join(patterns)
    return re.compile(rf"\s*(?:(?:{sentence})[.!]?\s*)+", re.IGNORECASE)


# Autotask: errors of business rules, rights and limits come mostly with status 500, so that only their words tell them
# apart. But errors echo values that people typed: words count only where the whole message is one of Autotask's own.
_THREADS = _sentences(
    r"Thread Threshold Exceeded",
    r"The Autotask API thread threshold of \d+ threads? has been exceeded",
    r"\(?Itgenatr005\)?",
)
_BUDGET = _sentences(
    r"Request threshold (?:has been )?exceeded",
    r"The (?:external )?request threshold(?: of \d+ requests(?: per hour)?)? has been (?:reached|exceeded)",
    r"(?:You have )?exceeded the (?:\w+ )?number of (?:\w+ )?requests(?: allowed)?(?: per hour)?",
)
_CREDENTIALS = _sentences(r"IntegrationCode is invalid", r"Zone information could not be determined")
_PERMISSION = _sentences(
    r"The logged in Resource (?:does not|may not) have the (?:adequate|required) permissions? "
    r"to (?:add|create|query|read|view) (?:this entity type|(?:the |an? )?[a-z]+(?: ?(?:note|entry|entries))?s?"
    r"(?: entity(?: type)?)?)",
    r"(?:The )?(?:logged in )?(?:user|resource) (?:is )?not authorized to (?:add|create|query|read|view) "
    r"(?:this entity type|(?:an? )?[a-z]+(?: ?(?:note|entry|entries))?s?)",
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for one request.

    `body` is None when it was no JSON object; `errors` are Autotask's own words and `remark` those of its web
    server, masked; `retry_after` is in seconds; `answered_at` is Autotask time.
    """

    status: int
    body: dict[str, Any] | None
    errors: tuple[str, ...] = ()
    remark: str = ""
    retry_after: float | None = None
    answered_at: datetime | None = None
    empty: bool = False

    @property
    def words(self) -> str:
        """Autotask's errors in one line."""
        return "; ".join(self.errors)

    @property
    def redirect(self) -> bool:
        """Whether it sends us elsewhere. Nothing follows it: the secrets would go along."""
        return 300 <= self.status < 400  # noqa: PLR2004 - the class of statuses, by definition

    @property
    def credentials_refused(self) -> bool:
        """Whether Autotask does not accept who we are: 401, or (reported of some zones) a 500 that says just that."""
        by_words = self.status == HTTPStatus.INTERNAL_SERVER_ERROR and bool(self.errors) and self._says(_CREDENTIALS)
        return self.status == HTTPStatus.UNAUTHORIZED or by_words

    @property
    def budget_spent(self) -> bool:
        """Whether the tenant's hourly threshold is spent: a 429 or a 500 that says just that."""
        return self.status in _BUDGET_STATUSES and self._says(_BUDGET)

    @property
    def busy(self) -> bool:
        """Whether it was turned away for too many requests at a time, and not executed.

        Autotask: 429, or another status with nothing but the sentence of the thread threshold.
        """
        return self.status == HTTPStatus.TOO_MANY_REQUESTS or self._says(_THREADS)

    @property
    def of_the_kind(self) -> bool:
        """Whether the errors are about the rights of the API user rather than about this one record."""
        return self._says(_PERMISSION)

    @property
    def usable(self) -> bool:
        """Whether a read can use it: a JSON object with 200, or a 404 that comes from Autotask itself."""
        known = self.body is not None
        missing = self.status == HTTPStatus.NOT_FOUND and (known or self.empty)
        return missing or (self.status == HTTPStatus.OK and known)

    @property
    def may_pass(self) -> bool:
        """Whether a read may fare better next time: 5xx, a cut body, somebody's HTML."""
        foreign = self.body is None and not self.empty
        failed = self.status == HTTPStatus.OK or self.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        return not self.usable and (foreign or failed)

    @property
    def item_id(self) -> int | None:
        """The id of the record that a create made; None unless it is a 200 with an integer `itemId`."""
        value = (self.body or {}).get("itemId")
        confirmed = self.status == HTTPStatus.OK and type(value) is int and 0 < value <= LARGEST_ID
        return value if confirmed else None

    @property
    def oddity(self) -> str:
        """What is odd about it, for an answer that nobody could use."""
        if self.redirect:
            return f"a redirect (status {self.status}), which is never followed"
        if self.body is None:
            return f"status {self.status} with {'an empty body' if self.empty else 'a body that is no JSON object'}"
        return f"status {self.status} without the expected content" + (f": {self.remark}" if self.remark else "")

    def _says(self, pattern: re.Pattern[str]) -> bool:
        """Tell whether the only message is one that a pattern describes from its beginning to its end."""
        said = self.errors or ((self.remark,) if self.remark else ())
        return len(said) == 1 and pattern.fullmatch(said[0]) is not None


def parse_answer(response: requests.Response, mask: Mask, now: datetime) -> Answer:
    """Return what `response` amounts to. `now` serves only a `Retry-After` that is given as a date."""
    body = _json_object(response.content)
    errors = (body or {}).get("errors")
    remark = (body or {}).get("Message")
    return Answer(
        status=response.status_code,
        body=body,
        errors=tuple(mask(str(error)) for error in errors) if isinstance(errors, list) else (),
        remark=mask(remark) if isinstance(remark, str) else "",
        retry_after=retry_after_seconds(response, answered_at(response) or now),
        answered_at=answered_at(response),
        empty=not response.content.strip(),
    )


def _json_object(content: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
