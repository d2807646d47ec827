"""The dry run is the truth: it plans what the real run sends, and writes nothing."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.sandbox.scenarios.people import TECHNICIANS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.conftest import OpenSite, Site


def snapshot(directory: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path.relative_to(directory)): (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path in sorted(directory.rglob("*"))
    }


def by_session(requests: Iterable[tuple[str, dict[str, Any]]]) -> dict[str, list[str]]:
    """The requests of each session in their order; it is known by the 12 digits that every marker begins with."""
    sessions: dict[str, list[str]] = defaultdict(list)
    for path, body in requests:
        marker = (body.get("title") or body["internalNotes"]).rpartition("[bt:")[2]
        sessions[marker[:12]].append(f"{path} {json.dumps(body, sort_keys=True, ensure_ascii=False)}")
    return sessions


def planned(profile: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    assert {request["method"] for request in profile["plan"]} <= {"POST"}
    return [(request["path"], request["body"]) for request in profile["plan"]]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {
            "timezone": '"Asia/Kathmandu"',
            "autotask.publish_notes_as_public": "true",
            "autotask.numeric_keys": "true",
            "autotask.note_type": "3",
            "no_ticket": '"hold"',
            "time_entries.unmatched": '"resource:anna.schmidt@msp.example"',
        },
    ],
    ids=["as it comes", "public and lenient"],
)
def test_the_plan_of_a_week_is_what_the_real_run_sends(open_site: OpenSite, settings: dict[str, str]) -> None:
    site = open_site(sessions=110, seed=7)
    for key, value in settings.items():
        site.set(key, value)
    dry = site.run("--dry-run", code=3).profile
    assert site.creates() == []
    real = site.run(code=3).profile
    sent = site.creates()
    assert len(sent) > 110
    assert by_session(planned(dry)) == by_session(sent)
    assert Counter(request["lsid"][:12] for request in dry["plan"]) == {
        key: len(requests) for key, requests in by_session(sent).items()
    }
    for said in ("sessions", "created", "adopted", "problems"):
        assert dry[said] == real[said]


def test_a_dry_run_of_half_a_week_plans_the_other_half(open_site: OpenSite) -> None:
    site = open_site(sessions=50, seed=3)
    site.run("--limit", "25", code=3)
    site.forget_requests()
    dry = site.run("--dry-run", code=3).profile
    site.run(code=3)
    assert dry["plan"]
    assert by_session(planned(dry)) == by_session(site.creates())


def test_the_ticket_number_and_the_kind_of_each_planned_request_are_those_of_its_ticket(open_site: OpenSite) -> None:
    site = open_site(sessions=24)
    numbers = {row["id"]: row["ticketNumber"] for row in site.rows("Tickets")}
    for request in site.run("--dry-run", code=3).profile["plan"]:
        assert request["ticket_number"] == numbers[request["body"]["ticketID"]]
        expected = f"/Tickets/{request['body']['ticketID']}/Notes" if request["kind"] == "note" else "/TimeEntries"
        assert request["path"] == expected


def test_a_dry_run_makes_no_state_directory(site: Site) -> None:
    site.add(2)
    before = snapshot(site.state.parent)
    assert site.run("--dry-run").profile["sessions"]["delivered"] == 2
    assert snapshot(site.state.parent) == before


def test_a_dry_run_in_an_empty_state_directory_leaves_nothing_but_the_lock(site: Site) -> None:
    site.add(2)
    site.state.mkdir()
    site.run("--dry-run")
    assert [path.name for path in site.state.iterdir()] == ["lock.db"]


def test_a_dry_run_changes_no_ledger_and_nothing_in_autotask(open_site: OpenSite) -> None:
    site = open_site(sessions=24)
    site.run("--limit", "10", code=None)
    site.add(2)
    before, records = snapshot(site.state), site.sandbox.autotask.state()
    site.run("--dry-run", code=3)
    site.json("resync", site.ended()[0], "--dry-run", code=None)
    assert snapshot(site.state) == before
    assert site.sandbox.autotask.state() == records


def test_a_dry_run_may_be_repeated_and_says_the_same(open_site: OpenSite) -> None:
    site = open_site(sessions=24)
    first, second = (site.run("--dry-run", code=3).profile["plan"] for _ in range(2))
    assert first == second


def test_a_dry_run_of_a_resync_sends_nothing_and_plans_what_it_would(site: Site) -> None:
    (lsid,) = site.add()
    dry = site.json("resync", lsid, "--dry-run").profile
    assert site.creates() == []
    site.json("resync", lsid)
    assert planned(dry) == site.creates()


def test_text_of_a_dry_run_shows_per_ticket_the_note_and_the_minutes_of_each_technician(site: Site) -> None:
    (lsid,) = site.add()
    session = site.session(lsid)
    lines = site.command("run", "--dry-run").stdout.splitlines()
    assert lines[0] == session["external_key"]
    minutes = (session["ended_at"] - session["started_at"]) / 60
    assert any(lsid[:12] in line for line in lines)
    name = next(
        f"{each.first} {each.last}" for each in TECHNICIANS if each.username == session["primary_representative"]
    )
    assert any(f"{name}, {minutes:.0f} min" in line for line in lines)
    assert lines[-1].startswith("Dry run: 1 session delivered")


def test_a_dry_run_with_nothing_to_do_says_so(site: Site) -> None:
    assert site.command("run", "--dry-run").stdout == "Dry run: nothing to do.\n"
