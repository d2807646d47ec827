"""A run as JSON, and as text that names only what this run changed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

import typer

from bt_autotask_sync.cli.failure import explain, tell
from bt_autotask_sync.exit_code import ExitCode, code_for, worst
from bt_autotask_sync.notes.text import clip
from bt_autotask_sync.state.states import ArtifactKind, SessionState
from bt_autotask_sync.sync.match.key_text import shown_key
from bt_autotask_sync.sync.plan.artifact import PLACEHOLDER
from bt_autotask_sync.sync.plan.billing import whole_minutes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bt_autotask_sync.sync.plan.artifact import Artifact
    from bt_autotask_sync.sync.summary import ProblemRow, Summary

SCHEMA = 1
WIDTH = 80
SHOWN_PROBLEMS = 10
"""Sessions with the same trouble that the text names one by one; --json lists all."""

NEW_TICKET = "a new ticket"
_WORDS = {ArtifactKind.TICKET: "ticket", ArtifactKind.NOTE: "note"}
_OUTCOMES = {
    ExitCode.DONE: "done",
    ExitCode.UNEXPECTED: "failed",
    ExitCode.USAGE: "usage",
    ExitCode.WAITING: "held",
    ExitCode.ENDED_EARLY: "ended_early",
    ExitCode.CREDENTIALS: "credentials",
    ExitCode.LOCKED: "locked",
    ExitCode.INTERRUPTED: "interrupted",
    ExitCode.TERMINATED: "interrupted",
}
_KINDS = {
    ArtifactKind.TICKET: ("tickets", "ticket"),
    ArtifactKind.NOTE: ("notes", "note"),
    ArtifactKind.TIME_ENTRY: ("time_entries", "time entry"),
}


def finish(
    command: str, summaries: Sequence[Summary], error: BaseException | None, *, dry_run: bool, as_json: bool
) -> ExitCode:
    """Print what came of a command, and return its exit code.

    Args:
        command: The command's name.
        summaries: What came of each profile.
        error: What kept the command from beginning at all.
        dry_run: Whether it was one.
        as_json: One JSON object instead of text.
    """
    codes = [exit_code(summary) for summary in summaries]
    code = worst([*codes, code_for(error)] if error else codes)
    if error is not None:
        tell(error)
    for summary in summaries:
        if summary.error is not None:
            tell(summary.error, summary.profile if len(summaries) > 1 else "")
    if as_json:
        report: dict[str, Any] = {
            "schema": SCHEMA,
            "command": command,
            "dry_run": dry_run,
            "exit_code": int(code),
            "profiles": [_profile(summary, dry_run=dry_run) for summary in summaries],
        }
        typer.echo(json.dumps(report | error_json(error), ensure_ascii=False))
    else:
        for summary in summaries:
            for line in _text(summary, dry_run=dry_run, named=len(summaries) > 1):
                typer.echo(line)
    return code


def exit_code(summary: Summary) -> ExitCode:
    """Return the exit code of one profile's run."""
    if summary.error is not None:
        return code_for(summary.error)
    return ExitCode.WAITING if summary.waits() else ExitCode.DONE


def planned_requests(planned: Sequence[Artifact]) -> list[dict[str, Any]]:
    """Return the requests of a dry run, in order within a session."""
    return [
        {
            "lsid": artifact.lsid,
            "kind": artifact.kind,
            "ticket_number": artifact.ticket_number,
            "method": "POST",
            "path": artifact.path,
            "body": dict(artifact.body),
        }
        for artifact in planned
    ]


def _profile(summary: Summary, *, dry_run: bool) -> dict[str, Any]:
    standing = summary.standing
    return {
        "profile": summary.profile,
        "outcome": _OUTCOMES[exit_code(summary)],
        "sessions": {
            "found": summary.found,
            "delivered": summary.delivered,
            "already": summary.already,
            "no_ticket": summary.no_ticket,
            "held": standing.get(SessionState.HELD, 0),
            "unsettled": standing.get(SessionState.UNSETTLED, 0),
            "parked": standing.get(SessionState.PARKED, 0),
        },
        "created": {name: summary.created[kind] for kind, (name, _) in _KINDS.items()},
        "adopted": {name: summary.adopted[kind] for kind, (name, _) in _KINDS.items()},
        "requests": {"appliance": summary.appliance_requests, "autotask": summary.autotask_requests},
        "watermark": moment(summary.watermark),
        "seconds": round(summary.seconds, 3),
        "next_due": moment(summary.next_due),
        "problems": [problem_json(problem) for problem in (*summary.problems, *summary.missing)],
        "plan": planned_requests(summary.planned) if dry_run else [],
    } | error_json(summary.error)


def problem_json(problem: ProblemRow) -> dict[str, Any]:
    """Return a problem as JSON values."""
    return {
        "lsid": problem.lsid,
        "external_key": problem.external_key,
        "kind": problem.kind,
        "stage": problem.stage,
        "error": problem.error,
        "advice": problem.advice,
        "attempts": problem.attempts,
        "state": problem.state,
    }


def error_json(error: BaseException | None) -> dict[str, str]:
    """Return what ended a command early as JSON values; nothing for None."""
    if error is None:
        return {}
    message, advice = explain(error)
    return {"error": message, "advice": advice}


def moment(seconds: int | None) -> str | None:
    """Return unix seconds as ISO 8601 in UTC."""
    return None if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _text(summary: Summary, *, dry_run: bool, named: bool) -> Iterator[str]:
    """Yield the lines of one profile; none when nothing happened."""
    head = f"{summary.profile}: " if named else ""
    if dry_run:
        yield from _plan_lines(summary.planned)
    counts = _counts(summary)
    if counts:
        yield f"{head}{'Dry run: ' if dry_run else ''}{', '.join(counts)}."
    elif dry_run and summary.error is None:
        yield f"{head}Dry run: nothing to do."
    yield from _problem_lines([*summary.new_problems, *summary.missing])


def _problem_lines(news: Sequence[ProblemRow]) -> Iterator[str]:
    """Yield what waits, sessions with the same trouble together."""
    alike: dict[tuple[str, str, str], list[ProblemRow]] = {}
    for problem in news:
        alike.setdefault((problem.state, problem.error, problem.advice), []).append(problem)
    for (state, error, advice), problems in alike.items():
        yield f"  {state}: {error}"
        if advice:
            yield f"    {advice}"
        for problem in problems[:SHOWN_PROBLEMS]:
            key = f"  {short(problem.external_key)}" if problem.external_key else ""
            yield f"    - {problem.lsid[:12]}{key}"
        if len(problems) > SHOWN_PROBLEMS:
            yield f"    … and {len(problems) - SHOWN_PROBLEMS} more; --json lists all."


def _counts(summary: Summary) -> list[str]:
    figures = (
        (summary.delivered, "session", "delivered"),
        (summary.already, "session", "already there"),
        (summary.no_ticket, "session", "without a ticket"),
        *((summary.created[kind], words, "created") for kind, (_, words) in _KINDS.items()),
        *((summary.adopted[kind], words, "adopted") for kind, (_, words) in _KINDS.items()),
        *((sum(p.state == s for p in summary.new_problems), "problem", s) for s in ("held", "unsettled", "parked")),
        (len(summary.missing), "record", "missing"),
    )
    return [f"{count} {_plural(words, count)} {what}" for count, words, what in figures if count]


def _plan_lines(planned: Sequence[Artifact]) -> Iterator[str]:
    """Yield per ticket the notes, and per technician the minutes, actual and billed."""
    for (number, _), artifacts in groupby(sorted(planned, key=_target), key=_target):
        yield NEW_TICKET if number == PLACEHOLDER else number
        for (kind, _, technician), alike in groupby(artifacts, key=lambda one: (one.kind, one.lsid, one.technician)):
            if kind is ArtifactKind.TIME_ENTRY:
                yield _time_line(technician, list(alike))
            else:
                yield from map(_title_line, alike)


def _title_line(artifact: Artifact) -> str:
    """Return a note by its title, which ends with its mark; a ticket by as much of its title as fits."""
    line = f"  {_WORDS[artifact.kind]}  {artifact.body['title']}"
    return clip(line, WIDTH) if artifact.kind is ArtifactKind.TICKET else line


def _time_line(technician: str, entries: Sequence[Artifact]) -> str:
    """Return the time of one technician in one session."""
    spans = [(entry.start, entry.end) for entry in entries if entry.start and entry.end]
    worked = whole_minutes(sum(entry.worked for entry in entries))
    billed = whole_minutes(int(sum((end - start).total_seconds() for start, end in spans)))
    number = f" in {len(entries)} entries" if len(entries) > 1 else ""
    start = min(start for start, _ in spans)
    return f"  time  {technician}, actual {worked} min, billed {billed} min{number}, from {start:%Y-%m-%d %H:%M} UTC"


def _target(artifact: Artifact) -> tuple[str, str]:
    """Return what an artifact stands on: a ticket by its number, or one that does not exist yet by its session."""
    return artifact.ticket_number, artifact.lsid if artifact.ticket_number == PLACEHOLDER else ""


def _plural(words: str, count: int) -> str:
    if count == 1:
        return words
    return words[:-1] + "ies" if words.endswith("y") else words + "s"


def short(key: str) -> str:
    """Return an external key on one line, cut to fit beside other things."""
    return shown_key(key, 40)
