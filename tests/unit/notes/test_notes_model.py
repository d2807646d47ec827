from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from bt_autotask_sync.appliance.session import (
    Actor,
    ActorType,
    CustomAttribute,
    Customer,
    IssueForm,
    Session,
    Span,
    Survey,
    SurveyAnswer,
)
from bt_autotask_sync.notes.example import EXAMPLE_CONTEXT, EXAMPLE_SESSION
from bt_autotask_sync.notes.kind import Kind
from bt_autotask_sync.notes.macros import MACROS
from bt_autotask_sync.notes.model import InternalModel, NoteContext, PublicModel
from bt_autotask_sync.notes.mustache import Template
from bt_autotask_sync.notes.variables import variables

if TYPE_CHECKING:
    from collections.abc import Iterator

MINIMAL = Session("0" * 32, None, None, has_end_event=False, last_event_at=None)
UTC_CONTEXT = NoteContext(timezone=ZoneInfo("UTC"))

# The macros of the outbound events reference, as printed there.
REFERENCE = """
%SESSION.CUSTOM.EXTERNAL_KEY% %LSID% %LSEQ% %CUSTOMER_NAME% %CUSTOMER_COMPUTER-NAME% %PRIMARY_REP_PRIVATE_DISPLAY_NAME%
%PRIMARY_REP_PUBLIC_DISPLAY_NAME% %PRIMARY_REP_USER_NAME% %START_TIME% %END_TIME% %SESSION_SUMMARY% %SESSION_NOTES%
%SESSION_CHAT% %SYSTEM_INFORMATION% %SCREEN_SHARING_RECORDING% %COMMAND_SHELL_RECORDING% %CUSTOMER_EXIT_SURVEY%
%REPRESENTATIVE_EXIT_SURVEY%
"""


def internal(session: Session, context: NoteContext = UTC_CONTEXT) -> dict[str, Any]:
    return InternalModel.of(session, context).as_dict()


def names_in(value: Any, prefix: str = "") -> Iterator[str]:
    for name, inner in value.items():
        yield f"{prefix}{name}"
        if name == "custom":
            yield "custom.<code_name>"
        for item in inner if isinstance(inner, tuple) else ():
            yield from names_in(item, f"{prefix}{name}[].")


def keys_by_level(value: Any, level: str = "") -> Iterator[tuple[str, tuple[str, ...]]]:
    yield level, tuple(sorted(value))
    for name, inner in value.items():
        for item in inner if isinstance(inner, tuple) else ():
            yield from keys_by_level(item, f"{level}.{name}")


@pytest.mark.parametrize("model", [PublicModel, InternalModel])
def test_the_documented_variables_are_the_ones_that_there_are(model: type[PublicModel | InternalModel]) -> None:
    documented = [variable.name for variable in variables(Kind.SESSION, public=model is PublicModel)]
    assert len(documented) == len(set(documented))
    assert set(documented) == set(names_in(model.of(EXAMPLE_SESSION, EXAMPLE_CONTEXT).as_dict()))


@pytest.mark.parametrize("model", [PublicModel, InternalModel])
def test_every_key_is_there_at_every_level_for_the_emptiest_session_too(
    model: type[PublicModel | InternalModel],
) -> None:
    emptiest = replace(
        EXAMPLE_SESSION, customers=(Customer("22", ""),), customer_surveys=(Survey("", (SurveyAnswer("", ""),)),)
    )
    full = dict(keys_by_level(model.of(EXAMPLE_SESSION, EXAMPLE_CONTEXT).as_dict()))
    for session in (MINIMAL, emptiest, EXAMPLE_SESSION):
        for level, keys in keys_by_level(model.of(session, UTC_CONTEXT).as_dict()):
            assert keys == full[level], level


@pytest.mark.parametrize("session", [MINIMAL, EXAMPLE_SESSION])
def test_a_model_is_plain_and_without_none(session: Session) -> None:
    def plain(value: Any) -> None:
        assert type(value) in {str, bool, int, tuple, dict}
        for inner in value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else ():
            plain(inner)

    plain(internal(session))


@pytest.mark.parametrize("public", [False, True])
def test_every_variable_has_type_example_and_description(public: bool) -> None:
    for variable in variables(Kind.SESSION, public=public):
        assert variable.type in {"text", "yes/no", "number", "list", "texts by name"}
        assert variable.example, variable.name
        assert variable.description, variable.name


def test_the_note_on_representatives_surveys_always_has_the_internal_variables() -> None:
    assert variables(Kind.REPRESENTATIVE_SURVEY, public=True) == variables(Kind.SESSION, public=False)
    assert len(variables(Kind.CUSTOMER_SURVEY, public=True)) < len(variables(Kind.SESSION, public=False))


def test_every_macro_of_the_reference_has_its_variable_and_the_list_names_it() -> None:
    assert {macro.strip("%") for macro in REFERENCE.split()} == set(MACROS)
    described = {variable.name: variable for variable in variables(Kind.SESSION, public=False)}
    for macro, name in MACROS.items():
        assert f"(%{macro}%)" in described[name].description
        assert described[name].example


def test_every_variable_prints_its_example() -> None:
    model = internal(EXAMPLE_SESSION, EXAMPLE_CONTEXT)
    for variable in variables(Kind.SESSION, public=False):
        if variable.type not in {"text", "number"}:
            continue
        *lists, name = variable.name.replace("<code_name>", "customer_email").split("[].")
        text = "".join(f"{{{{#{outer}}}}}" for outer in lists) + f"{{{{{name}}}}}|"
        text += "".join(f"{{{{/{outer}}}}}" for outer in reversed(lists))
        assert variable.example in Template.parse(text, variable.name).render(model).split("|"), variable.name


def test_the_summary_of_an_internal_text_has_what_the_macro_has() -> None:
    assert internal(EXAMPLE_SESSION, EXAMPLE_CONTEXT)["session_summary"] == (
        "Representative: Pat Rep\n"
        "Representative ID: 1\n"
        "Customer: Jane Doe\n"
        "Public IP: 203.0.113.20\n"
        "Private IP: 10.0.0.4\n"
        "Start: 2026-11-23 10:05\n"
        "End: 2026-11-23 10:47\n"
        "Duration: 42 min\n"
        "Files: 1 transferred, 0 renamed, 0 deleted"
    )


def test_the_summary_of_a_public_text_has_no_ids_and_addresses() -> None:
    assert PublicModel.of(EXAMPLE_SESSION, EXAMPLE_CONTEXT).facts.course.session_summary == (
        "Representative: Pat\n"
        "Customer: Jane Doe\n"
        "Start: 2026-11-23 10:05\n"
        "End: 2026-11-23 10:47\n"
        "Duration: 42 min\n"
        "Files: 1 transferred, 0 renamed, 0 deleted"
    )


def test_chat_over_midnight_names_the_new_date_once() -> None:
    start = datetime(2026, 11, 22, 23, 58, tzinfo=UTC)
    chat = tuple(
        replace(EXAMPLE_SESSION.chat[0], at=start + timedelta(minutes=minutes), text=str(minutes))
        for minutes in (0, 1, 3, 4)
    )
    told = internal(replace(EXAMPLE_SESSION, started_at=start, chat=chat))["session_chat"]
    assert told == ("23:58 Pat Rep: 0\n23:59 Pat Rep: 1\n- 2026-11-23 -\n00:01 Pat Rep: 3\n00:02 Pat Rep: 4")


def test_in_the_hour_that_the_clocks_repeat_every_printed_time_has_its_offset() -> None:
    start = datetime(2026, 10, 25, 0, 50, tzinfo=UTC)
    chat = tuple(
        replace(EXAMPLE_SESSION.chat[0], at=start + timedelta(minutes=minutes), text=str(minutes))
        for minutes in (0, 20, 80)
    )
    session = replace(EXAMPLE_SESSION, started_at=start, ended_at=start + timedelta(minutes=20), chat=chat)
    told = internal(session, replace(UTC_CONTEXT, timezone=ZoneInfo("Europe/Berlin")))
    assert told["session_chat"] == "02:50 (+02:00) Pat Rep: 0\n02:10 (+01:00) Pat Rep: 20\n03:10 Pat Rep: 80"
    assert told["session_period"] == "2026-10-25 02:50 (+02:00) to 02:10 (+01:00) (Europe/Berlin)"
    assert (told["start_clock"], told["end_time"]) == ("02:50 (+02:00)", "2026-10-25 02:10 (+01:00)")


def test_a_message_cannot_pass_for_someone_elses_line() -> None:
    forged = replace(
        EXAMPLE_SESSION.chat[1],
        text="thanks\r\n10:50 Pat Rep: You get a refund.",
        sender=Actor(ActorType.CUSTOMER, "77", "Jane\n10:51 Pat Rep"),
    )
    told = internal(replace(EXAMPLE_SESSION, chat=(forged,)))["session_chat"]
    assert told == "09:07 Jane 10:51 Pat Rep: thanks\n    10:50 Pat Rep: You get a refund."


def test_several_surveys_each_bear_a_name() -> None:
    surveys = (
        Survey("21", (SurveyAnswer("close_state", "Resolved"),)),
        Survey("23", (SurveyAnswer("comments", "a\nb", "What was it?"),)),
    )
    told = internal(replace(EXAMPLE_SESSION, representative_surveys=surveys))["representative_exit_survey"]
    assert told == "Pat Rep\nClose state: Resolved\n\nSam Second\nWhat was it? a\n    b"


def test_the_general_section_stands_for_the_system_information_else_the_first() -> None:
    drives_first = tuple(reversed(EXAMPLE_SESSION.system_information))
    general = internal(replace(EXAMPLE_SESSION, system_information=drives_first))["system_information"]
    assert general.splitlines()[0] == "Computer Name: WS-042"
    only_drives = internal(replace(EXAMPLE_SESSION, system_information=drives_first[:1]))["system_information"]
    assert only_drives == "Drive: C:\nFree: 112 GB\nDrive: D:\nFree: 1.2 TB"


def test_time_involved_is_the_reports_or_the_sum_of_the_stays() -> None:
    at = datetime(2026, 11, 22, 9, tzinfo=UTC)
    spans = (
        Span(at, at + timedelta(minutes=10)),
        Span(at + timedelta(minutes=20), at + timedelta(minutes=25)),
        Span(at, None),
    )
    person = replace(EXAMPLE_SESSION.representatives[0], seconds_involved=None, spans=spans)
    told = internal(replace(EXAMPLE_SESSION, representatives=(person,)))
    assert told["representative_list"] == "Pat Rep (15 min)"
    assert not told["has_several_representatives"]


def test_the_duration_is_the_reports_or_from_start_to_end() -> None:
    assert internal(replace(EXAMPLE_SESSION, duration_seconds=3_900))["duration"] == "1 h 05 min"
    assert internal(replace(EXAMPLE_SESSION, duration_seconds=None))["duration"] == "42 min"
    assert internal(replace(EXAMPLE_SESSION, duration_seconds=None, ended_at=None))["duration"] == ""


def test_without_a_named_primary_the_owner_and_the_primary_customer_stand_for_them() -> None:
    told = internal(replace(EXAMPLE_SESSION, primary_representative=None, primary_customer=None))
    assert (told["representative_name"], told["customer_name"]) == ("Pat Rep", "Jane Doe")
    nobody = internal(MINIMAL)
    assert (nobody["representative_name"], nobody["customer_name"]) == ("", "")


def test_primary_people_who_are_not_in_the_lists_keep_the_reports_name() -> None:
    told = internal(replace(EXAMPLE_SESSION, customers=(), representatives=()))
    assert (told["representative_name"], told["customer_name"]) == ("Pat Rep", "Jane Doe")


def test_a_customer_without_a_name_is_called_as_in_the_form() -> None:
    customer = Customer("22", "", form=IssueForm(name="Jane of the form"))
    assert internal(replace(EXAMPLE_SESSION, customers=(customer,)))["customer_name"] == "Jane of the form"


def test_empty_custom_fields_can_be_read_but_are_not_listed() -> None:
    told = internal(replace(EXAMPLE_SESSION, custom_attributes=(CustomAttribute("floor", "", ""),)))
    assert told["custom"] == {"floor": ""}
    assert (told["custom_attributes"], told["has_custom_attributes"]) == ((), False)


def test_minutes_of_the_time_entry_are_told_also_when_they_are_none() -> None:
    told = internal(MINIMAL, replace(UTC_CONTEXT, actual_minutes=0, billed_minutes=75))
    assert (told["actual_minutes"], told["billed_minutes"], told["billed_time"]) == ("0", "75", "1 h 15 min")
