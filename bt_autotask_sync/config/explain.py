"""From pydantic's findings to problems in words, in the order of the file."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from bt_autotask_sync.config.models import SECTIONS, TABLES, keys
from bt_autotask_sync.config.problems import Fault, InvalidValueError, Problem, type_in_words
from bt_autotask_sync.config.toml import toml_key

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

    Location = tuple[str | int, ...]
    Finding = tuple[Location, Fault]

PROFILE_DEPTH = 2
"""How many steps lead from the whole file to a profile: `profile`, then its name."""

MESSAGES = {
    "bool_type": "must be true or false, not {found}",
    "dict_type": "must be a table, not {found}",
    "enum": "must be {expected}",
    "finite_number": "must be a finite number",
    "float_type": "must be a number, not {found}",
    "frozen_set_type": "must be a list, not {found}",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "int_type": "must be a whole number, not {found}",
    "is_instance_of": "must be text in quotes, not {found}",
    "less_than_equal": "must be at most {le}",
    "model_type": "must be a table, not {found}",
    "string_type": "must be text in quotes, not {found}",
    "tuple_type": "must be a list, not {found}",
}
"""What pydantic's types of errors mean to a person."""

LIMITS = {"ge", "gt", "le"}


def findings(error: ValidationError) -> Iterator[Finding]:
    """Yield what pydantic found, with its place in the document."""
    for found in error.errors(include_url=False):
        location = found["loc"]
        if len(location) == PROFILE_DEPTH + 1 and location[-1] == "name":
            location = location[:-1]  # a profile is named by the title of its table
        for fault in _faults(found):
            yield (*location, *fault.at), fault


def in_order(found: Iterable[Finding], document: Mapping[str, Any]) -> tuple[Problem, ...]:
    """Return problems in the order of the document; a key that is missing comes last in its table."""
    ordered = sorted(found, key=lambda finding: _position(document, finding[0]))
    return tuple(Problem(key_path(location), fault.message, fault.advice) for location, fault in ordered)


def key_path(location: Location) -> str:
    """Return the dotted path of a key, as TOML writes it: `profile.default.poll_events[0]`."""
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{toml_key(part)}" for part in location)
    return path.removeprefix(".")


def _faults(found: ErrorDetails) -> tuple[Fault, ...]:
    context = found.get("ctx", {})
    cause = context.get("error")
    if isinstance(cause, InvalidValueError):
        return cause.faults
    if found["type"] == "missing":
        return (Fault("is missing", _about(found["loc"])),)
    if found["type"] == "extra_forbidden":
        return (Fault("is not a known key", _suggestion(found["loc"])),)
    template = MESSAGES.get(found["type"], "cannot be used")
    limits = {name: int(limit) if limit == int(limit) else limit for name, limit in context.items() if name in LIMITS}
    return (Fault(template.format_map({"found": type_in_words(found["input"]), **context, **limits})),)


def _about(location: Location) -> str:
    """Return what a missing key is, from its description; of a missing table, the keys it needs."""
    *_, name = location
    if len(location) < PROFILE_DEPTH:
        return "Begin a profile with [profile.default]."
    if name in SECTIONS and len(location) == PROFILE_DEPTH + 1:
        fields = SECTIONS[str(name)].model_fields
        needed = [key for key, field in fields.items() if field.is_required()]
        return f"Begin it with [{key_path(location)}]; it needs {', '.join(needed)}."
    section = SECTIONS[str(location[PROFILE_DEPTH])]  # a profile's own table has no key that it needs
    return section.model_fields[str(name)].description or ""


def _suggestion(location: Location) -> str:
    """Return the table where a key belongs, or the one that was probably meant, or all that would do here."""
    *table, name = location
    known = _known_keys(tuple(table))
    places = [place for place, names in known.items() if name in names]
    if places == [()]:
        return f"It is a table of its own: [{name}]."
    if places:
        return f"It belongs into {' or '.join(f'[{key_path(place)}]' for place in places)}."
    here = known[tuple(table)]
    near = difflib.get_close_matches(str(name).lower(), here, n=1)
    return f'Did you mean "{near[0]}"?' if near else f"Known here: {', '.join(here)}."


def _known_keys(table: Location) -> dict[Location, list[str]]:
    """Return what may stand in each table of the file, of all profiles only in the one that `table` is in."""
    profile = table[:PROFILE_DEPTH] if len(table) >= PROFILE_DEPTH else ("profile", "default")
    inner = [section for section in SECTIONS if section]
    return {
        (): ["profile", *TABLES],
        profile: keys(SECTIONS[""]) + inner,
        **{(*profile, section): keys(SECTIONS[section]) for section in inner},
        **{(name,): keys(model) for name, model in TABLES.items()},
    }


def _position(document: object, location: Location) -> tuple[int, ...]:
    """Return where `location` stands in `document`, step by step."""
    places = []
    for part in location:
        if isinstance(document, Mapping) and part in document:
            places.append(list(document).index(part))
            document = document[part]
        else:
            places.append(part if isinstance(part, int) else 2**31)
    return tuple(places)
