"""D8 over sockets: a listing that is not believed ends with 4 a run that did all else, and moves nothing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bt_autotask_sync.state.ledger_migrations import MIGRATIONS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Site

DAY = 86_400
NUMBER = "T20261121.7777"


@pytest.mark.parametrize("language", ["english", "french"])
def test_D8_a_retention_that_is_shorter_than_the_look_back_is_lived_with(site: Site, language: str) -> None:
    site.sandbox.switches.change({"nothing_found_language": language, "report_retention_days": 1.0})
    site.add(3)
    site.run()
    for _ in range(3):
        site.pass_time(DAY)
        done = site.run(code=3)  # a session that never closes is held after a day
        assert done.stderr == ""
        now = datetime.fromtimestamp(site.sandbox.clock.now(), UTC)
        assert now - datetime.fromisoformat(done.profile["watermark"]) < timedelta(hours=1)
    lsids = site.add(2)
    assert site.run(code=3).profile["sessions"]["delivered"] == 2
    site.see_each_once(lsids)


@pytest.mark.parametrize("language", ["english", "french"])
@pytest.mark.parametrize("reporting", ["empty", "document-not-found"])
def test_D8_a_permission_that_was_taken_away_moves_nothing_and_does_all_that_needs_no_report(
    site: Site, language: str, reporting: str
) -> None:
    site.add(2)
    site.sandbox.faults.add("lost_answer", endpoint="POST /Tickets/*/Notes")
    mark = site.run(code=3).profile["watermark"]
    site.sandbox.switches.change({"nothing_found_language": language, "reporting": reporting})
    site.pass_time(600)
    done = site.run(code=4)
    assert (done.profile["watermark"], done.profile["outcome"]) == (mark, "ended_early")
    assert done.profile["advice"]
    assert done.stderr.count(done.profile["error"]) == 1
    assert done.profile["adopted"]["notes"] == 1
    site.sandbox.switches.change({"reporting": "granted"})
    assert site.run().profile["watermark"] > mark
    site.see_each_once(site.ended())


def test_D8_what_was_held_is_delivered_by_a_run_whose_listing_is_not_believed(site: Site) -> None:
    (lsid,) = site.add(external_key=NUMBER)
    mark = site.run(code=3).profile["watermark"]
    site.add_ticket(NUMBER)
    site.sandbox.faults.add(
        "status", endpoint="SupportSessionListing", status=200, body="text", text="<session_summary_list/>", times=None
    )
    done = site.run(code=4)
    assert done.profile["sessions"]["delivered"] == 1
    assert done.profile["watermark"] == mark
    assert lsid in done.profile["error"]
    site.see_each_once([lsid])


def write_as_first_version(path: Path) -> None:
    """Write a checkpoint file anew with the tables and columns of the first version alone."""
    new = path.with_name("new.db")
    path.rename(new)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in MIGRATIONS[0][1]:
            connection.execute(statement)
        connection.execute("ATTACH ? AS new", (str(new),))
        for (table,) in connection.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'").fetchall():
            columns = ", ".join(row[1] for row in connection.execute(f"PRAGMA main.table_info({table})"))
            connection.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM new.{table}")
        connection.execute("PRAGMA user_version = 1")


def test_a_ledger_of_the_version_before_is_read_brought_up_to_date_and_worked_on(site: Site) -> None:
    lsids = site.add(2)
    site.run()
    write_as_first_version(site.state / "checkpoint.db")
    assert site.command("held", "list").code == 0
    assert site.command("check").code in {0, 3}
    assert site.run().profile["problems"] == []
    site.see_each_once(lsids)
