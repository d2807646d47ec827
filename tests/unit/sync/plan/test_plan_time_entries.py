"""The time entries of a plan: whose, under which marker, with which words and numbers."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bt_autotask_sync.appliance.session import Actor, ActorType, Representative, Session, Span
from bt_autotask_sync.autotask.entities import Ticket, TimeEntry
from bt_autotask_sync.notes.text import utf16_length
from bt_autotask_sync.state.states import ArtifactKind, Problem, Stage
from bt_autotask_sync.sync.compare.entry_matching import recognise
from bt_autotask_sync.sync.compare.lookups import find_among
from bt_autotask_sync.sync.markers import entry_key, entry_marker
from bt_autotask_sync.sync.match.people import Technician
from bt_autotask_sync.sync.plan.artifact import LONGEST_TEXT, Plan
from bt_autotask_sync.sync.plan.billing import bills
from bt_autotask_sync.sync.plan.note_artifacts import plan_session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bt_autotask_sync.notes.templates import Templates
    from bt_autotask_sync.sync.plan.artifact import Artifact
    from tests.unit.bench import Bench

LSID = "0123456789abcdef0123456789abcdef"
START = datetime(2026, 11, 22, 9, tzinfo=UTC)
TICKET = Ticket(id=7042, number="T20261122.0042")
TECHNICIAN = Technician(29_682_801, (10,))


def person(gsnumber: int, username: str, *stays: tuple[float, float], **changes: Any) -> Representative:
    spans = tuple(Span(START + timedelta(minutes=one), START + timedelta(minutes=two)) for one, two in stays)
    return Representative(str(gsnumber), "", username, spans=spans, **changes)


def session(*people: Representative, minutes: float = 60, **changes: Any) -> Session:
    return replace(
        Session(LSID, START, START + timedelta(minutes=minutes), has_end_event=True, last_event_at=START),
        representatives=people or (person(1, "anna", (0, minutes)),),
        primary_representative=Actor(ActorType.REPRESENTATIVE, "1", ""),
        **changes,
    )


class Planner:
    """Plans sessions under settings for time entries; everybody is known to Autotask unless a test says otherwise."""

    def __init__(self, bench: Bench, templates: Templates) -> None:
        self._bench = bench
        self._templates = templates

    def set(self, timezone: str = "UTC", **time_entries: Any) -> Planner:
        self._bench.configure(timezone=timezone, time_entries=time_entries)
        return self

    def __call__(
        self,
        told: Session,
        people: Mapping[str, Technician | Problem] | None = None,
        ticket: Ticket = TICKET,
        approved: Mapping[str, int] | None = None,
    ) -> Plan:
        if people is None:
            people = dict.fromkeys((each.username for each in told.representatives), TECHNICIAN)
        profile = self._bench.profile
        billed = bills(told, profile.time_entries)
        return plan_session(
            told, ticket, profile, people, self._templates, bills=billed, told={}, approved=approved or {}
        )


@pytest.fixture
def plan(bench: Bench, templates: Templates) -> Planner:
    return Planner(bench, templates)


def entries(planned: Plan) -> list[Artifact]:
    return [artifact for artifact in planned.artifacts if artifact.kind is ArtifactKind.TIME_ENTRY]


def note_text(planned: Plan) -> str:
    return str(planned.artifacts[0].body["description"])


def test_everybodys_time_is_entered_under_a_marker_and_a_resource_of_their_own(plan: Planner) -> None:
    plan.set(representatives="all")
    told = session(person(1, "anna", (0, 20), (30, 60)), person(2, "bob", (10, 15)), person(3, "gone", (1, 2)))
    people = {"anna": TECHNICIAN, "bob": Technician(2, (20,))}
    assert [
        (entry.marker, entry.body["resourceID"], entry.body["roleID"], entry.body["hoursWorked"], entry.group)
        for entry in entries(plan(told, people))
    ] == [
        (f"[bt:{LSID}:#1]", 29_682_801, 10, 0.3333, f"[bt:{LSID}:#1]"),
        (f"[bt:{LSID}:#1:2]", 29_682_801, 10, 0.5, f"[bt:{LSID}:#1]"),
        (f"[bt:{LSID}:#2]", 2, 20, 0.0833, f"[bt:{LSID}:#2]"),
    ]


def test_one_who_waits_keeps_nobody_else_back(plan: Planner) -> None:
    plan.set(representatives="all")
    told = session(person(1, "anna", (0, 20)), person(2, "bob", (10, 15)))
    planned = plan(told, {"anna": Problem(Stage.MATCH, "no resource"), "bob": TECHNICIAN})
    assert [entry.marker for entry in entries(planned)] == [f"[bt:{LSID}:#2]"]
    assert [blocked.marker for blocked in planned.blocked] == [f"[bt:{LSID}:#1]"]


def test_start_and_end_agree_with_the_hours_and_the_internal_notes_tell_actual_and_billed(plan: Planner) -> None:
    plan.set(round_to_minutes=15, default_data={"internalNotes": "Checked by nobody"})
    (entry,) = entries(plan(session(minutes=41)))
    assert entry.body["startDateTime"] == "2026-11-22T09:00:00Z"
    assert entry.body["endDateTime"] == "2026-11-22T09:45:00Z"
    assert entry.body["hoursWorked"] == 0.75
    assert entry.worked == 41 * 60
    assert entry.body["internalNotes"] == (f"Checked by nobody\nActual 41 min, billed 45 min\n[bt:{LSID}:anna#1]")


def test_every_part_tells_its_own_minutes_and_its_own_day(plan: Planner) -> None:
    plan.set("America/New_York", split_at="midnight", round_to_minutes=60, hold_above_minutes=0)
    found = entries(plan(session(minutes=20 * 60 + 41)))
    assert [(entry.body["dateWorked"], entry.body["internalNotes"].splitlines()[0]) for entry in found] == [
        ("2026-11-22T00:00:00Z", "Actual 1200 min, billed 1200 min"),
        ("2026-11-23T00:00:00Z", "Actual 41 min, billed 60 min"),
    ]


def test_the_summary_may_tell_the_minutes_of_its_entry_and_the_note_those_of_all(plan: Planner) -> None:
    plan.set(
        representatives="all",
        round_to_minutes=15,
        default_data={"summaryNotes": "{{actual_minutes}} of {{billed_minutes}}"},
    )
    told = session(person(1, "anna", (0, 20)), person(2, "bob", (10, 15)), person(3, "skipped", (0, 60)))
    planned = plan(told, {"anna": TECHNICIAN, "bob": Problem(Stage.MATCH, "waits")})
    assert [entry.body["summaryNotes"] for entry in entries(planned)] == ["20 of 30"]
    assert "Billed: 45 min (25 min worked)" in note_text(planned)


def test_a_summary_that_is_blank_once_filled_in_is_replaced(plan: Planner) -> None:
    plan.set(default_data={"summaryNotes": " {{issue}} "})
    assert [entry.body["summaryNotes"] for entry in entries(plan(session()))] == ["Remote session"]


def test_without_time_entries_the_note_tells_of_no_billing(plan: Planner) -> None:
    assert "Billed" not in note_text(plan.set(enabled=False)(session()))
    assert "Billed" not in note_text(plan.set(enabled=True)(session(minutes=0)))


@pytest.mark.parametrize(
    ("minutes", "limit", "waits"), [(480, 480, False), (481, 480, True), (61, 60, True), (3000, 0, False)]
)
def test_longer_work_at_a_stretch_waits_for_a_person(plan: Planner, minutes: int, limit: int, waits: bool) -> None:
    first, *others = entries(plan.set(hold_above_minutes=limit)(session(minutes=minutes)))
    assert (first.review is not None) is waits
    assert all(entry.review is None for entry in others)
    if first.review is not None:
        assert (first.review.minutes, first.review.problem.stage) == (minutes, Stage.PLAN)
        assert f"{minutes} min" in first.review.problem.error
        assert "held retry" in first.review.problem.advice


def test_what_waits_is_measured_as_it_is_billed_and_before_it_is_cut(plan: Planner) -> None:
    plan.set(split_at="midnight", round_to_minutes=60)
    (first, second) = entries(plan(session(minutes=23 * 60)))
    assert first.review is not None
    assert first.review.minutes == 23 * 60
    assert (first.end, second.review) == (second.start, None)
    (rounded,) = entries(plan.set(split_at="never", round_to_minutes=120, hold_above_minutes=100)(session(minutes=90)))
    assert rounded.review is not None


def test_a_person_lets_exactly_one_stretch_through_and_nothing_longer(plan: Planner) -> None:
    plan.set(representatives="all", hold_above_minutes=60)
    told = session(person(1, "anna", (0, 90), (100, 200)), minutes=200)
    first, second = entries(plan(told, approved={f"[bt:{LSID}:#1:2]": 100}))
    assert first.review is not None
    assert second.review is None
    assert entries(plan(told, approved={f"[bt:{LSID}:#1]": 89}))[0].review is not None
    assert entries(plan(told, approved={f"[bt:{LSID}:#1]": 90}))[0].review is None


def test_a_report_of_more_than_a_month_is_not_believed(plan: Planner) -> None:
    plan.set(hold_above_minutes=0)
    assert len(entries(plan(session(minutes=31 * 24 * 60)))) == 33
    for days in (32, 20_000):
        planned = plan(session(minutes=days * 24 * 60))
        assert entries(planned) == []
        (blocked,) = planned.blocked
        assert f"{days} days" in blocked.problem.error


def test_the_role_is_the_tickets_where_the_configured_name_leaves_a_choice(plan: Planner) -> None:
    people = {"anna": Technician(1, (10, 20))}
    for assigned, role in ((None, 10), (20, 20), (30, 10)):
        ticket = replace(TICKET, assigned_resource_id=5, assigned_role_id=assigned)
        (entry,) = entries(plan(session(), people, ticket))
        assert entry.body["roleID"] == role


def test_a_named_work_type_is_sent_as_its_number(plan: Planner) -> None:
    plan.set(default_data={"billingCodeID": "Remote Support"})
    (entry,) = entries(plan(session(), {"anna": replace(TECHNICIAN, work_type_id=77)}))
    assert entry.body["billingCodeID"] == 77


@pytest.mark.parametrize(
    ("one", "other"), [("anna", "anna:2"), ("anna", "anna#2"), ("a]", "a)"), ("x" * 300, "x" * 301)]
)
def test_I1_who_is_called_alike_has_entries_of_their_own(plan: Planner, one: str, other: str) -> None:
    plan.set(representatives="all")
    planned = plan(session(person(1, one, (0, 20), (30, 40)), person(2, other, (0, 20))))
    assert [entry.marker for entry in entries(planned)] == [entry_key(LSID, *each) for each in NUMBERS_AND_PARTS]
    assert planned.blocked == ()


NUMBERS_AND_PARTS: list[tuple[str, int]] = [("1", 1), ("1", 2), ("2", 1)]


@pytest.mark.parametrize("numbers", [("1", "1"), ("7", " 7 "), ("[]", "]")])
def test_I1_who_shares_a_number_never_shares_a_marker_and_the_second_waits(
    plan: Planner, numbers: tuple[str, str]
) -> None:
    plan.set(representatives="all")
    one, other = person(1, "anna", (0, 20)), person(1, "bob", (0, 20))
    planned = plan(session(replace(one, gsnumber=numbers[0]), replace(other, gsnumber=numbers[1])))
    markers = [entry.marker for entry in entries(planned)]
    assert len(markers) == 1
    (blocked,) = planned.blocked
    assert blocked.marker not in markers
    assert "one number" in blocked.problem.error


def test_names_with_numbers_are_names_where_nobody_else_is_meant(plan: Planner) -> None:
    plan.set(representatives="all")
    planned = plan(session(person(1, "tech:1", (0, 20)), person(2, "bob:2", (0, 20))))
    assert [entry.marker for entry in entries(planned)] == [f"[bt:{LSID}:#1]", f"[bt:{LSID}:#2]"]


NAMES = st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from(
    ["anna", "Anna", "anna:2", "anna:2]", "[bt:", f"[bt:{LSID}:anna]", "]", "a\nb", "x" * 40_000]
)


@given(st.lists(NAMES, min_size=1, max_size=4), st.text(max_size=20))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_P4_whatever_a_username_is_every_entry_has_a_marker_of_its_own_by_which_it_is_found(
    plan: Planner, names: list[str], given_notes: str
) -> None:
    plan.set(representatives="all", default_data={"internalNotes": given_notes})
    planned = plan(session(*(person(number, name, (0, 10), (20, 30)) for number, name in enumerate(names))))
    found = entries(planned)
    assert found
    records = [
        TimeEntry(number, TICKET.id, 1, entry.start, entry.end, entry.body["internalNotes"])
        for number, entry in enumerate(found)
    ]
    for number, entry in enumerate(found):
        text = entry_marker(entry.marker, entry.username)
        assert entry.body["internalNotes"].endswith(f"\n{text}")
        assert re.fullmatch(r"[^\n]*", text)
        assert utf16_length(entry.body["internalNotes"]) <= LONGEST_TEXT
        record = find_among(entry, records)
        assert record is not None
        assert record.id == number
    assert recognise(found, records).found == {entry.marker: records[n] for n, entry in enumerate(found)}
    assert len({entry.marker for entry in found} | {blocked.marker for blocked in planned.blocked}) == len(found) + len(
        planned.blocked
    )


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="this system has no tzset")
def test_the_same_bodies_come_out_under_every_time_zone_of_the_machine(
    plan: Planner, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan.set("Europe/Berlin", representatives="all", split_at="midnight", round_to_minutes=15, hold_above_minutes=0)
    told = session(person(1, "anna", (0, 20), (800, 1000)), person(2, "bob", (10, 3000)), minutes=3000)
    bodies = set()
    for zone in ("UTC", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Tokyo"):
        with monkeypatch.context() as environment:
            environment.setenv("TZ", zone)
            time.tzset()
            bodies.add(json.dumps([dict(artifact.body) for artifact in plan(told).artifacts]))
    time.tzset()
    assert len(bodies) == 1
    assert bodies.pop().count("dateWorked") == 7
