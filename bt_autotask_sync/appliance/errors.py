"""What can go wrong with the appliance, by the temperaments of `bt_autotask_sync.errors`."""

from __future__ import annotations

from bt_autotask_sync.errors import CredentialsError, OutageError


class ApplianceOutage(OutageError):  # noqa: N818 - says what happened
    """The appliance is not reachable, or answers 5xx or 429, after the retries."""


class UnusableAnswer(ApplianceOutage):
    """The answer is not what was asked for: a web page, another document, a DOCTYPE, a redirect, an absurd size."""


class ErrorAnswer(UnusableAnswer):
    """The answer is an `<error>` with words other than "nothing found".

    Args:
        message: What came instead of what.
        advice: What to do next.
        words: The appliance's words, whole.
    """

    def __init__(self, message: str, advice: str = "", *, words: str = "") -> None:
        super().__init__(message, advice)
        self.words = words


class UnreadableReport(ApplianceOutage):
    """The answer begins as the right document and then breaks: one session in it may be the cause."""


class ApplianceRefused(CredentialsError):  # noqa: N818 - says what happened
    """The appliance does not accept the OAuth client, or not even a fresh token."""


class ReportNotPermitted(OutageError):  # noqa: N818 - says what happened
    """The API account may not ask this: 403, 404 or "Document Not Found".

    BeyondTrust: "Document Not Found" means that the API account lacks the permission.
    """
