"""The configuration as the listener knows it: read anew when the file changes, kept while the file is wrong."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from bt_autotask_sync.errors import SyncError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bt_autotask_sync.config.listen import Listen
    from bt_autotask_sync.config.load import LoadedSettings
    from bt_autotask_sync.config.models import Settings

AT_START: Final = ("address", "port", "certificate_file", "key_file")
"""What the listener uses when it starts, and never again."""

_LOG = logging.getLogger(__name__)
_Signature = tuple[int, int, int] | None


class WatchedSettings:
    """The settings of a file, and what became of it since.

    `current` may be read from any thread; `look` is called from one.

    Args:
        path: The configuration file.
        read: Reads it; raises SyncError when it cannot be used.

    Raises:
        SyncError: It cannot be used now.
    """

    def __init__(self, path: Path, read: Callable[[], LoadedSettings]) -> None:
        self._path = path
        self._read = read
        self._seen = self._known = _signature(path)
        loaded = read()
        self._warnings = set(map(str, loaded.warnings))
        for warning in loaded.warnings:
            _LOG.warning("%s", warning)
        self.current: Settings = loaded.settings
        self._at_start = self.current.listen

    def look(self) -> bool:
        """Read the file anew if it changed since the last look but one; return whether other settings hold now.

        It is read when it has rested from one look to the next, so that no file is read that is still being written.
        A wrong one changes nothing and is told once.
        """
        now = _signature(self._path)
        rested, self._seen = now == self._seen, now
        if now == self._known or not rested:
            return False
        self._known = now
        try:
            loaded = self._read()
        except SyncError as error:
            advice = f"\n  {error.advice}" if error.advice else ""
            _LOG.warning("The configuration changed and cannot be used; the one before holds: %s%s", error, advice)
            return False
        self._take(loaded)
        return True

    def _take(self, loaded: LoadedSettings) -> None:
        _LOG.info("The configuration was read anew.")
        for warning in loaded.warnings:
            if str(warning) not in self._warnings:
                _LOG.warning("%s", warning)
        self._warnings = set(map(str, loaded.warnings))
        changed = _changed(self._at_start, loaded.settings.listen)
        if changed and changed != _changed(self._at_start, self.current.listen):
            _LOG.warning("The change of %s in [listen] holds when the listener is started again.", ", ".join(changed))
        self.current = loaded.settings


def _changed(before: Listen, after: Listen) -> list[str]:
    """Name the settings that differ, of those that hold from a start on."""
    return [name for name in AT_START if getattr(before, name) != getattr(after, name)]


def _signature(path: Path) -> _Signature:
    """Return what tells a file from its next version; None while there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
