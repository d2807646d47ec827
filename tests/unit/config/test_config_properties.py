"""Whatever stands in a file: settings, or a list of problems that are worth reading."""

from __future__ import annotations

import tomllib
from datetime import UTC
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bt_autotask_sync.config.example import masked
from bt_autotask_sync.config.explain import MESSAGES
from bt_autotask_sync.config.load import check
from bt_autotask_sync.config.models import SECTIONS, TABLES, keys
from bt_autotask_sync.config.problems import ConfigurationError, Problem
from bt_autotask_sync.config.secrets import Surroundings
from bt_autotask_sync.config.time_entry_data import OWN_KEYS
from bt_autotask_sync.config.toml import toml_key, toml_value

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SCALARS = (
    TEXT
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.datetimes()
    | st.datetimes(timezones=st.timezones())
    | st.dates()
    | st.times()
    | st.sampled_from(["http://localhost", "[::1", "a:99999", "{}", '{"id": 1}', "resource:", "2026-01-31", "Europe"])
    | st.sampled_from(
        ["{{emailAddress|customer_email}}", "{{Issue}}", "+2d", "127.0.0.1", "10.0.0.0/8", "member-added"]
    )
)
KEYS = st.sampled_from(
    ["profile", "default", "name", "env", "file", "keyring", "contactID", "title", *OWN_KEYS]
    + [*filter(None, SECTIONS), *TABLES]
    + [key for model in (*SECTIONS.values(), *TABLES.values()) for key in keys(model)]
)
# `command` is left out: a made-up command must not run.
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | TEXT, inner, max_size=4), max_leaves=12
)
SOUND: dict[str, Any] = {
    "appliance": {"host": "support.example.com", "client_id": "client", "client_secret": "s"},
    "autotask": {"username": "api@example.com", "secret": "s", "integration_code": "s"},
}


@st.composite
def profiles(draw: st.DrawFn) -> Any:
    """Draws a sound profile with a few arbitrary values in it, in place of its own or beside them."""
    profile: dict[str, Any] = {section: dict(SOUND.get(section, {})) for section in SECTIONS if section}
    for section in draw(st.lists(st.sampled_from(list(SECTIONS)), max_size=3)):
        table = profile[section] if section else profile
        table[draw(st.sampled_from(keys(SECTIONS[section])) | TEXT)] = draw(VALUES)
    return profile


@st.composite
def shared_tables(draw: st.DrawFn) -> Any:
    """Draws the tables beside the profiles, with an arbitrary value in one of them or none."""
    tables: dict[str, Any] = {name: {} for name in TABLES}
    for name in draw(st.lists(st.sampled_from(list(TABLES)), max_size=1)):
        tables[name][draw(st.sampled_from(keys(TABLES[name])) | TEXT)] = draw(VALUES)
    return tables


def problems_of(document: dict[str, Any]) -> tuple[Problem, ...]:
    """Returns what keeps a document from loading; one that loads can be shown."""
    try:
        settings = check(document, Surroundings(Path("/nonexistent"), {}), "test")
    except ConfigurationError as error:
        return error.problems
    tomllib.loads(masked(settings))
    return ()


def assert_worth_reading(problems: tuple[Problem, ...]) -> None:
    assert len(set(problems)) == len(problems)
    for problem in problems:
        assert problem.path
        assert problem.message != "cannot be used"
        assert "{" not in problem.message or "/nonexistent" in problem.message  # a path is named as it was given


@given(st.dictionaries(KEYS | TEXT, VALUES, max_size=4))
def test_an_arbitrary_document_is_refused_with_clear_problems(document: dict[str, Any]) -> None:
    problems = problems_of(document)

    assert problems
    assert_worth_reading(problems)


def test_an_arbitrary_profile_gives_settings_or_clear_problems() -> None:
    loaded: list[bool] = []

    @given(st.dictionaries(TEXT | st.just("default"), profiles(), min_size=1, max_size=2), shared_tables())
    def examine(tables: dict[str, Any], shared: dict[str, Any]) -> None:
        problems = problems_of({"profile": tables, **shared})
        loaded.append(not problems)
        assert_worth_reading(problems)

    examine()
    assert any(loaded)
    assert not all(loaded)


TOML_VALUES = st.recursive(
    TEXT
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.datetimes(timezones=st.just(UTC)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@given(TEXT, TOML_VALUES)
def test_what_is_written_as_toml_reads_back_the_same(name: str, value: object) -> None:
    assert tomllib.loads(f"{toml_key(name)} = {toml_value(value)}") == {name: value}


def test_the_words_for_pydantics_findings_take_only_what_is_there() -> None:
    for template in MESSAGES.values():
        assert template.format(found="text", expected="x", gt=0, ge=0, le=0)
