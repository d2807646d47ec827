"""The reporting API: which report, about which sessions, in which shape when there are none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug.exceptions import Forbidden, NotFound

from bt_autotask_sync.sandbox.appliance.markup import document, error_document, leaf, namespace, xml_answer
from bt_autotask_sync.sandbox.appliance.selection import ReportError, selection
from bt_autotask_sync.sandbox.appliance.session_report import View, session_parts
from bt_autotask_sync.sandbox.appliance.sessions import Lags
from bt_autotask_sync.sandbox.appliance.survey_report import (
    CUSTOMER,
    REPRESENTATIVE,
    filtered,
    survey_parts,
    surveys,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from werkzeug import Response

    from bt_autotask_sync.sandbox.appliance.record import Session
    from bt_autotask_sync.sandbox.appliance.sessions import SessionStore
    from bt_autotask_sync.sandbox.appliance.surroundings import Clock, Switches

NOTHING_FOUND = "No Support report information matching your chosen criteria is available."
"""BeyondTrust: the words of a real appliance, with status 200."""
NOTHING_FOUND_IN_FRENCH = "Aucune information de rapport Support correspondant à vos critères n'est disponible."
"""Public clients: a French appliance says so, up to the kind of the report."""
_DAY = 86_400
_LISTING = "SupportSessionListing"
_ROOTS = {
    "SupportSession": "session_list",
    _LISTING: "session_summary_list",
    "SupportCustExitSurvey": "exit_survey_list",
    "SupportRepExitSurvey": "exit_survey_list",
}
_SUBMITTERS = {"SupportCustExitSurvey": CUSTOMER, "SupportRepExitSurvey": REPRESENTATIVE}


class Reporting:
    """Answers `/api/reporting`."""

    def __init__(self, sessions: SessionStore, clock: Clock, switches: Switches) -> None:
        self._sessions = sessions
        self._clock = clock
        self._switches = switches

    def answer(self, parameters: Mapping[str, str], base_url: str) -> Response:
        """Answer with the report that `parameters` ask for; `base_url` starts its links.

        Raises:
            Forbidden: The listing is switched to be forbidden.
            NotFound: The listing is switched to be missing.
        """
        name = parameters.get("generate_report", "")
        xmlns = namespace(self._switches.namespace, "reporting")
        try:
            self._refuse(name)
            found = self._found(name, parameters)
        except ReportError as error:
            return xml_answer(error_document(xmlns, str(error)))
        if not found:
            return xml_answer(self._nothing(_ROOTS[name], xmlns))
        return xml_answer(document(_ROOTS[name], xmlns, self._parts(name, found, base_url)))

    def _refuse(self, name: str) -> None:
        """Behave as an account without the right to this report; BeyondTrust leaves open how that looks."""
        if self._switches.reporting == "document-not-found":
            raise ReportError("Document Not Found")
        match self._switches.listing if name == _LISTING else "available":
            case "forbidden":
                raise Forbidden
            case "missing":
                raise NotFound
            case "document-not-found":
                raise ReportError("Document Not Found")

    def _found(self, name: str, parameters: Mapping[str, str]) -> list[Session]:
        if name not in _ROOTS:
            raise ReportError(f"Invalid report: {name}" if name else "Missing parameter: generate_report")
        now = self._clock.now()
        selected = selection(parameters, now, by_name=name != _LISTING)
        lags = Lags(self._switches.report_lag_seconds, self._switches.running_lag_seconds)
        sessions = [each for each in selected.pick(self._sessions.reported(now, lags)) if self._shows(each, now)]
        if name not in _SUBMITTERS:
            return sessions
        return filtered([each for each in sessions if surveys(each, _SUBMITTERS[name])], parameters)

    def _shows(self, session: Session, now: float) -> bool:
        """Tell whether the account may read the report, and it is not purged."""
        kept = self._switches.report_retention_days * _DAY
        purged = kept > 0 and session.ended_at is not None and session.ended_at < now - kept
        return self._switches.reporting == "granted" and not purged

    def _parts(self, name: str, sessions: list[Session], base_url: str) -> Iterator[str]:
        if name == "SupportSession":
            return session_parts(sessions, View(int(self._clock.now()), base_url, self._switches.abnormal_end))
        return _listing_parts(sessions) if name == _LISTING else survey_parts(sessions, _SUBMITTERS[name])

    def _nothing(self, root: str, xmlns: str) -> str:
        words = NOTHING_FOUND_IN_FRENCH if self._switches.nothing_found_language == "french" else NOTHING_FOUND
        match self._switches.nothing_found:
            case "empty-list":
                return "".join(document(root, xmlns, ()))
            case "list-error" | "nested":
                return "".join(document(root, xmlns, [leaf(1, "error", words)]))
            case _:
                return error_document(xmlns, words)


def _listing_parts(sessions: Iterable[Session]) -> Iterator[str]:
    for session in sessions:
        has_recording = int(session.recorded and session.ended_at is not None)
        yield f'<session_summary lsid="{session.lsid}" has_recording="{has_recording}"  />\n'
