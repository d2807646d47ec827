"""The documents name the commands and options that there are, and every line to type is one that the program takes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING, Any

import pytest
import typer
from typer.testing import CliRunner

from bt_autotask_sync.cli.app import app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PROGRAM = "bt-autotask-sync"
USAGE = re.compile(rf"^\| `{PROGRAM} ([^`]+)` \|", re.MULTILINE)
OPTION = re.compile(r"(\[)?(--[a-z-]+)(?: ([A-Z]+))?")
INLINE = re.compile(rf"`({PROGRAM} [^`]+)`")
ADDED_TO_CRONTAB = re.compile(r'echo "(?:\S+ ){5}(.+)"\) \| crontab -$')
SHELL_GOES_ON = re.compile(r"\s(?:>>?|\||#).*$")


def commands(group: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every command with the words that lead to it."""
    for name, command in group.commands.items():
        here = f"{path} {name}".strip()
        if hasattr(command, "commands"):
            yield from commands(command, here)
        else:
            yield here, command


def options(command: Any) -> dict[str, tuple[str, bool]]:
    """Return the metavar of each option, "" for a flag, and whether it can be left out."""
    return {
        option.opts[0]: ("" if option.is_flag else option.metavar or option.type.name.upper(), not option.required)
        for option in command.params
        if option.param_type_name == "option"
    }


def words_of(usage: str) -> str:
    return " ".join(word for word in usage.split() if re.fullmatch(r"[a-z]+", word))


@pytest.fixture
def root_command() -> Any:
    return typer.main.get_command(app)


@pytest.fixture
def usages(readme: str) -> dict[str, str]:
    return {words_of(usage): usage for usage in USAGE.findall(readme)}


@pytest.fixture
def takes(root_command: Any) -> Callable[[list[str]], str]:
    """Return what the program has against these arguments; they are parsed, and nothing is done."""

    def complaint(arguments: list[str]) -> str:
        command, context, left, name = root_command, None, arguments, PROGRAM
        try:
            while command is not None:
                context = command.make_context(name, list(left), parent=context)
                if not hasattr(command, "commands"):
                    return ""
                left = [*context._protected_args, *context.args]
                name, command, left = command.resolve_command(context, left)
        except typer.Exit:  # --version and --help are enough by themselves
            return ""
        except Exception as error:  # noqa: BLE001 - whatever the parser says
            return str(error) or type(error).__name__
        return f"{name} is no command"

    return complaint


def arguments_of(line: str) -> list[str] | None:
    """Return what follows the program in a line to type; None when it calls something else."""
    if added := ADDED_TO_CRONTAB.search(line):
        line = added[1].replace(f"$(command -v {PROGRAM})", PROGRAM)
    words = shlex.split(SHELL_GOES_ON.sub("", line).replace("\\", "\\\\"))
    if not words or PureWindowsPath(words[0]).name.removesuffix(".exe") != PROGRAM:
        return None
    return words[1:]


def test_the_readme_names_every_command_and_no_other(root_command: Any, usages: dict[str, str]) -> None:
    assert set(usages) == {path for path, _ in commands(root_command)}


def test_the_readme_names_every_option_and_no_other(root_command: Any, usages: dict[str, str]) -> None:
    written = {
        path: {name: (metavar, bool(bracket)) for bracket, name, metavar in OPTION.findall(usage)}
        for path, usage in usages.items()
    }
    assert written == {path: options(command) for path, command in commands(root_command)}


def test_every_option_of_the_readme_is_in_the_help_of_its_command(usages: dict[str, str]) -> None:
    for path, usage in usages.items():
        told = CliRunner().invoke(app, [*path.split(), "--help"], env={"COLUMNS": "200"}).output
        missing = [name for _, name, _ in OPTION.findall(usage) if name not in told]
        assert not missing, path


def test_the_readme_names_the_options_before_the_command(root_command: Any, readme: str) -> None:
    paragraph = next(part for part in readme.split("\n\n") if part.startswith("Before the command:"))
    names = {name for option in root_command.params for name in option.opts}
    assert set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", paragraph.replace("`-vv`", ""))) == names | {"--help"}
    variables = {option.envvar for option in root_command.params if option.envvar}
    assert set(re.findall(r"BT_[A-Z_]+", paragraph)) == variables


def test_every_line_to_type_is_taken(
    documents: list[Path], blocks: Callable[[Path, str], list[str]], takes: Callable[[list[str]], str]
) -> None:
    tried = 0
    for document in documents:
        for block in blocks(document, "sh|powershell"):
            for line in block.splitlines():
                arguments = arguments_of(line)
                if arguments is not None:
                    assert not takes(arguments), f"{document.name}: {line}"
                    tried += 1
    assert tried > 5


def test_every_command_in_running_text_is_taken(documents: list[Path], takes: Callable[[list[str]], str]) -> None:
    tried = 0
    for document in documents:
        for line in INLINE.findall(document.read_text(encoding="utf-8")):
            if "[" in line or "..." in line:  # the usage of a command, which other tests compare
                continue
            arguments = arguments_of(line)
            assert arguments is not None
            assert not takes(arguments), f"{document.name}: {line}"
            tried += 1
    assert tried > 5


def test_a_line_that_the_program_does_not_take_would_be_noticed(takes: Callable[[list[str]], str]) -> None:
    for line in ("run --dryrun", "sync", "held", "held skip 0123456789ab", "run --limit few", "templates show", ""):
        assert takes(line.split()), line
    assert not takes(["run", "--limit", "5"])


def test_the_lines_of_the_crontab_are_taken(root: Path, takes: Callable[[list[str]], str]) -> None:
    lines = [line for line in (root / "cron.example").read_text().splitlines() if "* *" in line]
    assert lines
    for line in lines:
        *times, _, call = line.split(maxsplit=6)
        assert len(times) == 5
        assert all(re.fullmatch(r"[\d*/,-]+", time) for time in times)
        arguments = arguments_of(call)
        assert arguments is not None
        assert not takes(arguments), line


def test_the_line_of_the_task_scheduler_is_taken(readme: str, takes: Callable[[list[str]], str]) -> None:
    (call,) = re.findall(r'^schtasks .*/TR "([^"]+)"', readme, re.MULTILINE)
    assert len(call) <= 261, "schtasks takes no longer one"
    arguments = arguments_of(call)
    assert arguments is not None
    assert not takes(arguments)
