"""Whether the two products may be shown their credentials: refused ones are not presented again and again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bt_autotask_sync.errors import CredentialsError
from bt_autotask_sync.state.refused_credentials import Credentials, Refusal, RefusedCredentials, Side

if TYPE_CHECKING:
    from bt_autotask_sync.clock import Clock
    from bt_autotask_sync.config.models import Profile

_ADVICE = (
    "Set the right ones in the configuration: a changed value is tried at once. To try these ones now, run "
    "`bt-autotask-sync check` in a terminal. Every further refusal could lock the account."
)


class NotPresentedError(CredentialsError):
    """The credentials were refused before, and are not presented again yet."""

    def __init__(self, side: Side, refusal: Refusal, now: int) -> None:
        product = "The appliance" if side is Side.APPLIANCE else "Autotask"
        times = "" if refusal.refusals == 1 else f", {refusal.refusals} times in all"
        super().__init__(
            f"{product} has refused these credentials since {_minute(refusal.first_at)}{times}. They are not presented "
            f"again before {_minute(now + refusal.remaining(now))}.",
            _ADVICE,
        )


class CredentialsGate:
    """Lets one set of credentials through or not, and remembers what came of it until that is kept.

    It stays in memory, so that any thread may ask it.

    Args:
        credentials: The set.
        refusal: How it stood before; None: not refused.
        clock: This machine's clock.
        insists: A person asks: a pause does not count.
    """

    def __init__(self, credentials: Credentials, refusal: Refusal | None, clock: Clock, *, insists: bool) -> None:
        self._credentials = credentials
        self._before = refusal
        self._clock = clock
        self._insists = insists
        self._accepted = False
        self._refused: CredentialsError | None = None
        self._recorded = False

    def permit(self) -> None:
        """Raise CredentialsError when they were refused in this very process, or before and the pause still lasts."""
        if self._refused is not None:
            raise self._refused
        now = _now(self._clock)
        if self._before is not None and not self._accepted and not self._insists and self._before.remaining(now):
            raise NotPresentedError(self._credentials.side, self._before, now)

    def accepted(self) -> None:
        """Take note that they were accepted."""
        self._accepted = True

    def refused(self, error: CredentialsError) -> None:
        """Take note that they were refused."""
        self._refused = error

    @property
    def has_news(self) -> bool:
        """Whether the ledger does not know yet what came of them."""
        refused = self._refused is not None and not self._recorded
        return refused or (self._accepted and self._before is not None)

    def keep(self, refused: RefusedCredentials) -> None:
        """Write what came of them, and what has passed of a pause."""
        now = _now(self._clock)
        if self._before is not None and self._accepted:
            refused.erase(self._credentials)
            self._before = None
        elif self._before is not None:
            refused.look(self._credentials, now)
        if self._refused is not None and not self._recorded:
            refused.record(self._credentials, now)
            self._recorded = True


class Access:
    """The gates of one command: profiles with the same credentials share one.

    Args:
        refused: What the ledger knows; None: there is none.
        clock: This machine's clock.
        insists: Whether a person insists on asking whatever was refused before.
    """

    def __init__(self, refused: RefusedCredentials | None, clock: Clock, *, insists: bool = False) -> None:
        self._refused = refused
        self._clock = clock
        self._insists = insists
        self._gates: dict[Credentials, CredentialsGate] = {}

    def gates(self, profile: Profile) -> tuple[CredentialsGate, CredentialsGate]:
        """Return the gates of a profile: the appliance's and Autotask's."""
        return self._gate(appliance_credentials(profile)), self._gate(autotask_credentials(profile))

    @property
    def has_news(self) -> bool:
        """Whether the ledger does not know yet what came of some credentials."""
        return any(gate.has_news for gate in self._gates.values())

    def keep(self, refused: RefusedCredentials) -> None:
        """Write what came of all credentials. To do so again changes nothing."""
        for gate in self._gates.values():
            gate.keep(refused)

    def _gate(self, credentials: Credentials) -> CredentialsGate:
        if credentials not in self._gates:
            refusal = None if self._refused is None else self._refused.refusal(credentials)
            self._gates[credentials] = CredentialsGate(credentials, refusal, self._clock, insists=self._insists)
        return self._gates[credentials]


def appliance_credentials(profile: Profile) -> Credentials:
    """Return what decides whether a profile's appliance lets us in."""
    settings = profile.appliance
    return Credentials(
        Side.APPLIANCE, (settings.host.casefold(), settings.client_id, settings.client_secret.get_secret_value())
    )


def autotask_credentials(profile: Profile) -> Credentials:
    """Return what decides whether Autotask lets a profile in."""
    settings = profile.autotask
    return Credentials(
        Side.AUTOTASK,
        (
            settings.username,
            settings.secret.get_secret_value(),
            settings.integration_code.get_secret_value(),
            settings.services_url,
        ),
    )


def _now(clock: Clock) -> int:
    return int(clock.now().timestamp())


def _minute(seconds: int) -> str:
    """Return unix seconds to the minute. It must be the same in every run: the listener repeats no message."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
