"""What a check found: one JSON object, or text by profile and area with what is in order on one line."""

from __future__ import annotations

import json
import logging
import textwrap
from collections import Counter
from typing import TYPE_CHECKING, Any

import typer
from rich.cells import set_cell_size

from bt_autotask_sync.check.findings import Area, Severity
from bt_autotask_sync.check.people import Standing
from bt_autotask_sync.cli.failure import explain, tell
from bt_autotask_sync.cli.report import SCHEMA
from bt_autotask_sync.exit_code import ExitCode, code_for, worst
from bt_autotask_sync.notes.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bt_autotask_sync.check.findings import Finding
    from bt_autotask_sync.check.people import Representative
    from bt_autotask_sync.check.profile import ProfileCheck

WIDTH = 80
_NAME_WIDTH = 24
_AREA_WIDTH = 17
_SEVERITY_WIDTH = 9


def finish(checks: Sequence[ProfileCheck], error: BaseException | None, *, as_json: bool) -> ExitCode:
    """Print what was found, and return the exit code: that with which a run would end, or that of findings.

    Args:
        checks: What was found of each profile.
        error: What ended the check early.
        as_json: One JSON object instead of text.
    """
    codes = [_code(finding) for found in checks for finding in found.findings]
    code = worst([*codes, code_for(error)] if error else codes)
    if error is not None:
        tell(error)
    if as_json:
        report: dict[str, Any] = {
            "schema": SCHEMA,
            "command": "check",
            "exit_code": int(code),
            "profiles": [_profile(found) for found in checks],
        }
        if error is not None:
            report["error"], report["advice"] = explain(error)
        typer.echo(json.dumps(report, ensure_ascii=False))
    else:
        if not checks and error is None:
            typer.echo("No profile is enabled.")
        verbose = logging.getLogger("bt_autotask_sync").isEnabledFor(logging.INFO)
        for found in checks:
            ended_early = error is not None and found is checks[-1]
            for line in _text(found, verbose=verbose, ended_early=ended_early):
                typer.echo(line)
    return code


def _code(finding: Finding) -> ExitCode:
    if finding.severity is not Severity.PROBLEM:
        return ExitCode.DONE
    return ExitCode.WAITING if finding.error is None else code_for(finding.error)


def _profile(found: ProfileCheck) -> dict[str, Any]:
    return {
        "profile": found.profile.name,
        "findings": [
            {"severity": finding.severity, "area": finding.area, "what": finding.what, "mend": finding.mend}
            for finding in found.findings
        ],
        "representatives": [
            {
                "username": one.username,
                "address": one.address,
                "standing": one.standing,
                "time": one.outcome,
                "resource": one.resource or None,
                "role": one.role or None,
            }
            for one in found.representatives
        ],
    }


def _text(found: ProfileCheck, *, verbose: bool, ended_early: bool) -> Iterator[str]:
    yield found.profile.name
    for area in Area:
        findings = [finding for finding in found.findings if finding.area is area]
        if findings:
            yield from _area(area, findings, verbose=verbose)
    if found.representatives:
        yield "  Representatives of the last week:"
        yield from (_row(one) for one in found.representatives)
    counts = Counter(finding.severity for finding in found.findings)
    told = [_count(counts[severity], severity) for severity in (Severity.PROBLEM, Severity.REMARK) if counts[severity]]
    if told or not ended_early:
        yield f"  {', '.join(told) or 'All well'}."


def _area(area: Area, findings: Sequence[Finding], *, verbose: bool) -> Iterator[str]:
    in_order = sum(finding.severity is Severity.OK for finding in findings)
    yield f"  {area.replace('_', ' '):<{_AREA_WIDTH}}{f'{in_order} ok' if in_order else ''}".rstrip()
    for finding in findings:
        if verbose or finding.severity is not Severity.OK:
            yield from _lines(finding)


def _lines(finding: Finding) -> Iterator[str]:
    """Yield a finding and its mend in lines of 80 columns; paths and addresses stay whole."""
    first = f"    {finding.severity:<{_SEVERITY_WIDTH}}"
    indent = " " * len(first)
    for text, beginning in ((finding.what, first), (finding.mend, indent)):
        yield from textwrap.wrap(
            text,
            WIDTH,
            initial_indent=beginning,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )


def _row(one: Representative) -> str:
    """Return whom a representative maps to in one line of a table."""
    against = f"{one.standing.replace('_', ' ')}: time {one.outcome.replace('_', ' ')}"
    cells = (one_line(one.username), one.resource or "-", one.role if one.standing is Standing.READY else against)
    return "    " + " ".join(set_cell_size(cell, _NAME_WIDTH) for cell in cells).rstrip()


def _count(count: int, severity: Severity) -> str:
    return f"{count} {severity}{'' if count == 1 else 's'}"
