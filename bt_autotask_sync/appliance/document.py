"""An XML answer as a stream of its rows: checked before it is parsed, parsed as it arrives, freed as it is read.

BeyondTrust: "nothing found" and errors come with HTTP 200, as an empty list, as a list that contains an `<error>`, or
as an `<error>` in place of the document.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from lxml import etree

from bt_autotask_sync.appliance.element import local_name, text_of
from bt_autotask_sync.appliance.errors import ErrorAnswer, ReportNotPermitted, UnreadableReport, UnusableAnswer

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from lxml.etree import _Element as Element

NOTHING_FOUND = re.compile(r"No\b.{0,200}\bcriteria\b.{0,80}", re.DOTALL | re.IGNORECASE)
"""The words of an `<error>` that means an empty list."""

LARGEST_ROW = 256 * 1024 * 1024
"""Bytes: the most that may arrive between the end of one row and the next; it bounds the memory."""

CHECK_HOST = "Check the host name, and that no proxy or login page stands before the appliance."
CHECK_PERMISSION = (
    "Under /login > Management > API Configuration give the API account “Allow Access to Support Session Reports and "
    "Recordings”, and see that the XML API is enabled."
)

_LONGEST_PROLOG = 64 * 1024
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_MISCELLANY = re.compile(rb"\s+|<\?.*?\?>|<!--.*?-->", re.DOTALL)
_ROOT = re.compile(rb"<(?:[^\s<>/:!?&]+:)?([^\s<>/:!?&]+)(?=[\s/>])")
_HTML = re.compile(rb"<!doctype\s+html|<html", re.IGNORECASE)
_DECLARATION = re.compile(rb"<![A-Za-z]")
_TITLE = re.compile(rb"<title[^>]*>(.*?)</title", re.DOTALL | re.IGNORECASE)
_DOCUMENT_NOT_FOUND = re.compile(r"document not found", re.IGNORECASE)


class Stream(Protocol):
    """Anything that bytes can be read from; an empty answer is the end."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes."""
        ...


def read_rows(
    stream: Stream,
    *,
    source: str,
    roots: Collection[str],
    rows: Collection[str],
    nothing: re.Pattern[str] = NOTHING_FOUND,
) -> Iterator[Element]:
    """Yield each child of the root whose local name is in `rows`, finished, and free it afterwards.

    Args:
        stream: The answer.
        source: What was asked from whom, for messages: "the X report of HOST".
        roots: Local names that the document element may have.
        rows: Local names of the children that are wanted.
        nothing: The whole text of an `<error>` that means "no rows".

    Raises:
        UnusableAnswer: It is another document, or has a DOCTYPE.
        ErrorAnswer: It is or contains an `<error>` with other words than `nothing`.
        ReportNotPermitted: The words are "Document Not Found".
        UnreadableReport: It is the right document, but not well-formed to its end.
    """
    head = _read_head(stream, source)
    root = _root_name(head, source)
    if root not in roots and root != "error":
        raise UnusableAnswer(f"Instead of {source} came a document <{root[:40]}>.", CHECK_HOST)
    rewound = _Rewound(head, stream, source)
    for element in _finished(rewound, {*rows, "error"}, source):
        if local_name(element.tag) == "error":
            _explain_error(text_of(element), source, nothing)
            continue
        yield element
        rewound.since_row = 0


def _finished(stream: _Rewound, names: Collection[str], source: str) -> Iterator[Element]:
    # The encoding is fixed so that the check of the prolog and the parser read the same characters.
    parser = etree.iterparse(
        stream,
        tag=[f"{{*}}{name}" for name in names],
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        for _, element in parser:
            parent = element.getparent()
            if parent is None or parent.getparent() is None:
                yield element
                element.clear()
                while parent is not None and element.getprevious() is not None:
                    del parent[0]
    except etree.LxmlError as error:
        line, column = getattr(error, "position", (0, 0))
        raise UnreadableReport(
            f"Broken XML in {source}, at line {line}, column {column}.",
            "If it stays so, ask for this session in /login > Reports, and report it to BeyondTrust's support.",
        ) from error


def _explain_error(words: str, source: str, nothing: re.Pattern[str]) -> None:
    if nothing.fullmatch(words):
        return
    if _DOCUMENT_NOT_FOUND.search(words):
        raise ReportNotPermitted(f"The appliance says “Document Not Found” to {source}.", CHECK_PERMISSION)
    raise ErrorAnswer(f"Instead of {source} came the error “{_excerpt(words)}”.", CHECK_PERMISSION, words=words)


class _Rewound:
    """The stream again from its beginning, counting what arrives between two rows."""

    def __init__(self, head: bytes, stream: Stream, source: str) -> None:
        self.since_row = 0
        self._head = head
        self._stream = stream
        self._source = source

    def read(self, size: int) -> bytes:
        data, self._head = self._head[:size], self._head[size:]
        data = data or self._stream.read(size)
        self.since_row += len(data)
        if self.since_row > LARGEST_ROW:
            raise UnusableAnswer(f"A single entry of {self._source} exceeds {LARGEST_ROW // 1024**2} MiB.", CHECK_HOST)
        return data


def _read_head(stream: Stream, source: str) -> bytes:
    """Return as much of the beginning as it takes to see the root's name, or to know that there is none."""
    head = b""
    while data := stream.read(4096):
        head += data
        if _ROOT.match(head, _prolog_end(head)) or len(head) > _LONGEST_PROLOG:
            break
    if not head.strip():
        raise UnusableAnswer(f"Instead of {source} came an empty answer.", CHECK_HOST)
    return head


def _prolog_end(head: bytes) -> int:
    position = len(_BYTE_ORDER_MARK) if head.startswith(_BYTE_ORDER_MARK) else 0
    while part := _MISCELLANY.match(head, position):
        position = part.end()
    return position


def _root_name(head: bytes, source: str) -> str:
    """Return the root's local name, after refusing whatever is no plain XML document."""
    start = _prolog_end(head)
    root = _ROOT.match(head, start)
    page = _HTML.match(head, start)
    if root and not page:
        return root[1].decode("utf-8", errors="replace")
    words = _excerpt((title[1] if (title := _TITLE.search(head)) else head[start:]).decode("utf-8", errors="replace"))
    if _DOCUMENT_NOT_FOUND.search(words):
        raise ReportNotPermitted(f"The appliance says “Document Not Found” to {source}.", CHECK_PERMISSION)
    if page:
        raise UnusableAnswer(f"Instead of {source} came a web page, “{words}”.", CHECK_HOST)
    if _DECLARATION.match(head, start):
        raise UnusableAnswer(f"A document type or entities in {source}: refused, nothing of it was read.", CHECK_HOST)
    raise UnusableAnswer(f"Instead of {source} came something that is not XML: “{words}”.", CHECK_HOST)


def _excerpt(words: str) -> str:
    """Return the first words, on one line and free of control characters, fit for a message."""
    line = " ".join("".join(character if character.isprintable() else " " for character in words[:400]).split())
    return line if len(line) <= 80 else f"{line[:79]}…"  # noqa: PLR2004 - the length of an excerpt, as cut beside it
