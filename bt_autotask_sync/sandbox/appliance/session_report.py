"""The `SupportSession` report: everything about a session, as one `<session>` element."""

from __future__ import annotations

import hashlib
from base64 import encodebytes
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from bt_autotask_sync.sandbox.appliance.markup import attribute, is_legal, leaf, text
from bt_autotask_sync.sandbox.appliance.record import CUSTOM_FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bt_autotask_sync.sandbox.appliance.record import (
        Customer,
        Event,
        InformationTable,
        Named,
        Party,
        Representative,
        Session,
        Survey,
    )


def event_parts(event: Event) -> Iterator[str]:
    """Yield the pieces of one `<event>` element."""
    yield f'\t\t<event timestamp="{event.timestamp}" event_type={attribute(event.type)} >'
    if event.performed_by is not None:
        yield _party("performed_by", event.performed_by)
    if event.destination is not None:
        yield _party("destination", event.destination)
    if event.body:
        yield _body(event.body)
    if event.file is not None:
        yield f"\n\t\t\t<filename>{text(event.file[0])}</filename>\n\t\t\t<filesize>{event.file[1]}</filesize>"
    if event.data:
        yield "\n\t\t\t<data>\n"
        for name, value in event.data:
            yield f"\t\t\t\t<value name={attribute(name)} value={attribute(value)} />\n"
        yield "\t\t\t</data>"
    if event.system_information:
        yield from _system_information(event.system_information)
    yield "</event>\n"


def _party(tag: str, party: Party) -> str:
    return f'\n\t\t\t<{tag} type="{party.type}" gsnumber="{party.gsnumber}">{text(party.name)}</{tag}>'


def _body(body: str) -> str:
    """BeyondTrust: `encoded_body` (base64, RFC 2045) stands instead of `body` where XML cannot carry the text."""
    if is_legal(body):
        return f"\n\t\t\t<body>{text(body)}</body>"
    return f"\n\t\t\t<encoded_body>{encodebytes(body.encode()).decode()}</encoded_body>"


def _system_information(tables: tuple[InformationTable, ...]) -> Iterator[str]:
    yield "\n\t\t\t<system_information>\n"
    for table in tables:
        yield f"\t\t\t\t<category name={attribute(table.category)}>\n\t\t\t\t\t<description>"
        yield "".join(f"<field name={attribute(column)}/>" for column in table.columns)
        yield "</description>\n\t\t\t\t\t<data>\n"
        for row in table.rows:
            pairs = zip(table.columns, row, strict=True)
            fields = "".join(f"<field name={attribute(column)}>{text(value)}</field>" for column, value in pairs)
            yield f"\t\t\t\t\t\t<row>{fields}</row>\n"
        yield "\t\t\t\t\t</data>\n\t\t\t\t</category>\n"
    yield "\t\t\t</system_information>"


_TRANSFERS = ("File Upload", "File Download")


@dataclass(frozen=True, slots=True)
class View:
    """What a report needs beside the session: the time, the address for links, and how a missing end is written."""

    now: int
    base_url: str
    abnormal_end: str


def session_parts(sessions: Iterable[Session], view: View) -> Iterator[str]:
    """Yield one `<session>` element after the other."""
    for session in sessions:
        yield "".join(_session(session, view))


def download_url(session: Session, base_url: str, mode: str, *, view: bool) -> str:
    """Return the link to the chat or to a recording of a session.

    BeyondTrust (captured): `session_download?lsid=` with `l=<lsid>;h=<40 hex>;t=sd;m=chat`, url-encoded.
    """
    ticket = f"l%3D{session.lsid}%3Bh%3D{download_hash(session.lsid, mode)}%3Bt%3Dsd%3Bm%3D{mode}"
    return f"{base_url}session_download?lsid={ticket}&dl_action={mode}{'&view=1' if view else ''}"


def download_hash(lsid: str, mode: str) -> str:
    """Return the 40 hex digits that make a download link hard to guess."""
    return hashlib.sha1(f"{lsid}{mode}".encode(), usedforsecurity=False).hexdigest()


def _session(session: Session, view: View) -> Iterator[str]:
    yield f'<session lsid="{session.lsid}">\n'
    yield from _head(session, view)
    if session.ended_at is not None:
        yield from _links(partial(download_url, session, view.base_url), session)
    yield from _counts(session.events)
    yield from _primaries(session)
    yield "\t<customer_list>\n"
    yield from _customer(session.customer)
    yield "\t</customer_list>\n\t<rep_list>\n"
    for representative in session.representatives if session.lists_representatives else ():
        yield from _representative(representative, view.now)
    yield "\t</rep_list>\n"
    yield from _surveys(session)
    yield "\n\t<session_details>\n"
    for event in session.events:
        yield from event_parts(event)
    yield "\t</session_details>\n</session>\n\n"


def _head(session: Session, view: View) -> Iterator[str]:
    yield "\t<session_type>support</session_type>\n"
    yield leaf(1, "lseq", session.lseq)
    yield leaf(1, "start_time", _iso(session.started_at), timestamp=session.started_at)
    if session.ended_at is not None:
        yield leaf(1, "end_time", _iso(session.ended_at), timestamp=session.ended_at)
    elif view.abnormal_end == "empty":
        yield leaf(1, "end_time", "", timestamp="")
    yield leaf(1, "duration", _duration((session.ended_at or view.now) - session.started_at))
    yield leaf(1, "public_site", session.public_site.name, id=session.public_site.id)
    yield leaf(1, "external_key", session.external_key)
    yield from _custom_attributes(session)


def _custom_attributes(session: Session) -> Iterator[str]:
    yield "\t<custom_attributes>\n"
    yield from custom_attribute_parts(2, session)
    yield "\t</custom_attributes>\n"


def custom_attribute_parts(depth: int, session: Session) -> Iterator[str]:
    """Yield one `<custom_attribute>` for every custom field of the session that is filled in."""
    for field in CUSTOM_FIELDS:
        value = session.custom_attributes.get(field.code_name, "")
        if value:
            names = {"display_name": field.display_name, "code_name": field.code_name}
            yield leaf(depth, "custom_attribute", value, **names)


def _links(url: partial[str], session: Session) -> Iterator[str]:
    yield leaf(1, "session_chat_view_url", url("chat", view=True))
    yield leaf(1, "session_chat_download_url", url("chat", view=False))
    if session.recorded:
        yield leaf(1, "session_recording_view_url", url("recording", view=True))
        yield leaf(1, "session_recording_download_url", url("recording", view=False))
    yield from _recordings("command_shell_recording", session.shell_recordings, url)
    yield from _recordings("show_my_screen_recording", session.show_my_screen_recordings, url)


def _recordings(tag: str, count: int, url: partial[str]) -> Iterator[str]:
    if not count:
        return
    yield f"\t<{tag}s>\n"
    for instance in range(count):
        mode = f"{tag}_{instance}"
        yield f'\t\t<{tag} instance="{instance}">\n'
        yield leaf(3, "download_url", url(mode, view=False))
        yield leaf(3, "view_url", url(mode, view=True))
        yield f"\t\t</{tag}>\n"
    yield f"\t</{tag}s>\n"


def _counts(events: tuple[Event, ...]) -> Iterator[str]:
    types = [event.type for event in events]
    yield leaf(1, "file_transfer_count", sum(types.count(name) for name in _TRANSFERS))
    yield leaf(1, "file_move_count", types.count("File Moved"))
    yield leaf(1, "file_delete_count", types.count("File Deleted"))


def _primaries(session: Session) -> Iterator[str]:
    if session.jumpoint is not None:
        yield leaf(1, "jumpoint", session.jumpoint.name, id=session.jumpoint.id)
    if session.jump_group is not None:
        yield leaf(1, "jump_group", session.jump_group.name, type=session.jump_group.type, id=session.jump_group.id)
    yield leaf(1, "primary_customer", session.customer.name, gsnumber=session.customer.gsnumber)
    if (owner := session.owner) is not None and session.primary_shown != "absent":
        gsnumber = _nobodys_gsnumber(session) if session.primary_shown == "unlisted" else owner.gsnumber
        yield leaf(1, "primary_rep", owner.private_name, gsnumber=gsnumber, id=owner.user_id)
    yield from _team(session.team)


def _nobodys_gsnumber(session: Session) -> int:
    return 1 + max(session.customer.gsnumber, *(each.gsnumber for each in session.representatives))


def _team(team: Named) -> Iterator[str]:
    yield leaf(1, "primary_team", team.name, id=team.id)
    yield f"\t<team_list>\n{leaf(2, 'team', team.name, id=team.id)}\t</team_list>\n"


def _customer(customer: Customer) -> Iterator[str]:
    yield f'\t\t<customer gsnumber="{customer.gsnumber}">\n'
    yield leaf(3, "username", customer.name)
    yield leaf(3, "public_ip", customer.public_ip)
    yield leaf(3, "private_ip", customer.private_ip)
    yield leaf(3, "hostname", customer.hostname)
    yield leaf(3, "os", customer.os)
    yield leaf(3, "primary_cust", 1)
    if customer.form is not None:
        yield "\t\t\t<info>\n"
        for tag in ("name", "company", "company_code", "issue", "details"):
            yield leaf(4, tag, getattr(customer.form, tag))
        yield "\t\t\t</info>\n"
    yield "\t\t</customer>\n"


def _representative(representative: Representative, now: int) -> Iterator[str]:
    involved = sum((now if span.left is None else span.left) - span.joined for span in representative.spans)
    yield f'\t\t<representative gsnumber="{representative.gsnumber}" id="{representative.user_id}">\n'
    yield leaf(3, "username", representative.username)
    yield leaf(3, "display_name", representative.public_name)
    yield leaf(3, "public_display_name", representative.public_name)
    yield leaf(3, "private_display_name", representative.private_name)
    yield leaf(3, "public_ip", representative.public_ip)
    yield leaf(3, "private_ip", representative.private_ip)
    if representative.hostname:
        yield leaf(3, "hostname", representative.hostname)
    yield leaf(3, "os", representative.os)
    yield leaf(3, "session_owner", int(representative.owner))
    yield leaf(3, "seconds_involved", involved)
    if representative.invited:
        yield leaf(3, "invited", 1)
    yield "\t\t</representative>\n"


def _surveys(session: Session) -> Iterator[str]:
    """BeyondTrust: line breaks of an answer are transmitted as the two characters backslash and n."""
    if session.customer_survey is not None:
        yield from _survey_list("cust", (session.customer_survey,))
    if session.representative_surveys:
        yield from _survey_list("rep", session.representative_surveys)


def _survey_list(who: str, surveys: tuple[Survey, ...]) -> Iterator[str]:
    yield f"\t<{who}_survey_list>\n"
    for survey in surveys:
        yield f'\t\t<{who}_exit_survey gsnumber="{survey.gsnumber}">\n'
        for answer in survey.answers:
            if answer.value is not None:
                value = answer.value.replace("\n", "\\n")
                yield f"\t\t\t<value name={attribute(answer.name)} value={attribute(value)}/>\n"
        yield f"\t\t</{who}_exit_survey>\n"
    yield f"\t</{who}_survey_list>\n"


def _iso(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat()


def _duration(seconds: int) -> str:
    minutes, second = divmod(seconds, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{second:02}"
