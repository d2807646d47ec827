"""Where the configuration and the state stand when nobody says otherwise: the places that the system keeps for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import platformdirs

if TYPE_CHECKING:
    from pathlib import Path

APPLICATION = "bt-autotask-sync"


def default_config_file() -> Path:
    """Return the configuration file of this user, which need not exist."""
    return platformdirs.user_config_path(APPLICATION, appauthor=False) / "config.toml"


def default_state_directory() -> Path:
    """Return the state directory of this user, which need not exist."""
    return platformdirs.user_state_path(APPLICATION, appauthor=False)
