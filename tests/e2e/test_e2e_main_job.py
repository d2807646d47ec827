"""The main job with the installed command, small and large."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import OpenSite, Site


def see_week(site: Site, sessions: int) -> None:
    """Deliver a whole week with all its snags, and see that a second run and a lost checkpoint double nothing."""
    first = site.run(code=None).profile
    # From a hundred sessions on a week holds one more, which was never closed.
    assert first["sessions"]["found"] == sessions
    notes, entries = site.notes(), site.entries()
    assert first["created"] == {"tickets": 0, "notes": len(notes), "time_entries": len(entries)}
    assert first["sessions"]["delivered"] > 0.8 * sessions
    held = {problem["lsid"] for problem in first["problems"]}
    elsewhere = [lsid for lsid in site.ended() if f"[bt:{lsid[:12]}]" not in notes and lsid not in held]
    assert len(elsewhere) == first["sessions"]["no_ticket"]
    site.forget_requests()
    second = site.run(code=None).profile
    assert site.creates() == []
    assert second["sessions"]["held"] == first["sessions"]["held"]


def test_a_report_of_one_session(site: Site) -> None:
    (lsid,) = site.add()
    assert site.run().profile["sessions"]["delivered"] == 1
    site.see_each_once([lsid])
    assert site.command("run").stdout == ""


def test_a_week_of_500_sessions_and_a_lost_checkpoint(open_site: OpenSite) -> None:
    site = open_site(sessions=500, threshold=0)
    see_week(site, 500)
    before = site.notes(), site.entries()
    shutil.rmtree(site.state)
    site.forget_requests()
    assert site.run(code=3).profile["adopted"]["notes"] == len(before[0])
    assert site.creates() == []


def test_a_report_of_2000_sessions_is_read_matched_and_planned(open_site: OpenSite) -> None:
    site = open_site(sessions=2000, threshold=0)
    done = site.run("--dry-run", code=3).profile
    assert done["sessions"]["found"] == 2000
    assert done["created"]["notes"] + done["created"]["time_entries"] == len(done["plan"]) > 3000
    assert (
        len({request["lsid"] for request in done["plan"]}) + done["sessions"]["no_ticket"] + len(done["problems"])
        >= 2000
    )
    assert site.creates() == []


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_a_week_of_20000_sessions(open_site: OpenSite) -> None:
    see_week(open_site(sessions=20_000, threshold=0), 20_000)


def test_the_hourly_budget_of_a_tenant_spreads_a_week_over_several_runs(open_site: OpenSite) -> None:
    site = open_site(threshold=100)
    lsids = site.add(50)
    codes = [site.run(code=None).code]
    while codes[-1] == 4 and len(codes) < 6:
        site.pass_time(3601)
        codes.append(site.run(code=None).code)
    assert codes == [4, 0]
    site.see_each_once(lsids)
    assert {entry.status for entry in site.sandbox.log.entries("autotask")} == {200}
