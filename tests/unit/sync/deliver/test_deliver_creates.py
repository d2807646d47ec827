"""C3, C4, C9 and C10: one create, from its intent to its outcome, and several side by side."""

from __future__ import annotations

import json
import re
from collections import Counter
from concurrent.futures import Future
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.autotask.errors import BudgetSpent
from bt_autotask_sync.errors import CredentialsError, OutageError
from bt_autotask_sync.state.ledger import LedgerWriteError
from bt_autotask_sync.stop import Stop, StoppedError
from bt_autotask_sync.sync.deliver.workers import AT_A_TIME, ThreadWorkers

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from werkzeug.wrappers import Request, Response

    from bt_autotask_sync.autotask.entities import CreateOutcome
    from bt_autotask_sync.sync.deliver.workers import Call
    from tests.unit.bench import Bench

NOTES, ENTRIES = "/Tickets/*/Notes", "POST /TimeEntries"


class SlowWorkers:
    """Keeps creates under way until one is waited for, and finishes them in any order."""

    def __init__(self, seed: int = 1, stop: Stop | None = None, stop_after: int = -1) -> None:
        self.most: Counter[str] = Counter()
        self.done = 0
        self._random = Random(seed)
        self._under_way: dict[Call, Callable[[], CreateOutcome]] = {}
        self._stop = stop
        self._stop_after = stop_after

    def start(self, create: Callable[[], CreateOutcome]) -> Call:
        call: Call = Future()
        self._under_way[call] = create
        for kind, count in Counter(self._kind(each) for each in self._under_way.values()).items():
            self.most[kind] = max(self.most[kind], count)
        return call

    def finished(self, calls: Collection[Call]) -> Collection[Call]:
        call = self._random.choice(list(calls))
        self.done += 1
        if self._stop is not None and self.done == self._stop_after:
            self._stop.tell(15)
        try:
            call.set_result(self._under_way.pop(call)())
        except BaseException as error:  # noqa: BLE001 - raised where the result is asked for
            call.set_exception(error)
        return [call]

    @staticmethod
    def _kind(create: Any) -> str:
        return str(create.args[0].kind)


@pytest.fixture
def bench(bench: Bench) -> Bench:
    """A bench whose look-ups have been seen to see."""
    bench.end()
    bench.run()
    bench.forget_requests()
    return bench


def on_create(bench: Bench, look: Callable[[], None]) -> None:
    """Look at something at the moment at which Autotask is asked to create a record."""
    handle = bench.sandbox.autotask.handle

    def looked(request: Request) -> Response:
        if request.method == "POST" and "/query" not in request.path:
            look()
        return handle(request)

    bench.sandbox.autotask.handle = looked  # type: ignore[method-assign]  # a spy on the other side


def test_C3_an_intent_is_on_disk_before_the_post_and_the_result_after_it(bench: Bench) -> None:
    (lsid,) = bench.end()
    seen: list[set[str]] = []

    def look() -> None:
        assert not bench.ledger._connection.in_transaction
        seen.append({f"{one.kind} {one.state}" for one in bench.artifacts.of([lsid])[lsid].values()})

    on_create(bench, look)
    bench.run()
    assert seen == [{"note unsettled"}, {"note created", "time_entry unsettled"}]
    (note,), (entry,) = bench.notes(lsid), bench.entries(lsid)
    assert bench.artifact(lsid).autotask_id == note["id"]
    assert bench.artifact(lsid, "time_entry").autotask_id == entry["id"]


@pytest.mark.parametrize("when", ["intent", "result"])
def test_C3_what_cannot_be_recorded_is_not_sent_and_what_was_sent_is_never_forgotten(bench: Bench, when: str) -> None:
    """The disk is full in the middle of a delivery."""
    (lsid,) = bench.end()
    execute = bench.ledger.execute
    left = [1]

    def full(statement: str, parameters: Any = ()) -> int:
        intent = "INSERT INTO artifact" in statement and parameters["state"] == "unsettled"
        result = "INSERT INTO artifact" in statement and parameters["state"] == "created"
        if left[0] and (intent if when == "intent" else result):
            left[0] -= 1
            raise LedgerWriteError("The checkpoint file could not be written.")
        return execute(statement, parameters)

    bench.ledger.execute = full  # type: ignore[method-assign]  # a disk that is full once
    bench.run(fails=LedgerWriteError)
    assert len(bench.notes(lsid)) == (when == "result")
    bench.run()
    bench.pass_time(1000)
    bench.run()
    assert (len(bench.notes(lsid)), len(bench.entries(lsid)), bench.state(lsid)) == (1, 1, "delivered")


@pytest.mark.parametrize(
    ("fault", "made"),
    [
        ({"kind": "lost_answer"}, 1),
        ({"kind": "dropped"}, 0),
        ({"kind": "late_commit", "seconds": 200.0}, 0),
        ({"kind": "latency", "seconds": 200.0}, 0),
        ({"kind": "cut_body"}, 1),
        ({"kind": "garbled"}, 1),
        ({"kind": "redirect"}, 0),
        ({"kind": "redirect", "executed": True}, 1),
        ({"kind": "status", "status": 500}, 0),
        ({"kind": "status", "status": 500, "body": "empty", "executed": True}, 1),
        ({"kind": "status", "status": 502, "executed": True}, 1),
        ({"kind": "status", "status": 503, "body": "text", "text": "busy"}, 0),
        ({"kind": "status", "status": 504, "executed": True}, 1),
        ({"kind": "status", "status": 200, "executed": True}, 1),
        ({"kind": "status", "status": 200, "body": "empty"}, 0),
        ({"kind": "status", "status": 200, "body": "text", "text": "{}", "executed": True}, 1),
        ({"kind": "status", "status": 200, "body": "text", "text": '{"itemId": null}'}, 0),
        ({"kind": "status", "status": 200, "body": "text", "text": '{"itemId": 0}'}, 0),
        ({"kind": "status", "status": 201, "body": "text", "text": '{"itemId": 5}', "executed": True}, 1),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else str(value),
)
def test_C4_every_unclear_answer_leaves_the_create_unsettled_and_nothing_twice(
    bench: Bench, fault: dict[str, Any], made: int
) -> None:
    (lsid,) = bench.end()
    bench.fault(endpoint=NOTES, **fault)
    bench.run()
    assert (bench.state(lsid), bench.artifact(lsid).state, bench.artifact(lsid).attempts) == (
        "unsettled",
        "unsettled",
        0,
    )
    assert len(bench.notes(lsid)) == made
    assert len(bench.entries(lsid)) == 1
    for _ in range(3):
        bench.pass_time(430)
        bench.run()
    assert (bench.state(lsid), len(bench.notes(lsid)), len(bench.entries(lsid))) == ("delivered", 1, 1)


def test_C4_errors_are_a_refusal_whatever_their_status(bench: Bench) -> None:
    for status in (200, 400, 404, 409, 500):
        (lsid,) = bench.end()
        words = f"Not with status {status}."
        bench.fault("status", endpoint=NOTES, status=status, body="errors", text=words)
        bench.run()
        assert (bench.state(lsid), bench.artifact(lsid).attempts, bench.error(lsid)) == ("held", 1, words)


def test_C4_a_create_that_was_turned_away_is_repeated_within_the_run(bench: Bench) -> None:
    (lsid,) = bench.end()
    bench.fault("429", endpoint=NOTES, times=3)
    begun = bench.now
    bench.run()
    assert (bench.state(lsid), len(bench.notes(lsid))) == ("delivered", 1)
    assert bench.now - begun == 1 + 2 + 4


def test_C4_turned_away_for_a_minute_ends_the_run_and_leaves_no_intent(bench: Bench) -> None:
    (lsid,) = bench.end()
    bench.fault("429", endpoint=NOTES, times=None)
    begun = bench.now
    bench.run(fails=OutageError)
    assert 60 <= bench.now - begun <= 70
    assert (bench.state(lsid), bench.artifacts.of([lsid])[lsid]) == ("discovered", {})
    bench.sandbox.faults.clear()
    bench.run()
    assert (bench.state(lsid), len(bench.notes(lsid)), len(bench.entries(lsid))) == ("delivered", 1, 1)


@pytest.mark.parametrize("status", [429, 500])
def test_C4_a_spent_hourly_threshold_ends_the_run_and_leaves_no_intent(bench: Bench, status: int) -> None:
    (lsid,) = bench.end()
    words = "Request Threshold Exceeded. The external request threshold of 10000 requests per hour has been reached."
    bench.fault("status", endpoint=ENTRIES, status=status, body="errors", text=words)
    bench.run(fails=BudgetSpent)
    assert (bench.state(lsid), len(bench.notes(lsid))) == ("discovered", 1)
    assert [each.kind for each in bench.artifacts.of([lsid])[lsid].values()] == ["note"]
    bench.run()
    assert (bench.state(lsid), len(bench.notes(lsid)), len(bench.entries(lsid))) == ("delivered", 1, 1)


def test_C4_refused_credentials_end_the_run_and_leave_no_intent(bench: Bench) -> None:
    lsids = bench.end(3)
    bench.fault("status", endpoint=NOTES, skip=1, status=401, body="empty", times=None)
    bench.fault("status", endpoint="/ThresholdInformation", skip=1, status=401, body="empty", times=None)
    bench.run(fails=CredentialsError)
    assert [bench.state(lsid) for lsid in lsids].count("discovered") >= 2
    assert all(each.state != "unsettled" for lsid in lsids for each in bench.artifacts.of([lsid])[lsid].values())
    bench.sandbox.faults.clear()
    bench.pass_time(3600)  # as long as refused credentials are not presented again
    bench.run()
    assert [(len(bench.notes(lsid)), len(bench.entries(lsid))) for lsid in lsids] == [(1, 1)] * 3


@pytest.mark.parametrize("seed", range(2))
def test_C9_at_most_three_creates_are_under_way_for_each_endpoint(bench: Bench, seed: int) -> None:
    lsids, workers = bench.end(8), SlowWorkers(seed)
    bench.run(workers=workers)
    assert workers.most == {"note": AT_A_TIME, "time_entry": AT_A_TIME}
    assert [(len(bench.notes(lsid)), len(bench.entries(lsid))) for lsid in lsids] == [(1, 1)] * 8


@pytest.mark.parametrize("seed", range(2))
def test_C9_the_order_within_a_session_is_kept(bench: Bench, seed: int) -> None:
    bench.configure(time_entries={"hold_above_minutes": 0})
    lsids = [bench.session(minutes=60 * 49) for _ in range(3)]
    bench.run(workers=SlowWorkers(seed))
    made = [str(body.get("title", body.get("internalNotes"))) for _, body in bench.creates()]
    for lsid in lsids:
        mine = [re.sub("#[0-9]+", "", text[text.rindex("[bt:") :]) for text in made if lsid[:12] in text]
        person = bench.told(lsid).primary_representative.username
        assert mine == [f"[bt:{lsid[:12]}]", *(f"[bt:{lsid}:{person}{part}]" for part in ("", ":2", ":3"))]


def test_C9_real_threads_deliver_each_once(bench: Bench) -> None:
    lsids = bench.end(6)
    with ThreadWorkers(6) as workers:
        bench.run(workers=workers)
    assert [(len(bench.notes(lsid)), len(bench.entries(lsid))) for lsid in lsids] == [(1, 1)] * 6


def test_C9_one_create_alone_is_sent_until_a_look_up_has_shown_one(make_bench: Callable[..., Bench]) -> None:
    bench, workers = make_bench(), SlowWorkers()
    bench.end(4)
    asked: list[str] = []
    on_create(bench, lambda: asked.extend(dict.fromkeys(bench.asked("autotask"))))
    bench.run(workers=workers)
    first = [entry.endpoint for entry in bench.sandbox.log.entries("autotask") if entry.method == "POST"]
    creates = [place for place, endpoint in enumerate(first) if endpoint.endswith("/Notes")]
    assert "/TicketNotes/query" in first[creates[0] : creates[1]]


@pytest.mark.parametrize("after", [1, 4])
def test_C10_a_stop_finishes_what_is_under_way_records_it_and_begins_nothing(bench: Bench, after: int) -> None:
    lsids, stop = bench.end(6), Stop()
    workers = SlowWorkers(stop=stop, stop_after=after)
    summary = bench.run(workers=workers, stop=stop, fails=StoppedError)
    records = [one for lsid in lsids for one in bench.artifacts.of([lsid])[lsid].values()]
    assert {one.state for one in records} == {"created"}
    assert len(records) == len(bench.creates()) == workers.done == sum(summary.created.values())
    assert after <= workers.done <= after + 2 * AT_A_TIME
    bench.run()
    assert [(len(bench.notes(lsid)), len(bench.entries(lsid))) for lsid in lsids] == [(1, 1)] * 6


def test_an_unexpected_error_of_a_create_is_taken_for_unclear(bench: Bench) -> None:
    class Broken(SlowWorkers):
        def finished(self, calls: Collection[Call]) -> Collection[Call]:
            (call, *_) = calls
            self._under_way.pop(call)()
            call.set_exception(RuntimeError("boom"))
            return [call]

    (lsid,) = bench.end()
    bench.run(workers=Broken())
    assert bench.state(lsid) == "unsettled"
    bench.run()
    assert (bench.state(lsid), len(bench.notes(lsid)), len(bench.entries(lsid))) == ("delivered", 1, 1)


def test_creates_that_the_workers_lost_end_the_run_and_are_settled_by_the_next(bench: Bench) -> None:
    class Forgetful(SlowWorkers):
        def finished(self, calls: Collection[Call]) -> Collection[Call]:
            return []

    (lsid,) = bench.end()
    with pytest.raises(RuntimeError, match="next run"):
        bench.run(workers=Forgetful())
    assert bench.notes(lsid) == []
    for _ in range(2):  # one that begins to wait for a late commit, one after it
        bench.run()
        bench.clock.advance(3600)
    bench.run()
    assert (bench.state(lsid), len(bench.notes(lsid)), len(bench.entries(lsid))) == ("delivered", 1, 1)


def test_what_is_sent_is_exactly_what_was_planned(bench: Bench) -> None:
    bench.end(3)
    planned = [(artifact.path, json.loads(json.dumps(dict(artifact.body)))) for artifact in bench.dry_run().planned]
    bench.forget_requests()
    bench.run()
    assert sorted(map(json.dumps, planned)) == sorted(map(json.dumps, bench.creates()))
