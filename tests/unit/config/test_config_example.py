"""What people read: the example is complete and loads, the reference lists every key, the settings show no secret."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

from bt_autotask_sync.config.example import example, masked, reference
from bt_autotask_sync.config.load import load
from bt_autotask_sync.config.models import SECTIONS, keys

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Write = Callable[[str | bytes], Path]

ENVIRON = {
    "BEYONDTRUST_CLIENT_SECRET": "canary-1",
    "AUTOTASK_SECRET": "canary-2",
    "AUTOTASK_INTEGRATION_CODE": "canary-3",
}


def with_everything_set(tmp_path: Path) -> str:
    (tmp_path / "appliance-ca.pem").touch()
    (tmp_path / "templates").mkdir()
    return re.sub(r"^#(?=\w)", "", example(), flags=re.MULTILINE).replace("\nenabled = false", "\nenabled = true")


def test_the_example_loads_without_problems_and_without_warnings(write: Write) -> None:
    loaded = load(write(example()), ENVIRON)

    assert loaded.warnings == ()
    assert list(loaded.settings.profiles) == ["default"]


def test_the_example_shows_every_key_and_every_one_can_be_used(write: Write, tmp_path: Path) -> None:
    text = with_everything_set(tmp_path)

    shown = tomllib.loads(text)["profile"]["default"]

    for section, model in SECTIONS.items():
        table = shown[section] if section else shown
        assert [key for key in table if key not in SECTIONS] == keys(model)
    assert load(write(text), ENVIRON).settings.profiles["default"].time_entries.default_data.role_name == "Technician"


def test_a_key_behind_a_hash_shows_its_default(write: Write, tmp_path: Path) -> None:
    plain = load(write(example()), ENVIRON).settings.profiles["default"]
    everything = load(write(with_everything_set(tmp_path)), ENVIRON).settings.profiles["default"]

    for section, model in SECTIONS.items():
        default, shown = (getattr(each, section) if section else each for each in (plain, everything))
        for key in keys(model):
            if not model.model_fields[key].examples and key != "enabled":
                assert getattr(default, key) == getattr(shown, key), key


def test_every_key_is_described_on_lines_that_fit(write: Write) -> None:
    lines = example().splitlines()

    assert all(
        field.description or field.exclude for model in SECTIONS.values() for field in model.model_fields.values()
    )
    assert max(len(line) for line in lines if line.startswith("# ")) <= 105


def test_the_reference_lists_every_key_with_default_and_meaning() -> None:
    text = reference()

    for model in SECTIONS.values():
        for key in keys(model):
            assert f"| `{key}` | " in text
    assert "| `lookback_hours` | `168` | " in text
    assert "| `host` | required | " in text
    assert "| `start_at` | none | " in text
    assert "| `default_data.summaryNotes` | " in text
    assert all(line.count("|") == 4 for line in text.splitlines() if line.startswith("|"))


def test_the_masked_settings_load_again_as_the_same_but_for_the_secrets(write: Write, tmp_path: Path) -> None:
    text = with_everything_set(tmp_path).replace("profile.default", 'profile."a \\"b\\" ü"')
    text = text.replace("Remote support session", 'C:\\\\Temp \\"{{x}}\\" ü\\n\\u0000\\u007f')
    settings = load(write(text), ENVIRON).settings

    shown = masked(settings)
    again = load(write(shown), {}).settings

    assert "canary" not in shown
    assert shown.count('= "********"') == 3
    assert masked(again) == shown
    first, second = settings.profiles['a "b" ü'], again.profiles['a "b" ü']
    assert first.time_entries == second.time_entries
    assert first.time_entries.default_data.summary_notes == 'C:\\Temp "{{x}}" ü\n\x00\x7f'
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
