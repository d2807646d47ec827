"""A listener that believes everybody is told of, where it is in use."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from bt_autotask_sync.check.findings import Severity
from bt_autotask_sync.check.settings import check_listener
from bt_autotask_sync.config.listen import Listen
from bt_autotask_sync.config.tickets import Tickets

AT_START = Tickets(create_on_session_start=True)


@pytest.mark.parametrize(
    ("listen", "tickets"), [(Listen(port=8443), Tickets()), (Listen(), AT_START)], ids=["configured", "needed"]
)
def test_a_listener_without_token_is_a_remark(listen: Listen, tickets: Tickets) -> None:
    (finding,) = check_listener(listen, tickets)
    assert (finding.severity, "listen.token" in finding.what) == (Severity.REMARK, True)
    assert "outbound_event_token" in finding.mend


@pytest.mark.parametrize(
    ("listen", "tickets"),
    [(Listen(), Tickets()), (Listen(token=SecretStr("s3cret")), AT_START), (None, AT_START)],
    ids=["not in use", "with a token", "not known"],
)
def test_nothing_is_said_of_a_listener_that_is_not_in_use_or_asks_for_a_token(
    listen: Listen | None, tickets: Tickets
) -> None:
    assert list(check_listener(listen, tickets)) == []
