"""The exit survey reports: who filled in which questions after which session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bt_autotask_sync.sandbox.appliance.markup import leaf
from bt_autotask_sync.sandbox.appliance.selection import ReportError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bt_autotask_sync.sandbox.appliance.record import Answer, Session, Survey

CUSTOMER, REPRESENTATIVE = "cust", "rep"
_FILTERS = ("rep", "team", "site")


def filtered(sessions: Iterable[Session], parameters: Mapping[str, str]) -> list[Session]:
    """Return the sessions of the representative, team or public site that `report_type` and `id` name.

    BeyondTrust: a time set needs `report_type` and `id` (a number or "all"); lsid and lsids need `report_type`.

    Raises:
        ReportError: One of them is missing or not legal.
    """
    report_type = parameters.get("report_type", "")
    named = parameters.get("id", "all" if {"lsid", "lsids"} & set(parameters) else "")
    if report_type not in _FILTERS:
        raise ReportError("Invalid parameters: report_type must be rep, team or site.")
    if named == "all":
        return list(sessions)
    if not named.isdecimal():
        raise ReportError('Invalid parameters: id must be a number or "all".')
    return [session for session in sessions if str(_subject(session, report_type)) == named]


def surveys(session: Session, submitter: str) -> tuple[Survey, ...]:
    """Return the submitted surveys of the customer or of the representatives."""
    if submitter == REPRESENTATIVE:
        return session.representative_surveys
    return () if session.customer_survey is None else (session.customer_survey,)


def survey_parts(sessions: Iterable[Session], submitter: str) -> Iterator[str]:
    """Yield one `<exit_survey>` element for every submitted survey."""
    for session in sessions:
        for survey in surveys(session, submitter):
            yield "".join(_survey(session, survey, submitter))


def _subject(session: Session, report_type: str) -> int:
    subjects = {
        "rep": session.primary_representative.user_id,
        "team": session.team.id,
        "site": session.public_site.id,
    }
    return subjects[report_type]


def _survey(session: Session, survey: Survey, submitter: str) -> Iterator[str]:
    primary = session.primary_representative
    yield f'<exit_survey lsid="{session.lsid}" timestamp="{survey.submitted_at}">\n'
    yield leaf(1, "submitted_by", survey.submitted_by, type=submitter)
    yield leaf(1, "primary_rep", primary.private_name, gsnumber=primary.gsnumber)
    yield leaf(1, "primary_customer", session.customer.name, gsnumber=session.customer.gsnumber)
    yield "\t<question_list>\n"
    for number, answer in enumerate(survey.answers, start=1):
        yield from _question(number, answer)
    yield "\t</question_list>\n</exit_survey>\n\n"


def _question(number: int, answer: Answer) -> Iterator[str]:
    yield f'\t\t<question id="{number}">\n'
    yield leaf(3, "type", answer.kind)
    yield leaf(3, "name", answer.name)
    yield leaf(3, "label", answer.label)
    yield leaf(3, "report_header", answer.name.replace("_", " ").title())
    yield "\t\t\t<answer_list>\n"
    if answer.value is not None:
        yield leaf(4, "answer", answer.value.replace("\n", "\\n"))
    yield "\t\t\t</answer_list>\n\t\t</question>\n"
