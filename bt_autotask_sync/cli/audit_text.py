"""The audit as text for a terminal of 80 columns."""

from __future__ import annotations

import textwrap
from itertools import groupby
from typing import TYPE_CHECKING

from bt_autotask_sync.audit.findings import FindingKind, Status
from bt_autotask_sync.cli.report import WIDTH

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bt_autotask_sync.audit.findings import AuditResult, Finding, Remark

SHOWN = 10
"""Findings of one kind that the text shows; --json has all."""

_STANDINGS = {
    Status.DELIVERED: "on their tickets",
    Status.MISSING: "missing",
    Status.NO_TICKET: "without a ticket",
    Status.HELD: "held",
    Status.UNSETTLED: "unsettled",
    Status.PARKED: "parked",
    Status.SKIPPED: "skipped by a person",
    Status.NOT_ENTERED: "not entered, by the settings",
    Status.BEFORE_START: "before the starting point",
    Status.PENDING: "not due yet",
}
_KINDS = {
    FindingKind.BLIND: "what Autotask does not show",
    FindingKind.MISSING: "due, and not in Autotask",
    FindingKind.DELETED: "delivered, and not in Autotask any more",
    FindingKind.DOUBLED: "in Autotask a second time",
    FindingKind.OTHER_TICKET: "on another ticket",
    FindingKind.LEFT_OVER: "made for a session that is on another ticket",
    FindingKind.TIME_DIFFERS: "another time than was sent",
    FindingKind.OVERLAP: "two entries of a technician at the same time",
    FindingKind.UNKNOWN: "ours, and unknown to the ledger",
    FindingKind.PARKED: "parked: a person decides",
    FindingKind.UNSETTLED: "sent, with an outcome that is not known yet",
    FindingKind.HELD: "held: tried again by itself",
    FindingKind.NO_TICKET: "no ticket named",
}


def lines(profile: str, result: AuditResult, window: str, *, named: bool) -> Iterator[str]:
    """Yield the lines of one profile.

    Args:
        profile: Its name.
        result: What came of its audit.
        window: The window in words.
        named: Several profiles are audited: say which this is, and name it in commands.
    """
    yield f"{f'{profile}: ' if named else ''}Sessions that ended {window}"
    yield from _table(result)
    option = f"--profile {profile} " if named else ""
    for kind, findings in groupby(result.findings, key=lambda finding: finding.kind):
        yield from _findings(kind, list(findings), option)
    if result.remarks:
        yield ""
        yield f"For information ({len(result.remarks)})"
        yield from _limited([list(_remark(remark)) for remark in result.remarks])
    yield ""
    count = len(result.findings)
    yield f"{count} {'finding' if count == 1 else 'findings'}." if count else "No findings."


def clock(seconds: int) -> str:
    """Return seconds as hours, minutes and seconds: `12:05:09`."""
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _table(result: AuditResult) -> Iterator[str]:
    sessions, seconds = result.sessions(), result.seconds()
    yield f"  {'':30}{'sessions':>10}{'time':>14}"
    for status, words in _STANDINGS.items():
        if sessions[status] or seconds[status]:
            yield f"  {words:30}{sessions[status]:>10,}{clock(seconds[status]):>14}"
    yield f"  {'all':30}{sessions.total():>10,}{clock(seconds.total()):>14}"
    there = sum(row.in_autotask for row in result.rows)
    yield f"  {'in Autotask, as it stands now':40}{clock(there):>14}"


def _findings(kind: FindingKind, findings: Sequence[Finding], option: str) -> Iterator[str]:
    yield ""
    yield f"{kind.value.replace('_', ' ').capitalize()} ({len(findings)}): {_KINDS[kind]}"
    yield from _limited([list(_finding(finding, option)) for finding in findings])


def _finding(finding: Finding, option: str) -> Iterator[str]:
    about = [finding.lsid, finding.ticket_number, finding.technician]
    if finding.seconds:
        about.append(clock(finding.seconds))
    head = "  ".join(part for part in about if part)
    if head:
        yield from _wrapped(head, "  - ", "    ")
    yield from _wrapped(finding.text, "    ")
    if finding.is_command:
        yield f"    > {option}{finding.fix}"
    else:
        yield from _wrapped(finding.fix, "    > ", "      ")
    if finding.link:
        yield f"      {finding.link}"


def _remark(remark: Remark) -> Iterator[str]:
    yield from _wrapped(f"{remark.lsid} {remark.text}".strip(), "  - ", "    ")


def _limited(blocks: Sequence[list[str]]) -> Iterator[str]:
    for block in blocks[:SHOWN]:
        yield from block
    if len(blocks) > SHOWN:
        yield f"    … and {len(blocks) - SHOWN} more; --json lists all."


def _wrapped(text: str, first: str, rest: str | None = None) -> list[str]:
    # Names and keys come from outside: none of their characters may steer the terminal.
    printable = "".join(character if character.isprintable() else " " for character in text)
    return textwrap.wrap(
        printable,
        WIDTH,
        initial_indent=first,
        subsequent_indent=first if rest is None else rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
