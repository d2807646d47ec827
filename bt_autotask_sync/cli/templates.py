"""`templates list`, `show`, `export`, `check` and `variables`: edit notes with confidence."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - part of the commands' signatures
from typing import TYPE_CHECKING

import typer

from bt_autotask_sync.cli.failure import tell
from bt_autotask_sync.cli.profiles import chosen_profiles
from bt_autotask_sync.errors import SyncError, UsageError
from bt_autotask_sync.exit_code import ExitCode
from bt_autotask_sync.notes.kind import Kind
from bt_autotask_sync.notes.template_check import check as find_mistakes
from bt_autotask_sync.notes.templates import FILE_NAMES, Templates, shipped_directory
from bt_autotask_sync.notes.variables import variables as all_variables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bt_autotask_sync.cli.options import Options
    from bt_autotask_sync.config.models import Profile
    from bt_autotask_sync.notes.template_syntax import Finding
    from bt_autotask_sync.notes.variables import Variable

SUFFIX = ".mustache"


def list_templates(options: Options) -> ExitCode:
    """Print which file each template comes from, profile by profile."""
    try:
        for profile in chosen_profiles(options):
            typer.echo(f"{profile.name}:")
            for name, file in Templates.load(profile.templates.directory).files.items():
                typer.echo(f"  {name.removesuffix(SUFFIX):28} {'shipped' if file.shipped else file.path}")
    except SyncError as error:
        return tell(error)
    return ExitCode.DONE


def show(options: Options, name: str, shipped: bool) -> ExitCode:
    """Print a template as the profile uses it, or as it was shipped."""
    try:
        directories = {None} if shipped else {profile.templates.directory for profile in chosen_profiles(options)}
        if len(directories) > 1:
            raise UsageError("The profiles have different templates.", "Put --profile NAME before the command.")
        files = Templates.load(next(iter(directories), None)).files
        file = files.get(f"{name.removesuffix(SUFFIX)}{SUFFIX}")
        if file is None:
            raise UsageError(f"There is no template {name!r}.", f"There are: {', '.join(_short_names())}.")
        typer.echo(file.template.text, nl=False)
    except SyncError as error:
        return tell(error)
    return ExitCode.DONE


def export(directory: Path, force: bool) -> ExitCode:
    """Write the shipped templates into a directory, leaving files that are there already."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name in FILE_NAMES:
            target = directory / name
            if target.exists() and not force:
                typer.echo(f"left as it is: {target}")
                continue
            target.write_bytes((shipped_directory() / name).read_bytes())
            typer.echo(f"written: {target}")
    except SyncError as error:
        return tell(error)
    except OSError as error:
        return tell(UsageError(f"{directory} cannot be written: {error.strerror}.", "Name another directory."))
    return ExitCode.DONE


def check(options: Options) -> ExitCode:
    """Name every mistake in the profiles' own templates: line, column, and what does the same."""
    try:
        findings = [line for profile in chosen_profiles(options) for line in _findings(profile)]
    except SyncError as error:
        return tell(error)
    for line in findings:
        typer.echo(line)
    if not findings:
        typer.echo("No mistakes.")
    return ExitCode.WAITING if findings else ExitCode.DONE


def variables(kind: Kind, public: bool) -> ExitCode:
    """Print everything that a template can say, with its type and an example."""
    for variable in all_variables(kind, public=public):
        for line in _described(variable):
            typer.echo(line)
    return ExitCode.DONE


def _findings(profile: Profile) -> Iterator[str]:
    """Yield the mistakes in a profile's own texts; unknown files too, as nobody would read them."""
    summary = profile.time_entries.default_data.summary_notes
    for finding in find_mistakes(summary, Kind.SESSION, public=True):
        yield _line(f"profile {profile.name}: time_entries.default_data.summaryNotes", finding)
    directory = profile.templates.directory
    for path in sorted(directory.iterdir()) if directory else ():
        if path.name not in FILE_NAMES:
            yield f"{path}: not a template of this program. There are: {', '.join(FILE_NAMES)}."
            continue
        kind = Kind(path.name.rsplit("_", 1)[0])
        for finding in find_mistakes(_text(path), kind, public=profile.autotask.publish_notes_as_public):
            yield _line(str(path), finding)


def _line(place: str, finding: Finding) -> str:
    return f"{place}:{finding.line}:{finding.column}: {finding.message}. {finding.advice}".rstrip()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read as UTF-8 text.", "Save it as UTF-8 in your editor.") from error


def _described(variable: Variable) -> Iterator[str]:
    yield f"{variable.name}  ({variable.type})"
    yield f"    {variable.description}"
    example = variable.example.splitlines()
    if example:
        yield f"    e.g. {example[0]}{' …' if len(example) > 1 else ''}"


def _short_names() -> list[str]:
    return [name.removesuffix(SUFFIX) for name in FILE_NAMES]
