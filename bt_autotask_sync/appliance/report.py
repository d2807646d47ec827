"""The `SupportSession` report: XML in, one frozen session after the other out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bt_autotask_sync.appliance.document import NOTHING_FOUND, read_rows
from bt_autotask_sync.appliance.element import Parts, children_named, text_of
from bt_autotask_sync.appliance.errors import UnreadableReport
from bt_autotask_sync.appliance.events import read_events
from bt_autotask_sync.appliance.people import (
    primary_customer,
    primary_representative,
    read_customers,
    read_representatives,
)
from bt_autotask_sync.appliance.session import CustomAttribute, Recording, Session
from bt_autotask_sync.appliance.survey import read_session_surveys
from bt_autotask_sync.appliance.system_information import read_system_information
from bt_autotask_sync.appliance.values import duration_seconds, lsid, moment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from lxml.etree import _Element as Element

    from bt_autotask_sync.appliance.document import Stream
    from bt_autotask_sync.appliance.events import EventLog

_NO_SUCH_SESSION = re.compile(rf"{NOTHING_FOUND.pattern}|Invalid lsid\.?", NOTHING_FOUND.flags)


def read_sessions(stream: Stream, source: str = "the SupportSession report") -> Iterator[Session]:
    """Yield the sessions of a `SupportSession` report as they arrive; an unknown lsid is no session, not an error.

    A missing or garbled number or time is None, an unknown element or event type is passed over.

    Raises:
        UnusableAnswer: It is not such a report.
        UnreadableReport: It breaks off, or a session in it has no lsid.
        ReportNotPermitted: The API account may not read it.
    """
    for element in read_rows(stream, source=source, roots={"session_list"}, rows={"session"}, nothing=_NO_SUCH_SESSION):
        session_id = lsid(element.get("lsid"))
        if session_id is None:
            raise UnreadableReport(f"A session without a usable lsid in {source}.", "Report it to BeyondTrust.")
        yield _session(session_id, Parts(element))


def _session(session_id: str, parts: Parts) -> Session:
    started_at, ended_at = parts.moment("start_time"), parts.moment("end_time")
    log = read_events(parts.get("session_details"), started_at)
    customers = read_customers(parts.get("customer_list"))
    representatives = read_representatives(parts.get("rep_list"), log.stays)
    return Session(
        lsid=session_id,
        started_at=started_at,
        ended_at=ended_at,
        has_end_event=log.has_end,
        last_event_at=_last_event(log, started_at, ended_at),
        session_type=parts.text("session_type"),
        lseq=parts.text("lseq"),
        duration_seconds=duration_seconds(parts.text("duration")),
        public_site=parts.text("public_site"),
        external_key=parts.text("external_key"),
        jumpoint=parts.text("jumpoint"),
        jump_group=parts.text("jump_group"),
        team=_team(parts),
        custom_attributes=tuple(_custom_attributes(parts.get("custom_attributes"))),
        primary_customer=primary_customer(parts.get("primary_customer"), customers),
        primary_representative=primary_representative(parts.get("primary_rep"), representatives),
        customers=customers,
        representatives=representatives,
        transfers=tuple(log.transfers),
        chat=tuple(log.chat),
        notes=tuple(log.notes),
        files=tuple(log.files),
        files_transferred=parts.number("file_transfer_count"),
        files_moved=parts.number("file_move_count"),
        files_deleted=parts.number("file_delete_count"),
        system_information=tuple(
            dict.fromkeys([*read_system_information(parts.get("system_information")), *log.tables])
        ),
        recordings=tuple(_recordings(parts)),
        chat_view_url=parts.text("session_chat_view_url"),
        chat_download_url=parts.text("session_chat_download_url"),
        customer_surveys=read_session_surveys(parts.get("cust_survey_list"), "cust_exit_survey"),
        representative_surveys=read_session_surveys(parts.get("rep_survey_list"), "rep_exit_survey"),
    )


def _last_event(log: EventLog, started_at: datetime | None, ended_at: datetime | None) -> datetime | None:
    moments = (moment(str(log.last_second)), started_at, ended_at)
    return max((at for at in moments if at is not None), default=None)


def _team(parts: Parts) -> str:
    """Return the session's team. BeyondTrust: which of the three elements carries it depends on the version."""
    listed = (
        text_of(team) or (team.get("name") or "").strip() for team in children_named(parts.get("team_list"), "team")
    )
    return parts.text("team") or parts.text("primary_team") or next(listed, "")


def _custom_attributes(element: Element | None) -> Iterator[CustomAttribute]:
    for attribute in children_named(element, "custom_attribute"):
        yield CustomAttribute(
            code_name=attribute.get("code_name") or "",
            display_name=attribute.get("display_name") or "",
            value=text_of(attribute),
        )


def _recordings(parts: Parts) -> Iterator[Recording]:
    view, download = parts.text("session_recording_view_url"), parts.text("session_recording_download_url")
    if view or download:
        yield Recording("screen_sharing", view, download)
    for kind in ("command_shell", "show_my_screen"):
        for element in children_named(parts.get(f"{kind}_recordings"), f"{kind}_recording"):
            links = Parts(element)
            yield Recording(kind, links.text("view_url"), links.text("download_url"))
