"""The places that the system keeps for a program's files."""

from __future__ import annotations

from bt_autotask_sync.config.paths import default_config_file, default_state_directory


def test_the_default_places_are_named_after_the_program() -> None:
    assert default_config_file().name == "config.toml"
    assert "bt-autotask-sync" in default_config_file().parts
    assert "bt-autotask-sync" in default_state_directory().parts
