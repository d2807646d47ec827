"""Breaks the delivery protocol in one way after the other, and shows that the simulator sees each.

Every mutant runs in a process of its own, where it patches the program; no source is touched. `python -m
tests.crash.mutants` runs them all and prints which schedule caught which.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bt_autotask_sync.autotask import creating
from bt_autotask_sync.autotask.client import AutotaskClient
from bt_autotask_sync.autotask.entities import Created, Refused, Unclear
from bt_autotask_sync.sync import service_desk
from bt_autotask_sync.sync import settle as settling
from bt_autotask_sync.sync.artifacts import Artifacts
from bt_autotask_sync.sync.compare import Existing
from bt_autotask_sync.sync.deliver import Delivery
from bt_autotask_sync.sync.ledger import Ledger
from bt_autotask_sync.sync.service_desk import ServiceDesk
from bt_autotask_sync.sync.sessions import Sessions
from bt_autotask_sync.sync.sight import Sight, Sights
from bt_autotask_sync.sync.states import ArtifactState
from tests.crash.simulator.judge import Violation
from tests.crash.simulator.schedule import random_schedule
from tests.crash.simulator.trial import Trial

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_SCHEDULES = 1_000
"""So many schedules must be enough to catch any mutant."""
_SURVIVED = "survived"


@dataclass(frozen=True, slots=True)
class Mutant:
    """One way to break the protocol: `rule` names what it breaks, `infect` does it to this process."""

    rule: str
    infect: Callable[[], None]


def _replace(owner: Any, name: str, make: Callable[[Any], Any]) -> None:
    """Put what `make` makes of it in the place of a name, which must be there."""
    setattr(owner, name, make(getattr(owner, name)))


def _no_intent() -> None:
    _replace(Artifacts, "intend", lambda _: lambda self, artifact: None)


def _intent_not_committed() -> None:
    """Leave the intent in an open transaction, to be committed with whatever comes next."""

    def in_open_transaction(intend: Any) -> Any:
        def intend_later(self: Artifacts, artifact: Any) -> None:
            self._ledger._run("BEGIN IMMEDIATE", ())
            self._ledger._depth += 1
            try:
                intend(self, artifact)
            finally:
                self._ledger._depth -= 1

        return intend_later

    def joining(run: Any) -> Any:
        def run_in_open_transaction(self: Ledger, statement: str, parameters: Any) -> Any:
            begun = statement.startswith("BEGIN") and self._connection.in_transaction
            return run(self, "SELECT 1" if begun else statement, parameters)

        return run_in_open_transaction

    _replace(Artifacts, "intend", in_open_transaction)
    _replace(Ledger, "_run", joining)


def _no_compare() -> None:
    """Take the look-up before a create for empty; settling still looks."""
    find = Existing.find

    def without_looking(missing: Any) -> Any:
        def take_all_for_missing(self: ServiceDesk, *given: Any) -> Any:
            _replace(Existing, "find", lambda _: lambda *_: None)
            try:
                return missing(self, *given)
            finally:
                _replace(Existing, "find", lambda _: find)

        return take_all_for_missing

    _replace(ServiceDesk, "_missing", without_looking)


def _blind_retry() -> None:
    def until_clear(create: Any) -> Any:
        def create_again(self: AutotaskClient, *given: Any, **named: Any) -> Any:
            for _ in range(3):
                outcome = create(self, *given, **named)
                if not isinstance(outcome, Unclear):
                    break
            return outcome

        return create_again

    _replace(AutotaskClient, "create", until_clear)


def _taken_as_created(kind: type[Unclear | Refused]) -> Callable[[], None]:
    def optimistic(record: Any) -> Any:
        def record_success(self: Delivery, artifact: Any, outcome: Any) -> None:
            record(self, artifact, Created(1) if isinstance(outcome, kind) else outcome)

        return record_success

    return lambda: _replace(Delivery, "_record", optimistic)


def _busy_taken_as_created() -> None:
    def optimistic(outcome: Any) -> Any:
        return lambda call, answer: Created(1) if answer.busy else outcome(call, answer)

    _replace(creating, "_turned_away", lambda _: lambda answer: False)
    _replace(creating, "_outcome", optimistic)


def _adopt_any_record() -> None:
    _replace(Existing, "find", lambda _: lambda self, ticket, marker: next(iter(self.records.get(ticket, ())), None))


def _watermark_first() -> None:
    def in_two_transactions(store: Any) -> Any:
        def store_watermark_first(self: Sessions, lsids: Any, **named: Any) -> Any:
            store(self, [], **named)
            return store(self, lsids, **named)

        return store_watermark_first

    _replace(Sessions, "store_ended", in_two_transactions)


def _watermark_back() -> None:
    def as_listed(store: Any) -> Any:
        def store_any_watermark(self: Sessions, lsids: Any, **named: Any) -> Any:
            found = store(self, lsids, **named)
            if named["watermark"] is not None:
                self._ledger.execute("UPDATE profile SET watermark = ?", (named["watermark"],))
            return found

        return store_any_watermark

    _replace(Sessions, "store_ended", as_listed)


def _settle_at_once() -> None:
    _replace(settling, "_is_over", lambda _: lambda *_: True)


def _given_up_too_early() -> None:
    """Stamp an intent with the last Autotask time that was read before it was sent."""
    last: list[int] = []
    give_up = Artifacts.give_up

    def stamped(intend: Any) -> Any:
        def intend_stamped(self: Artifacts, artifact: Any) -> None:
            intend(self, artifact)
            give_up(self, last[-1])

        return intend_stamped

    def remembered(_: Any) -> Any:
        def remember(self: Artifacts, at: int) -> None:
            last.append(at)
            give_up(self, at)

        return remember

    _replace(Artifacts, "intend", stamped)
    _replace(Artifacts, "give_up", remembered)


def _own_clock() -> None:
    """Settle by this machine's clock instead of Autotask's."""

    def by_own_clock(read_time: Any) -> Any:
        def stamp(self: ServiceDesk) -> None:
            self._artifacts.give_up(int(self._world.clock.now().timestamp()))
            read_time(self)

        return stamp

    _replace(ServiceDesk, "_read_time", by_own_clock)


def _blindness_ignored() -> None:
    _replace(Sights, "of", lambda _: lambda *_: Sight.SEEING)


def _kill_taken_as_not_sent() -> None:
    """Take intents that a killed process left open for creates that were never sent."""

    def forgetful(read_time: Any) -> Any:
        def forget_open_ones(self: ServiceDesk) -> None:
            for record in () if self._opened else self._artifacts.in_state(ArtifactState.UNSETTLED):
                if record.given_up_at is None:
                    self._world.sessions.take_up(record.lsid)
                    self._artifacts.withdraw(record.lsid, record.marker)
            read_time(self)

        return forget_open_ones

    _replace(ServiceDesk, "_read_time", forgetful)


def _settled_and_forgotten() -> None:
    """Settle artifacts without taking their sessions up again."""
    take_up = Sessions.take_up

    def forgetful(settle: Any) -> Any:
        def settle_alone(*given: Any) -> Any:
            _replace(Sessions, "take_up", lambda _: lambda *_: None)
            try:
                return settle(*given)
            finally:
                _replace(Sessions, "take_up", lambda _: take_up)

        return settle_alone

    _replace(service_desk, "settle", forgetful)


MUTANTS = {
    "no-intent": Mutant("C3 intent before the POST", _no_intent),
    "intent-not-committed": Mutant("C3 intent committed before the POST", _intent_not_committed),
    "no-compare": Mutant("C1 compare before create", _no_compare),
    "blind-retry": Mutant("C4 an unclear create is not repeated", _blind_retry),
    "unclear-is-created": Mutant("C4 result committed after the answer only", _taken_as_created(Unclear)),
    "refused-is-created": Mutant("C4 refused is not created", _taken_as_created(Refused)),
    "busy-is-created": Mutant("C4 a 429 was not executed", _busy_taken_as_created),
    "adopt-any-record": Mutant("C1 adopted by the marker alone", _adopt_any_record),
    "watermark-first": Mutant("D2 lsids stored with the watermark", _watermark_first),
    "watermark-back": Mutant("D3 the watermark never moves back", _watermark_back),
    "settle-at-once": Mutant("C5 settled after settle_seconds", _settle_at_once),
    "given-up-too-early": Mutant("C5 settle_seconds count from the giving up", _given_up_too_early),
    "own-clock": Mutant("C5 settled in Autotask's time", _own_clock),
    "kill-is-not-sent": Mutant("C5 an open intent may have been sent", _kill_taken_as_not_sent),
    "blindness-ignored": Mutant("C2 blind look-ups prove nothing", _blindness_ignored),
    "settled-and-forgotten": Mutant("C5 what is settled goes on", _settled_and_forgotten),
}


def hunt(name: str, most: int = MOST_SCHEDULES) -> str:
    """Infect this process with a mutant and play schedules until one catches it; return how.

    Raises:
        Violation: The mutant does not break a promise but the program, which proves nothing.
    """
    MUTANTS[name].infect()
    for seed in range(1, most + 1):
        try:
            Trial(random_schedule(seed)).play()
        except Violation as violation:
            if str(violation).startswith("a run ended with"):
                raise
            return f"caught by seed {seed}: {str(violation).splitlines()[0]}"
    return _SURVIVED


def hunt_elsewhere(name: str, most: int = MOST_SCHEDULES) -> str:
    """Hunt a mutant in a process of its own; return how it was caught, or why not."""
    command = [sys.executable, "-m", "tests.crash.mutants", name, "--most", str(most)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    return ended.stdout.strip() or ended.stderr.strip()


def main() -> int:
    """Hunt one mutant here, or all of them elsewhere; return 1 if any survived."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash.mutants", description=__doc__)
    parser.add_argument("mutant", nargs="?", choices=MUTANTS)
    parser.add_argument("--most", type=int, default=MOST_SCHEDULES, help="so many schedules before it has survived")
    asked = parser.parse_args()
    if asked.mutant:
        sys.stdout.write(f"{hunt(asked.mutant, asked.most)}\n")
        return 0
    began = time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        fates = dict(zip(MUTANTS, pool.map(lambda name: hunt_elsewhere(name, asked.most), MUTANTS), strict=True))
    for name, fate in fates.items():
        sys.stdout.write(f"{name:22} {MUTANTS[name].rule:45} {fate}\n")
    survivors = sum(not fate.startswith("caught") for fate in fates.values())
    sys.stdout.write(f"{len(fates)} mutants, {survivors} survived, {time.perf_counter() - began:.0f} seconds\n")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
