from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO

import pytest

from bt_autotask_sync.appliance.session import Survey, SurveyAnswer
from bt_autotask_sync.appliance.survey import SubmittedSurvey, read_submitted_surveys

LSID = "e9e99aeb9ad54fb381634498502c5a1b"


def surveys(content: str) -> list[SubmittedSurvey]:
    document = f'<exit_survey_list xmlns="urn:any">{content}</exit_survey_list>'
    return list(read_submitted_surveys(BytesIO(document.encode())))


def question(name: str, *answers: str) -> str:
    given = "".join(f"<answer>{answer}</answer>" for answer in answers)
    return (
        f'<question id="1"><type>radio</type><name>{name}</name><label>How was it?</label>'
        f"<report_header>R</report_header><answer_list>{given}</answer_list></question>"
    )


@pytest.mark.parametrize("stamp", ["timestamp", "ts"])
def test_a_representatives_survey_is_read_whole(stamp: str) -> None:
    comment = r"Great\nThanks"
    content = (
        f'<exit_survey lsid="{LSID}" {stamp}="1733240480"><submitted_by type="rep">Pat Rep</submitted_by>'
        '<primary_rep gsnumber="21">Pat Rep</primary_rep><primary_customer gsnumber="22">Jane</primary_customer>'
        f"<question_list>{question('rating', '5')}{question('comments', comment, 'Bye')}</question_list>"
        "</exit_survey>"
    )

    assert surveys(content) == [
        SubmittedSurvey(
            LSID,
            Survey(
                gsnumber="21",
                answers=(
                    SurveyAnswer("rating", "5", "How was it?"),
                    SurveyAnswer("comments", "Great\nThanks, Bye", "How was it?"),
                ),
                submitted_by="Pat Rep",
                submitted_at=datetime(2024, 12, 3, 15, 41, 20, tzinfo=UTC),
            ),
        )
    ]


def test_a_customers_survey_names_the_customer_even_where_the_submitter_has_no_name() -> None:
    [submitted] = surveys(
        f'<exit_survey lsid="{LSID}"><submitted_by type="cust"/><primary_customer gsnumber="22">Jane</primary_customer>'
        f"<question_list>{question('rating')}</question_list></exit_survey>"
    )

    assert submitted.survey == Survey("22", (SurveyAnswer("rating", "", "How was it?"),), "Jane", None)


def test_surveys_without_lsid_or_without_questions_are_passed_over() -> None:
    answered = f"<question_list>{question('rating', '5')}</question_list>"

    assert surveys(f'<exit_survey>{answered}</exit_survey><exit_survey lsid="{LSID}"/>') == []
