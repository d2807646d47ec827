"""`audit`: the appliance, the ledger and Autotask held against each other.

Nothing is changed, but that the checkpoint file knows afterwards whether credentials were refused or accepted.
"""

from __future__ import annotations

import json
import logging
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import typer

from bt_autotask_sync.audit.findings import AuditResult, Remark, Status
from bt_autotask_sync.audit.gather import gather
from bt_autotask_sync.audit.reconcile import audit as audit_evidence
from bt_autotask_sync.cli.audit_csv import write_csv
from bt_autotask_sync.cli.audit_text import lines
from bt_autotask_sync.cli.failure import explain, tell
from bt_autotask_sync.cli.moment import read_moment
from bt_autotask_sync.cli.profiles import chosen_profiles
from bt_autotask_sync.cli.progress import progress_bar
from bt_autotask_sync.cli.report import SCHEMA, moment
from bt_autotask_sync.cli.terminal import on_terminal
from bt_autotask_sync.clock import SystemClock
from bt_autotask_sync.errors import LockedError, SyncError, UsageError
from bt_autotask_sync.exit_code import ExitCode, code_for, worst
from bt_autotask_sync.state.directory import StateDirectoryError
from bt_autotask_sync.state.ledger import FILE_NAME, Ledger
from bt_autotask_sync.state.lock import run_lock
from bt_autotask_sync.state.opening import look_at_ledger
from bt_autotask_sync.state.refused_credentials import RefusedCredentials
from bt_autotask_sync.stop import Stop, StoppableClock, StoppedError, stopped_by_signals
from bt_autotask_sync.sync.access import Access
from bt_autotask_sync.sync.all_profiles import SharedContext, record_news
from bt_autotask_sync.sync.deliver.workers import ThreadWorkers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from bt_autotask_sync.audit.findings import Finding
    from bt_autotask_sync.cli.options import Options
    from bt_autotask_sync.sync.run_context import RunContext

_LOG = logging.getLogger(__name__)

A_RUN_WORKS = Remark(
    "A run worked while this audit looked: what it delivered meanwhile may show here as a finding. Audit again."
)


@dataclass(frozen=True, slots=True)
class Audited:
    """What came of one profile: a result, or the error that ended it early."""

    profile: str
    result: AuditResult | None = None
    error: BaseException | None = None
    requests: tuple[int, int] = (0, 0)
    """To the appliance and to Autotask."""

    @property
    def code(self) -> ExitCode:
        """The exit code of this profile."""
        if self.error is not None:
            return code_for(self.error)
        return ExitCode.WAITING if self.result and self.result.findings else ExitCode.DONE


@dataclass(frozen=True, slots=True)
class Window:
    """The window as it was asked for; `until` None: now."""

    since: datetime
    until: datetime | None

    def in_words(self) -> str:
        """Return it as a sentence goes on with it."""
        end = f"to {self.until:%Y-%m-%d %H:%M}" if self.until else "to now"
        return f"from {self.since:%Y-%m-%d %H:%M} {end}, UTC"


def audit(options: Options, since: str | None, until: str | None, csv_file: Path | None, as_json: bool) -> ExitCode:
    """Audit every enabled profile, and print what was found."""
    window: Window | None = None
    done: list[Audited] = []
    error: SyncError | None = None
    try:
        window = _window(since, until)
        with progress_bar("Reading") as on_progress:
            done = _audit_profiles(options, window, on_progress)
        if csv_file is not None:
            write_csv(csv_file, [(each.profile, each.result) for each in done if each.result])
    except SyncError as reason:
        error = reason
    code = worst([*(each.code for each in done), *([code_for(error)] if error else [])])
    if error is not None:
        tell(error)
    for each in done:
        if each.error is not None:
            tell(each.error, each.profile if len(done) > 1 else "")
    if as_json:
        typer.echo(_report(window, done, error, code))
    else:
        for each in done:
            if each.result is not None and window is not None:
                typer.echo("\n".join(lines(each.profile, each.result, window.in_words(), named=len(done) > 1)))
    return code


def _window(since: str | None, until: str | None) -> Window:
    now = SystemClock().now()
    start, end = read_moment(since, now), read_moment(until, now)
    if start is None:
        raise UsageError("--since is missing.", "Say from when on to audit, like --since 7d.")
    if end is not None and start >= end:
        raise UsageError("--since is not before --until.", "Give --until a later time than --since.")
    return Window(start, end)


def _audit_profiles(options: Options, window: Window, on_progress: Callable[[int, int], None]) -> list[Audited]:
    profiles = chosen_profiles(options)
    directory = options.state()
    stop = Stop()
    done: list[Audited] = []
    with _copied_ledger(directory) as ledger, ThreadWorkers(1) as workers, stopped_by_signals(stop):
        clock = StoppableClock(stop)
        access = Access(RefusedCredentials(ledger), clock, insists=on_terminal())
        shared = SharedContext(ledger, workers, stop, access, on_progress, dry_run=True)
        for profile in profiles:
            with ExitStack() as connections:
                try:
                    context = shared.open(profile, connections)
                except SyncError as error:
                    done.append(Audited(profile.name, error=error))
                    continue
                done.append(_audited(context, window, directory))
                if (directory / FILE_NAME).exists():
                    record_news(access, directory, clock)
            if isinstance(done[-1].error, StoppedError):
                break
    return done


def _audited(context: RunContext, window: Window, directory: Path) -> Audited:
    result: AuditResult | None = None
    reason: BaseException | None = None
    try:
        busy = _a_run_works(directory)
        snapshot = gather(context, window.since, window.until)
        if busy or _a_run_works(directory):
            snapshot = replace(snapshot, remarks=(A_RUN_WORKS, *snapshot.remarks))
        result = audit_evidence(snapshot)
    except (SyncError, StoppedError) as error:
        reason = error
    except Exception as error:  # noqa: BLE001 - it ends this profile's audit, told, not the others'
        _LOG.debug("Unexpected", exc_info=True)
        reason = error
    sent = context.appliance.requests_sent, context.client.requests_sent
    return Audited(context.profile.name, result, reason, sent)


@contextmanager
def _copied_ledger(directory: Path) -> Iterator[Ledger]:
    """Give a copy of the ledger, as it is at this moment, to a reader that waits for nobody; empty before any run."""
    with (
        look_at_ledger(directory) as ledger,
        closing(ledger.copy() if ledger else Ledger.copy_in_memory(directory)) as copy,
    ):
        yield copy


def _a_run_works(directory: Path) -> bool:
    if not directory.is_dir():
        return False
    try:
        with run_lock(directory):
            return False
    except LockedError:
        return True
    except StateDirectoryError:  # someone else's directory, to be read only: who works there cannot be told
        return False


def _report(window: Window | None, done: Sequence[Audited], error: BaseException | None, code: ExitCode) -> str:
    report: dict[str, Any] = {
        "schema": SCHEMA,
        "command": "audit",
        "exit_code": int(code),
        "since": None if window is None else moment(int(window.since.timestamp())),
        "until": None if window is None or window.until is None else moment(int(window.until.timestamp())),
        "profiles": [_profile(each) for each in done],
    }
    return json.dumps(report | _error(error), ensure_ascii=False)


def _profile(audited: Audited) -> dict[str, Any]:
    appliance, autotask = audited.requests
    told: dict[str, Any] = {"profile": audited.profile, "requests": {"appliance": appliance, "autotask": autotask}}
    result = audited.result
    if result is not None:
        told["totals"] = {"sessions": _totals(result.sessions()), "seconds": _totals(result.seconds())}
        told["seconds_in_autotask"] = sum(row.in_autotask for row in result.rows)
        told["findings"] = [_finding(finding) for finding in result.findings]
        told["information"] = [{"lsid": remark.lsid, "text": remark.text} for remark in result.remarks]
    return told | _error(audited.error)


def _totals(counts: Mapping[Status, int]) -> dict[str, int]:
    return {status.value: counts.get(status, 0) for status in Status} | {"total": sum(counts.values())}


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "kind": finding.kind,
        "lsid": finding.lsid,
        "ticket_number": finding.ticket_number,
        "technician": finding.technician,
        "minutes": round(finding.seconds / 60, 2),
        "text": finding.text,
        "mend": finding.fix,
        "external_key": finding.external_key,
        "link": finding.link,
    }


def _error(error: BaseException | None) -> dict[str, str]:
    if error is None:
        return {}
    message, advice = explain(error)
    return {"error": message, "advice": advice}
