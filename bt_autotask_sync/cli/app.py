"""The commands and the options before them. Each command imports what it needs when it runs: cron pays for no more."""

from __future__ import annotations

import gc
import sys
from importlib import import_module
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import Annotated, Any

import typer

from bt_autotask_sync import __version__
from bt_autotask_sync.cli.options import Options

app = typer.Typer(
    name="bt-autotask-sync",
    help="Puts every ended BeyondTrust Remote Support session on its Autotask ticket, exactly once.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)
config_commands = typer.Typer(help="Make and inspect a configuration.", no_args_is_help=True, rich_markup_mode=None)
held_commands = typer.Typer(
    help="The queue of what could not be delivered.", no_args_is_help=True, rich_markup_mode=None
)
template_commands = typer.Typer(help="Edit the texts of notes.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(config_commands, name="config")
app.add_typer(held_commands, name="held")
app.add_typer(template_commands, name="templates")

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
Since = Annotated[str | None, typer.Option(metavar="T", help="From this time on: ISO 8601, or 2d, 36h, 15m ago.")]
Until = Annotated[str | None, typer.Option(metavar="T", help="Up to this time.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print what would be sent; send and change nothing.")]


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"bt-autotask-sync {__version__}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(envvar="BT_AUTOTASK_SYNC_CONFIG", metavar="FILE", help="The configuration file."),
    ] = None,
    profile: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this profile; may be given several times.")
    ] = None,
    state_dir: Annotated[
        Path | None,
        typer.Option(envvar="BT_AUTOTASK_SYNC_STATE_DIR", metavar="DIR", help="Where the checkpoint file lies."),
    ] = None,
    verbose: Annotated[int, typer.Option("-v", "--verbose", count=True, help="Tell more on stderr; -vv: all.")] = 0,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Tell errors only.")] = False,
    log_format: Annotated[str, typer.Option(metavar="text|json", help="How stderr is written.")] = "text",
    _version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version.")
    ] = False,
) -> None:
    """Read the options before the command."""
    if log_format not in ("text", "json"):
        raise typer.BadParameter("must be text or json", param_hint="--log-format")
    if context.resilient_parsing or "--help" in sys.argv:
        return
    _command("log").set_up(-1 if quiet else verbose, as_json=log_format == "json")
    context.obj = Options(config, tuple(profile or ()), state_dir)


@app.command()
def run(
    context: typer.Context,
    dry_run: DryRun = False,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int | None, typer.Option(metavar="N", help="Take up at most N sessions.")] = None,
    as_json: AsJson = False,
) -> None:
    """Deliver what ended: one pass over every enabled profile. Quiet when there was nothing to do."""
    _exit(_command("run").run(context.obj, dry_run, since, until, limit, as_json))


@app.command()
def resync(
    context: typer.Context,
    lsid: Annotated[
        list[str] | None, typer.Argument(metavar="[LSID]...", help="Sessions, by lsid or its first 12 digits or more.")
    ] = None,
    since: Since = None,
    until: Until = None,
    ticket: Annotated[
        str, typer.Option(metavar="NUMBER", help="Send the named sessions to this ticket; it is remembered.")
    ] = "",
    partly: Annotated[
        bool,
        typer.Option(
            "--partly", help="With --since: also the time of sessions that Autotask holds in part, unknown here."
        ),
    ] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Deliver named sessions, or a window, by hand; also long ago. What was deleted is made again for an LSID only."""
    _exit(_command("resync").resync(context.obj, tuple(lsid or ()), since, until, ticket, partly, dry_run, as_json))


@app.command()
def check(
    context: typer.Context,
    offline: Annotated[bool, typer.Option("--offline", help="Ask neither system: look at what is here.")] = False,
    as_json: AsJson = False,
) -> None:
    """Try every setting against the live systems, and say how to mend what is wrong. Changes nothing there."""
    _exit(_command("check").check(context.obj, offline, as_json))


@app.command()
def audit(
    context: typer.Context,
    since: Since = None,
    until: Until = None,
    as_json: AsJson = False,
    csv: Annotated[
        Path | None,
        typer.Option("--csv", metavar="FILE", dir_okay=False, help="Write a row for each session and technician."),
    ] = None,
) -> None:
    """Hold the appliance, the ledger and Autotask against each other, and say what mends each difference."""
    _exit(_command("audit").audit(context.obj, since, until, csv, as_json))


@app.command()
def listen(
    context: typer.Context,
    allow_plain: Annotated[
        bool, typer.Option("--allow-plain", help="Listen without TLS also where others can read along.")
    ] = False,
) -> None:
    """Receive outbound events, keep them, and start runs that work on them; until interrupted."""
    _exit(_command("listen").listen(context.obj, allow_plain))


@config_commands.command("validate")
def config_validate(context: typer.Context) -> None:
    """Name everything that is wrong with the configuration, at once."""
    _exit(_command("config").validate(context.obj))


@config_commands.command("show")
def config_show(context: typer.Context) -> None:
    """Print the configuration as it is understood, defaults included, secrets masked."""
    _exit(_command("config").show(context.obj))


@config_commands.command("example")
def config_example() -> None:
    """Print a complete, commented example."""
    _exit(_command("config").example())


@held_commands.command("list")
def held_list(
    context: typer.Context,
    skipped: Annotated[
        bool, typer.Option("--skipped", help="Show what was skipped instead: when, by whom, why.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show what is held, unsettled or parked, with the reason, the next step and how old it is."""
    _exit(_command("held").list_held(context.obj, skipped, as_json))


@held_commands.command("retry")
def held_retry(
    context: typer.Context,
    lsid: Annotated[list[str] | None, typer.Argument(metavar="[LSID]...", help="Sessions to release.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Release all that is held or parked.")] = False,
) -> None:
    """Release sessions: the next run tries them again, parked ones too."""
    _exit(_command("held").retry(context.obj, tuple(lsid or ()), everything))


@held_commands.command("skip")
def held_skip(
    context: typer.Context,
    lsid: Annotated[list[str], typer.Argument(metavar="LSID...", help="Sessions to give up.")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; kept with your name and the time.")],
) -> None:
    """Give sessions up for good: what of them is not delivered never will be."""
    _exit(_command("held").skip(context.obj, tuple(lsid), reason))


@template_commands.command("list")
def templates_list(context: typer.Context) -> None:
    """Show which file each template comes from."""
    _exit(_command("templates").list_templates(context.obj))


@template_commands.command("show")
def templates_show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Like session_note.")],
    shipped: Annotated[bool, typer.Option("--shipped", help="As it was shipped, not as the profile has it.")] = False,
) -> None:
    """Print one template."""
    _exit(_command("templates").show(context.obj, name, shipped))


@template_commands.command("export")
def templates_export(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Where to write them.")],
    force: Annotated[bool, typer.Option("--force", help="Write over files that are there.")] = False,
) -> None:
    """Write the shipped templates into a directory, to edit them there."""
    _exit(_command("templates").export(directory, force))


@template_commands.command("check")
def templates_check(context: typer.Context) -> None:
    """Name every mistake in your own templates, with line, column and the mend."""
    _exit(_command("templates").check(context.obj))


@template_commands.command("variables")
def templates_variables(
    kind: Annotated[
        str, typer.Argument(metavar="KIND", help="session, customer_survey or representative_survey.")
    ] = "session",
    public: Annotated[bool, typer.Option("--public", help="Only what a public note may say.")] = False,
) -> None:
    """Print everything that a template can say, with its type and an example."""
    kinds = _command("templates").Kind
    if kind not in list(kinds):
        raise typer.BadParameter(f"must be one of {', '.join(kinds)}", param_hint="KIND")
    _exit(_command("templates").variables(kinds(kind), public))


@app.command()
def sandbox(
    port: Annotated[int, typer.Option(min=0, max=65535, metavar="N", help="The port on loopback; 0: any.")] = 0,
    sessions: Annotated[int, typer.Option(min=0, metavar="N", help="How many ended sessions there are.")] = 24,
    seed: Annotated[int, typer.Option(metavar="S", help="The same seed makes the same week.")] = 1,
    latency: Annotated[int, typer.Option(min=0, metavar="MS", help="Milliseconds that every answer takes.")] = 0,
    threshold: Annotated[int, typer.Option(min=0, metavar="N", help="Requests an hour; 0: no limit.")] = 10_000,
    events: Annotated[str | None, typer.Option(metavar="URL", help="Where outbound events are sent.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object first: where and how.")] = False,
) -> None:
    """Run both products on loopback until interrupted, with a ready configuration."""
    _exit(_command("sandbox").sandbox(port, sessions, seed, latency, threshold, events, as_json))


@app.command()
def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Leave the sandbox up until interrupted.")] = False,
    events: Annotated[
        bool, typer.Option("--events", help="Show outbound events instead: a ticket appears while its session runs.")
    ] = False,
) -> None:
    """Show the main job on the sandbox: dry run, run, second run, and one ticket as it reads afterwards."""
    _exit(_command("demo_events" if events else "demo").demo(keep))


def _command(module: str) -> Any:
    """Import a command. Nothing is garbage while modules are made, so nothing of them is looked through for it."""
    gc.disable()
    try:
        return import_module(f"bt_autotask_sync.cli.{module}")
    finally:
        gc.freeze()
        gc.enable()


def _exit(code: int) -> None:
    raise typer.Exit(int(code))
