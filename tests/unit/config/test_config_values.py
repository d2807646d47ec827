"""Single settings: what each takes, and what it refuses."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bt_autotask_sync.config.models import Profile
    from bt_autotask_sync.config.problems import Problem

    Make = Callable[..., Profile]
    Refused = Callable[..., tuple[Problem, ...]]


@pytest.mark.parametrize(
    "host", ["support.example.com", "support.example.com:8443", "10.0.0.7", "[2001:db8::1]:443", "help_desk", "a"]
)
def test_a_host_is_a_name_or_an_address_with_a_port_or_without(profile: Make, host: str) -> None:
    assert profile(appliance={"host": host}).appliance.host == host


@pytest.mark.parametrize(
    "host",
    [
        "https://support.example.com",
        "http://localhost",
        "support.example.com/login",
        "support.example.com:0",
        "support.example.com:65536",
        "support.example.com:",
        "user@support.example.com",
        "2001:db8::1",
        "sup port",
        "support.example.com\n",
        "",
        "-x",
    ],
)
def test_anything_else_is_no_host(refused: Refused, host: str) -> None:
    assert [problem.path for problem in refused(appliance={"host": host})] == ["profile.default.appliance.host"]


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8080", "127.0.0.1:80", "[::1]:80", "127.8.8.8"])
def test_a_loopback_host_can_do_without_tls(profile: Make, host: str) -> None:
    assert not profile(appliance={"host": host, "use_tls": False}).appliance.use_tls


@pytest.mark.parametrize("host", ["support.example.com", "localhost.example.com", "10.0.0.7", "128.0.0.1:80"])
def test_any_other_host_needs_tls(refused: Refused, host: str) -> None:
    (problem,) = refused(appliance={"host": host, "use_tls": False})

    assert problem.path == "profile.default.appliance.use_tls"


def test_a_wrong_host_does_not_hide_other_problems_of_its_table(refused: Refused) -> None:
    found = refused(appliance={"host": "https://x", "use_tls": False, "locale": "english please"})

    assert [problem.path.rpartition(".")[2] for problem in found] == ["host", "locale"]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("", ""),
        ("  ", ""),
        ("webservices5.autotask.net", "https://webservices5.autotask.net/atservicesrest"),
        ("https://webservices5.autotask.net/atservicesrest/v1.0/", "https://webservices5.autotask.net/atservicesrest"),
        (
            "https://webservices5.autotask.net/atservices/1.5/atws.asmx",
            "https://webservices5.autotask.net/atservicesrest",
        ),
        ("http://127.0.0.1:8080/atservicesrest", "http://127.0.0.1:8080/atservicesrest"),
    ],
)
def test_the_services_url_has_one_form(profile: Make, written: str, read: str) -> None:
    assert profile(autotask={"services_url": written}).autotask.services_url == read


@pytest.mark.parametrize("url", ["http://webservices5.autotask.net", "ftp://x", "https://x/y", "a b"])
def test_a_services_url_that_leads_elsewhere_or_leaks_is_refused(refused: Refused, url: str) -> None:
    assert [problem.path for problem in refused(autotask={"services_url": url})] == [
        "profile.default.autotask.services_url"
    ]


@pytest.mark.parametrize(
    "written",
    [
        "2026-01-31T08:00:00+01:00",
        "2026-01-31T07:00:00Z",
        "2026-01-31T08:00:00",
        "2026-01-31 08:00",
        datetime(2026, 1, 31, 7, tzinfo=UTC),
        datetime(2026, 1, 31, 8),  # noqa: DTZ001  # a TOML local date-time
    ],
)
def test_a_starting_point_without_an_offset_is_read_in_the_profiles_zone(profile: Make, written: object) -> None:
    read = profile(start_at=written, timezone="Europe/Berlin")

    assert read.start_at == datetime(2026, 1, 31, 7, tzinfo=UTC)
    assert read.start_at.tzinfo is UTC


@pytest.mark.parametrize("written", ["2026-01-31", date(2026, 1, 31)])
def test_a_starting_point_without_a_time_is_the_midnight_of_the_zone(profile: Make, written: object) -> None:
    assert profile(start_at=written, timezone="Europe/Berlin").start_at == datetime(2026, 1, 30, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    "written", ["", "soon", "31.01.2026", 20260131, time(8), True, "0001-01-01T00:00:00+14:00", []]
)
def test_anything_else_is_no_starting_point(refused: Refused, written: object) -> None:
    assert [problem.path for problem in refused(start_at=written)] == ["profile.default.start_at"]


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("Europe/Berln", 'Did you mean "Europe/Berlin"?'),
        ("../../etc/passwd", None),
        ("/etc/localtime", None),
        ("America", None),
        ("", None),
        ("a\0b", None),
    ],
)
def test_a_zone_that_is_unknown_is_refused_with_the_nearest_one(
    refused: Refused, name: str, advice: str | None
) -> None:
    (problem,) = refused(timezone=name)

    assert problem.path == "profile.default.timezone"
    assert advice is None or problem.advice == advice


def test_a_profile_gives_its_zone(profile: Make) -> None:
    assert profile(timezone="Europe/Berlin").zone.key == "Europe/Berlin"


@pytest.mark.parametrize(
    ("table", "key", "value"),
    [
        ("appliance", "locale", "en us"),
        ("appliance", "locale", "en\r\nX: y"),
        ("appliance", "client_id", ""),
        ("appliance", "client_id", "a\nb"),
        ("autotask", "username", "a\rb"),
        ("autotask", "note_type", 0),
        ("autotask", "note_type", 2**31),
        ("autotask", "request_share", 0),
        ("autotask", "request_share", 0.96),
        ("autotask", "settle_seconds", -1),
        ("autotask", "timeout_seconds", -1.0),
        ("autotask", "timeout_seconds", 10**400),
        ("time_entries", "unmatched", "resource:"),
        ("time_entries", "unmatched", "resource:jane"),
        ("time_entries", "unmatched", "drop"),
    ],
)
def test_a_value_outside_its_range_is_refused(refused: Refused, table: str, key: str, value: object) -> None:
    assert [problem.path for problem in refused(**{table: {key: value}})] == [f"profile.default.{table}.{key}"]


@pytest.mark.parametrize("value", ["hold", "skip", "resource:jane@example.com"])
def test_unmatched_time_is_held_skipped_or_given_to_one_resource(profile: Make, value: str) -> None:
    assert profile(time_entries={"unmatched": value}).time_entries.unmatched == value


def test_a_map_to_something_else_than_an_e_mail_address_is_refused_with_the_username(refused: Refused) -> None:
    (problem,) = refused(time_entries={"resource_map": {"jane": "jane@example.com", "john": "John Doe"}})

    assert str(problem) == "profile.default.time_entries.resource_map.john: is not an e-mail address."


def test_a_map_that_names_a_username_twice_is_refused(refused: Refused) -> None:
    (problem,) = refused(time_entries={"resource_map": {"JANE": "jane@example.com", "jane": "other@example.com"}})

    assert problem.path == "profile.default.time_entries.resource_map.jane"


def test_files_and_directories_are_found_from_the_place_of_the_configuration(profile: Make, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    (tmp_path / "texts").mkdir()

    read = profile(appliance={"ca_file": "ca.pem"}, templates={"directory": "texts"})

    assert (read.appliance.ca_file, read.templates.directory) == (tmp_path / "ca.pem", tmp_path / "texts")


def test_empty_paths_are_none(profile: Make) -> None:
    read = profile(appliance={"ca_file": ""}, templates={"directory": ""})

    assert (read.appliance.ca_file, read.templates.directory) == (None, None)


@pytest.mark.parametrize("name", ["missing", "a\0b", "x" * 5000])
def test_files_and_directories_that_are_not_there_are_refused(refused: Refused, name: str) -> None:
    found = refused(appliance={"ca_file": name}, templates={"directory": name})

    assert {problem.path for problem in found} == {
        "profile.default.appliance.ca_file",
        "profile.default.templates.directory",
    }


def test_a_ca_file_that_would_be_ignored_is_refused(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()

    (problem,) = refused(appliance={"ca_file": "ca.pem", "verify_certificates": False})

    assert problem.path == "profile.default.appliance.ca_file"


@pytest.mark.parametrize("name", ["enabled", "name"])
def test_settings_cannot_be_changed(profile: Make, name: str) -> None:
    made: Any = profile()

    with pytest.raises(ValidationError):
        setattr(made, name, "x")
