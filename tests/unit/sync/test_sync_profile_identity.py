"""Rule I2: a profile's past is that of its appliance and tenant, also when it was set to another one in between."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest
import requests

from bt_autotask_sync.sandbox.adapter import SandboxAdapter
from bt_autotask_sync.state.profiles import Profiles
from bt_autotask_sync.stop import Stop
from bt_autotask_sync.sync import profile_identity
from bt_autotask_sync.sync.profile_identity import OtherTenantError, recognise_tenant, take_over_renamed
from tests.unit.bench import ImmediateWorkers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.bench import Bench

ELSEWHERE = "api@elsewhere.example"


@pytest.fixture
def other_tenant() -> Iterator[None]:
    """Have no record of the former tenant in the one that the profile is set to."""
    with patch.object(profile_identity, "_shows_known_record", lambda _: False):
        yield


def begin(bench: Bench, username: str = "", since: int | None = None) -> None:
    """Do what the command line does before a run, with this API user."""
    configured = bench.profile
    if username:
        autotask = configured.autotask.model_copy(update={"username": username})
        bench.profile = configured.model_copy(update={"autotask": autotask})
    moment = None if since is None else datetime.fromtimestamp(since, UTC)
    try:
        take_over_renamed(bench.ledger, None, [bench.profile], {"default"})
        with requests.Session() as http:
            http.mount("http://", SandboxAdapter(bench.sandbox))
            recognise_tenant(bench.world(http, ImmediateWorkers(), Stop(), bench.ledger), moment)
    finally:
        bench.profile = configured


def note_of_other_tenant(bench: Bench) -> None:
    """Have the profile's present past hold something that was sent."""
    bench.ledger.execute(
        "INSERT INTO artifact (profile, lsid, marker, kind, state, autotask_id) "
        "VALUES ('default', 'x', 'y', 'note', 'created', 1)"
    )


@pytest.mark.usefixtures("other_tenant")
@pytest.mark.parametrize("sent", [False, True])
def test_I2_a_profile_that_is_set_back_to_its_former_tenant_goes_on_with_that_past(
    bench: Bench, caplog: pytest.LogCaptureFixture, sent: bool
) -> None:
    begin(bench)
    held = bench.session("T20261120.9999")
    (delivered,) = bench.end()
    bench.run()
    with pytest.raises(OtherTenantError):
        begin(bench, ELSEWHERE)
    begin(bench, ELSEWHERE, since=bench.now)
    assert bench.sessions.get([held, delivered]) == {}
    if sent:
        note_of_other_tenant(bench)
    caplog.clear()
    begin(bench)
    assert (bench.state(held), bench.state(delivered)) == ("held", "delivered")
    assert "goes on with what was known of" in caplog.text
    bench.run()
    assert len(bench.notes(delivered)) == 1
    begin(bench, ELSEWHERE)
    assert bench.sessions.get([held]) == {}
    begin(bench)
    assert bench.state(held) == "held"
    assert len(Profiles(bench.ledger).known()) == 2


@pytest.mark.parametrize("entries", [True, False])
def test_I2_the_tenant_is_confirmed_by_another_known_record_where_the_newest_was_deleted(
    bench: Bench, entries: bool
) -> None:
    bench.configure(time_entries={"enabled": entries})
    begin(bench)
    bench.end(2)
    bench.run()
    store = bench.sandbox.autotask.store
    store.delete("TicketNotes", max(row["id"] for row in bench.notes()))
    if entries:
        store.delete("TimeEntries", max(row["id"] for row in bench.entries()))
    before = replace(bench.profile.serves, domain="former.example")
    Profiles(bench.ledger).keep("default", before)
    begin(bench)
    assert Profiles(bench.ledger).known()["default"] == bench.profile.serves
