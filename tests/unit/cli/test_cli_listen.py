"""`listen` before it listens: what stops it, what does not, and what it hands on to runs."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from bt_autotask_sync.cli.listen import _tell_more
from bt_autotask_sync.cli.listen_text import risks
from bt_autotask_sync.config.models import Listen
from bt_autotask_sync.events import receiver

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Desk


@pytest.fixture(autouse=True)
def levels() -> object:
    """What is told is as before at the end."""
    logs = [logging.getLogger("bt_autotask_sync"), logging.getLogger(receiver.__name__)]
    before = [log.level for log in logs]
    yield
    for log, level in zip(logs, before, strict=True):
        log.setLevel(level)


@pytest.mark.parametrize(
    ("level", "handed_on", "told"),
    [
        (logging.ERROR, [], logging.ERROR),
        (logging.WARNING, [], logging.INFO),
        (logging.INFO, ["-v"], logging.DEBUG),
        (logging.DEBUG, ["-vv"], logging.DEBUG),
    ],
)
def test_runs_tell_as_much_as_was_asked_for(level: int, handed_on: list[str], told: int) -> None:
    log = logging.getLogger("bt_autotask_sync")
    log.setLevel(level)
    assert _tell_more() == handed_on
    assert log.level == told


def test_an_inbox_that_is_damaged_is_a_persons_task_as_a_damaged_checkpoint_is(desk: Desk) -> None:
    desk.state.mkdir(mode=0o700)
    (desk.state / "inbox.db").write_bytes(b"this is no database" * 500)
    code, _, stderr = desk.command("listen")
    assert code == 2
    assert "inbox is damaged" in stderr
    assert "move the file away" in stderr


def test_a_token_that_only_the_listener_can_read_stops_the_listener_alone(desk: Desk) -> None:
    with desk.config.open("a", encoding="utf-8") as file:
        file.write('\n[listen]\ntoken = { env = "OUTBOUND_EVENT_TOKEN_OF_NOBODY" }\n')
    assert desk.json("run", "--since", "1h")["exit_code"] == 0
    for command in (["listen"], ["config", "validate"]):
        code, _, stderr = desk.command(*command)
        assert code == 2
        assert "OUTBOUND_EVENT_TOKEN_OF_NOBODY is not set" in stderr


def test_a_risk_is_what_a_table_leaves_open() -> None:
    assert len(list(risks(Listen(address="0.0.0.0")))) == 2
    assert len(list(risks(Listen()))) == 1
