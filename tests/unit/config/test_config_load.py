"""Reading the file: everything wrong is said at once, in words, with its place."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from bt_autotask_sync.config.load import load
from bt_autotask_sync.config.models import Appliance
from bt_autotask_sync.config.problems import ConfigurationError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    Write = Callable[[str | bytes], Path]

POSIX = pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")


def problems_of(path: Path, environ: dict[str, str]) -> tuple[Problem, ...]:
    with pytest.raises(ConfigurationError) as caught:
        load(path, environ)
    assert str(path) in caught.value.message
    return caught.value.problems


def test_a_minimal_file_loads_without_warnings_and_with_the_documented_defaults(
    write: Write, minimal: str, environ: dict[str, str]
) -> None:
    loaded = load(write(minimal), environ)

    assert loaded.warnings == ()
    profile = loaded.settings.profiles["default"]
    assert profile.name == "default"
    assert profile.enabled
    assert (profile.timezone, profile.start_at, profile.no_ticket) == ("UTC", None, "record")
    assert profile.poll_events == profile.retry_poll_events == {"session-end", "customer-survey"}
    assert (profile.lookback_hours, profile.report_delay_seconds, profile.retry_limit) == (168, 60, 10)
    appliance = profile.appliance
    assert (appliance.locale, appliance.timeout_seconds) == ("en-us", 60)
    assert (appliance.verify_certificates, appliance.ca_file, appliance.use_tls) == (True, None, True)
    assert appliance.client_secret.get_secret_value() == "canary-appliance"
    autotask = profile.autotask
    assert (autotask.services_url, autotask.note_type, autotask.timeout_seconds) == ("", 1, 100)
    assert not autotask.publish_notes_as_public
    assert not autotask.publish_session_notes
    assert not autotask.numeric_keys
    assert (autotask.settle_seconds, autotask.request_share) == (420, 0.8)
    assert (profile.time_entries.enabled, profile.time_entries.unmatched) == (False, "hold")
    assert profile.time_entries.resource_map == {}
    assert profile.templates.directory is None
    assert profile.outbound_events == {"session-end", "customer-survey", "representative-survey"}
    assert profile.retry_outbound_events == {*profile.outbound_events, "member-added"}
    assert appliance.id == "default"
    tickets = profile.tickets
    assert (tickets.create_on_session_start, tickets.create_without_external_key) == (False, False)
    assert (tickets.at_session_end, tickets.enabled) == (False, False)
    assert tickets.session_types == {"attended", "unattended"}
    assert tickets.default_data.as_written() == {}
    listen = loaded.settings.listen
    assert (listen.address, listen.port, listen.token) == ("127.0.0.1", 8180, None)
    assert (listen.certificate_file, listen.key_file) == (None, None)
    assert (listen.accepted_addresses, listen.trusted_proxies) == ((), ("127.0.0.1", "::1"))


def test_five_mistakes_in_one_file_are_all_named_in_the_order_of_the_file(
    write: Write, environ: dict[str, str]
) -> None:
    del environ["AUTOTASK_SECRET"]
    path = write("""\
[profile.default]
lookback_hours = 0
pol_events = ["session-end"]

[profile.default.appliance]
host = "https://support.example.com"
client_secret = { env = "APPLIANCE_SECRET" }

[profile.default.autotask]
username = 7
secret = { env = "AUTOTASK_SECRET" }
integration_code = { env = "AUTOTASK_CODE" }
""")

    found = problems_of(path, environ)

    assert [(problem.path, problem.message) for problem in found] == [
        ("profile.default.lookback_hours", "must be at least 1"),
        ("profile.default.pol_events", "is not a known key"),
        ("profile.default.appliance.host", "must be a host name without https://"),
        ("profile.default.appliance.client_id", "is missing"),
        ("profile.default.autotask.username", "must be text in quotes, not a whole number"),
        ("profile.default.autotask.secret", "the environment variable AUTOTASK_SECRET is not set"),
    ]
    assert found[1].advice == 'Did you mean "poll_events"?'


def test_the_error_tells_every_problem_with_its_advice_in_its_text(write: Write, environ: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(write("[profile.x]\nnumeric_keys = true\n"), environ)

    head, _, text = caught.value.message.partition("\n")
    assert head.endswith("config.toml has 3 problems:")
    assert (
        text
        == """\
  profile.x.numeric_keys: is not a known key. It belongs into [profile.x.autotask].
  profile.x.appliance: is missing. Begin it with [profile.x.appliance]; it needs host, client_id, client_secret.
  profile.x.autotask: is missing. Begin it with [profile.x.autotask]; it needs username, secret, integration_code."""
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("retry_limit = true", "must be a whole number, not true or false"),
        ("retry_limit = 1.5", "must be a whole number, not a number with a point"),
        ("retry_limit = 1001", "must be at most 1000"),
        ("enabled = 1", "must be true or false, not a whole number"),
        ('poll_events = "session-end"', "must be a list, not text"),
        ("no_ticket = 'drop'", "must be 'record' or 'hold'"),
        ("autotask = []", "must be a table, not a list"),
        ("templates.directory = 4", "must be text in quotes, not a whole number"),
        ("appliance.timeout_seconds = nan", "must be a finite number"),
        ("appliance.timeout_seconds = '60'", "must be a number, not text"),
        ("appliance.timeout_seconds = 0", "must be more than 0"),
        ("time_entries.resource_map = []", "must be a table, not a list"),
    ],
)
def test_a_wrong_type_or_range_is_told_in_words(write: Write, environ: dict[str, str], line: str, message: str) -> None:
    key = line.partition(" = ")[0]

    found = problems_of(write(f"[profile.default]\n{line}\n"), environ)

    assert (f"profile.default.{key}", message) == (found[0].path, found[0].message)


def test_an_unknown_event_type_is_told_with_its_place_in_the_list(write: Write, environ: dict[str, str]) -> None:
    found = problems_of(write('[profile.default]\npoll_events = ["session-end", "member-added"]\n'), environ)

    assert str(found[0]) == "profile.default.poll_events[1]: must be 'session-end' or 'customer-survey'."


@pytest.mark.parametrize(
    ("text", "path", "advice"),
    [
        ("[profil.default]\n", "profil", 'Did you mean "profile"?'),
        ("[monitoring]\n", "monitoring", "Known here: profile, listen."),
        ("[profile.x]\nname = 'y'\n", "profile.x.name", "The title of the table is the name."),
        ("[profile.x]\nhost = 'y'\n", "profile.x.host", "It belongs into [profile.x.appliance]."),
        (
            "[profile.x]\ntimeout_seconds = 1\n",
            "profile.x.timeout_seconds",
            "It belongs into [profile.x.appliance] or [profile.x.autotask].",
        ),
        ("[profile.x.appliance]\ntimezone = 'UTC'\n", "profile.x.appliance.timezone", "It belongs into [profile.x]."),
        ("[profile.x.aplliance]\n", "profile.x.aplliance", 'Did you mean "appliance"?'),
        ("[profile.x.templates]\nfolder = ''\n", "profile.x.templates.folder", "Known here: directory."),
        ("[profile.'a b']\n\"c.d\" = 1\n", 'profile."a b"."c.d"', None),
        ("[profile.x]\npolling_interval_minutes = 5\n", "profile.x.polling_interval_minutes", None),
        ("[profile.x]\ntoken = 't'\n", "profile.x.token", "It belongs into [listen]."),
        ("[profile.x.listen]\n", "profile.x.listen", "It is a table of its own: [listen]."),
        ("[tickets]\n", "tickets", "It belongs into [profile.default]."),
        (
            "[listen]\ncreate_on_session_start = true\n",
            "listen.create_on_session_start",
            "It belongs into [profile.default.tickets].",
        ),
        ("[listen]\nadress = '::1'\n", "listen.adress", 'Did you mean "address"?'),
    ],
)
def test_an_unknown_key_is_refused_with_what_was_probably_meant(
    write: Write, environ: dict[str, str], text: str, path: str, advice: str | None
) -> None:
    found = [problem for problem in problems_of(write(text), environ) if problem.message == "is not a known key"]

    assert [problem.path for problem in found] == [path]
    assert advice is None or found[0].advice == advice


@pytest.mark.parametrize(("text", "path"), [("", "profile"), ("[profile]\n", "profile"), ("profile = 3\n", "profile")])
def test_a_file_without_a_profile_is_refused(write: Write, environ: dict[str, str], text: str, path: str) -> None:
    assert [problem.path for problem in problems_of(write(text), environ)] == [path]


@pytest.mark.parametrize("name", ["", "  ", " x", "a\\u000ab", "x" * 65])
def test_a_profile_name_that_nobody_can_type_is_refused(
    write: Write, minimal: str, environ: dict[str, str], name: str
) -> None:
    found = problems_of(write(minimal.replace(".default.", f'."{name}".')), environ)

    assert [problem.path for problem in found] == [
        f'profile."{name}"' if not name.startswith("xx") else f"profile.{name}"
    ]


def test_a_syntax_error_names_line_and_column(write: Write, environ: dict[str, str]) -> None:
    (problem,) = problems_of(write("[profile.default]\nenabled = yes\n"), environ)

    assert "line 2, column 11" in problem.message


def test_a_windows_path_in_double_quotes_gets_advice(write: Write, environ: dict[str, str]) -> None:
    (problem,) = problems_of(write('[profile.x.templates]\ndirectory = "C:\\Program Files"\n'), environ)

    assert "single quotes" in problem.advice


@pytest.mark.parametrize("text", ["x = " + "[" * 5000, "x = " + "9" * 5000])
def test_a_hostile_document_is_an_error_and_no_traceback(write: Write, environ: dict[str, str], text: str) -> None:
    (problem,) = problems_of(write(text), environ)

    assert problem.message.startswith("It is not TOML")


def test_a_missing_file_is_told_with_the_way_to_make_one(tmp_path: Path) -> None:
    path = tmp_path / "missing.toml"

    (problem,) = problems_of(path, {})

    assert problem.advice == f'Make one with: bt-autotask-sync config example > "{path}"'


def test_a_directory_is_told_as_one(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, {})

    assert problem.message == "It is a directory"


def test_an_impossible_file_name_is_told(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path / "a\0b", {})

    assert problem.message.startswith("It cannot be read")


@POSIX
def test_an_unreadable_file_is_told(write: Write, minimal: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> bytes:
        raise PermissionError

    path = write(minimal)
    monkeypatch.setattr(Path, "read_bytes", refuse)  # a chmod does not stop root

    (problem,) = problems_of(path, {})

    assert problem.message == "It cannot be read (PermissionError)"


def test_a_file_that_is_not_utf8_is_told_with_its_line(write: Write) -> None:
    (problem,) = problems_of(write("# a\n# für\n".encode("latin-1")), {})

    assert problem.message == "It is not UTF-8 text (line 2)"


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_byte_order_mark_and_windows_line_ends_do_not_matter(
    write: Write, minimal: str, environ: dict[str, str], newline: str
) -> None:
    content = b"\xef\xbb\xbf" + minimal.replace("\n", newline).encode()

    assert list(load(write(content), environ).settings.profiles) == ["default"]


def test_profiles_keep_the_order_of_the_file(write: Write, minimal: str, environ: dict[str, str]) -> None:
    text = minimal.replace(".default.", ".zebra.") + minimal.replace(".default.", '."Customer A".').replace(
        "support.", "other."
    )

    settings = load(write(text), environ).settings

    assert [profile.name for profile in settings.profiles.values()] == ["zebra", "Customer A"]


@POSIX
@pytest.mark.parametrize(("mode", "warned"), [(0o600, 0), (0o640, 1), (0o604, 1)])
def test_literal_secrets_that_others_can_read_are_warned_of(
    write: Write, minimal: str, environ: dict[str, str], mode: int, warned: int
) -> None:
    path = write(minimal.replace('{ env = "AUTOTASK_SECRET" }', '"canary-literal"'))
    path.chmod(mode)

    warnings = load(path, environ).warnings

    assert [warning.path for warning in warnings] == ["profile.default.autotask.secret"] * warned
    assert "canary" not in str(warnings)


@POSIX
def test_a_readable_file_without_literal_secrets_is_not_warned_of(
    write: Write, minimal: str, environ: dict[str, str]
) -> None:
    path = write(minimal)
    path.chmod(0o644)

    assert load(path, environ).warnings == ()


@pytest.mark.parametrize(
    ("line", "warned"),
    [
        ("autotask.settle_seconds = 299", True),
        ("autotask.settle_seconds = 300", False),
        ("appliance.verify_certificates = false", True),
        ("appliance.verify_certificates = true", False),
    ],
)
def test_what_is_allowed_but_dangerous_is_warned_of(
    write: Write, minimal: str, environ: dict[str, str], line: str, warned: bool
) -> None:
    table, _, assignment = line.partition(".")
    title = f"[profile.default.{table}]\n"

    warnings = load(write(minimal.replace(title, f"{title}{assignment}\n")), environ).warnings

    assert [warning.path for warning in warnings] == [f"profile.default.{line.partition(' = ')[0]}"] * warned


def test_no_secret_shows_in_the_settings_or_in_an_error(write: Write, minimal: str, environ: dict[str, str]) -> None:
    loaded = load(write(minimal), environ)
    assert "canary" not in repr(loaded)

    path = write(
        minimal.replace('{ env = "AUTOTASK_SECRET" }', '"canary-literal"') + "note_type = 'canary'\nx = 'canary'\n"
    )
    with pytest.raises(ConfigurationError) as caught:
        load(path, environ)

    assert len(caught.value.problems) == 2
    assert "canary" not in repr(caught.value) + str(caught.value) + repr(caught.value.problems)
    assert caught.value.__context__ is None


def test_no_secret_shows_in_what_pydantic_says_itself() -> None:
    with pytest.raises(ValidationError) as caught:
        Appliance.model_validate({"host": 7, "client_secret": "canary-literal"})

    assert "canary" not in str(caught.value)


def test_the_configuration_loads_without_the_weight_of_requests_typer_and_rich() -> None:
    program = (
        "import sys, bt_autotask_sync.config.load, bt_autotask_sync.config.example, bt_autotask_sync.config.paths\n"
        "print(*{'requests', 'typer', 'rich', 'lxml', 'keyring'} & set(sys.modules))"
    )

    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)

    assert done.stdout.split() == []
