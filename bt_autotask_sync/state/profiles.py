"""Whose past the ledger's profiles are: a name is no more than a name, the appliance and the tenant say it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bt_autotask_sync.config.models import Served
from bt_autotask_sync.state.states import ArtifactState

if TYPE_CHECKING:
    from bt_autotask_sync.state.ledger import Ledger


class Profiles:
    """The profiles of a ledger, by name."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def known(self) -> dict[str, Served | None]:
        """Return what each profile was used for; None where an earlier version kept nothing of it."""
        rows = self._ledger.rows(
            """
            SELECT profile, appliance, tenant, zone FROM served
            UNION ALL SELECT name, NULL, NULL, NULL FROM profile WHERE name NOT IN (SELECT profile FROM served)
            ORDER BY 1
            """
        )
        return {row[0]: None if row[1] is None else Served(row[1], row[2], row[3]) for row in rows}

    def has_sent(self, name: str) -> bool:
        """Return whether anything was ever created for a profile, or may have been."""
        return any(
            self._ledger.rows(f"SELECT 1 FROM artifact WHERE profile = ? AND {sent} LIMIT 1", (name,))  # noqa: S608 - our own words
            for sent in (f"state = '{ArtifactState.UNSETTLED}'", "kind IS NOT NULL AND autotask_id IS NOT NULL")
        )

    def watermark(self, name: str) -> int | None:
        """Return up to which appliance time (unix seconds) a profile has listed what ended."""
        rows = self._ledger.rows("SELECT watermark FROM profile WHERE name = ?", (name,))
        return None if not rows or rows[0][0] is None else int(rows[0][0])

    def keep(self, name: str, served: Served) -> None:
        """Keep what a profile is used for; a zone that is not known now stays as it is known."""
        self._ledger.execute(
            """
            INSERT INTO served (profile, appliance, tenant, zone) VALUES (?, ?, ?, ?) ON CONFLICT (profile) DO UPDATE
            SET appliance = excluded.appliance, tenant = excluded.tenant,
                zone = CASE WHEN excluded.zone = '' THEN zone ELSE excluded.zone END
            """,
            (name, served.appliance, served.domain, served.zone),
        )

    def rename(self, name: str, new: str) -> None:
        """Give everything that is known of a profile to another name, creates of unknown outcome too, or nothing."""
        with self._ledger.transaction():
            self._ledger.execute("UPDATE profile SET name = ? WHERE name = ?", (new, name))
            for table in self._tables():
                self._ledger.execute(f"UPDATE {table} SET profile = ? WHERE profile = ?", (new, name))  # noqa: S608 - our own names

    def exchange(self, name: str, former: str, aside: str) -> None:
        """Keep what is known of a profile under the name `aside`, and give it what is known of `former`, or neither."""
        with self._ledger.transaction():
            self.rename(name, aside)
            self.rename(former, name)

    def _tables(self) -> list[str]:
        """Return the tables whose rows belong to a profile."""
        rows = self._ledger.rows(
            """
            SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
            WHERE m.type = 'table' AND c.name = 'profile'
            """
        )
        return [row[0] for row in rows]
