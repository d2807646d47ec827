"""The configuration as people read it: the commented example, the reference table, the effective settings."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from bt_autotask_sync.config.default_data import DefaultData
from bt_autotask_sync.config.models import SECTIONS, TABLES, Section, keys
from bt_autotask_sync.config.toml import toml_key, toml_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic.fields import FieldInfo

    from bt_autotask_sync.config.models import Settings

MASK = "********"
COMMENT_WIDTH = 100
"""Characters."""

HEAD = """\
# The configuration of bt-autotask-sync, in TOML. Try it with: bt-autotask-sync config validate
#
# A key behind a # shows its default, or an example where there is none: take the # away to change it.
# A secret is a string, or says where the secret is: { env = "NAME" }, { file = "PATH" },
# { command = ["pass", "show", "autotask"] } or { keyring = "service/user" }.
# For another appliance or another Autotask instance add a profile: [profile.NAME] and its tables.
# [listen] at the end is for all of them.
"""


def example() -> str:
    """Return a complete configuration with every key, commented; it needs only the reader's own values."""
    return "\n".join([HEAD, *(_example_table(title, model) for title, model in _models("default"))])


def reference() -> str:
    """Return a Markdown table of keys for each table of the configuration."""
    return "\n".join(_reference_table(title, model) for title, model in _models("NAME"))


def masked(settings: Settings) -> str:
    """Return the effective settings as TOML, defaults included, with every secret shown as `********`."""
    of_profiles = [
        (_title(name, section), getattr(profile, section) if section else profile)
        for name, profile in settings.profiles.items()
        for section in SECTIONS
    ]
    tables = [*of_profiles, *((table, getattr(settings, table)) for table in TABLES)]
    return "\n".join(f"[{title}]\n{''.join(_lines(section))}" for title, section in tables)


def _models(profile: str) -> list[tuple[str, type[Section]]]:
    """Return every table of a configuration with one profile, by its title."""
    return [*((_title(profile, section), model) for section, model in SECTIONS.items()), *TABLES.items()]


def _title(profile: str, section: str) -> str:
    return f"profile.{toml_key(profile)}" + (f".{section}" if section else "")


def _example_table(title: str, model: type[Section]) -> str:
    lines = [f"[{title}]", f"# {_first_line(model)}"]
    for key in keys(model):
        field = model.model_fields[key]
        lines += ["", *textwrap.wrap(_description(field), COMMENT_WIDTH, initial_indent="# ", subsequent_indent="# ")]
        lines.append(f"{'' if field.is_required() else '#'}{key} = {toml_value(_shown(field))}")
    return "\n".join(lines) + "\n"


def _reference_table(title: str, model: type[Section]) -> str:
    rows = [_row(key, model.model_fields[key]) for key in keys(model)]
    rows += [_row(f"{key}.{name}", field) for key in keys(model) for name, field in _default_data(model, key)]
    head = f"### `[{title}]`\n\n{_first_line(model)}\n\n| key | default | meaning |\n|---|---|---|\n"
    return head + "".join(rows)


def _default_data(model: type[Section], key: str) -> Iterator[tuple[str, FieldInfo]]:
    """Yield the keys within a key that holds default data, `…` for the fields of Autotask's own."""
    inner = model.model_fields[key].annotation
    if isinstance(inner, type) and issubclass(inner, DefaultData):
        yield from ((field.serialization_alias or "…", field) for field in inner.model_fields.values())


def _row(key: str, field: FieldInfo) -> str:
    cells = (f"`{key}`", _default_in_words(field), _description(field))
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |\n"


def _default_in_words(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default = _default(field)
    return "none" if default is None else f"`{toml_value(_plain(default))}`"


def _lines(section: Section) -> Iterator[str]:
    for key in keys(type(section)):
        value = getattr(section, key)
        if value is not None:
            yield f"{key} = {toml_value(_plain(value))}\n"


def _first_line(model: type[Section]) -> str:
    return (model.__doc__ or "").splitlines()[0]


def _description(field: FieldInfo) -> str:
    return field.description or ""


def _shown(field: FieldInfo) -> object:
    return field.examples[0] if field.examples else _plain(_default(field))


def _default(field: FieldInfo) -> object:
    return field.get_default(call_default_factory=True)


def _plain(value: object) -> object:
    """Return a setting as it stands in a file."""
    if isinstance(value, SecretStr):
        return MASK
    if isinstance(value, DefaultData):
        return value.as_written()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, frozenset):
        return sorted(value)
    return value
