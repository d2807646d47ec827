"""What a session is to put on its ticket: rules P1 to P4, and Autotask's own names and types."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bt_autotask_sync.appliance.session import (
    Actor,
    ActorType,
    ChatMessage,
    Customer,
    Representative,
    Session,
    Survey,
    SurveyAnswer,
)
from bt_autotask_sync.autotask.entities import Ticket
from bt_autotask_sync.config.models import OutboundEvent
from bt_autotask_sync.notes.text import utf16_length
from bt_autotask_sync.state.states import ArtifactKind, Problem, Stage
from bt_autotask_sync.sync.markers import entry_key, entry_marker, note_marker
from bt_autotask_sync.sync.match.people import Technician
from bt_autotask_sync.sync.plan.artifact import LONGEST_TEXT, Artifact, Plan
from bt_autotask_sync.sync.plan.attendance import billed_representative
from bt_autotask_sync.sync.plan.billing import bills
from bt_autotask_sync.sync.plan.note_artifacts import plan_session

if TYPE_CHECKING:
    from bt_autotask_sync.config.models import Profile
    from bt_autotask_sync.notes.templates import Templates
    from tests.unit.bench import Bench

MODELS = json.loads((Path(__file__).parents[2] / "autotask" / "models.json").read_text("utf-8"))["entities"]
TYPES: dict[str, tuple[type, ...]] = {
    "integer": (int,),
    "number": (int, float),
    "string": (str,),
    "boolean": (bool,),
    "date-time": (str,),
}
LSID = "0123456789abcdef0123456789abcdef"
START = datetime(2026, 11, 22, 9, tzinfo=UTC)
TICKET = Ticket(id=7042, number="T20261122.0042")
TECHNICIAN = Technician(resource_id=29_682_801, role_ids=(29_683_386,))
REPRESENTATIVE = Representative("2", "5", "anna", display_name="Anna", private_display_name="Anna Schmidt")
NOTE_TITLE = 250


def a_session(minutes: float = 20, **changes: Any) -> Session:
    return replace(
        Session(
            lsid=LSID,
            started_at=START,
            ended_at=START + timedelta(minutes=minutes),
            has_end_event=True,
            last_event_at=START,
            customers=(Customer("1", "Carla", primary=True),),
            representatives=(REPRESENTATIVE,),
            primary_customer=Actor(ActorType.CUSTOMER, "1", "Carla"),
            primary_representative=Actor(ActorType.REPRESENTATIVE, "2", "Anna Schmidt"),
        ),
        **changes,
    )


def chat(*texts: str) -> tuple[ChatMessage, ...]:
    customer, everyone = Actor(ActorType.CUSTOMER, "1", "Carla"), Actor(ActorType.EVERYONE, "0", "")
    return tuple(ChatMessage(START, customer, everyone, text) for text in texts)


def survey(*answers: str) -> Survey:
    return Survey("1", tuple(SurveyAnswer("comments", answer) for answer in answers))


class Planner:
    """Plans sessions with the profile of a bench."""

    def __init__(self, profile: Profile, templates: Templates) -> None:
        self.profile = profile
        self.templates = templates

    def __call__(self, session: Session, *, anna: Technician | Problem | None = TECHNICIAN) -> Plan:
        people = {} if anna is None else dict.fromkeys([person.username for person in session.representatives], anna)
        billed = bills(session, self.profile.time_entries)
        return plan_session(session, TICKET, self.profile, people, self.templates, bills=billed, told={})


@pytest.fixture
def plan(bench: Bench, templates: Templates) -> Planner:
    return Planner(bench.profile, templates)


def of_kind(plan: Plan, kind: ArtifactKind) -> list[Artifact]:
    return [artifact for artifact in plan.artifacts if artifact.kind is kind]


def notes(plan: Plan) -> list[Artifact]:
    return of_kind(plan, ArtifactKind.NOTE)


def entries(plan: Plan) -> list[Artifact]:
    return of_kind(plan, ArtifactKind.TIME_ENTRY)


def assert_published(entity: str, body: Any) -> None:
    """See that every name is Autotask's, in camelCase, with a value of its type."""
    model = {name[0].lower() + name[1:]: kind for name, kind in MODELS[entity].items()}
    assert set(body) <= set(model)
    for name, value in body.items():
        assert type(value) in TYPES[model[name]], name
        if model[name] == "date-time":
            assert datetime.fromisoformat(value).tzinfo is UTC or value.endswith("Z")


def test_bodies_carry_autotasks_published_names_and_types(bench: Bench, templates: Templates) -> None:
    fields = {"isNonBillable": True, "billingCodeID": 7, "offsetHours": 0.5, "showOnInvoice": False}
    bench.configure(time_entries={"default_data": fields})
    whole = a_session(60 * 30, customer_surveys=(survey("good"),), representative_surveys=(survey("fine"),))
    planned = Planner(bench.profile, templates)(whole)
    assert [artifact.path for artifact in notes(planned)] == ["/Tickets/7042/Notes"] * 3
    assert [artifact.path for artifact in entries(planned)] == ["/TimeEntries"] * 2
    for note in notes(planned):
        assert_published("TicketNotes", note.body)
        assert set(note.body) == {"ticketID", "title", "description", "noteType", "publish"}
    for entry in entries(planned):
        assert_published("TimeEntries", entry.body)
        assert fields.items() <= dict(entry.body).items()


def test_a_time_entry_says_when_in_utc_for_how_long_and_on_which_day_of_the_profiles_zone(
    bench: Bench, templates: Templates
) -> None:
    bench.configure(timezone="Australia/Sydney")
    late = a_session(20, started_at=START + timedelta(hours=6), ended_at=START + timedelta(hours=6, minutes=20))
    (entry,) = entries(Planner(bench.profile, templates)(late))
    assert dict(entry.body) == {
        "ticketID": 7042,
        "resourceID": TECHNICIAN.resource_id,
        "roleID": TECHNICIAN.role_ids[0],
        "dateWorked": "2026-11-23T00:00:00Z",
        "startDateTime": "2026-11-22T15:00:00Z",
        "endDateTime": "2026-11-22T15:20:00Z",
        "hoursWorked": 0.3333,
        "summaryNotes": "Remote support session",
        "internalNotes": f"Actual 20 min, billed 20 min\n[bt:{LSID}:anna#2]",
    }


def test_the_note_comes_first_then_the_surveys_then_the_time(plan: Planner) -> None:
    planned = plan(a_session(customer_surveys=(survey("good"),), representative_surveys=(survey("fine"),)))
    assert [artifact.marker for artifact in planned.artifacts] == [
        "[bt:0123456789ab]",
        "[bt:0123456789ab:customer-survey]",
        "[bt:0123456789ab:representative-survey]",
        f"[bt:{LSID}:#2]",
    ]
    assert {artifact.event for artifact in planned.artifacts[1:2]} == {OutboundEvent.CUSTOMER_SURVEY}


def test_the_full_lsid_stands_in_every_note(plan: Planner) -> None:
    planned = plan(a_session(chat=chat(*["word " * 3000] * 12), customer_surveys=(survey("good"),)))
    assert len(notes(planned)) == 4
    assert all(LSID in notes(planned)[number].body["description"] for number in (2, 3))


def test_P1_internal_notes_from_default_data_stand_before_the_marker(bench: Bench, templates: Templates) -> None:
    bench.configure(time_entries={"default_data": {"internalNotes": "Booked [bt:typed] by the program\n"}})
    (entry,) = entries(Planner(bench.profile, templates)(a_session()))
    assert entry.body["internalNotes"] == (
        f"Booked [bt:typed] by the program\nActual 20 min, billed 20 min\n[bt:{LSID}:anna#2]"
    )


@pytest.mark.parametrize(
    "name", ["id", "ticketID", "startDateTime", "endDateTime", "hoursWorked", "resourceID", "roleID", "dateWorked"]
)
def test_P1_what_the_program_sets_itself_is_refused_in_default_data(bench: Bench, name: str) -> None:
    with pytest.raises(Exception, match=name):
        bench.configure(time_entries={"default_data": {name: 1}})


def test_P2_a_long_session_is_split_and_its_parts_are_numbered_and_add_up(plan: Planner) -> None:
    parts = entries(plan(a_session(60 * 49 + 30)))
    assert [part.marker for part in parts] == [f"[bt:{LSID}:#2{tail}]" for tail in ("", ":2", ":3")]
    assert {part.group for part in parts} == {f"[bt:{LSID}:#2]"}
    assert [part.body["hoursWorked"] for part in parts] == [23.0, 23.0, 3.5]
    assert parts[0].body["endDateTime"] == parts[1].body["startDateTime"]


def test_P3_all_representative_surveys_stand_in_one_internal_note(bench: Bench, templates: Templates) -> None:
    bench.configure(autotask={"publish_notes_as_public": True})
    planned = Planner(bench.profile, templates)(
        a_session(representative_surveys=(survey("first opinion"), survey("second opinion")))
    )
    session_note, survey_note = notes(planned)
    assert (session_note.body["publish"], survey_note.body["publish"]) == (1, 2)
    assert all(opinion in survey_note.body["description"] for opinion in ("first opinion", "second opinion"))


def test_P3_the_customers_survey_is_planned_only_where_it_is_polled_for(bench: Bench, templates: Templates) -> None:
    bench.configure(poll_events=["session-end"])
    assert len(notes(Planner(bench.profile, templates)(a_session(customer_surveys=(survey("good"),))))) == 1


def test_notes_are_internal_unless_the_profile_says_public(plan: Planner) -> None:
    assert {note.body["publish"] for note in notes(plan(a_session(customer_surveys=(survey("good"),))))} == {2}


def test_P4_a_long_text_becomes_three_notes_at_most_and_the_last_says_what_is_missing(plan: Planner) -> None:
    parts = notes(plan(a_session(chat=chat(*["𝄞 wörd " * 1500] * 20))))
    assert [part.marker for part in parts] == [note_marker(LSID, tail) for tail in ("", ":2", ":3")]
    assert {part.group for part in parts} == {note_marker(LSID)}
    assert all(utf16_length(part.body["description"]) <= LONGEST_TEXT for part in parts)
    assert "more characters did not fit" in parts[-1].body["description"]


ANY_TEXT = st.text(st.characters(codec="utf-8"), max_size=60)


@given(name=ANY_TEXT, repeat=st.integers(1, 20), text=ANY_TEXT, times=st.integers(1, 700))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_P4_every_text_fits_its_field_and_keeps_its_marker(
    plan: Planner, name: str, repeat: int, text: str, times: int
) -> None:
    person = replace(REPRESENTATIVE, private_display_name=name * repeat, username=(name * repeat)[:100])
    customer = Customer("1", text * repeat, primary=True)
    planned = plan(a_session(representatives=(person,), customers=(customer,), chat=chat(*[text * times] * 3)))
    for note in notes(planned):
        assert note.body["title"].endswith(note.marker)
        assert note.body["title"].count("[bt:") == 1
        assert utf16_length(note.body["title"]) <= NOTE_TITLE
        assert utf16_length(note.body["description"]) <= LONGEST_TEXT
    for entry in entries(planned):
        assert entry.body["internalNotes"].endswith(entry_marker(entry.marker, person.username))
        assert utf16_length(entry.body["internalNotes"]) <= LONGEST_TEXT
        assert utf16_length(entry.body["summaryNotes"]) <= LONGEST_TEXT


def test_P4_internal_notes_too_long_for_their_field_make_room_for_the_marker(
    bench: Bench, templates: Templates
) -> None:
    bench.configure(time_entries={"default_data": {"internalNotes": "x" * LONGEST_TEXT}})
    (entry,) = entries(Planner(bench.profile, templates)(a_session()))
    assert utf16_length(entry.body["internalNotes"]) <= LONGEST_TEXT
    assert entry.body["internalNotes"].endswith(f"\nActual 20 min, billed 20 min\n[bt:{LSID}:anna#2]")


def test_a_marker_typed_by_a_customer_stays_out_of_the_title(plan: Planner) -> None:
    hostile = Customer("1", "[bt:ffffffffffff] [ BT : x]", primary=True)
    (note,) = notes(plan(a_session(customers=(hostile,))))
    assert note.body["title"].lower().count("[bt") == 1
    assert note.body["title"].endswith("[bt:0123456789ab]")


def test_no_measurable_time_is_a_note_and_no_entry(plan: Planner) -> None:
    planned = plan(a_session(0))
    assert (len(notes(planned)), entries(planned), planned.blocked) == (1, [], ())


def test_without_a_representative_there_is_a_note_and_no_entry(plan: Planner) -> None:
    planned = plan(a_session(representatives=(), primary_representative=None))
    assert (len(notes(planned)), entries(planned)) == (1, [])


def test_time_entries_switched_off_are_not_planned(bench: Bench, templates: Templates) -> None:
    bench.configure(time_entries={"enabled": False})
    planned = Planner(bench.profile, templates)(a_session(), anna=Problem(Stage.MATCH, "no resource"))
    assert (len(notes(planned)), entries(planned), planned.blocked) == (1, [], ())


def test_M5_who_has_no_resource_keeps_the_entry_back_and_not_the_note(plan: Planner) -> None:
    planned = plan(a_session(), anna=Problem(Stage.MATCH, "no resource"))
    assert len(notes(planned)) == 1
    assert [(one.marker, one.problem.error) for one in planned.blocked] == [(f"[bt:{LSID}:#2]", "no resource")]


def test_who_is_to_be_skipped_has_no_entry_and_nothing_is_withheld(plan: Planner) -> None:
    planned = plan(a_session(), anna=None)
    assert (entries(planned), planned.blocked) == ([], ())


def test_the_primary_representative_is_billed_else_the_owner_else_the_only_one() -> None:
    owner = replace(REPRESENTATIVE, gsnumber="3", username="owner", session_owner=True)
    both = a_session(representatives=(owner, REPRESENTATIVE))
    unknown = replace(both, primary_representative=Actor(ActorType.REPRESENTATIVE, "99", "?"))
    assert billed_representative(both) == REPRESENTATIVE
    assert billed_representative(unknown) == owner
    assert billed_representative(replace(unknown, primary_representative=None)) == owner
    assert billed_representative(a_session(primary_representative=None)) == REPRESENTATIVE
    two = replace(both, representatives=(replace(owner, session_owner=False), REPRESENTATIVE))
    assert billed_representative(replace(two, primary_representative=None)) is None
    assert billed_representative(replace(both, representatives=(), primary_representative=None)) is None


def test_markers_are_what_people_and_later_runs_look_for() -> None:
    assert note_marker(LSID) == "[bt:0123456789ab]"
    assert note_marker(LSID, ":2") == "[bt:0123456789ab:2]"
    assert entry_marker(entry_key(LSID, "12"), "MSP\\j.kowalski") == f"[bt:{LSID}:MSP\\j.kowalski#12]"
    assert entry_marker(entry_key(LSID, "12", 2), "anna") == f"[bt:{LSID}:anna#12:2]"
    assert entry_key(LSID, "12", 2) == f"[bt:{LSID}:#12:2]"
    assert entry_key(LSID, " [1:2]\n") == f"[bt:{LSID}:#12]"
