"""The listener in a process of its own, and events for it."""

from __future__ import annotations

import os
import re
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    import signal
    from collections.abc import Callable, Sequence
    from types import TracebackType
    from typing import Self

    from tests.conftest import Site

COMMAND = str(Path(sys.executable).with_name("bt-autotask-sync"))
PATIENCE = 30.0
LISTENS = re.compile(r"Listening on (https?://\S+)\.")


class ListenerProcess:
    """The installed command as it listens; as a context it is gone at the end.

    Attributes:
        said: The lines that it wrote on stderr so far.
    """

    def __init__(
        self, before: Sequence[str], *after: str, environment: dict[str, str] | None = None, **options: Any
    ) -> None:
        ours = {name: value for name, value in os.environ.items() if not name.startswith("BT_AUTOTASK_SYNC_")}
        self.process = subprocess.Popen(
            [COMMAND, *before, "listen", *after],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            env={**ours, **(environment or {})},
            **options,
        )
        self.said: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.end()

    def _read(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self.said.append(line.rstrip("\n"))

    @property
    def url(self) -> str:
        """Where it listens, once it does."""
        self.wait_until(lambda: self._told_url() or self.process.poll() is not None)
        url = self._told_url()
        assert url, self.said
        return url

    def _told_url(self) -> str | None:
        return next((found[1] for line in list(self.said) if (found := LISTENS.search(line))), None)

    def wait_until(self, happened: Callable[[], object]) -> None:
        """Wait until something is true."""
        end = time.monotonic() + PATIENCE
        while not happened():
            assert time.monotonic() < end, self.said
            time.sleep(0.01)

    def wait_for_its_first_run(self, site: Site) -> None:
        """Wait until the run that every listener begins with has come to its end."""
        before = runs_ended(site.state)
        self.wait_until(lambda: self._told_url() or self.process.poll() is not None)
        self.wait_until(lambda: runs_ended(site.state) > before)

    def wait_for(self, words: str) -> str:
        """Wait until it says something, and return the line."""
        self.wait_until(lambda: any(words in line for line in list(self.said)))
        return next(line for line in self.said if words in line)

    def end(self, number: signal.Signals | None = None) -> int:
        """Send it a signal, wait for its end and return its exit code; nobody may ever see a traceback."""
        if number is not None:
            self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        for stream in (self.process.stdout, self.process.stderr):
            assert stream
            if not stream.closed:
                self.said += stream.read().splitlines()
                stream.close()
        assert not [line for line in self.said if "Traceback" in line], "\n".join(self.said)
        return code


def set_listener(site: Site, **settings: str) -> None:
    """Set the whole table [listen]."""
    text = site.config.read_text(encoding="utf-8").partition("\n[listen]\n")[0]
    table = "".join(f"{name} = {value}\n" for name, value in settings.items())
    site.config.write_text(f"{text}\n[listen]\n{table}", encoding="utf-8")


def free_port() -> int:
    """Return a port that nobody uses now."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


def variables(event: str, lsid: str, **more: Any) -> dict[str, str]:
    """What the appliance posts of an event."""
    told = {"event": f"support_conference_{event}", "version": "1.3.0", "timestamp": "1795345200", "lsid": lsid}
    return told | {name: str(value) for name, value in more.items()}


def post(url: str, told: dict[str, str], path: str = "/ERSPost", **options: Any) -> int | None:
    """Send an event as an appliance does, over a connection of its own; return the status, None for no answer."""
    with requests.Session() as session:
        session.trust_env = False
        try:
            session.headers["Connection"] = "close"
            return session.post(url + path, told, timeout=10, **options).status_code
        except requests.RequestException:
            return None


def kept(state: Path) -> list[tuple[str, str, int | None]]:
    """Every event in the inbox, also what was taken in already: its name, its session and its time."""
    with closing(sqlite3.connect(state / "inbox.db")) as connection:
        return connection.execute("SELECT name, lsid, timestamp FROM event ORDER BY id").fetchall()


def runs_ended(state: Path) -> int:
    """How many runs have come to their end, by the checkpoint file."""
    file = state / "checkpoint.db"
    if not file.exists():
        return 0
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        try:
            return int(connection.execute("SELECT count(*) FROM run").fetchone()[0])
        except sqlite3.OperationalError:  # the first run is about to make the tables
            return 0
