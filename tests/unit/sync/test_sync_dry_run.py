"""A dry run is the truth: the same requests, and nothing is written anywhere."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.sandbox.application import Sandbox
from bt_autotask_sync.state.ledger import Ledger
from bt_autotask_sync.sync.resync import resync_named

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bt_autotask_sync.sync.summary import Summary
    from tests.unit.bench import Bench

NOTES = "/Tickets/*/Notes"


Requests = list[tuple[str, dict[str, Any]]]


def planned(summary: Summary) -> Requests:
    """What a dry run would send, as it would be on the wire."""
    return [(artifact.path, json.loads(json.dumps(dict(artifact.body)))) for artifact in summary.planned]


def by_session(requests: Requests) -> dict[str, Requests]:
    """The requests of each session in their order; that of the sessions is free."""
    sessions: dict[str, Requests] = defaultdict(list)
    for path, body in requests:
        marked = body.get("title") or body["internalNotes"]
        sessions[marked[marked.rindex("[bt:") :][4:16]].append((path, body))
    return dict(sessions)


def test_a_dry_run_plans_exactly_what_the_real_run_sends(bench: Bench) -> None:
    bench.end(5)
    bench.session("T20990101.0001")
    bench.session("")
    bench.session(minutes=60 * 50)
    bench.end(username="priya.nair")
    dry = bench.dry_run()
    bench.forget_requests()
    real = bench.run()
    assert by_session(planned(dry)) == by_session(bench.creates())
    assert (dry.created, dry.delivered, dry.no_ticket, dry.found) == (
        real.created,
        real.delivered,
        real.no_ticket,
        real.found,
    )
    assert dry.standing == real.standing
    assert dry.watermark == real.watermark


def test_a_dry_run_equals_the_real_run_over_a_seeded_week(bench: Bench) -> None:
    bench.sandbox = Sandbox(sessions=30, seed=3, clock=bench.clock)
    bench.configure()
    dry = planned(bench.dry_run())
    bench.run()
    assert len(dry) > 40
    assert by_session(dry) == by_session(bench.creates())


def test_a_dry_run_creates_nothing_and_leaves_the_ledger_as_it_was(bench: Bench) -> None:
    bench.end(3)
    before = list(bench.ledger._connection.iterdump())
    summary = bench.dry_run()
    assert sum(summary.created.values()) == 6
    assert bench.creates() == []
    assert (bench.notes(), bench.entries()) == ([], [])
    assert list(bench.ledger._connection.iterdump()) == before


def test_a_dry_run_plans_nothing_for_what_is_there(bench: Bench) -> None:
    bench.end(2)
    bench.run()
    assert planned(bench.dry_run()) == []
    bench.forget_ledger()
    summary = bench.dry_run()
    assert (planned(summary), sum(summary.adopted.values())) == ([], 4)


@pytest.mark.parametrize(("kind", "passed", "count"), [("dropped", 0, 0), ("dropped", 500, 1), ("lost_answer", 500, 0)])
def test_a_dry_run_settles_as_the_real_run_would_and_leaves_it_to_that(
    bench: Bench, kind: str, passed: int, count: int
) -> None:
    bench.end()
    bench.run()
    (lsid,) = bench.end()
    bench.fault(kind, endpoint=NOTES)
    bench.run()
    bench.pass_time(passed)
    assert len(planned(bench.dry_run())) == count
    assert bench.state(lsid) == "unsettled"


def test_a_dry_run_withholds_what_a_blind_look_up_withholds(bench: Bench) -> None:
    bench.end()
    bench.run()
    (lsid,) = bench.end()
    words = "The logged in Resource does not have the adequate permissions to query this entity type."
    bench.fault("status", endpoint="/TicketNotes/query", status=500, body="errors", text=words, times=None)
    summary = bench.dry_run()
    assert [artifact.kind for artifact in summary.planned] == ["time_entry"]
    bench.forget_requests()
    bench.run()
    assert planned(summary) == bench.creates()
    assert bench.state(lsid) == "held"


def test_a_dry_run_of_a_resync_plans_what_was_deleted(bench: Bench) -> None:
    (lsid,) = bench.end()
    bench.run()
    bench.sandbox.autotask.store.delete("TicketNotes", bench.notes(lsid)[0]["id"])
    copy = Ledger.copy_in_memory(bench.directory)
    bench.ledger._connection.backup(copy._connection)
    summary = bench.perform(lambda job: resync_named(job, [lsid], ""), dry_run=True, ledger=copy)
    copy.close()
    assert [artifact.marker for artifact in summary.planned] == [f"[bt:{lsid[:12]}]"]
    assert bench.notes(lsid) == []


@pytest.mark.parametrize("unfinished", [False, True], ids=["closed", "left by a kill"])
def test_a_copy_in_memory_touches_neither_the_file_nor_what_lies_beside_it(
    bench: Bench, tmp_path: Path, unfinished: bool
) -> None:
    directory = tmp_path / "state"
    directory.mkdir()
    real = Ledger.open(directory)
    bench.ledger.close()
    bench.ledger = real
    bench.end(2)
    bench.run()
    lines = list(real._connection.iterdump())
    if not unfinished:
        real.close()
    before = fingerprints(directory)
    assert ("checkpoint.db-wal" in before) is unfinished
    copy = Ledger.copy_in_memory(directory)
    assert list(copy._connection.iterdump()) == lines
    copy.execute("DELETE FROM session")
    copy.close()
    assert fingerprints(directory) == before


def test_a_copy_of_a_directory_that_is_not_there_is_empty_and_makes_nothing(tmp_path: Path) -> None:
    copy = Ledger.copy_in_memory(tmp_path / "nowhere")
    assert copy.rows("SELECT * FROM session") == []
    copy.close()
    assert list(tmp_path.iterdir()) == []


def fingerprints(directory: Path) -> dict[str, tuple[str, int]]:
    return {
        path.name: (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
        for path in directory.iterdir()
        if not path.name.endswith("-shm")
    }


def test_a_dry_run_with_a_limit_plans_what_the_run_with_that_limit_sends(
    make_bench: Callable[..., Bench],
) -> None:
    bench = make_bench()
    bench.end(4)
    dry = planned(bench.dry_run(limit=2))
    bench.run(limit=2)
    assert by_session(dry) == by_session(bench.creates())
    assert len(dry) == 4
