"""The configuration as the listener knows it: read anew when the file changes, kept while the file is wrong."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from bt_autotask_sync.config.load import listener_files
from bt_autotask_sync.errors import SyncError
from bt_autotask_sync.events.file_signature import signature

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bt_autotask_sync.config.listen import Listen
    from bt_autotask_sync.config.load import LoadedSettings
    from bt_autotask_sync.config.models import Settings
    from bt_autotask_sync.events.file_signature import Signature

AT_START: Final = ("address", "port", "certificate_file", "key_file")
"""What the listener uses when it starts, and never again."""

_LOG = logging.getLogger(__name__)


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
        self._secrets = listener_files(path)
        self._seen = self._known = self._signature()
        loaded = read()
        self._warnings = set(map(str, loaded.warnings))
        for warning in loaded.warnings:
            _LOG.warning("%s", warning)
        self.current: Settings = loaded.settings
        self._at_start = self.current.listen

    def look(self) -> bool:
        """Read the file anew if it changed since the last look but one; return whether other settings hold now.

        A file that holds a secret of [listen] is a part of it. It is read when all has rested from one look to the
        next, so that no file is read that is still being written.
        A wrong one changes nothing and is told once.
        """
        now = self._signature()
        rested, self._seen = now == self._seen, now
        if now == self._known or not rested:
            return False
        self._secrets = listener_files(self._path)
        self._seen = self._known = self._signature()
        try:
            loaded = self._read()
        except SyncError as error:
            advice = f"\n  {error.advice}" if error.advice else ""
            _LOG.warning("The configuration changed and cannot be used; the one before holds: %s%s", error, advice)
            return False
        self._take(loaded)
        return True

    def _signature(self) -> list[Signature]:
        return [signature(path) for path in (self._path, *self._secrets)]

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
