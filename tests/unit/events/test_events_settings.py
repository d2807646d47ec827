"""The configuration is read anew when it changes, and the one before holds while it is wrong."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

import pytest

from bt_autotask_sync.config.load import load
from bt_autotask_sync.events.settings import WatchedSettings

if TYPE_CHECKING:
    from pathlib import Path

    from bt_autotask_sync.config.load import LoadedSettings

WORKING = """
[profile.default]
start_at = 2026-11-01T00:00:00Z

[profile.default.appliance]
host = "support.example.com"
client_id = "client"
client_secret = "secret"

[profile.default.autotask]
username = "api@example.com"
secret = "secret"
integration_code = "code"
"""


class Configuration:
    """A configuration file, and how often it was read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.reads = 0
        self._versions = 0
        self.write("")
        self.watched = WatchedSettings(path, self._load)
        self.reads = 0

    def _load(self) -> LoadedSettings:
        self.reads += 1
        return load(self.path, {})

    def write(self, text: str, *, profile: str = WORKING) -> None:
        """Write the file, later than before by its time even if the system's clock did not tick in between."""
        self.path.write_text(profile + text, encoding="utf-8")
        self.path.chmod(0o600)
        self._versions += 1
        os.utime(self.path, ns=(self._versions, self._versions))

    def look(self) -> bool:
        """Look as often as it takes until a file that rests is read."""
        return sum(self.watched.look() for _ in range(3)) == 1

    @property
    def token(self) -> str | None:
        token = self.watched.current.listen.token
        return None if token is None else token.get_secret_value()


@pytest.fixture
def configuration(tmp_path: Path) -> Configuration:
    return Configuration(tmp_path / "config.toml")


@pytest.fixture(autouse=True)
def warnings(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> pytest.LogCaptureFixture:
    monkeypatch.setattr(logging.getLogger("bt_autotask_sync"), "propagate", True)
    caplog.set_level(logging.WARNING, "bt_autotask_sync")
    return caplog


def test_a_file_that_does_not_change_is_not_read_again(configuration: Configuration) -> None:
    assert not configuration.look()
    assert configuration.reads == 0


def test_a_change_holds_without_a_restart(configuration: Configuration) -> None:
    configuration.write('[listen]\ntoken = "one"\n')
    assert configuration.look()
    assert configuration.token == "one"
    assert configuration.reads == 1
    assert not configuration.look()


def test_a_file_that_is_put_in_place_of_the_other_is_a_change_too(configuration: Configuration, tmp_path: Path) -> None:
    before = configuration.path.stat()
    other = tmp_path / "other.toml"
    other.write_text(configuration.path.read_text(encoding="utf-8").replace('"secret"', '"SECRET"'), encoding="utf-8")
    other.chmod(0o600)
    os.utime(other, ns=(before.st_mtime_ns, before.st_mtime_ns))
    other.replace(configuration.path)
    assert configuration.look()


def test_a_file_is_read_when_it_rests_and_not_while_it_is_being_written(configuration: Configuration) -> None:
    for number in range(5):
        configuration.write("#" * number)
        assert not configuration.watched.look()
    assert configuration.reads == 0
    assert configuration.watched.look()


@pytest.mark.parametrize("text", ["[listen]\nport = true\n", "[[[", "[listen]\nprot = 7\n"])
def test_a_wrong_file_changes_nothing_and_is_told_once(
    configuration: Configuration, warnings: pytest.LogCaptureFixture, text: str
) -> None:
    configuration.write('[listen]\ntoken = "one"\n')
    configuration.look()
    configuration.write(text)
    for _ in range(3):
        assert not configuration.look()
    (record,) = warnings.records
    assert "the one before holds" in record.getMessage()
    assert configuration.path.name in record.getMessage()
    assert configuration.token == "one"
    configuration.write('[listen]\ntoken = "two"\n')
    assert configuration.look()
    assert configuration.token == "two"


def test_a_file_that_is_gone_changes_nothing_until_it_is_back(
    configuration: Configuration, warnings: pytest.LogCaptureFixture
) -> None:
    configuration.path.unlink()
    assert not configuration.look()
    assert len(warnings.records) == 1
    configuration.write('[listen]\ntoken = "one"\n')
    assert configuration.look()
    assert configuration.token == "one"


def test_what_holds_from_a_start_on_is_told_once_and_not_when_it_is_put_back(
    configuration: Configuration, warnings: pytest.LogCaptureFixture
) -> None:
    for token in ("one", "two"):
        configuration.write(f'[listen]\nport = 9000\naddress = "::1"\ntoken = "{token}"\n')
        assert configuration.look()
    (record,) = warnings.records
    assert "address, port" in record.getMessage()
    assert configuration.token == "two", "everything else holds at once"
    configuration.write("")
    assert configuration.look()
    assert len(warnings.records) == 1


def test_a_warning_of_the_configuration_is_told_when_it_is_new(
    configuration: Configuration, warnings: pytest.LogCaptureFixture
) -> None:
    risky = WORKING + "settle_seconds = 10\n"
    for text in ("#", "##"):
        configuration.write(text, profile=risky)
        assert configuration.look()
    assert ["settle_seconds" in record.getMessage() for record in warnings.records] == [True]


def test_a_file_that_holds_the_token_is_a_part_of_the_configuration(
    configuration: Configuration, tmp_path: Path, warnings: pytest.LogCaptureFixture
) -> None:
    token = tmp_path / "event-token.txt"
    configuration.write('[listen]\ntoken = { file = "event-token.txt" }\n')
    assert not configuration.look()
    assert "event-token.txt cannot be read" in warnings.messages[0]
    for content in ("one", "another"):
        token.write_text(content, encoding="utf-8")
        assert configuration.look()
        assert configuration.token == content
    assert not configuration.look()
