"""What the program tells while it works, on stderr: text for people, JSON lines for collectors."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

_LEVELS = {-1: logging.ERROR, 0: logging.WARNING, 1: logging.INFO}


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """Return one JSON object on one line."""
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        }
        if record.exc_info:
            told["trace"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False)


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """Return a line that begins with the level, unless it is mere information."""
        line = super().format(record)
        return line if record.levelno <= logging.INFO else f"{record.levelname.lower()}: {line}"


def set_up(verbosity: int, *, as_json: bool) -> None:
    """Write the program's own log to stderr.

    Args:
        verbosity: -1 errors only, 0 warnings, 1 information, 2 and more everything.
        as_json: JSON lines instead of text.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines() if as_json else _Text())
    log = logging.getLogger("bt_autotask_sync")
    log.handlers[:] = [handler]
    log.setLevel(_LEVELS.get(verbosity, logging.DEBUG))
    log.propagate = False
