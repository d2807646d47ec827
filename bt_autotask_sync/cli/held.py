"""`held list`, `held retry` and `held skip`: the queue of what could not be delivered."""

from __future__ import annotations

import getpass
import json
from typing import TYPE_CHECKING, Any

import typer

from bt_autotask_sync.cli.failure import tell
from bt_autotask_sync.cli.profiles import chosen_profiles
from bt_autotask_sync.cli.report import SCHEMA, error_json, moment, problem_json, short
from bt_autotask_sync.clock import SystemClock
from bt_autotask_sync.errors import SyncError, UsageError
from bt_autotask_sync.exit_code import ExitCode, code_for
from bt_autotask_sync.state.opening import look_at_ledger, open_ledger
from bt_autotask_sync.sync.held import HeldQueue
from bt_autotask_sync.sync.resync import read_beginning

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bt_autotask_sync.cli.options import Options
    from bt_autotask_sync.state.ledger import Ledger
    from bt_autotask_sync.state.session_record import SessionRecord

_HOUR = 3600
_DAY = 24 * _HOUR


def list_held(options: Options, skipped: bool, as_json: bool) -> ExitCode:
    """Print everything that waits, with its reason, advice and age; or what was skipped."""
    try:
        with look_at_ledger(options.state()) as ledger:
            queues = _queues(options, ledger)
            code = ExitCode.WAITING if any(queue.sessions() for queue in queues.values()) else ExitCode.DONE
            if as_json:
                typer.echo(json.dumps(_json(queues, code), ensure_ascii=False))
            else:
                for line in _skips(queues) if skipped else _lines(queues, _now()):
                    typer.echo(line)
            return code
    except SyncError as error:
        if as_json:
            typer.echo(json.dumps(_json({}, code_for(error)) | error_json(error), ensure_ascii=False))
        return tell(error)


def retry(options: Options, lsids: tuple[str, ...], everything: bool) -> ExitCode:
    """Release sessions, so that the next run tries them again."""
    try:
        if bool(lsids) == everything:
            raise UsageError("Name sessions, or release --all.", "`held list` shows those that are held.")
        with open_ledger(options.state(), dry_run=False) as ledger:
            queues = _queues(options, ledger)
            chosen = (
                _chosen(queues, lsids) if lsids else {name: list(queue.sessions()) for name, queue in queues.items()}
            )
            for name, whole in chosen.items():
                queues[name].retry(whole)
        typer.echo(f"{sum(map(len, chosen.values()))} released; the next run tries again.")
    except SyncError as error:
        return tell(error)
    return ExitCode.DONE


def skip(options: Options, lsids: tuple[str, ...], reason: str) -> ExitCode:
    """Give sessions up, and keep who did so, when and why."""
    try:
        if not reason.strip():
            raise UsageError("--reason is empty.", "Say why: it is all that a later reader will have.")
        with open_ledger(options.state(), dry_run=False) as ledger:
            queues = _queues(options, ledger)
            chosen = _chosen(queues, lsids)
            with ledger.transaction():
                for name, whole in chosen.items():
                    queues[name].skip(whole, by=_user(), at=_now(), reason=reason.strip())
        typer.echo(f"{sum(map(len, chosen.values()))} skipped.")
    except SyncError as error:
        return tell(error)
    return ExitCode.DONE


def _now() -> int:
    """Return this machine's present, in seconds since 1970."""
    return int(SystemClock().now().timestamp())


def _queues(options: Options, ledger: Ledger | None) -> dict[str, HeldQueue]:
    profiles = chosen_profiles(options)
    return {} if ledger is None else {profile.name: HeldQueue(ledger, profile.name) for profile in profiles}


def _chosen(queues: Mapping[str, HeldQueue], names: tuple[str, ...]) -> dict[str, list[str]]:
    """Return the whole lsids of the named sessions by profile; raise UsageError for one that nobody holds."""
    chosen: dict[str, list[str]] = {}
    for beginning in dict.fromkeys(read_beginning(name) for name in names):
        found = [
            (name, lsid) for name, queue in queues.items() for lsid in queue.sessions() if lsid.startswith(beginning)
        ]
        if len(found) != 1:
            how_many = "Several held sessions begin" if found else "No held session begins"
            raise UsageError(f"{how_many} with {beginning}.", "`held list` shows those that are held.")
        name, lsid = found[0]
        if lsid not in chosen.setdefault(name, []):
            chosen[name].append(lsid)
    return chosen


def _lines(queues: Mapping[str, HeldQueue], now: int) -> Iterator[str]:
    for name, queue in queues.items():
        sessions = queue.sessions()
        for problem in queue.problems():
            head = f"{name}: " if len(queues) > 1 else ""
            key = f"  {short(problem.external_key)}" if problem.external_key else ""
            tried = f", tried {problem.attempts} times" if problem.attempts else ""
            age = _age(sessions[problem.lsid], now)
            yield f"{head}{problem.lsid}{key}"
            yield f"  {problem.kind.replace('_', ' ')} {problem.state}, {age} old{tried}"
            yield f"  {problem.error}"
            if problem.advice:
                yield f"  {problem.advice}"


def _skips(queues: Mapping[str, HeldQueue]) -> Iterator[str]:
    for name, queue in queues.items():
        for one in queue.skipped():
            head = f"{name}: " if len(queues) > 1 else ""
            yield f"{head}{one.lsid}  {moment(one.at)}  {one.by}: {one.reason}"


def _json(queues: Mapping[str, HeldQueue], code: ExitCode) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "command": "held list",
        "exit_code": int(code),
        "profiles": [
            {
                "profile": name,
                "problems": [problem_json(problem) for problem in queue.problems()],
                "skipped": [
                    {"lsid": one.lsid, "at": moment(one.at), "by": one.by, "reason": one.reason}
                    for one in queue.skipped()
                ],
            }
            for name, queue in queues.items()
        ],
    }


def _age(record: SessionRecord, now: int) -> str:
    """Return in words how long ago the session ended, or was first seen."""
    seconds = max(0, now - (record.ended_at or record.seen_at))
    if seconds >= 2 * _DAY:
        return f"{seconds // _DAY} days"
    return f"{seconds // _HOUR} h" if seconds >= _HOUR else f"{seconds // 60} min"


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"
