"""M5: a session shows the worst of its artifacts, and every record of the ledger says what it should."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bt_autotask_sync.state.artifact_record import RecordClass
from bt_autotask_sync.state.artifacts import Artifacts
from bt_autotask_sync.state.queue import Queue
from bt_autotask_sync.state.session_record import QueueClass
from bt_autotask_sync.state.sessions import Sessions
from bt_autotask_sync.state.states import DONE, ArtifactKind, ArtifactState, Problem, SessionState, Stage
from bt_autotask_sync.sync.advice import NOT_THERE, SENT
from bt_autotask_sync.sync.plan.artifact import Artifact, Blocked, Plan
from bt_autotask_sync.sync.summary import waiting_problems
from bt_autotask_sync.sync.transitions import session_state_from_artifacts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bt_autotask_sync.state.ledger import Ledger
    from tests.unit.bench import Bench

LSID = "0123456789abcdef0123456789abcdef"
TROUBLE = Problem(Stage.DELIVER, "refused", "mend it")
NOTE, ENTRY = ArtifactKind.NOTE, ArtifactKind.TIME_ENTRY


def artifact(marker: str, group: str = "", kind: ArtifactKind = NOTE) -> Artifact:
    return Artifact(LSID, kind, marker, group or marker, 7, "T", "/x", {})


class Book:
    """A session and its artifacts in a ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self.sessions, self.artifacts = Sessions(ledger, "default"), Artifacts(ledger, "default")
        self.sessions.store_ended([LSID], now=1, origin=0, watermark=1)

    def put(self, marker: str, state: ArtifactState | None, due_at: int = 0) -> None:
        """Bring an artifact into a state by the calls that do so."""
        one = artifact(marker)
        if state is ArtifactState.UNSETTLED:
            self.artifacts.intend(one, SENT)
        elif state is ArtifactState.CREATED:
            self.artifacts.created(one, 5)
        elif state is not None:
            self.artifacts.hold(LSID, marker, NOTE, TROUBLE, state=state, due_at=due_at)

    def conclude(self, *artifacts: Artifact, withheld: Sequence[Blocked] = ()) -> tuple[str, int | None]:
        session_state_from_artifacts(Plan(LSID, artifacts, tuple(withheld)), self.sessions, self.artifacts)
        record = self.sessions.get([LSID])[LSID]
        return str(record.state), record.next_at


@pytest.fixture
def book(ledger: Ledger) -> Book:
    return Book(ledger)


@pytest.mark.parametrize(
    ("one", "other", "state", "next_at"),
    [
        ("created", "created", "delivered", None),
        ("created", "skipped", "delivered", None),
        ("created", "held", "held", 90),
        ("held", "held", "held", 90),
        ("created", "unsettled", "unsettled", None),
        ("held", "unsettled", "unsettled", 90),
        ("created", "parked", "parked", None),
        ("unsettled", "parked", "parked", None),
        ("held", "parked", "parked", 90),
        ("created", None, "discovered", 0),
        ("held", None, "held", 0),
        ("unsettled", None, "unsettled", 0),
        ("parked", None, "parked", 0),
        (None, None, "discovered", 0),
    ],
)
def test_M5_a_session_shows_the_worst_state_of_its_artifacts(
    book: Book, one: str | None, other: str | None, state: str, next_at: int | None
) -> None:
    for marker, stand in (("[a]", one), ("[b]", other)):
        book.put(marker, None if stand is None else ArtifactState(stand), due_at=90)
    assert book.conclude(artifact("[a]"), artifact("[b]")) == (state, next_at)


def test_the_earliest_of_several_pauses_counts(book: Book) -> None:
    book.put("[a]", ArtifactState.HELD, due_at=90)
    book.put("[b]", ArtifactState.HELD, due_at=30)
    assert book.conclude(artifact("[a]"), artifact("[b]")) == ("held", 30)


def test_a_later_part_that_waits_for_an_earlier_one_is_not_unfinished(book: Book) -> None:
    book.put("[a]", ArtifactState.HELD, due_at=90)
    assert book.conclude(artifact("[a]", "[a]"), artifact("[a:2]", "[a]")) == ("held", 90)


def test_a_plan_with_nothing_in_it_is_delivered(book: Book) -> None:
    assert book.conclude() == ("delivered", None)


def test_what_is_withheld_keeps_the_session_held_and_due_in_every_run(book: Book) -> None:
    book.put("[a]", ArtifactState.CREATED)
    book.put("[b]", ArtifactState.HELD)
    assert book.conclude(artifact("[a]"), withheld=[Blocked("[b]", ENTRY, TROUBLE)]) == ("held", 0)


@pytest.mark.parametrize("state", ["held", "parked"])
def test_what_the_plan_holds_no_more_and_never_was_created_is_forgotten(book: Book, state: str) -> None:
    book.put("[a]", ArtifactState.CREATED)
    book.put("[old]", ArtifactState(state))
    assert book.conclude(artifact("[a]")) == ("delivered", None)
    assert set(book.artifacts.of([LSID])[LSID]) == {"[a]"}


@pytest.mark.parametrize("state", ["created", "skipped", "unsettled"])
def test_what_may_be_in_autotask_is_never_forgotten_with_the_plan(book: Book, state: str) -> None:
    book.put("[old]", ArtifactState(state))
    assert book.conclude()[0] == ("unsettled" if state == "unsettled" else "delivered")
    assert set(book.artifacts.of([LSID])[LSID]) == {"[old]"}


@given(st.lists(st.sampled_from([None, *ArtifactState]), max_size=5))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_M5_delivered_means_that_everything_planned_is_there(
    ledger: Ledger, states: list[ArtifactState | None]
) -> None:
    ledger.execute("DELETE FROM session")
    ledger.execute("DELETE FROM artifact")
    book = Book(ledger)
    markers = [f"[{number}]" for number in range(len(states))]
    for marker, state in zip(markers, states, strict=True):
        book.put(marker, state, due_at=5)
    concluded, next_at = book.conclude(*map(artifact, markers))
    assert (concluded == "delivered") is all(state in DONE for state in states)
    if None in states:
        assert next_at == 0
    elif ArtifactState.HELD in states:
        assert next_at == 5
    else:
        assert next_at is None


def test_an_intent_that_was_not_sent_is_taken_back_without_a_trace_or_to_its_hold(book: Book) -> None:
    book.put("[a]", ArtifactState.UNSETTLED)
    book.artifacts.hold(LSID, "[b]", NOTE, TROUBLE, attempts=3, due_at=90)
    book.artifacts.intend(artifact("[b]"), SENT)
    for marker in ("[a]", "[b]"):
        book.artifacts.withdraw(LSID, marker, NOT_THERE)
    records = book.artifacts.of([LSID])[LSID]
    assert set(records) == {"[b]"}
    assert (records["[b]"].state, records["[b]"].attempts) == ("held", 3)


def test_an_intent_that_is_taken_back_does_not_say_that_its_outcome_is_unknown(book: Book) -> None:
    book.artifacts.hold(LSID, "[b]", NOTE, TROUBLE, attempts=3)
    book.artifacts.intend(artifact("[b]"), SENT)
    book.artifacts.withdraw(LSID, "[b]", NOT_THERE)
    assert "not known" not in book.artifacts.of([LSID])[LSID]["[b]"].error


def test_giving_up_is_recorded_once_and_only_for_what_is_open(book: Book) -> None:
    for marker, state in (("[a]", "unsettled"), ("[b]", "created"), ("[c]", "held")):
        book.put(marker, ArtifactState(state))
    book.artifacts.give_up(100)
    book.artifacts.give_up(200)
    assert {one.marker: one.given_up_at for one in book.artifacts.of([LSID])[LSID].values()} == {
        "[a]": 100,
        "[b]": None,
        "[c]": None,
    }
    assert book.artifacts.first_given_up() == 100
    book.artifacts.intend(artifact("[a]"), SENT)
    assert book.artifacts.first_given_up() is None


def test_what_was_created_is_free_of_trouble(book: Book) -> None:
    book.artifacts.hold(LSID, "[a]", NOTE, TROUBLE, attempts=2, due_at=90, waiting_since=5)
    book.artifacts.intend(artifact("[a]"), SENT)
    book.artifacts.created(artifact("[a]"), 77)
    record = book.artifacts.of([LSID])[LSID]["[a]"]
    assert (
        record.state,
        record.autotask_id,
        record.error,
        record.due_at,
        record.waiting_since,
        record.given_up_at,
    ) == (
        "created",
        77,
        "",
        0,
        None,
        None,
    )


def test_records_known_to_be_there_are_the_newest_with_an_id(book: Book) -> None:
    for number in range(5):
        book.artifacts.created(artifact(f"[{number}]"), 100 + number)
    book.artifacts.created(artifact("[dry]"), None)
    book.put("[held]", ArtifactState.HELD)
    assert [one.autotask_id for one in book.artifacts.known(RecordClass(NOTE), 3)] == [104, 103, 102]
    assert book.artifacts.known(RecordClass(ENTRY), 3) == []


def test_nothing_is_due_that_has_no_time_and_what_is_due_comes_in_the_order_of_the_listing(
    ledger: Ledger, lsids: Callable[..., Sequence[str]]
) -> None:
    sessions, queue = Sessions(ledger, "default"), Queue(ledger, "default")
    all_of_them = lsids(range(6))
    sessions.store_ended(all_of_them, now=1, origin=0, watermark=1)
    for number, next_at in enumerate([0, 100, 101, None, 0, 50]):
        sessions.set_state(all_of_them[number], SessionState.DISCOVERED, next_at=next_at)
    sessions.set_state(all_of_them[4], SessionState.HELD, next_at=0)
    due = queue.due(100, QueueClass.FRESH)
    assert [all_of_them.index(record.lsid) for record in due] == [0, 1, 5]
    assert [record.lsid for record in queue.due(100, QueueClass.WAITING)] == [all_of_them[4]]
    assert [record.lsid for record in queue.due(100, QueueClass.FRESH, after=due[0].id, limit=1)] == [all_of_them[1]]
    assert queue.count(100) == 4
    assert queue.next_due(100) == 101
    assert queue.next_due(101) is None


def test_a_session_that_ended_within_is_found_by_its_end_alone(
    ledger: Ledger, lsids: Callable[..., Sequence[str]]
) -> None:
    sessions = Sessions(ledger, "default")
    sessions.store_ended(lsids(range(2)), now=1, origin=0, watermark=1)
    assert not sessions.last_ended_within(0, 1000)
    sessions.record_report(lsids(0)[0], ended_at=500, external_key="")
    assert sessions.last_ended_within(500, 501)
    assert sessions.last_ended_within(499, 501)
    assert not sessions.last_ended_within(501, 900)
    assert not sessions.last_ended_within(0, 499)


class TestHeldQueue:
    """A person's decisions."""

    def test_the_queue_names_every_trouble_with_words_and_advice(self, bench: Bench) -> None:
        ticketless, personless = bench.session("T20990101.0001"), bench.session(username="priya.nair")
        bench.end()
        bench.run()
        assert [(one.lsid, one.kind, one.state) for one in bench.held.problems()] == [
            (ticketless, "note", "held"),
            (personless, "time_entry", "held"),
        ]
        assert all(one.error and one.advice for one in bench.held.problems())

    def test_retry_releases_counts_from_the_beginning_and_delivers_in_the_next_run(self, bench: Bench) -> None:
        bench.configure(retry_limit=1)
        bench.sandbox.switches.change({"completed_ticket_time": "refused"})
        lsid = bench.session(bench.ticket(status=5)["ticketNumber"])
        for _ in range(2):
            bench.run()
            bench.pass_time(1000)
        assert (bench.state(lsid), bench.artifact(lsid, "time_entry").attempts) == ("parked", 2)
        bench.held.retry([lsid])
        assert (bench.state(lsid), bench.artifact(lsid, "time_entry").attempts) == ("held", 0)
        bench.run()
        assert (bench.state(lsid), bench.artifact(lsid, "time_entry").attempts) == ("held", 1)

    def test_skip_keeps_who_when_and_why_and_the_session_is_never_taken_up_again(self, bench: Bench) -> None:
        lsid = bench.session("T20990101.0001")
        bench.run()
        bench.held.skip([lsid], by="ida", at=1234, reason="not ours")
        (skip,) = bench.held.skipped()
        assert (skip.lsid, skip.by, skip.at, skip.reason) == (lsid, "ida", 1234, "not ours")
        bench.ticket(ticketNumber="T20990101.0001")
        for _ in range(2):
            bench.pass_time(86_400)
            bench.run(since=bench.now - 7 * 86_400)
        assert (bench.state(lsid), bench.notes(lsid), bench.held.problems()) == ("skipped", [], [])

    def test_skipping_the_entry_leaves_the_note_where_it_is(self, bench: Bench) -> None:
        lsid = bench.session(username="priya.nair")
        bench.run()
        bench.held.skip([lsid], by="ida", at=1, reason="a guest")
        bench.run()
        assert (bench.state(lsid), len(bench.notes(lsid))) == ("skipped", 1)

    def test_what_is_unsettled_cannot_be_skipped(self, bench: Bench) -> None:
        bench.end()
        bench.run()
        (lsid,) = bench.end()
        bench.fault("dropped", endpoint="/Tickets/*/Notes")
        bench.run()
        with pytest.raises(Exception, match="not known yet"):
            bench.held.skip([lsid], by="ida", at=1, reason="x")
        assert bench.state(lsid) == "unsettled"

    def test_retry_settles_nothing(self, bench: Bench) -> None:
        bench.end()
        bench.run()
        (lsid,) = bench.end()
        bench.fault("late_commit", endpoint="/Tickets/*/Notes", seconds=200.0)
        bench.run()
        bench.held.retry([lsid])
        bench.run()
        assert (bench.artifact(lsid).state, bench.notes(lsid)) == ("unsettled", [])
        bench.pass_time(201)
        bench.run()
        assert (bench.state(lsid), len(bench.notes(lsid))) == ("delivered", 1)


@pytest.mark.parametrize("state", list(SessionState))
def test_an_ordinary_run_takes_up_only_what_waits(bench: Bench, state: SessionState) -> None:
    (lsid,) = bench.end()
    bench.sessions.store_ended([lsid], now=bench.now, origin=bench.now - 86_400, watermark=None)
    bench.sessions.set_state(lsid, state)
    bench.run()
    assert bench.state(lsid) == ("delivered" if state is SessionState.OPEN else state)
    assert len(bench.notes(lsid)) == (state is SessionState.OPEN)


def test_problems_are_those_of_the_session_or_else_of_its_artifacts(book: Book) -> None:
    book.put("[a]", ArtifactState.HELD)
    book.put("[b]", ArtifactState.CREATED)
    book.conclude(artifact("[a]"), artifact("[b]"))
    (problem,) = waiting_problems(book.sessions, book.artifacts)
    assert (problem.kind, problem.stage, problem.error, problem.advice) == ("note", "deliver", "refused", "mend it")
    book.sessions.hold(LSID, Problem(Stage.MATCH, "no ticket", "name one"), next_at=0)
    assert next(iter(waiting_problems(book.sessions, book.artifacts))).error == "no ticket"


def test_null_columns_are_never_due_never_within_and_never_in_the_way(ledger: Ledger) -> None:
    sessions: Any = Sessions(ledger, "default")
    queue = Queue(ledger, "default")
    ledger.execute(
        "INSERT INTO session (profile, lsid, state, next_at, seen_at) VALUES (?, ?, ?, NULL, 0)",
        ("default", LSID, SessionState.HELD),
    )
    assert queue.due(10**12, QueueClass.WAITING) == []
    assert not sessions.last_ended_within(0, 10**12)
    assert queue.next_due(0) is None
    record = sessions.get([LSID])[LSID]
    assert (record.ended_at, record.ticket_id, record.waiting_since, record.pinned_ticket) == (None, None, None, "")
    assert sessions.progress() is None
