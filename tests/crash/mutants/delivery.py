"""The mutants of discovery and delivery."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bt_autotask_sync.autotask import creating
from bt_autotask_sync.autotask.client import AutotaskClient
from bt_autotask_sync.autotask.entities import Created, Refused, Unclear
from bt_autotask_sync.state.artifacts import Artifacts
from bt_autotask_sync.state.ledger import Ledger
from bt_autotask_sync.state.sessions import Sessions
from bt_autotask_sync.state.states import ArtifactState
from bt_autotask_sync.sync.advice import NOT_THERE
from bt_autotask_sync.sync.compare import lookups, missing, view
from bt_autotask_sync.sync.compare import unsettled as settling
from bt_autotask_sync.sync.compare.lookup_state import LookupState, LookupStates
from bt_autotask_sync.sync.compare.missing import Missing
from bt_autotask_sync.sync.deliver import delivery
from bt_autotask_sync.sync.deliver.create_queue import CreateQueue
from bt_autotask_sync.sync.deliver.delivery import Delivery
from tests.crash.mutants.infection import Mutant, replace

if TYPE_CHECKING:
    from collections.abc import Callable


def _no_intent() -> None:
    replace(Artifacts, "intend", lambda _: lambda self, artifact, problem: None)


def _intent_not_committed() -> None:
    """Leave the intent in an open transaction, to be committed with whatever comes next."""

    def in_open_transaction(intend: Any) -> Any:
        def intend_later(self: Artifacts, artifact: Any, problem: Any) -> None:
            self._ledger._run("BEGIN IMMEDIATE", ())
            self._ledger._depth += 1
            try:
                intend(self, artifact, problem)
            finally:
                self._ledger._depth -= 1

        return intend_later

    def joining(run: Any) -> Any:
        def run_in_open_transaction(self: Ledger, statement: str, parameters: Any) -> Any:
            begun = statement.startswith("BEGIN") and self._connection.in_transaction
            return run(self, "SELECT 1" if begun else statement, parameters)

        return run_in_open_transaction

    replace(Artifacts, "intend", in_open_transaction)
    replace(Ledger, "_run", joining)


def _no_compare() -> None:
    """Take the look-up before a create for empty; settling still looks."""
    replace(missing, "on_ticket", lambda _: lambda *_: view.View())
    replace(Missing, "_look_elsewhere", lambda _: lambda *_: None)


def _blind_retry() -> None:
    def until_clear(create: Any) -> Any:
        def create_again(self: AutotaskClient, *given: Any, **named: Any) -> Any:
            for _ in range(3):
                outcome = create(self, *given, **named)
                if not isinstance(outcome, Unclear):
                    break
            return outcome

        return create_again

    replace(AutotaskClient, "create", until_clear)


def _unclear_impersonation_repeated() -> None:
    """Take every answer but a success to a create in a resource's name for a refusal."""

    def plain_unless_created(create: Any) -> Any:
        def create_plainly_too(self: AutotaskClient, *given: Any, impersonate: int | None = None) -> Any:
            outcome = create(self, *given, impersonate=impersonate)
            unclear = impersonate is not None and isinstance(outcome, Unclear)
            return create(self, *given) if unclear else outcome

        return create_plainly_too

    replace(AutotaskClient, "create", plain_unless_created)


def _turned_away_forgotten() -> None:
    """Take a create that was answered 4xx for one that was never sent, and send it again at once."""

    def until_let_through(create: Any) -> Any:
        def create_twice(self: AutotaskClient, *given: Any, **named: Any) -> Any:
            outcome = create(self, *given, **named)
            turned_away = isinstance(outcome, Unclear) and outcome.turned_away
            return create(self, *given, **named) if turned_away else outcome

        return create_twice

    replace(AutotaskClient, "create", until_let_through)


def _taken_as_created(kind: type[Unclear | Refused]) -> Callable[[], None]:
    def optimistic(record: Any) -> Any:
        def record_success(self: CreateQueue, artifact: Any, outcome: Any) -> None:
            record(self, artifact, Created(1) if isinstance(outcome, kind) else outcome)

        return record_success

    return lambda: replace(CreateQueue, "_record", optimistic)


def _busy_taken_as_created() -> None:
    def optimistic(outcome: Any) -> Any:
        return lambda call, answer: Created(1) if answer.busy else outcome(call, answer)

    replace(creating, "_turned_away", lambda _: lambda answer: False)
    replace(creating, "_outcome", optimistic)


def _adopt_any_record() -> None:
    replace(lookups, "find_among", lambda _: lambda wanted, records: next(iter(records), None))


def _watermark_first() -> None:
    def in_two_transactions(store: Any) -> Any:
        def store_watermark_first(self: Sessions, lsids: Any, **named: Any) -> Any:
            store(self, [], **named)
            return store(self, lsids, **named)

        return store_watermark_first

    replace(Sessions, "store_ended", in_two_transactions)


def _watermark_back() -> None:
    def as_listed(store: Any) -> Any:
        def store_any_watermark(self: Sessions, lsids: Any, **named: Any) -> Any:
            found = store(self, lsids, **named)
            if named["watermark"] is not None:
                self._ledger.execute("UPDATE profile SET watermark = ?", (named["watermark"],))
            return found

        return store_any_watermark

    replace(Sessions, "store_ended", as_listed)


def _settle_at_once() -> None:
    replace(settling, "_is_over", lambda _: lambda *_: True)


def _given_up_too_early() -> None:
    """Stamp an intent with the last Autotask time that was read before it was sent."""
    last: list[int] = []
    give_up = Artifacts.give_up

    def stamped(intend: Any) -> Any:
        def intend_stamped(self: Artifacts, artifact: Any, problem: Any) -> None:
            intend(self, artifact, problem)
            give_up(self, last[-1])

        return intend_stamped

    def remembered(_: Any) -> Any:
        def remember(self: Artifacts, at: int) -> None:
            last.append(at)
            give_up(self, at)

        return remember

    replace(Artifacts, "intend", stamped)
    replace(Artifacts, "give_up", remembered)


def _blindness_ignored() -> None:
    replace(LookupStates, "of", lambda _: lambda *_: LookupState.VERIFIED)


def _kill_taken_as_not_sent() -> None:
    """Take intents that a killed process left open for creates that were never sent."""

    def forgetful(read_time: Any) -> Any:
        def forget_open_ones(self: Delivery) -> None:
            for record in () if self._opened else self._artifacts.in_state(ArtifactState.UNSETTLED):
                if record.given_up_at is None:
                    self._context.sessions.take_up(record.lsid)
                    self._artifacts.withdraw(record.lsid, record.marker, NOT_THERE)
            read_time(self)

        return forget_open_ones

    replace(Delivery, "_read_time", forgetful)


def _settled_and_forgotten() -> None:
    """Settle artifacts without taking their sessions up again."""
    take_up = Sessions.take_up

    def forgetful(settle: Any) -> Any:
        def settle_alone(*given: Any) -> Any:
            replace(Sessions, "take_up", lambda _: lambda *_: None)
            try:
                return settle(*given)
            finally:
                replace(Sessions, "take_up", lambda _: take_up)

        return settle_alone

    replace(delivery, "resolve_unsettled", forgetful)


DELIVERY = {
    "no-intent": Mutant("C3 intent before the POST", _no_intent),
    "intent-not-committed": Mutant("C3 intent committed before the POST", _intent_not_committed),
    "no-compare": Mutant("C1 compare before create", _no_compare),
    "blind-retry": Mutant("C4 an unclear create is not repeated", _blind_retry),
    "unclear-name-repeated": Mutant(
        "C4 an unclear impersonated create is not repeated", _unclear_impersonation_repeated
    ),
    "turned-away-forgotten": Mutant("C5 a 4xx without errors is unsettled", _turned_away_forgotten),
    "unclear-is-created": Mutant("C4 result committed after the answer only", _taken_as_created(Unclear)),
    "refused-is-created": Mutant("C4 refused is not created", _taken_as_created(Refused)),
    "busy-is-created": Mutant("C4 a 429 was not executed", _busy_taken_as_created),
    "adopt-any-record": Mutant("C1 adopted by the marker alone", _adopt_any_record),
    "watermark-first": Mutant("D2 lsids stored with the watermark", _watermark_first),
    "watermark-back": Mutant("D3 the watermark never moves back", _watermark_back),
    "settle-at-once": Mutant("C5 settled after settle_seconds", _settle_at_once),
    "given-up-too-early": Mutant("C5 settle_seconds count from the giving up", _given_up_too_early),
    "kill-is-not-sent": Mutant("C5 an open intent may have been sent", _kill_taken_as_not_sent),
    "blindness-ignored": Mutant("C2 blind look-ups prove nothing", _blindness_ignored),
    "settled-and-forgotten": Mutant("C5 what is settled goes on", _settled_and_forgotten),
}
