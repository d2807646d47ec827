"""Whose past the ledger's profiles are: a name is no more than a name, the appliance and the tenant say it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bt_autotask_sync.config.models import Served

if TYPE_CHECKING:
    from bt_autotask_sync.sync.ledger.file import Ledger


class Profiles:
    """The profiles of a ledger, by name."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def known(self) -> dict[str, Served | None]:
        """Return what each profile was used for; None where an earlier version kept nothing of it."""
        rows = self._ledger.rows("SELECT name, appliance, tenant, zone FROM profile ORDER BY name")
        return {row[0]: Served(row[1], row[2], row[3]) if row[2] else None for row in rows}

    def watermark(self, name: str) -> int | None:
        """Return up to which appliance time (unix seconds) a profile has listed what ended."""
        rows = self._ledger.rows("SELECT watermark FROM profile WHERE name = ?", (name,))
        return None if not rows or rows[0][0] is None else int(rows[0][0])

    def keep(self, name: str, served: Served) -> None:
        """Keep what a profile is used for; a zone that is not known now stays as it is known."""
        self._ledger.execute(
            """
            UPDATE profile SET appliance = ?, tenant = ?, zone = CASE WHEN ? = '' THEN zone ELSE ? END WHERE name = ?
            """,
            (served.appliance, served.domain, served.zone, served.zone, name),
        )

    def rename(self, name: str, new: str) -> None:
        """Give everything that is known of a profile to another name, creates of unknown outcome too, or nothing."""
        with self._ledger.transaction():
            self._ledger.execute("UPDATE profile SET name = ? WHERE name = ?", (new, name))
            for table in self._tables():
                self._ledger.execute(f"UPDATE {table} SET profile = ? WHERE profile = ?", (new, name))  # noqa: S608 - our own names

    def _tables(self) -> list[str]:
        """Return the tables whose rows belong to a profile."""
        rows = self._ledger.rows(
            """
            SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
            WHERE m.type = 'table' AND c.name = 'profile'
            """
        )
        return [row[0] for row in rows]
