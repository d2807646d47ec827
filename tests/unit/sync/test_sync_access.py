"""A1 and A2: refused credentials are remembered by a fingerprint, and presented again only after a pause."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from bt_autotask_sync.errors import CredentialsError
from bt_autotask_sync.state.refused_credentials import Credentials, Refusal, RefusedCredentials, Side
from bt_autotask_sync.sync.access import CredentialsGate, NotPresentedError

if TYPE_CHECKING:
    from bt_autotask_sync.state.ledger import Ledger

NOW = 1_795_345_200
HOUR = 3600
SECRET = "not for anybody's eyes"
THESE = Credentials(Side.AUTOTASK, ("api@example.test", SECRET, "CODE", ""))
OTHERS = Credentials(Side.AUTOTASK, ("api@example.test", "changed", "CODE", ""))
REFUSED = CredentialsError("Refused.", "Mend it.")


class SetClock:
    """This machine's clock, set by hand."""

    def __init__(self) -> None:
        self.time = float(NOW)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.time, UTC)

    def monotonic(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


class Door:
    """One set of credentials, used by a process after the other; the product refuses unless told otherwise."""

    def __init__(self, ledger: Ledger) -> None:
        self.clock = SetClock()
        self.kept = RefusedCredentials(ledger, random_bytes=lambda count: b"k" * count)

    def run(self, credentials: Credentials = THESE, *, good: bool = False, insists: bool = False) -> bool:
        """Be one process, and tell whether the credentials were presented."""
        gate = CredentialsGate(credentials, self.kept.refusal(credentials), self.clock, insists=insists)
        try:
            gate.permit()
        except NotPresentedError:
            gate.keep(self.kept)
            return False
        if good:
            gate.accepted()
        else:
            gate.refused(REFUSED)
        gate.keep(self.kept)
        return True

    def pause(self) -> int:
        """Refuse, and return after how many seconds the credentials are presented again."""
        began = self.clock.time
        while not self.run():
            self.clock.time += 60
        return int(self.clock.time - began)


@pytest.fixture
def door(ledger: Ledger) -> Door:
    return Door(ledger)


def test_A2_the_pauses_are_one_hour_then_twelve_then_a_day_for_every_further_one(door: Door) -> None:
    assert door.run()
    assert [door.pause() for _ in range(5)] == [HOUR, 12 * HOUR, 24 * HOUR, 24 * HOUR, 24 * HOUR]


def test_A2_one_refusal_counts_once_however_often_and_late_it_is_kept(door: Door) -> None:
    gate = CredentialsGate(THESE, None, door.clock, insists=False)
    gate.refused(REFUSED)
    for _ in range(3):
        gate.keep(door.kept)
        assert not gate.has_news
        door.clock.time += 2 * HOUR
    refusal = door.kept.refusal(THESE)
    assert refusal is not None
    assert refusal.refusals == 1


def test_A2_a_changed_value_is_presented_at_once_and_the_old_one_still_waits(door: Door) -> None:
    door.run()
    assert door.run(OTHERS, good=True)
    assert not door.run(THESE)


def test_A2_success_erases_the_refusals_so_that_the_next_pause_is_an_hour_again(door: Door) -> None:
    door.run()
    door.pause()
    assert door.run(good=True, insists=True)
    assert door.run()
    assert door.pause() == HOUR


def test_A2_success_of_one_side_leaves_the_refusals_of_the_other(door: Door) -> None:
    appliance = Credentials(Side.APPLIANCE, ("appliance.example", "client", SECRET))
    door.run(THESE)
    door.run(appliance)
    door.clock.time += HOUR
    assert door.run(appliance, good=True)
    assert door.run(THESE)
    assert door.pause() == 12 * HOUR


def test_A2_a_person_who_insists_is_let_through_and_makes_no_pause_longer(door: Door) -> None:
    door.run()
    door.clock.time += HOUR / 2
    assert [door.run(insists=True) for _ in range(3)] == [True, True, True]
    assert door.pause() == HOUR / 2


def test_A2_a_clock_that_is_set_back_adds_nothing_and_takes_nothing_away(door: Door) -> None:
    door.run()
    door.clock.time += HOUR / 2
    assert not door.run()
    door.clock.time -= 400 * 24 * HOUR
    assert not door.run()
    assert door.pause() == HOUR / 2


def test_A2_a_clock_that_is_set_back_since_the_last_look_makes_no_pause_longer() -> None:
    assert Refusal(refusals=1, first_at=NOW, waited=HOUR // 2, looked_at=NOW).remaining(NOW - 10**6) == HOUR // 2


def test_A2_a_clock_that_leaps_ahead_ends_one_pause_and_no_second(door: Door) -> None:
    door.run()
    door.clock.time += 70 * 365 * 24 * HOUR
    assert door.run()
    assert not door.run()
    door.clock.time -= 70 * 365 * 24 * HOUR
    assert not door.run()
    assert door.pause() == 12 * HOUR


def test_A2_what_was_refused_in_this_process_is_not_presented_again_in_it(door: Door) -> None:
    gate = CredentialsGate(THESE, None, door.clock, insists=True)
    gate.permit()
    gate.refused(REFUSED)
    with pytest.raises(CredentialsError) as raised:
        gate.permit()
    assert raised.value is REFUSED


def test_A2_the_words_name_the_side_the_times_and_the_way_and_stay_the_same_while_the_pause_lasts(door: Door) -> None:
    door.run()
    told = set()
    for _ in range(3):
        door.clock.time += 600
        gate = CredentialsGate(THESE, door.kept.refusal(THESE), door.clock, insists=False)
        with pytest.raises(NotPresentedError) as raised:
            gate.permit()
        gate.keep(door.kept)
        told.add(raised.value.message)
    (words,) = told
    assert words == (
        "Autotask has refused these credentials since 2026-11-22 11:00 UTC. "
        "They are not presented again before 2026-11-22 12:00 UTC."
    )
    assert "`bt-autotask-sync check`" in raised.value.advice


def test_A2_nothing_of_a_secret_is_in_the_ledger_and_another_ledger_has_other_fingerprints(ledger: Ledger) -> None:
    found = []
    for number in (1, 2):
        ledger.execute("DELETE FROM credentials_key")
        ledger.execute("DELETE FROM refused_credentials")
        kept = RefusedCredentials(ledger, random_bytes=bytes([number]).__mul__)
        kept.record(THESE, NOW)
        found.append(ledger.rows("SELECT fingerprint FROM refused_credentials")[0][0])
    assert found[0] != found[1]
    assert SECRET not in "\n".join(ledger._connection.iterdump())


def test_A2_fingerprints_keep_sides_and_neighbouring_values_apart(door: Door) -> None:
    door.run(Credentials(Side.AUTOTASK, ("ab", "c")))
    assert door.kept.refusal(Credentials(Side.AUTOTASK, ("a", "bc"))) is None
    assert door.kept.refusal(Credentials(Side.APPLIANCE, ("ab", "c"))) is None
    assert door.kept.refusal(Credentials(Side.AUTOTASK, ("ab", "c"))) is not None


def test_secrets_do_not_show_in_a_repr() -> None:
    assert SECRET not in repr(THESE)
