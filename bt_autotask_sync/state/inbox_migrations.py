"""The inbox' tables, grown by steps in order; `PRAGMA user_version` counts those applied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import sqlite3

STEPS: Final[tuple[tuple[str, ...], ...]] = (
    (
        # An id is never used twice: `run` remembers the last one it saw. `received_at` is this machine's time and
        # `timestamp` the appliance's, both unix seconds. `variables` are JSON, blanked when every destination is done.
        """
        CREATE TABLE event (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            digest BLOB NOT NULL UNIQUE,
            name TEXT NOT NULL,
            lsid TEXT NOT NULL,
            timestamp INTEGER,
            member_type TEXT NOT NULL,
            variables TEXT NOT NULL,
            received_at INTEGER NOT NULL
        )
        """,
        "CREATE INDEX event_received ON event (received_at)",
        "CREATE INDEX event_settled ON event (received_at) WHERE variables = ''",
        """
        CREATE TABLE destination (
            event_id INTEGER NOT NULL REFERENCES event ON DELETE CASCADE,
            profile TEXT NOT NULL,
            done INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (event_id, profile)
        ) WITHOUT ROWID
        """,
        "CREATE INDEX destination_waiting ON destination (profile, event_id) WHERE done = 0",
        # What an appliance sent and this program could not read, for a person to look at. `profiles` is a JSON list.
        """
        CREATE TABLE quarantine (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            digest BLOB NOT NULL UNIQUE,
            body BLOB NOT NULL,
            reason TEXT NOT NULL,
            profiles TEXT NOT NULL,
            received_at INTEGER NOT NULL
        )
        """,
        "CREATE INDEX quarantine_received ON quarantine (received_at)",
        # One row, written only to see whether anything can be written.
        "CREATE TABLE trial (at INTEGER NOT NULL)",
        "INSERT INTO trial (at) VALUES (0)",
    ),
)


def grow(connection: sqlite3.Connection) -> None:
    """Bring the tables up to date; of two processes that do so at once, one finds it done."""
    if version(connection) >= len(STEPS):
        return
    connection.execute("BEGIN IMMEDIATE")
    for statements in STEPS[version(connection) :]:
        for statement in statements:
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {len(STEPS)}")
    connection.execute("COMMIT")


def version(connection: sqlite3.Connection) -> int:
    """Return how many steps the file has seen."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
