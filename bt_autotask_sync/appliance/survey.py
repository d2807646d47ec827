"""Exit surveys: inside a session's report, and in the survey reports of their own."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bt_autotask_sync.appliance.document import read_rows
from bt_autotask_sync.appliance.element import Parts, children_named, text_of
from bt_autotask_sync.appliance.people import read_actor
from bt_autotask_sync.appliance.session import ActorType, Survey, SurveyAnswer
from bt_autotask_sync.appliance.values import lsid, moment, with_newlines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element as Element

    from bt_autotask_sync.appliance.document import Stream

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SubmittedSurvey:
    """A survey from a survey report, and the session that it is about."""

    lsid: str
    survey: Survey


def read_submitted_surveys(stream: Stream, source: str = "the survey report") -> Iterator[SubmittedSurvey]:
    """Yield the surveys of a `SupportCustExitSurvey` or `SupportRepExitSurvey` report as they arrive.

    Raises:
        UnusableAnswer: It is not such a report.
        UnreadableReport: It breaks off.
        ReportNotPermitted: The API account may not read it.
    """
    for element in read_rows(stream, source=source, roots={"exit_survey_list"}, rows={"exit_survey"}):
        session_id = lsid(element.get("lsid"))
        if session_id is None:
            _LOG.warning("Passed over a survey without a usable lsid in %s.", source)
            continue
        survey = _submitted_survey(element)
        if survey.answers:
            yield SubmittedSurvey(session_id, survey)


def read_session_surveys(survey_list: Element | None, name: str) -> tuple[Survey, ...]:
    """Return the answered surveys that a session's `cust_survey_list` or `rep_survey_list` holds under `name`."""
    surveys = (
        Survey(gsnumber=(element.get("gsnumber") or "").strip(), answers=tuple(_answers(element)))
        for element in children_named(survey_list, name)
    )
    return tuple(survey for survey in surveys if survey.answers)


def _submitted_survey(element: Element) -> Survey:
    parts = Parts(element)
    submitter = read_actor(parts.get("submitted_by"))
    primary = "primary_rep" if submitter.type is ActorType.REPRESENTATIVE else "primary_customer"
    return Survey(
        gsnumber=submitter.gsnumber or parts.attribute(primary, "gsnumber"),
        answers=tuple(_answers(parts.get("question_list"))),
        submitted_by=submitter.name or parts.text(primary),
        submitted_at=moment(element.get("timestamp") or element.get("ts")),
    )


def _answers(element: Element | None) -> Iterator[SurveyAnswer]:
    """Yield the answers of `value` elements and of `question` elements, whichever there are."""
    for value in children_named(element, "value"):
        words = value.get("value")
        yield SurveyAnswer(value.get("name") or "", with_newlines(text_of(value) if words is None else words))
    for question in children_named(element, "question"):
        parts = Parts(question)
        answers = (text_of(answer) for answer in children_named(parts.get("answer_list"), "answer"))
        words = ", ".join(answer for answer in answers if answer)
        yield SurveyAnswer(parts.text("name"), with_newlines(words), parts.text("label") or parts.text("report_header"))
