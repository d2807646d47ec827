"""What people read: the example is complete and loads, the reference lists every key, the settings show no secret."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

from bt_autotask_sync.config.example import example, masked, reference
from bt_autotask_sync.config.load import load
from bt_autotask_sync.config.models import SECTIONS, TABLES, keys

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bt_autotask_sync.config.models import Section, Settings

    Write = Callable[[str | bytes], Path]

ENVIRON = {
    "BEYONDTRUST_CLIENT_SECRET": "canary-1",
    "AUTOTASK_SECRET": "canary-2",
    "AUTOTASK_INTEGRATION_CODE": "canary-3",
    "OUTBOUND_EVENT_TOKEN": "canary-4",
}
MODELS = [*SECTIONS.values(), *TABLES.values()]


def with_everything_set(tmp_path: Path) -> str:
    for name in ("appliance-ca.pem", "listen-certificate.pem", "listen-key.pem"):
        (tmp_path / name).touch()
    (tmp_path / "templates").mkdir()
    return re.sub(r"^#(?=\w)", "", example(), flags=re.MULTILINE).replace("\nenabled = false", "\nenabled = true")


def tables(settings: Settings) -> list[Section]:
    """Returns the tables of a configuration with one profile, in the order of MODELS."""
    profile = next(iter(settings.profiles.values()))
    own = [getattr(profile, section) if section else profile for section in SECTIONS]
    return [*own, *(getattr(settings, table) for table in TABLES)]


def test_the_example_loads_without_problems_and_without_warnings(write: Write) -> None:
    loaded = load(write(example()), ENVIRON)

    assert loaded.warnings == ()
    assert list(loaded.settings.profiles) == ["default"]


def test_the_example_shows_every_key_and_every_one_can_be_used(write: Write, tmp_path: Path) -> None:
    text = with_everything_set(tmp_path)

    document = tomllib.loads(text)
    shown = document["profile"]["default"]
    titled = {**{section: shown[section] if section else shown for section in SECTIONS}, **document}

    for title, model in {**SECTIONS, **TABLES}.items():
        assert [key for key in titled[title] if key not in SECTIONS] == keys(model)
    profile = load(write(text), ENVIRON).settings.profiles["default"]
    assert profile.time_entries.default_data.role_name == "Technician"
    assert profile.tickets.default_data.default_contact_id == 29683589


def test_a_key_behind_a_hash_shows_its_default(write: Write, tmp_path: Path) -> None:
    plain = tables(load(write(example()), ENVIRON).settings)
    everything = tables(load(write(with_everything_set(tmp_path)), ENVIRON).settings)

    for model, default, shown in zip(MODELS, plain, everything, strict=True):
        for key in keys(model):
            if not model.model_fields[key].examples and key != "enabled":
                assert getattr(default, key) == getattr(shown, key), key


def test_every_key_is_described_on_lines_that_fit(write: Write) -> None:
    lines = example().splitlines()

    assert all(field.description or field.exclude for model in MODELS for field in model.model_fields.values())
    assert max(len(line) for line in lines if line.startswith("# ")) <= 105


def test_the_reference_lists_every_key_with_default_and_meaning() -> None:
    text = reference()

    for model in MODELS:
        for key in keys(model):
            assert f"| `{key}` | " in text
    assert "| `lookback_hours` | `168` | " in text
    assert "| `host` | required | " in text
    assert "| `start_at` | none | " in text
    assert "| `default_data.summaryNotes` | " in text
    assert "| `default_data.defaultContactID` | none | " in text
    assert "\n### `[listen]`\n" in text
    assert '| `address` | `"127.0.0.1"` | ' in text
    assert all(line.count("|") == 4 for line in text.splitlines() if line.startswith("|"))


def test_the_masked_settings_load_again_as_the_same_but_for_the_secrets(write: Write, tmp_path: Path) -> None:
    text = with_everything_set(tmp_path).replace("profile.default", 'profile."a \\"b\\" ü"')
    text = text.replace("Remote support session", 'C:\\\\Temp \\"{{x}}\\" ü\\n\\u0000\\u007f')
    settings = load(write(text), ENVIRON).settings

    shown = masked(settings)
    again = load(write(shown), {}).settings

    assert "canary" not in shown
    assert shown.count('= "********"') == 4
    assert shown.count("\n[listen]\n") == 1
    assert masked(again) == shown
    first, second = settings.profiles['a "b" ü'], again.profiles['a "b" ü']
    assert first.time_entries == second.time_entries
    assert first.time_entries.default_data.summary_notes == 'C:\\Temp "{{x}}" ü\n\x00\x7f'
    assert first.tickets == second.tickets
    assert first.tickets.default_data.fields["contactID"] == "{{emailAddress|customer_email}}"
    assert first.outbound_events == second.outbound_events
    assert settings.listen.model_dump(exclude={"token"}) == again.listen.model_dump(exclude={"token"})
    assert first.templates == second.templates
    assert first.start_at == second.start_at
    assert first.poll_events == second.poll_events
    assert first.appliance.ca_file == second.appliance.ca_file


def test_the_masked_settings_of_a_minimal_file_show_the_defaults(
    write: Write, minimal: str, environ: dict[str, str]
) -> None:
    shown = tomllib.loads(masked(load(write(minimal), environ).settings))

    assert shown["profile"]["default"]["lookback_hours"] == 168
    assert shown["profile"]["default"]["poll_events"] == ["customer-survey", "session-end"]
    assert shown["profile"]["default"]["appliance"]["client_secret"] == "********"
    assert "start_at" not in shown["profile"]["default"]
    assert shown["profile"]["default"]["tickets"]["session_types"] == ["attended", "unattended"]
    assert "create_at_session_end" not in shown["profile"]["default"]["tickets"]
    assert shown["listen"]["port"] == 8180
    assert "token" not in shown["listen"]


def test_user_defined_fields_are_shown_as_they_are_written(write: Write, minimal: str, environ: dict[str, str]) -> None:
    table = """
[profile.default.tickets]
default_data = '{"UserDefinedFields": [{"Name": "Site", "Value": "Nord|1"}, {"Name": "Floor", "Value": null}]}'
"""
    settings = load(write(minimal + table), environ).settings

    shown = tomllib.loads(masked(settings))["profile"]["default"]["tickets"]["default_data"]

    assert shown == {"userDefinedFields": [{"name": "Site", "value": "Nord|1"}]}
