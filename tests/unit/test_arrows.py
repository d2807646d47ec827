"""Imports point one way, as CONTRIBUTING.md draws it; what is imported for types alone counts too."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import bt_autotask_sync

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(bt_autotask_sync.__file__).parent
BASE = {"errors", "exit_code", "clock", "stop", "transport"}
WORLDS = {"appliance", "autotask"}
MODELS = {f"config.{name}" for name in ("models", "problems", "time_entries", "ticket_data", "tickets")}
LOOKING = {"sync", "state", "notes", "config", *WORLDS, *BASE}

ARROWS = {
    "check": LOOKING,
    "audit": LOOKING,
    "sync": {"state", "notes", *MODELS, *WORLDS, *BASE},
    "events": {"state", "config", "appliance.outbound_event", *BASE},
    "state": {"appliance.outbound_event", "errors", "clock"},
    "notes": {"appliance.session", "errors"},
    "config": {"autotask.fields", "autotask.zone", "errors"},
    "appliance": {"transport", "errors", "clock"},
    "autotask": {"transport", "errors", "clock"},
    "sandbox": set[str](),
    **dict.fromkeys(BASE, BASE),
}
"""What each part may import; the command line may import everything."""

TO_TURN = {
    "state.artifacts -> autotask.entities",
    "state.artifacts -> sync.markers",
    "state.artifacts -> sync.plan.artifact",
    "state.clock_tracks -> sync.clocks",
    "state.profiles -> config.models",
    "state.unclear_answers -> autotask.entities",
    "sync.clients -> config.values",
}
"""Arrows that point the wrong way today; one that is turned is taken out here."""


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_of(path): path for path in PACKAGE.rglob("*.py")}


def imported(path: Path) -> Iterator[str]:
    """Yield the modules of the package that a file imports, wherever in it, without the package's name."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            full = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name.partition(".")[2] in MODULES else str(node.module) for name in full]
        else:
            continue
        yield from (name.partition(".")[2] for name in names if name.startswith("bt_autotask_sync."))


def wrong_arrows() -> set[str]:
    found = set()
    for module, path in MODULES.items():
        part = module.partition(".")[0]
        for target in imported(path) if part in ARROWS else ():
            allowed = ARROWS[part] | {part}
            if not any(target == name or target.startswith(f"{name}.") for name in allowed):
                found.add(f"{module} -> {target}")
    return found


def test_every_import_follows_the_arrows_and_those_to_turn_are_still_there() -> None:
    assert len(MODULES) > 200
    assert wrong_arrows() == TO_TURN


def test_every_part_of_the_package_has_its_arrows() -> None:
    parts = {module.partition(".")[0] for module in MODULES} - {"__init__", "__main__", "cli"}
    assert parts == set(ARROWS)
