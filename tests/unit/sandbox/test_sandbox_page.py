"""The page shows tickets with their notes and time entries, and nothing that customers wrote is markup."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING

from bt_autotask_sync.sandbox import page

if TYPE_CHECKING:
    import pytest

    from bt_autotask_sync.sandbox.application import Sandbox
    from tests.unit.sandbox.conftest import AutotaskUser, World

HOSTILE = "<script>alert(1)</script>'\"&${x}"


class Words(HTMLParser):
    """Collects the text and the tags of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.tags: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def fetch(autotask: AutotaskUser, path: str = "/") -> Words:
    response = autotask.call("GET", f"http://sandbox{path}")
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")
    return Words(response.text)


def test_a_ticket_is_shown_with_its_notes_and_time(autotask: AutotaskUser, sandbox: Sandbox, world: World) -> None:
    note = {"title": "Remote session [bt:3f]", "description": "Line 1\nLine 2", "noteType": 1, "publish": 1}
    autotask.create(f"/Tickets/{world.ticket}/Notes", note)
    autotask.create("/TimeEntries", world.time_entry())
    for path in ("/", "/sandbox/"):
        shown = fetch(autotask, path).text
        for text in ("Printer", "Nordwind", "New", "Remote session [bt:3f]", "public", "Line 1\nLine 2"):
            assert text in shown
        for text in ("Ida", "Technik", "2026-11-22 09:00", "09:20", "0.33", "0.50", "Remote support"):
            assert text in shown


def test_hostile_text_stays_text(autotask: AutotaskUser, sandbox: Sandbox, world: World) -> None:
    sandbox.autotask.store.update("Companies", world.company, {"companyName": HOSTILE})
    key = autotask.create("/Tickets", world.new_ticket(title=HOSTILE))
    note = {"title": HOSTILE, "description": HOSTILE, "noteType": 1, "publish": 2}
    autotask.create(f"/Tickets/{key}/Notes", note)
    autotask.create("/TimeEntries", world.time_entry(summaryNotes=HOSTILE))
    shown = fetch(autotask)
    assert "script" not in shown.tags
    assert shown.text.count(HOSTILE) >= 5


def test_only_the_newest_tickets_are_shown(
    autotask: AutotaskUser, sandbox: Sandbox, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "MOST_TICKETS", 1)
    autotask.create("/Tickets", world.new_ticket(title="The newest"))
    shown = fetch(autotask).text
    assert "The newest" in shown
    assert "Printer" not in shown
    assert "older tickets are not shown" in shown
