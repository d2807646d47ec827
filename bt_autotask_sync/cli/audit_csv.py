"""The audit as a spreadsheet: a row for each technician in each session."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from bt_autotask_sync.cli.report import moment
from bt_autotask_sync.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from bt_autotask_sync.audit.findings import AuditResult

COLUMNS = (
    "profile",
    "lsid",
    "ended",
    "external_key",
    "ticket",
    "session",
    "technician",
    "username",
    "worked_seconds",
    "due_seconds",
    "on_ticket_seconds",
    "in_autotask_seconds",
    "standing",
    "findings",
)
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def write_csv(path: Path, audited: Iterable[tuple[str, AuditResult]]) -> None:
    """Write the profiles' rows, by RFC 4180, in UTF-8 with a byte order mark, which Excel needs.

    Raises:
        UsageError: The file cannot be written.
    """
    try:
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            for profile, result in audited:
                writer.writerows(_rows(profile, result))
    except OSError as error:
        raise UsageError(
            f"The file {path} cannot be written: {error.strerror}.", "Name another one with --csv."
        ) from error


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: who names a session also writes what is opened here."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _rows(profile: str, result: AuditResult) -> Iterator[list[str | int]]:
    found: dict[str, dict[str, None]] = {}
    for finding in result.findings:
        found.setdefault(finding.lsid, {})[finding.kind.value] = None
    for row in result.rows:
        texts = (
            profile,
            row.lsid,
            moment(row.ended_at) or "",
            row.external_key,
            row.ticket_number,
            row.session_standing.value,
            row.technician,
            row.username,
        )
        seconds = (row.worked, row.due, row.on_ticket, row.in_autotask)
        standing = " ".join(status.value for status in row.standing)
        yield [*map(harmless, texts), *seconds, standing, " ".join(found.get(row.lsid, {}))]
