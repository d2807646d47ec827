"""The inbox on a real disk: what is committed stays, goes to every profile, and leaves when all have it."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from bt_autotask_sync.state.inbox import FILE_NAME, Inbox, InboxError
from bt_autotask_sync.state.inbox_retention import PRUNED_AT_ONCE
from tests.unit.events.receiving import LSID, NOW, content, event, lsids, store, waiting

if TYPE_CHECKING:
    from pathlib import Path


POSIX = pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
DAY = 86_400


def take_all(inbox: Inbox, profile: str) -> None:
    inbox.done(profile, [each.id for each in inbox.waiting(profile)])


@POSIX
def test_the_file_and_what_lies_beside_it_is_for_its_owner_alone(inbox: Inbox, tmp_path: Path) -> None:
    store(inbox, event())
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert FILE_NAME in modes
    assert set(modes.values()) == {0o600}


def test_a_commit_survives_a_power_loss(inbox: Inbox) -> None:
    assert inbox._connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert inbox._connection.execute("PRAGMA synchronous").fetchone()[0] == 2


def test_what_leaves_is_overwritten_on_the_disk(tmp_path: Path) -> None:
    Inbox.open(tmp_path).close()
    run = Inbox.open_existing(tmp_path)
    assert run
    with run, Inbox.open(tmp_path) as listener:
        for each in (run, listener):
            assert each._connection.execute("PRAGMA secure_delete").fetchone()[0] == 1


def test_it_never_grows_over_a_gigabyte(inbox: Inbox) -> None:
    pages, size = (
        inbox._connection.execute(f"PRAGMA {what}").fetchone()[0] for what in ("max_page_count", "page_size")
    )
    assert pages * size == 2**30


def test_what_was_stored_waits_in_the_order_of_arrival_also_when_opened_again(tmp_path: Path) -> None:
    sessions = lsids(5)[::-1]
    with Inbox.open(tmp_path) as inbox:
        store(inbox, *(event(lsid=lsid) for lsid in sessions))
    with Inbox.open(tmp_path) as again:
        assert waiting(again) == sessions


def test_a_waiting_event_tells_what_a_run_needs(inbox: Inbox) -> None:
    store(inbox, event("support_conference_member_added", type="representative"), event("new", LSID, timestamp="soon"))
    first, second = inbox.waiting("a")
    assert (first.name, first.lsid, first.timestamp, first.member_type) == (
        "support_conference_member_added",
        LSID,
        1733240467,
        "representative",
    )
    assert (second.name, second.timestamp, second.member_type) == ("new", None, "")


def test_what_waits_is_read_in_portions(inbox: Inbox) -> None:
    store(inbox, *(event(lsid=lsid) for lsid in lsids(7)))
    first = inbox.waiting("a", limit=4)
    rest = inbox.waiting("a", after=first[-1].id, limit=4)
    assert [each.lsid for each in (*first, *rest)] == lsids(7)
    assert inbox.waiting("a", after=rest[-1].id) == []


def test_an_event_that_comes_again_is_recognised(inbox: Inbox) -> None:
    assert store(inbox, event(), event(), event(external_key="T1")) == [True, False, True]
    assert waiting(inbox) == [LSID, LSID]


def test_an_event_that_comes_again_in_another_order_is_the_same(inbox: Inbox) -> None:
    turned = event()
    object.__setattr__(turned, "variables", dict(reversed(list(turned.variables.items()))))
    assert store(inbox, event(), turned) == [True, False]


def test_an_event_that_comes_again_by_another_appliance_id_goes_to_its_profiles_too(inbox: Inbox) -> None:
    assert store(inbox, event(), profiles=("a",)) == [True]
    assert store(inbox, event(), profiles=("a", "b")) == [True]
    assert (waiting(inbox, "a"), waiting(inbox, "b")) == ([LSID], [LSID])


def test_an_event_leaves_only_when_every_profile_that_it_went_to_has_it(inbox: Inbox, tmp_path: Path) -> None:
    store(inbox, event(name_of_customer=500 * "Max Mustermann "), profiles=("a", "b"))
    take_all(inbox, "a")
    assert (waiting(inbox, "a"), waiting(inbox, "b")) == ([], [LSID])
    assert b"Mustermann" in content(tmp_path)
    take_all(inbox, "b")
    assert not inbox.waits()
    assert b"Mustermann" not in content(tmp_path)


def test_an_event_that_was_taken_in_is_recognised_when_it_comes_again(inbox: Inbox) -> None:
    store(inbox, event())
    take_all(inbox, "a")
    assert store(inbox, event(), at=NOW + 6 * DAY) == [False]
    assert not inbox.waits()


def test_what_is_done_twice_or_for_another_profile_or_is_unknown_changes_nothing(inbox: Inbox) -> None:
    store(inbox, event(), profiles=("a",))
    store(inbox, event(lsid=lsids(1)[0]), profiles=("b",))
    inbox.done("b", [1, 77])
    assert (waiting(inbox, "a"), waiting(inbox, "b")) == ([LSID], lsids(1))
    for _ in range(2):
        inbox.done("a", [1])
    assert (waiting(inbox, "a"), waiting(inbox, "b")) == ([], lsids(1))


def test_whether_anything_waits_is_told_for_the_profiles_that_are_asked_for(inbox: Inbox) -> None:
    assert not inbox.waits()
    store(inbox, event(), profiles=("a", "b"))
    take_all(inbox, "a")
    assert inbox.waits()
    assert inbox.waits({"a", "b"})
    assert not inbox.waits(["a"])
    assert not inbox.waits([])


def test_what_cannot_be_read_is_kept_once_and_never_waits(inbox: Inbox) -> None:
    for new in (True, False):
        assert inbox.quarantine(b"\xff", reason="it has no variable `event`", profiles=("a",), at=NOW) is new
    assert not inbox.waits()
    assert waiting(inbox) == []


def test_an_event_that_was_taken_in_is_forgotten_after_a_week(inbox: Inbox) -> None:
    store(inbox, event())
    take_all(inbox, "a")
    store(inbox, event("other"), at=NOW + 7 * DAY + 1)
    assert store(inbox, event(), at=NOW + 7 * DAY + 3601) == [True]


def test_what_no_run_takes_in_is_dropped_after_30_days_and_told(
    inbox: Inbox, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store(inbox, event(name_of_customer="Max Mustermann"), profiles=("disabled",))
    inbox.quarantine(b"Mustermann", reason="", profiles=("disabled",), at=NOW)
    store(inbox, event("second"), at=NOW + 30 * DAY)
    assert waiting(inbox, "disabled") == [LSID]
    store(inbox, event("third"), at=NOW + 31 * DAY)
    store(inbox, event("fourth"), at=NOW + 31 * DAY + 3600)
    assert not inbox.waits(["disabled"])
    assert b"Mustermann" not in content(tmp_path)
    (told,) = caplog.messages
    assert told.startswith("1 events were dropped")


def test_an_id_is_never_used_again(inbox: Inbox) -> None:
    store(inbox, event())
    (old,) = inbox.waiting("a")
    inbox.quarantine(b"", reason="", profiles=("a",), at=NOW + 40 * DAY)
    inbox.check_writable(at=NOW + 40 * DAY + 3600)
    assert not inbox.waits()
    store(inbox, event("second"), at=NOW + 41 * DAY)
    inbox.done("a", [old.id])
    assert [each.name for each in inbox.waiting("a")] == ["second"]


def test_a_clock_that_jumps_ahead_drops_nothing_and_one_that_jumps_back_stops_no_pruning(inbox: Inbox) -> None:
    store(inbox, event())
    store(inbox, event("second"), at=NOW + 365 * DAY)
    assert len(waiting(inbox)) == 2
    take_all(inbox, "a")
    store(inbox, event("third"), at=NOW + 8 * DAY)
    assert store(inbox, event(), at=NOW + 8 * DAY) == [True], "it was forgotten after a week"
    assert store(inbox, event("second"), at=NOW + 8 * DAY) == [False]


def test_pruning_is_bounded_and_seldom(inbox: Inbox) -> None:
    rows = [(bytes([number % 256, number // 256]), "old", LSID, None, "", "{}", NOW) for number in range(6000)]
    with inbox._transaction():
        inbox._connection.executemany(
            "INSERT INTO event (digest, name, lsid, timestamp, member_type, variables, received_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            rows,
        )

    def left() -> int:
        return int(inbox._connection.execute("SELECT count(*) FROM event WHERE name = 'old'").fetchone()[0])

    later = NOW + 31 * DAY
    inbox.quarantine(b"", reason="", profiles=("a",), at=later - 3600)
    store(inbox, event(), at=later)
    assert left() == 6000 - PRUNED_AT_ONCE
    store(inbox, event("second"), at=later + 1)
    assert left() == 6000 - PRUNED_AT_ONCE
    store(inbox, event("third"), at=later + 3600)
    assert left() == 0


def test_it_is_read_and_marked_while_the_listener_has_it_open(inbox: Inbox, tmp_path: Path) -> None:
    store(inbox, event())
    run, looking = Inbox.open_existing(tmp_path), Inbox.open_existing(tmp_path, read_only=True)
    assert run
    assert looking
    with run, looking:
        assert waiting(looking) == [LSID]
        take_all(run, "a")
        assert waiting(looking) == waiting(inbox) == []
        with pytest.raises(InboxError, match="readonly"):
            looking.done("a", [1])
