"""The parts of a note that are ready to print: chat, notes, files, transfers, surveys, system information.

They are made from the facts that a text may show, never from the session, so they hold nothing that those lack.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bt_autotask_sync.notes.internal_model import Table
    from bt_autotask_sync.notes.public_model import ChatLine, FileLine, NoteLine, Survey, TransferLine

_INDENT = "    "

_DIRECTIONS = {
    "uploaded": "to the customer",
    "downloaded": "from the customer",
    "moved": "moved",
    "deleted": "deleted",
}


class _Dated(Protocol):
    @property
    def date(self) -> str: ...

    @property
    def time(self) -> str: ...


_Line = TypeVar("_Line", bound=_Dated)


def chat(lines: Iterable[ChatLine], first_date: str) -> str:
    """Return the chat as a transcript, a message a line: `10:05 Jane Doe: Hello`."""
    return _log(lines, first_date, lambda line: _said(_speaker(line), line.text))


def notes(lines: Iterable[NoteLine], first_date: str) -> str:
    """Return the session notes: `10:44 Pat Rep: Rebuilt the profile.`."""
    return _log(lines, first_date, lambda line: _said(line.author, line.text))


def files(lines: Iterable[FileLine], first_date: str) -> str:
    """Return what happened to files: `10:20 report.pdf (1.3 MB) to the customer`."""
    return _log(lines, first_date, lambda line: f"{_sized(line)} {_DIRECTIONS[line.action]}")


def transfers(lines: Iterable[TransferLine], first_date: str) -> str:
    """Return who took over: `10:20 to Sam Second`."""
    return _log(lines, first_date, lambda line: f"to {line.owner}")


def surveys(filled_in: tuple[Survey, ...]) -> str:
    """Return questions and answers, a line each; with the person's name above where there are several surveys."""
    blocks = []
    for survey in filled_in:
        answers = [_said(answer.question, answer.answer) for answer in survey.answers]
        heading = [survey.submitted_by] if len(filled_in) > 1 and survey.submitted_by else []
        blocks.append("\n".join(heading + answers))
    return "\n\n".join(blocks)


def general_information(tables: tuple[Table, ...]) -> str:
    """Return the general section of the system information, a value a line: `Computer Name: WS-042`.

    The rest (processes, services, programs) would bury a note. BeyondTrust: the e-mail macro prints the "General
    Information" section only; where no category has such a name, the first one stands for it.
    """
    general = [table for table in tables if "general" in table.category.casefold()] or list(tables[:1])
    return "\n".join(
        _said(cell.column, cell.cell_value) for table in general for row in table.rows for cell in row.cells
    )


def _log(lines: Iterable[_Line], first_date: str, tell: Callable[[_Line], str]) -> str:
    """Return a line each with its time of day; where the date changes it stands on a line of its own."""
    date = first_date
    told: list[str] = []
    for line in lines:
        if line.date != date:
            date = line.date
            told.append(f"- {date} -")
        told.append(f"{line.time} {tell(line)}")
    return "\n".join(told)


def _said(who: str, text: str) -> str:
    """Return `who: text`; further lines of the text are set in, so that none can pass for a line of its own."""
    introduced = who if who.endswith("?") else f"{who}:"
    return f"{introduced} {text.strip()}".replace("\n", f"\n{_INDENT}")


def _speaker(line: ChatLine) -> str:
    return f"{line.sender} to {line.recipient}" if line.recipient else line.sender


def _sized(line: FileLine) -> str:
    return f"{line.file_name} ({line.size})" if line.size else line.file_name
