"""What anyone can provoke is told once a minute for each address, and remembered for a limited number of them."""

from __future__ import annotations

from bt_autotask_sync.events.rate_limited_log import MOST_REMEMBERED, RateLimitedLog


class Time:
    """Seconds that pass by hand."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_of_each_address_something_is_told_once_a_minute() -> None:
    time = Time()
    seldom = RateLimitedLog(time)
    assert [seldom.may_tell(address) for address in ("a", "b", "a", "b")] == [True, True, False, False]
    time.now += 59
    assert not seldom.may_tell("a")
    time.now += 1
    assert [seldom.may_tell("a"), seldom.may_tell("a")] == [True, False]


def test_no_more_is_remembered_however_many_addresses_there_are() -> None:
    seldom = RateLimitedLog(Time())
    for number in range(3 * MOST_REMEMBERED):
        assert seldom.may_tell(str(number))
    assert len(seldom._told) == MOST_REMEMBERED
