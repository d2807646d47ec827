"""The page at `/`: every ticket with its notes and time entries, newest first, for a person to look at."""

from __future__ import annotations

from html import escape
from string import Template
from typing import TYPE_CHECKING, Any, Final

from werkzeug.wrappers import Response

from bt_autotask_sync.sandbox.autotask.picklists import PICKLISTS, STATUS_COMPLETE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bt_autotask_sync.sandbox.autotask.store import Record, Store

PAGE: Final = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sandbox: tickets</title>
<style>
:root { color-scheme: light dark;
  --ground: #f5f6f8; --card: #fff; --ink: #1d2430; --soft: #5b6675; --line: #e3e7ec; --inset: #f8f9fb;
  --accent: #2a5bd7; --open: #1c6b45; --open-ground: #e2f3ea; --done: #5b6675; --done-ground: #eceff3;
  --public: #8a4b08; --public-ground: #fdf0dd; }
@media (prefers-color-scheme: dark) { :root {
  --ground: #12161c; --card: #1a2029; --ink: #e4e9f0; --soft: #98a4b3; --line: #2b3440; --inset: #151a22;
  --accent: #8fb0ff; --open: #7fd6a8; --open-ground: #16352a; --done: #98a4b3; --done-ground: #262e39;
  --public: #f0be7c; --public-ground: #3a2a12; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main, .top { max-width: 62rem; margin: 0 auto; padding: 0 1.25rem; }
.top { padding-top: 2.5rem; padding-bottom: 1rem; }
h1 { margin: 0; font-size: 1.6rem; font-weight: 650; letter-spacing: -.01em; }
.top p { margin: .3rem 0 0; color: var(--soft); }
.top b { color: var(--ink); font-weight: 600; }
article { background: var(--card); border: 1px solid var(--line); border-radius: 12px; margin: 0 0 1.25rem;
  padding: 1.1rem 1.35rem 1.2rem; overflow-wrap: anywhere; }
article > header { display: grid; grid-template-columns: 1fr auto; gap: .1rem 1rem; align-items: center; }
.number { font: 500 .85rem/1.4 ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; color: var(--accent); }
h2 { grid-column: 1 / -1; margin: .1rem 0 0; font-size: 1.12rem; font-weight: 620; }
.company { grid-column: 1 / -1; margin: 0; color: var(--soft); font-size: .92rem; }
.status, .publish { font-size: .76rem; font-weight: 600; border-radius: 99px; padding: .1rem .65rem;
  white-space: nowrap; }
.open { color: var(--open); background: var(--open-ground); }
.done, .internal { color: var(--done); background: var(--done-ground); }
.public { color: var(--public); background: var(--public-ground); }
.note { margin-top: 1rem; border-left: 3px solid var(--line); padding-left: 1rem; }
h3 { margin: 0; font-size: .97rem; font-weight: 600; }
.publish { margin-left: .4rem; font-size: .72rem; vertical-align: .08em; }
.note .when { margin: 0 0 .45rem; color: var(--soft); font-size: .83rem; }
.text { white-space: pre-wrap; max-height: 26rem; overflow: auto; background: var(--inset);
  border: 1px solid var(--line); border-radius: 8px; padding: .7rem .9rem; font-size: .9rem;
  unicode-bidi: plaintext; }
.scroll { overflow-x: auto; margin-top: 1rem; }
table { width: 100%; border-collapse: collapse; font-size: .88rem; overflow-wrap: normal; }
th { text-align: left; font-weight: 600; color: var(--soft); font-size: .78rem; }
th, td { padding: .4rem 1.2rem .4rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
tbody tr:last-child td { border-bottom: 0; }
td.name, td.when, .hours { white-space: nowrap; font-variant-numeric: tabular-nums; }
.hours { text-align: right; }
.summary { white-space: pre-wrap; min-width: 14rem; overflow-wrap: anywhere; }
.rest { color: var(--soft); text-align: center; }
footer { max-width: 62rem; margin: 0 auto; padding: .5rem 1.25rem 3rem; color: var(--soft); font-size: .83rem; }
</style>
</head>
<body>
<div class="top"><h1>Tickets of the sandbox</h1><p>$counts · times are UTC</p>
<p>$appliance</p></div>
<main>$tickets$rest</main>
<footer>Invented data. Nothing here reaches Autotask or BeyondTrust.</footer>
</body>
</html>
""")


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
