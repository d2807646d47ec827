"""A secret stands in the configuration, or where the configuration points to. No error tells its value."""

from __future__ import annotations

import importlib
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bt_autotask_sync.config.problems import Fault, InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

COMMAND_TIMEOUT = 30.0
"""Seconds until a command that should print a secret is given up."""

FORMS = (
    'Write a string, { env = "NAME" }, { file = "PATH" }, { command = ["PROGRAM", …] } or { keyring = "service/user" }'
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the values of a configuration are read against: its directory, for relative paths, and the environment."""

    directory: Path = field(default_factory=Path)
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)


def resolve_secret(value: object, surroundings: Surroundings) -> str:
    """Return the secret that `value` is or points to.

    Raises:
        InvalidValueError: It is none of the forms, there is nothing where it points to, or what is there can be no
            secret: it is empty, is surrounded by blanks, or has several lines.
    """
    if isinstance(value, str):
        return _checked(value, "the text")
    if not isinstance(value, dict) or len(value) != 1:
        raise InvalidValueError(Fault("is neither a string nor a reference to a secret", f"{FORMS}."))
    kind, target = next(iter(value.items()))
    source = SOURCES.get(kind)
    if source is None:
        raise InvalidValueError(Fault("refers to a secret in an unknown way", f"{FORMS}."))
    return source(target, surroundings)


def _from_environment(name: object, surroundings: Surroundings) -> str:
    if not isinstance(name, str) or not name:
        raise InvalidValueError(Fault("env must be the name of an environment variable"))
    if name not in surroundings.environ:
        raise InvalidValueError(Fault(f"the environment variable {name} is not set", "Set it where the program runs."))
    return _checked(surroundings.environ[name], f"the environment variable {name}")


def _from_file(name: object, surroundings: Surroundings) -> str:
    if not isinstance(name, str) or not name:
        raise InvalidValueError(Fault("file must be the path of a file"))
    path = surroundings.directory / name
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidValueError(Fault(f"the file {path} cannot be read ({error.strerror})")) from None
    except ValueError:
        raise InvalidValueError(Fault("file must be the path of a file")) from None
    return _decoded(content, f"the file {path}")


def _from_command(arguments: object, surroundings: Surroundings) -> str:
    if not isinstance(arguments, list) or not arguments or not all(isinstance(word, str) for word in arguments):
        raise InvalidValueError(Fault('command must be a list of strings like ["pass", "show", "autotask"]'))
    words: list[str] = arguments
    try:
        done = subprocess.run(  # noqa: S603  # running the user's own command, without a shell, is what is asked for
            words,
            check=False,
            cwd=surroundings.directory,
            env=dict(surroundings.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=COMMAND_TIMEOUT,
        )
    except subprocess.TimeoutExpired:
        problem = f"did not end within {COMMAND_TIMEOUT:.0f} seconds"
    except (OSError, ValueError):
        problem = "cannot be started"
    else:
        if done.returncode == 0:
            return _decoded(done.stdout, f"the output of the command {words[0]}")
        problem = f"failed with code {done.returncode}"
    raise InvalidValueError(
        Fault(f"the command {words[0]} {problem}", "Run it by hand as the user that the program runs as.")
    )


def _from_keyring(name: object, _: Surroundings) -> str:
    service, _slash, user = name.rpartition("/") if isinstance(name, str) else ("", "", "")
    if not service or not user:
        raise InvalidValueError(Fault('keyring must be like "service/user"'))
    try:
        keyring = importlib.import_module("keyring")
    except ImportError:
        advice = 'Install it with: pip install "bt-autotask-sync[keyring]".'
        raise InvalidValueError(Fault("the package keyring is not installed", advice)) from None
    try:
        secret = keyring.get_password(service, user)
    except Exception as error:  # noqa: BLE001  # every backend has errors of its own
        raise InvalidValueError(Fault(f"the keyring cannot be read ({type(error).__name__})")) from None
    if secret is None:
        advice = f'Store it with: keyring set "{service}" "{user}".'
        raise InvalidValueError(Fault(f"the keyring has no entry {service}/{user}", advice))
    return _checked(str(secret), f"the keyring's entry {service}/{user}")


SOURCES: dict[str, Callable[[object, Surroundings], str]] = {
    "env": _from_environment,
    "file": _from_file,
    "command": _from_command,
    "keyring": _from_keyring,
}


def _decoded(content: bytes, where: str) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidValueError(Fault(f"{where} is not UTF-8 text")) from None
    return _checked(text.removesuffix("\n").removesuffix("\r"), where)


def _checked(secret: str, where: str) -> str:
    """Return `secret` if it can stand in an HTTP header; a blank around it is a slip of copying."""
    if not secret:
        raise InvalidValueError(Fault(f"{where} is empty"))
    if secret != secret.strip():
        raise InvalidValueError(Fault(f"{where} begins or ends with a blank or a line break"))
    if not secret.isprintable():
        raise InvalidValueError(Fault(f"{where} contains a line break or a control character"))
    return secret
