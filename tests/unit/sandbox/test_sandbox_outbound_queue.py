"""How stubbornly outbound events are sent: only a 200 counts, every recipient has a queue, and a network has losses."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.sandbox.application import Sandbox
from bt_autotask_sync.sandbox.outbound.recipient import Recipient
from tests.unit.sandbox.outbound_recorder import Recorder

if TYPE_CHECKING:
    from bt_autotask_sync.sandbox.clock import SandboxClock

URL = "http://listener/ERSPost"
RECIPIENT = Recipient(URL, retry_interval_seconds=60, retry_duration_seconds=150)
IN_ORDER = ["begin", "owner_changed", "member_added", "member_added", "owner_changed"]


@pytest.fixture
def sandbox(clock: SandboxClock) -> Sandbox:
    return Sandbox(sessions=0, clock=clock, recipients=[RECIPIENT])


@pytest.fixture
def recorder(sandbox: Sandbox) -> Recorder:
    return Recorder(sandbox)


def begin(sandbox: Sandbox) -> str:
    (lsid,) = sandbox.add_sessions(1, in_progress=True, started_seconds_ago=0.0)
    return lsid


def shown(sandbox: Sandbox) -> dict[str, Any]:
    (recipient,) = sandbox.appliance.state()["recipients"]
    found: dict[str, Any] = recipient
    return found


@pytest.mark.parametrize("status", [201, 204, 301, 302, 400, 404, 500, 503, None])
def test_anything_but_a_200_blocks_the_queue_until_the_next_attempt(
    sandbox: Sandbox, recorder: Recorder, status: int | None
) -> None:
    recorder.status = status
    begin(sandbox)
    recorder.deliver()
    recorder.play(59)
    assert len(recorder.times) == 1
    assert shown(sandbox)["status"] == ("no answer (ConnectionResetError)" if status is None else f"HTTP {status}")
    assert shown(sandbox)["waiting"] == 5
    recorder.status = 200
    recorder.play(1)
    assert recorder.names() == IN_ORDER
    assert (shown(sandbox)["status"], shown(sandbox)["waiting"], shown(sandbox)["failed"]) == ("OK", 0, 1)


def test_an_event_is_dropped_after_its_duration_and_the_next_has_its_own(sandbox: Sandbox, recorder: Recorder) -> None:
    recorder.status = 503
    begin(sandbox)
    start = sandbox.clock.now()
    recorder.play(180)
    assert [at - start for at in recorder.times] == [0, 60, 120, 180, 180]
    assert shown(sandbox)["dropped"] == 1
    recorder.status = 200
    recorder.play(60)
    assert recorder.names() == IN_ORDER[1:]


def test_what_happens_while_the_recipient_is_away_is_all_told_afterwards(sandbox: Sandbox, recorder: Recorder) -> None:
    recorder.status = None
    lsid = begin(sandbox)
    recorder.play(30)
    sandbox.appliance.end_session(lsid)
    recorder.play(20)
    recorder.status = 200
    recorder.play(60)
    assert recorder.names() == [*IN_ORDER, "member_departed", "member_departed", "end"]


def test_one_recipient_that_is_away_does_not_stop_another(sandbox: Sandbox) -> None:
    sandbox.appliance.outbound.set(Recipient("http://second/", name="second"))
    taken = []

    def send(url: str, form: Any, /) -> int:
        if url == URL:
            raise TimeoutError
        taken.append(form["event"])
        return 200

    begin(sandbox)
    while sandbox.appliance.deliver_due(sandbox.clock.now(), send):
        continue
    assert len(taken) == 5
    assert [each["waiting"] for each in sandbox.appliance.state()["recipients"]] == [5, 0]


def test_an_event_that_two_deliver_at_once_takes_no_other_with_it(sandbox: Sandbox, recorder: Recorder) -> None:
    def send(url: str, form: Any, /) -> int:
        sandbox.appliance.deliver_due(sandbox.clock.now(), recorder.send)
        return recorder.send(url, form)

    begin(sandbox)
    sandbox.appliance.deliver_due(sandbox.clock.now(), send)
    recorder.deliver()
    assert recorder.names() == ["begin", *IN_ORDER]
    assert shown(sandbox)["delivered"] == 5


def test_a_mistake_in_whoever_takes_the_events_is_not_hidden(sandbox: Sandbox) -> None:
    def send(_url: str, _form: Any, /) -> int:
        raise LookupError("a mistake")

    begin(sandbox)
    with pytest.raises(LookupError, match="a mistake"):
        sandbox.appliance.deliver_due(sandbox.clock.now(), send)


def test_an_answer_that_gets_lost_sends_the_same_event_again(sandbox: Sandbox, recorder: Recorder) -> None:
    sandbox.switches.change({"event_answers_lost": 0.4})
    for _ in range(10):
        begin(sandbox)
    recorder.play(7200)
    times = Counter(tuple(sorted(form.items())) for form in recorder.taken)
    assert len(times) == 50
    assert 10 < sum(times.values()) - len(times) < 80
    first = list(dict.fromkeys(tuple(sorted(form.items())) for form in recorder.taken))
    assert [dict(each)["event"].removeprefix("support_conference_") for each in first] == IN_ORDER * 10
    assert shown(sandbox)["delivered"] + shown(sandbox)["dropped"] == 50


def test_lost_events_never_come_and_reordered_ones_come_late(sandbox: Sandbox, recorder: Recorder) -> None:
    sandbox.switches.change({"events_lost": 0.2, "events_reordered": 0.3})
    for _ in range(20):
        begin(sandbox)
    recorder.deliver()
    at_once = len(recorder.taken)
    assert 40 < at_once < 75
    recorder.play(3600)
    assert 70 < len(recorder.taken) < 92
    assert len(recorder.taken) == 100 - shown(sandbox)["lost"]
    assert len({tuple(sorted(form.items())) for form in recorder.taken}) == len(recorder.taken)
    assert any(recorder.names(lsid) != IN_ORDER[: len(recorder.names(lsid))] for lsid in sandbox_lsids(sandbox))


def test_every_attempt_is_kept_with_its_outcome(sandbox: Sandbox, recorder: Recorder) -> None:
    begin(sandbox)
    recorder.status = 503
    recorder.deliver()
    recorder.status = 200
    recorder.play(60)
    outcomes = [attempt.outcome for attempt in sandbox.appliance.outbound.attempts]
    assert outcomes == ["HTTP 503", *["delivered"] * 5]
    first, second, *_ = sandbox.appliance.outbound.attempts
    assert (first.form, second.at - first.at) == (second.form, 60)


def test_a_recipient_that_is_removed_while_it_is_sent_to_leaves_nothing_behind(sandbox: Sandbox) -> None:
    def send(_url: str, _form: Any, /) -> int:
        sandbox.appliance.outbound.remove()
        return 200

    begin(sandbox)
    assert sandbox.appliance.deliver_due(sandbox.clock.now(), send) == 1
    assert sandbox.appliance.next_event_due() is None


def sandbox_lsids(sandbox: Sandbox) -> list[str]:
    return [each["lsid"] for each in sandbox.appliance.state()["sessions"]]
