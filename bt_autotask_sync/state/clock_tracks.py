"""The ledger's memory of the other sides' clocks, of one profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bt_autotask_sync.sync.clocks import Reading, Track

if TYPE_CHECKING:
    from bt_autotask_sync.state.ledger import Ledger
    from bt_autotask_sync.sync.clocks import Side


class ClockTracks:
    """What is remembered of the clocks of one profile's appliance and tenant."""

    def __init__(self, ledger: Ledger, profile: str) -> None:
        self._ledger = ledger
        self._profile = profile

    def get(self, side: Side) -> Track:
        """Return what is remembered of a side's clock."""
        rows = self._ledger.rows(
            "SELECT own, foreign_time, seen_own, seen_foreign, waited, dateless_runs, warned FROM clock "
            "WHERE profile = ? AND side = ?",
            (self._profile, side),
        )
        if not rows:
            return Track()
        own, foreign, seen_own, seen_foreign, waited, dateless_runs, warned = rows[0]
        seen = None if seen_own is None else Reading(seen_own, seen_foreign)
        return Track(own, foreign, seen, waited, dateless_runs, warned)

    def put(self, side: Side, track: Track) -> None:
        """Remember a side's clock."""
        seen = track.seen
        self._ledger.execute(
            """
            INSERT OR REPLACE INTO clock
            (profile, side, own, foreign_time, seen_own, seen_foreign, waited, dateless_runs, warned)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            (
                self._profile,
                side,
                track.own,
                track.foreign,
                None if seen is None else seen.own,
                None if seen is None else seen.foreign,
                track.waited,
                track.dateless_runs,
                track.warned,
            ),
        )
