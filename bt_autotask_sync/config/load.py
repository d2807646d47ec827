"""Reads the configuration file: all that is wrong with it at once, or settings that can be relied upon."""

from __future__ import annotations

import os
import stat
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr, ValidationError

from bt_autotask_sync.config.explain import findings, in_order, key_path
from bt_autotask_sync.config.models import TABLES, PollEvent, Profile, Section, Settings
from bt_autotask_sync.config.problems import ConfigurationError, Fault, Problem
from bt_autotask_sync.config.secrets import Surroundings
from bt_autotask_sync.config.values import holds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from bt_autotask_sync.config.explain import Finding, Location

SAFE_SETTLE_SECONDS = 300
"""Autotask: a request may be worked on for five minutes after its caller is gone."""


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """Settings without a fault, and what the user should still be warned about in every run."""

    settings: Settings
    warnings: tuple[Problem, ...]


def load(path: Path, environ: Mapping[str, str] = os.environ, *, listener: bool = True) -> LoadedSettings:
    """Return the settings of the file at `path`, with every secret resolved.

    Args:
        path: A TOML file. Relative paths in it start at its directory.
        environ: Where secrets by `env` come from; commands that print secrets get it too.
        listener: Whether [listen] matters. False leaves it aside: a secret that only the listener can read stops
            nothing else.

    Raises:
        ConfigurationError: The file cannot be read, or holds problems; it names all of them.
    """
    document = _parse(_read(path), path)
    if not listener:
        document.pop("listen", None)
    settings = check(document, Surroundings(path.parent, environ), str(path))
    warnings = (*_warn_of_settings(settings), *_warn_of_twins(settings), *_warn_of_readers(settings, document, path))
    return LoadedSettings(settings, warnings)


def listener_files(path: Path) -> tuple[Path, ...]:
    """Return the files that [listen] in the file at `path` takes secrets from, whatever else is wrong with it."""
    try:
        table = _parse(_read(path), path).get("listen")
    except ConfigurationError:
        return ()
    values = table.values() if isinstance(table, dict) else ()
    named = (value.get("file") for value in values if isinstance(value, dict))
    return tuple(path.parent / name for name in named if isinstance(name, str))


def check(document: Mapping[str, Any], surroundings: Surroundings, source: str) -> Settings:
    """Return the settings that a parsed TOML document holds.

    Args:
        document: Tables as `tomllib` gives them.
        surroundings: What paths and secrets are read against.
        source: How messages call the document.

    Raises:
        ConfigurationError: With all problems of the document.
    """
    found = _misnamed(document)
    try:
        settings = Settings.model_validate(document, context=surroundings)
    except ValidationError as error:
        found += findings(error)
    else:
        found += _worked_on_twice(settings)
    if found:  # raised out here, so that no finding of pydantic with its input hangs on to the error
        raise ConfigurationError(source, in_order(found, document))
    return settings


def _read(path: Path) -> str:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        advice = f'Make one with: bt-autotask-sync config example > "{path}"'
        problem = Problem("", "There is no such file", advice)
    except (OSError, ValueError) as error:
        reason = "It is a directory" if holds(path.is_dir) else f"It cannot be read ({type(error).__name__})"
        problem = Problem("", reason, "Name a TOML file that this user may read.")
    else:
        try:
            return content.decode("utf-8-sig")  # Windows editors put a byte order mark in front
        except UnicodeDecodeError as error:
            line = content[: error.start].count(b"\n") + 1
            problem = Problem("", f"It is not UTF-8 text (line {line})", "Save it as UTF-8 in your editor.")
    raise ConfigurationError(str(path), (problem,))


def _parse(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        advice = "Windows paths stand in 'single quotes'." if "\\" in str(error) or "hex" in str(error) else ""
        problem = Problem("", f"It is not TOML: {error}", advice)
    except (ValueError, RecursionError):
        problem = Problem("", "It is not TOML: a number is too long, or lists and tables are nested too deeply")
    raise ConfigurationError(str(path), (problem,))


def _misnamed(document: Mapping[str, Any]) -> list[Finding]:
    """Find profiles with a key `name`, which the settings take from the title of the table."""
    profiles = document.get("profile")
    return [
        (("profile", name, "name"), Fault("is not a known key", "The title of the table is the name."))
        for name, table in (profiles.items() if isinstance(profiles, dict) else ())
        if isinstance(table, dict) and "name" in table
    ]


def _worked_on_twice(settings: Settings) -> list[Finding]:
    """Find enabled profiles that serve the appliance and the tenant of one before: each would deliver all again."""
    found: list[Finding] = []
    before: list[Profile] = []
    for name, profile in settings.profiles.items():
        serves = profile.serves
        for other in before if profile.enabled else ():
            if other.serves.appliance == serves.appliance and other.serves.is_tenant(serves):
                said = f"serves the same appliance and Autotask tenant as the profile {other.name!r}"
                fault = Fault(said, "Keep one of the two and set enabled = false in the other, or take it away.")
                found.append((("profile", name), fault))
                break
        before += [profile] if profile.enabled else []
    return found


def _warn_of_twins(settings: Settings) -> Iterator[Problem]:
    """Warn of profiles that would each make a ticket for the same session, and write its number over the other's."""
    making = [profile for profile in settings.profiles.values() if profile.enabled and profile.tickets.enabled]
    hosts = [profile.appliance.host.lower() for profile in making]
    for profile in making:
        if hosts.count(profile.appliance.host.lower()) > 1:
            yield Problem(
                key_path(("profile", profile.name, "tickets")),
                "makes tickets, and so does another profile of the same appliance",
                "Let one of them make tickets: a session can name one ticket only.",
            )


def _warn_of_settings(settings: Settings) -> Iterator[Problem]:
    for name, profile in settings.profiles.items():
        if not profile.appliance.verify_certificates:
            yield Problem(
                key_path(("profile", name, "appliance", "verify_certificates")),
                "is false: anyone between here and the appliance can read and change everything",
                "Name the appliance's certificate in ca_file instead.",
            )
        if profile.autotask.settle_seconds < SAFE_SETTLE_SECONDS:
            yield Problem(
                key_path(("profile", name, "autotask", "settle_seconds")),
                f"is below {SAFE_SETTLE_SECONDS}: a note or time entry may be doubled",
                "Autotask may work five minutes on a request whose caller is gone.",
            )
        if PollEvent.SESSION_END not in profile.poll_events:
            yield Problem(
                key_path(("profile", name, "poll_events")),
                'has no "session-end": a session whose outbound event is lost is never delivered',
                "Poll for it too; nothing is delivered twice.",
            )


def _warn_of_readers(settings: Settings, document: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    """Warn when others may read a file that holds secrets; Windows keeps its rights elsewhere."""
    if os.name != "posix" or not _open_to_others(path):
        return
    for place, section in _tables(settings):
        for key, value in section:
            if isinstance(value, SecretStr) and isinstance(_at(document, place)[key], str):
                yield Problem(
                    key_path((*place, key)),
                    "stands here for every user of this machine to read",
                    f'Run: chmod 600 "{path}", or take the secret from elsewhere.',
                )


def _tables(settings: Settings) -> Iterator[tuple[Location, Section]]:
    """Yield every table within the profiles and beside them, with its place."""
    for name, profile in settings.profiles.items():
        yield from ((("profile", name, key), section) for key, section in profile if isinstance(section, Section))
    yield from (((key,), getattr(settings, key)) for key in TABLES)


def _at(document: Any, place: Location) -> Any:
    for part in place:
        document = document[part]
    return document


def _open_to_others(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))
    except OSError:  # gone since it was read
        return False
