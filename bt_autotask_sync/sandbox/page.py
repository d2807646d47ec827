"""The page at `/`: every ticket with its notes and time entries, newest first, for a person to look at."""

from __future__ import annotations

from html import escape
from string import Template
from typing import TYPE_CHECKING, Any, Final

from werkzeug.wrappers import Response

from bt_autotask_sync.sandbox.autotask.picklists import PICKLISTS, STATUS_COMPLETE
from bt_autotask_sync.sandbox.page_style import PAGE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bt_autotask_sync.sandbox.autotask.store import Record, Store

MOST_TICKETS: Final = 200
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
_TICKET: Final = Template("""
<article>
<header><span class="number">$number</span><span class="status $kind">$status</span>
<h2>$title</h2><p class="company">$company</p></header>
$notes$entries</article>
""")
_NOTE: Final = Template("""<section class="note"><h3>$title <span class="publish $kind">$publish</span></h3>
<p class="when">$when</p><div class="text" tabindex="0">$text</div></section>
""")
_ENTRIES: Final = Template("""<div class="scroll"><table>
<thead><tr><th>Resource<th>Role<th>Start<th>End<th class="hours">Hours<th class="hours">To bill<th>Summary</thead>
<tbody>$rows</tbody></table></div>
""")


def render_page(store: Store, appliance: Iterable[str]) -> Response:
    """Return the page with lines on the appliance; whatever customers wrote stands in it as plain text."""
    tickets = sorted(store.scan("Tickets"), key=_activity, reverse=True)
    html = PAGE.substitute(
        counts=_counts(store),
        appliance=" · ".join(map(_text, appliance)),
        tickets="".join(_ticket(ticket, store) for ticket in tickets[:MOST_TICKETS]),
        rest=f"<p class='rest'>{len(tickets) - MOST_TICKETS} older tickets are not shown.</p>"
        if len(tickets) > MOST_TICKETS
        else "",
    )
    return Response(html, mimetype="text/html", headers={"Content-Security-Policy": _POLICY})


def _activity(ticket: Record) -> tuple[str, int]:
    return (ticket["lastActivityDate"] or ticket["createDate"] or "", ticket["id"])


def _counts(store: Store) -> str:
    shown = (("Tickets", "tickets"), ("TicketNotes", "notes"), ("TimeEntries", "time entries"))
    return " · ".join(f"<b>{len(store.scan(entity)):,}</b> {label}" for entity, label in shown)


def _ticket(ticket: Record, store: Store) -> str:
    notes = store.lookup("TicketNotes", "ticketID", [ticket["id"]]) or []
    entries = store.lookup("TimeEntries", "ticketID", [ticket["id"]]) or []
    status = _label("Tickets", "status", ticket["status"])
    return _TICKET.substitute(
        number=_text(ticket["ticketNumber"]),
        title=_text(ticket["title"]),
        company=_text(_company(ticket, store)),
        status=_text(status),
        kind="done" if ticket["status"] == STATUS_COMPLETE else "open",
        notes="".join(map(_note, notes)),
        entries=_entries(entries, store) if entries else "",
    )


def _note(note: Record) -> str:
    return _NOTE.substitute(
        title=_text(note["title"]),
        text=_text(note["description"]),
        publish="public" if note["publish"] == 1 else "internal",
        kind="public" if note["publish"] == 1 else "internal",
        when=_text(f"{_moment(note['createDateTime'])} · {_label('TicketNotes', 'noteType', note['noteType'])}"),
    )


def _entries(entries: list[Record], store: Store) -> str:
    return _ENTRIES.substitute(rows="".join(_entry(entry, store) for entry in entries))


def _entry(entry: Record, store: Store) -> str:
    resource = store.get("Resources", entry["resourceID"]) or {}
    role = store.get("Roles", entry["roleID"]) or {}
    start, end = _moment(entry["startDateTime"]), _moment(entry["endDateTime"])
    cells = (
        ("name", f"{resource.get('firstName', '')} {resource.get('lastName', '')}"),
        ("name", role.get("name")),
        ("when", start),
        ("when", end[11:] if end[:10] == start[:10] else end),
        ("hours", f"{entry['hoursWorked'] or 0:.2f}"),
        ("hours", f"{entry['hoursToBill'] or 0:.2f}"),
        ("summary", entry["summaryNotes"]),
    )
    return "<tr>" + "".join(f"<td class='{kind}'>{_text(value)}" for kind, value in cells)


def _company(ticket: Record, store: Store) -> str:
    company = store.get("Companies", ticket["companyID"])
    return "our own company" if company is None else str(company["companyName"])


def _label(entity: str, field: str, value: Any) -> str:
    return PICKLISTS[entity, field].get(value, str(value))


def _moment(stored: str | None) -> str:
    return (stored or "")[:16].replace("T", " ")


def _text(value: Any) -> str:
    return escape("" if value is None else str(value))
