"""What people reach by a browser: the chat behind a download link, and the session's page under /login."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING

from werkzeug import Response
from werkzeug.exceptions import NotFound

from bt_autotask_sync.sandbox.appliance.markup import error_document, namespace, xml_answer
from bt_autotask_sync.sandbox.appliance.session_report import download_hash

if TYPE_CHECKING:
    from werkzeug import Request

    from bt_autotask_sync.sandbox.appliance.record import Session
    from bt_autotask_sync.sandbox.appliance.sessions import SessionStore
    from bt_autotask_sync.sandbox.appliance.surroundings import Clock, Switches

_EXPIRED = "This recording has expired and can no longer be viewed or downloaded."
"""BeyondTrust: said of an old recording. The sandbox keeps no films, so all of its recordings have expired."""


class Pages:
    """Answers `/session_download` and `/login/…`."""

    def __init__(self, sessions: SessionStore, clock: Clock, switches: Switches) -> None:
        self._sessions = sessions
        self._clock = clock
        self._switches = switches

    def download(self, request: Request) -> Response:
        """Answer a chat or recording link.

        Raises:
            NotFound: The link was not made by this appliance.
        """
        ticket = dict(pair.partition("=")[::2] for pair in request.args.get("lsid", "").split(";"))
        lsid, mode = ticket.get("l", ""), ticket.get("m", "")
        session = self._session(lsid)
        if ticket.get("h") != download_hash(lsid, mode):
            raise NotFound
        if mode != "chat":
            return xml_answer(error_document(namespace(self._switches.namespace, "reporting"), _EXPIRED))
        transcript = "\n".join(_transcript(session))
        if request.args.get("view") == "1":
            return _page("Chat", transcript)
        response = Response(transcript, content_type="text/plain; charset=UTF-8")
        response.headers["Content-Disposition"] = f'attachment; filename="chat-{lsid}.txt"'
        return response

    def login(self, request: Request) -> Response:
        """Answer a page behind the login: the report of a session, or the greeting.

        Raises:
            NotFound: There is no such session.
        """
        lsid = request.args.get("sessionId")
        if lsid is None:
            return _page("Remote Support", "This is the sandbox's appliance: there is nobody to log in.")
        session = self._session(lsid)
        lines = [
            f"Session {session.lseq} ({session.lsid})",
            f"External key: {session.external_key}",
            f"Customer: {session.customer.name}",
            f"Representative: {'' if session.owner is None else session.owner.private_name}",
            "",
            *_transcript(session),
        ]
        return _page("Support Session", "\n".join(lines))

    def _session(self, lsid: str) -> Session:
        session = self._sessions.seen(lsid, self._clock.now())
        if session is None:
            raise NotFound
        return session


def _transcript(session: Session) -> list[str]:
    return [
        f"{datetime.fromtimestamp(event.timestamp, UTC):%H:%M:%S} {event.performed_by.name}: {event.body}"
        for event in session.events
        if event.type == "Chat Message" and event.performed_by is not None
    ]


def _page(title: str, body: str) -> Response:
    html = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><pre>{escape(body)}</pre></html>'
    )
    return Response(html, content_type="text/html; charset=UTF-8")
