"""What this program asks of a BeyondTrust appliance, and the one thing that it changes there."""

from __future__ import annotations

import logging
from math import ceil
from typing import TYPE_CHECKING, TypeVar

from bt_autotask_sync.appliance.api_info import ApiInfo, read_api_info
from bt_autotask_sync.appliance.attributes import CHECK_COMMAND_API, EXTERNAL_KEY, read_external_key, read_success
from bt_autotask_sync.appliance.connection import ApplianceSettings, Connection, Question
from bt_autotask_sync.appliance.document import read_rows
from bt_autotask_sync.appliance.errors import ErrorAnswer, ReportNotPermitted, UnreadableReport, UnusableAnswer
from bt_autotask_sync.appliance.listing import Listing, read_listing
from bt_autotask_sync.appliance.report import read_sessions
from bt_autotask_sync.appliance.survey import SubmittedSurvey, read_submitted_surveys
from bt_autotask_sync.appliance.values import lsid
from bt_autotask_sync.errors import SyncError
from bt_autotask_sync.transport import OPEN_GATE, believable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    import requests

    from bt_autotask_sync.appliance.answer import Answer
    from bt_autotask_sync.appliance.session import Session
    from bt_autotask_sync.clock import Clock
    from bt_autotask_sync.transport import Gate

__all__ = ["ApiInfo", "ApplianceClient", "ApplianceSettings", "Listing", "SubmittedSurvey"]

T = TypeVar("T")

_SELECTING = {"start_time", "end_time", "duration", "lsids"}
"""The parameters that say which sessions a report is about."""
_ROOTS = {"session_summary_list", "session_list", "exit_survey_list"}
_OF_SESSIONS = {"SupportSessionListing", "SupportSession"}
"""The reports that no run works without."""
_LONG_AGO = {"end_time": "1000000000", "duration": "1"}
"""One second in 2001, when there was no appliance."""

_LOG = logging.getLogger(__name__)


class ApplianceClient:
    """One appliance, with one token for as long as this object lives.

    Every method may raise `ApplianceOutage`, `ApplianceRefused`, `ReportNotPermitted` and, where the answer is a
    document that breaks off, `UnreadableReport`. All but `set_external_key` only read.
    """

    def __init__(
        self, settings: ApplianceSettings, http: requests.Session, clock: Clock, gate: Gate = OPEN_GATE
    ) -> None:
        self._settings = settings
        self._connection = Connection(settings, http, clock, gate)
        self._judged_words: set[str] = set()
        self._nothing_found: set[str] = set()

    @property
    def requests_sent(self) -> int:
        """The HTTP requests so far: tokens and repeated attempts count too."""
        return self._connection.requests_sent

    def time(self) -> datetime | None:
        """Return the appliance's own time (UTC) at login, logging in if that has not happened yet.

        Where the answer has no usable date, the API information may name the time; None where that names none either.
        """
        issued_at = self._connection.token().issued_at
        if issued_at is not None:
            return issued_at
        try:
            return believable(self.api_info().timestamp)
        except SyncError as error:
            _LOG.info("The appliance's time could not be read. %s", error.message)
            return None

    def list_ended(self, since: datetime, until: datetime | None) -> Listing:
        """Return the sessions that ended at `since` or later and, unless it is None, not after `until`."""
        start = _unix_seconds(since)
        length = 0 if until is None else max(1, ceil(until.timestamp()) - start)
        return self._listing({"end_time": str(start), "duration": str(length)})

    def list_started(self, since: datetime) -> Listing:
        """Return the sessions that began at `since` or later, those in progress and closed abnormally included."""
        return self._listing({"start_time": str(_unix_seconds(since)), "duration": "0"})

    def list_cheaply(self, since: datetime) -> Listing:
        """Return what ended at `since` or later by the listing report alone, which `list_ended` can do without."""
        return self._list_by("SupportSessionListing", {"end_time": str(_unix_seconds(since)), "duration": "0"})

    def sessions(self, lsids: Sequence[str]) -> list[Session]:
        """Return the sessions that the appliance knows of these, each once, in the order of its report."""
        wanted = dict.fromkeys(session_id for session_id in map(lsid, lsids) if session_id)
        if not wanted:
            return []
        form = {"generate_report": "SupportSession", "lsids": ",".join(wanted)}

        def read(answer: Answer) -> list[Session]:
            rows = self._rows(answer, read_sessions)
            found = {session.lsid: session for session in rows if session.lsid in wanted}
            return list(found.values())

        return self._ask_localized(form, read)

    def customer_surveys(self, since: datetime) -> tuple[SubmittedSurvey, ...]:
        """Return the customers' exit surveys of the sessions that ended at `since` or later."""
        return self._surveys("SupportCustExitSurvey", since)

    def representative_surveys(self, since: datetime) -> tuple[SubmittedSurvey, ...]:
        """Return the representatives' exit surveys of the sessions that ended at `since` or later."""
        return self._surveys("SupportRepExitSurvey", since)

    def api_info(self) -> ApiInfo:
        """Return the API's version and what the API account may do."""
        question = Question("the API information", "/api/command", {"action": "get_api_info"})
        return self._connection.ask(question, lambda answer: read_api_info(answer, answer.source))

    def grants_reports(self) -> bool:
        """Return whether the appliance says that the API account may read session reports.

        False also where it does not say: asking needs the command API.
        """
        try:
            return self.api_info().grants_reports
        except (ReportNotPermitted, UnusableAnswer, UnreadableReport):
            return False

    def external_key(self, lsid: str) -> str | None:
        """Return the external key of a running session as the appliance has it now, "" where it has none.

        Whether `get_session_attributes` names the external key is unconfirmed: where it does not, or answers with an
        `<error>`, the SupportSession report tells.

        Returns:
            None when the session has ended, or when the appliance does not know it (yet).
        """
        form = {"action": "get_session_attributes", "lsid": lsid}
        try:
            key = self._command("the attributes of the session", form, read_external_key)
        except ErrorAnswer:
            key = None
        return self._reported_key(lsid) if key is None else key

    def set_external_key(self, lsid: str, key: str) -> bool:
        """Give a running session this external key, at most 1,024 characters; its other attributes stay.

        To set it twice is harmless, so it is retried like a read.

        Returns:
            False when the session no longer runs, or the appliance says no in an `<error>`.
        """
        form = {"action": "set_session_attributes", "lsid": lsid, f"session.custom.{EXTERNAL_KEY}": key}
        try:
            return self._command("the setting of the external key", form, read_success)
        except ErrorAnswer as error:
            _LOG.info("The external key of session %s was not set. %s", lsid, error.message)
            return False

    def _reported_key(self, lsid: str) -> str | None:
        running = (session for session in self.sessions([lsid]) if not (session.ended_at or session.has_end_event))
        return next((session.external_key for session in running), None)

    def _command(self, name: str, form: Mapping[str, str], read: Callable[[Answer, str], T]) -> T:
        """Ask the command API, which has a permission of its own."""
        question = Question(name, "/api/command", form)
        try:
            return self._connection.ask(question, lambda answer: read(answer, answer.source))
        except ReportNotPermitted as error:
            raise ReportNotPermitted(error.message, CHECK_COMMAND_API) from error

    def _listing(self, window: Mapping[str, str]) -> Listing:
        """List by the cheap report; where the account may not read it, by the session report for the same time."""
        try:
            return self._list_by("SupportSessionListing", window)
        except ReportNotPermitted:
            return self._list_by("SupportSession", window)

    def _list_by(self, report: str, window: Mapping[str, str]) -> Listing:
        def read(answer: Answer) -> Listing:
            lsids = tuple(dict.fromkeys(self._rows(answer, read_listing)))
            return Listing(lsids, answer.answered_at)

        return self._ask_report({"generate_report": report, **window}, read)

    def _surveys(self, report: str, since: datetime) -> tuple[SubmittedSurvey, ...]:
        form = {
            "generate_report": report,
            "end_time": str(_unix_seconds(since)),
            "duration": "0",
            "report_type": "rep",
            "id": "all",
        }
        return self._ask_localized(form, lambda answer: tuple(self._rows(answer, read_submitted_surveys)))

    def _ask_localized(self, form: Mapping[str, str], read: Callable[[Answer], T]) -> T:
        """Ask in the configured language; an `<error>` in its words is asked for again in English.

        The English words for "nothing found" are known. Whether an appliance obeys `Accept-Language` is unconfirmed.
        """
        locale = self._settings.locale
        if locale.lower().startswith("en"):
            return self._ask_report(form, read, locale)
        try:
            return self._connection.ask(_report(form, locale), read)
        except ErrorAnswer:
            return self._ask_report(form, read, "en-us")

    def _ask_report(self, form: Mapping[str, str], read: Callable[[Answer], T], locale: str = "") -> T:
        """Ask for a report; an `<error>` in unknown words is asked about, and is empty if it proves to be."""
        question = _report(form, locale)
        try:
            return self._connection.ask(question, read)
        except ErrorAnswer as error:
            if not self._means_nothing(error.words, form, locale):
                raise
        return self._connection.ask(question, read)

    def _rows(self, answer: Answer, read: Callable[[Answer, str], Iterator[T]]) -> Iterator[T]:
        """Yield the rows of a report; none where an `<error>` in words that proved to mean so is all there is."""
        empty = True
        try:
            for row in read(answer, answer.source):
                empty = False
                yield row
        except ErrorAnswer as error:
            if not empty or error.words not in self._nothing_found:
                raise

    def _means_nothing(self, words: str, form: Mapping[str, str], locale: str) -> bool:
        """Find out, once for the same words, whether they are this appliance's "nothing found" in another language.

        They are when the same report for one second of 2001 has them, the same report without any time, which is a
        mistake, has not, and the account may read reports. So neither "out of order" nor "not permitted" counts.

        Raises:
            ApplianceOutage: The appliance gives no answer at all.
        """
        if words not in self._judged_words:
            wrong = {name: value for name, value in form.items() if name not in _SELECTING}
            said = self._words_of(_report(wrong | _LONG_AGO, locale)) == words
            if said and self._words_of(_report(wrong, locale)) != words and self.grants_reports():
                self._nothing_found.add(words)
            self._judged_words.add(words)
        return words in self._nothing_found

    def _words_of(self, question: Question) -> str | None:
        """Return the words of the `<error>` that a report consists of; None when it is anything else."""

        def read(answer: Answer) -> None:
            for _ in read_rows(answer, source=answer.source, roots=_ROOTS, rows=()):
                pass

        try:
            self._connection.ask(question, read)
        except ErrorAnswer as error:
            return error.words
        except (UnusableAnswer, UnreadableReport, ReportNotPermitted):
            return None
        return None


def _report(form: Mapping[str, str], locale: str) -> Question:
    report = form["generate_report"]
    return Question(f"the {report} report", "/api/reporting", form, locale, judges=report in _OF_SESSIONS)


def _unix_seconds(moment: datetime) -> int:
    return max(0, int(moment.timestamp()))
