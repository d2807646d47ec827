"""What can go wrong with Autotask, by temperament. Messages name the endpoint and the host, never a secret."""

from __future__ import annotations

from bt_autotask_sync.errors import CredentialsError, OutageError

LATER = (
    "Nothing is lost: the next run tries again. If it stays so, see Autotask's status page and this network's way out."
)


class AutotaskOutage(OutageError):  # noqa: N818 - an outage is the word that the exit codes and the protocol use
    """Autotask cannot be reached, is too busy, or gives no usable answer."""


class UnusableAnswer(AutotaskOutage):
    """Autotask, or something before it, answered, but not with what was asked for."""


class BudgetSpent(AutotaskOutage):
    """The tenant's hourly threshold of requests is spent, by Autotask's own words."""


class AutotaskRefused(CredentialsError):  # noqa: N818 - says who refused, as the other errors of this file do
    """Autotask does not accept the username, the secret or the integration code."""


class QueryRefused(OutageError):  # noqa: N818 - pairs with `Refused`, the same answer to a create
    """A read was answered with Autotask's own errors.

    Args:
        message: What was asked and refused.
        advice: What to do next.
        words: Autotask's words, masked.
        of_the_kind: The refusal is about the rights of the API user, so that every such read would be refused.
    """

    def __init__(self, message: str, advice: str = "", *, words: str, of_the_kind: bool) -> None:
        super().__init__(message, advice)
        self.words = words
        self.of_the_kind = of_the_kind


class TooManyRecords(QueryRefused):
    """A query has more answers than its asker is ready to read.

    Args:
        name: The endpoint and the host.
        most: How many would have been read.
    """

    def __init__(self, name: str, most: int) -> None:
        super().__init__(
            f"Autotask has more than {most:,} records for {name}; they are not read.",
            "Deliver a shorter time at once: run with --since and --until, day by day.",
            words="too many records",
            of_the_kind=False,
        )


def unusable(name: str, reason: str) -> UnusableAnswer:
    """Return the error for an answer that nobody can use; `name` is the endpoint's and the host's."""
    return UnusableAnswer(f"Autotask gave no usable answer to {name}: {reason}", LATER)


def unreachable(name: str, reason: str) -> AutotaskOutage:
    """Return the error for a request that did not get through."""
    return AutotaskOutage(f"Autotask cannot be reached for {name}: {reason}", LATER)


def out_of_order(name: str, reason: str) -> UnusableAnswer:
    """Return the error for a request that was answered every time, and never usably."""
    return UnusableAnswer(f"Autotask cannot be reached for {name}: {reason}", LATER)


def budget_spent(name: str) -> BudgetSpent:
    """Return the error for a spent hourly threshold."""
    return BudgetSpent(
        f"Autotask's hourly request threshold is spent ({name})",
        "All integrations of the tenant share it. The next run goes on where this one ended.",
    )


def credentials_refused(name: str, status: int, words: str) -> AutotaskRefused:
    """Return the error for credentials that Autotask does not accept, with its words if there are any."""
    return AutotaskRefused(
        f"Autotask refused the credentials ({name}, status {status})" + (f": {words}" if words else ""),
        "Check username, secret (quote one that holds #) and integration_code, that the API user is active and not "
        "locked, and services_url if it is set.",
    )


def query_refused(name: str, words: str, *, of_the_kind: bool) -> QueryRefused:
    """Return the error for a read that Autotask answered with errors."""
    rights = "Give the API user's security level the right to read this; the level API User (system) has it."
    other = "If it stays so, Autotask has changed: report it with these words."
    message = f"Autotask refused {name}: {words}"
    return QueryRefused(message, rights if of_the_kind else other, words=words, of_the_kind=of_the_kind)
