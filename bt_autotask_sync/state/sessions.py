"""The ledger's sessions of one profile, and how far its listings have come."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from bt_autotask_sync.state.session_record import COLUMNS, Progress, SessionRecord, Skip, read_record
from bt_autotask_sync.state.states import SessionState, Stage

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from bt_autotask_sync.state.ledger import Ledger
    from bt_autotask_sync.state.states import Problem


class Sessions:
    """The sessions of one profile in the ledger."""

    def __init__(self, ledger: Ledger, profile: str) -> None:
        self._ledger = ledger
        self._profile = profile

    def progress(self) -> Progress | None:
        """Return how far the listings have come; None before the first run."""
        rows = self._ledger.rows(
            "SELECT origin, watermark, started_listed_at, listed_at FROM profile WHERE name = ?", (self._profile,)
        )
        return Progress(*rows[0]) if rows else None

    def store_ended(self, lsids: Iterable[str], *, now: int, origin: int, watermark: int | None) -> int:
        """Make listed sessions *discovered* and move the watermark, in one transaction.

        Only lsids that are new, or known as open, change. The watermark never moves back; None leaves it, and when
        it moved last.

        Returns:
            How many sessions became discovered.
        """
        found = 0
        listed: list[str] = []
        with self._ledger.transaction():
            for lsid in lsids:
                listed.append(lsid)
                found += self._discover(lsid, now)
            self._mark_polled(listed)
            self._ledger.execute(
                """
                INSERT INTO profile (name, origin, watermark, listed_at)
                VALUES (:name, :origin, :watermark, :listed_at)
                ON CONFLICT (name) DO UPDATE
                SET watermark = max(coalesce(watermark, excluded.watermark), coalesce(excluded.watermark, watermark)),
                    listed_at = coalesce(excluded.listed_at, listed_at)
                """,
                {
                    "name": self._profile,
                    "origin": origin,
                    "watermark": watermark,
                    "listed_at": None if watermark is None else now,
                },
            )
        return found

    def store_started(self, lsids: Iterable[str], *, now: int) -> None:
        """Make sessions that a listing by start time named, and that are new, *open*; they are asked for at once."""
        with self._ledger.transaction():
            listed = list(lsids)
            for lsid in listed:
                self._insert(lsid, SessionState.OPEN, now)
            self._mark_polled(listed)
            self._ledger.execute("UPDATE profile SET started_listed_at = ? WHERE name = ?", (now, self._profile))

    def add(self, lsid: str, *, now: int) -> None:
        """Make a session that a person named known, as *open*."""
        self._insert(lsid, SessionState.OPEN, now)

    def announce(self, lsid: str, *, ended: bool, now: int) -> None:
        """Record that an event named a session: *discovered* when it told of its end, else known as *open*."""
        if ended:
            self._discover(lsid, now)
        else:
            self._insert(lsid, SessionState.OPEN, now)
        self._update(lsid, announced=1)

    def want_ticket(self, lsid: str) -> None:
        """Have a session, if it is not delivered, looked at for a ticket of its own: somebody joined it."""
        self._ledger.execute(
            "UPDATE session SET ticket_wanted = 1, next_at = CASE WHEN state IN (?, ?) THEN 0 ELSE next_at END "
            "WHERE profile = ? AND lsid = ? AND state NOT IN (?, ?, ?)",
            (
                SessionState.OPEN,
                SessionState.NO_TICKET,
                self._profile,
                lsid,
                SessionState.DELIVERED,
                SessionState.SKIPPED,
                SessionState.BEFORE_START,
            ),
        )

    def has_ticket(self, lsid: str) -> None:
        """Record that nothing more is to be done for the ticket of a session while it runs."""
        self._update(lsid, ticket_wanted=0)

    def look_again(self, lsid: str, at: int | None) -> None:
        """Have a session looked at once more at appliance time `at`, whatever comes of it before; None: no more."""
        self._update(lsid, look_again_at=at)

    def looks_again(self, since: int) -> bool:
        """Tell whether any session is to be looked at once more, or was at appliance time `since` or later."""
        return bool(
            self._ledger.rows(
                "SELECT 1 FROM session WHERE profile = ? AND look_again_at >= ? LIMIT 1", (self._profile, since)
            )
        )

    def forget(self, lsid: str) -> None:
        """Forget a session that nothing but an event has ever named."""
        self._ledger.execute("DELETE FROM session WHERE profile = ? AND lsid = ?", (self._profile, lsid))

    def last_ended_within(self, start: int, end: int) -> str | None:
        """Return the lsid of the last session ever listed that ended from `start` on and before `end`."""
        rows = self._ledger.rows(
            "SELECT lsid FROM session WHERE profile = ? AND polled = 1 AND ended_at >= ? AND ended_at < ? "
            "ORDER BY ended_at DESC LIMIT 1",
            (self._profile, start, end),
        )
        return str(rows[0][0]) if rows else None

    def get(self, lsids: Sequence[str]) -> dict[str, SessionRecord]:
        """Return the known ones of `lsids`."""
        found: dict[str, SessionRecord] = {}
        for lsid in lsids:
            for record in self._select("lsid = ?", (lsid,)):
                found[lsid] = record
        return found

    def starting_with(self, beginning: str) -> list[str]:
        """Return the lsids that begin with `beginning` (lower-case hex digits), at most two."""
        return [
            row[0]
            for row in self._ledger.rows(
                "SELECT lsid FROM session WHERE profile = ? AND lsid BETWEEN ? AND ? LIMIT 2",
                (self._profile, beginning, beginning + "g"),
            )
        ]

    def in_state(self, *states: SessionState) -> list[SessionRecord]:
        """Return all sessions in one of `states`, in the order of the listing."""
        marks = ", ".join("?" * len(states))
        return self._select(f"state IN ({marks}) ORDER BY id", states)

    def counts(self) -> dict[SessionState, int]:
        """Return how many sessions stand in each state."""
        rows = self._ledger.rows(
            "SELECT state, count(*) FROM session WHERE profile = ? GROUP BY state", (self._profile,)
        )
        return {SessionState(row[0]): int(row[1]) for row in rows}

    def record_report(self, lsid: str, *, ended_at: int | None, external_key: str) -> None:
        """Record what the report says of a session."""
        self._update(lsid, ended_at=ended_at, external_key=external_key)

    def name_ticket(self, lsid: str, ticket_id: int, ticket_number: str) -> None:
        """Record the ticket that a session was matched to."""
        self._update(lsid, ticket_id=ticket_id, ticket_number=ticket_number)

    def keep_billing(self, lsid: str, billing: str) -> None:
        """Keep who is billed in a session, before anything is created from it."""
        self._update(lsid, billing=billing)

    def pin_ticket(self, lsid: str, ticket_number: str) -> None:
        """Remember the ticket that a person named for a session."""
        self._update(lsid, pinned_ticket=ticket_number)

    def name(self, lsid: str) -> None:
        """Remember that a person named a session."""
        self._update(lsid, named=1)

    def take_up(self, lsid: str, at: int = 0) -> None:
        """Have the session taken up at appliance time `at`, whatever its state."""
        self._update(lsid, next_at=at)

    def take_up_without_ticket(self, since: int) -> None:
        """Have sessions that named no ticket and ended at `since` or later taken up: one may have been named later."""
        self._ledger.execute(
            "UPDATE session SET next_at = 0 WHERE profile = ? AND state = ? AND ended_at >= ?",
            (self._profile, SessionState.NO_TICKET, since),
        )

    def set_state(self, lsid: str, state: SessionState, *, next_at: int | None = None) -> None:
        """Record where a session stands now, with no trouble of its own."""
        self._update(lsid, state=state, next_at=next_at, stage="", error="", advice="", waiting_since=None)

    def hold(
        self,
        lsid: str,
        problem: Problem,
        *,
        state: SessionState = SessionState.HELD,
        next_at: int | None,
        attempts: int = 0,
        waiting_since: int | None = None,
        waited_days: int = 0,
        waited_on: int | None = None,
    ) -> None:
        """Record what keeps a whole session from being delivered."""
        self._update(
            lsid,
            state=state,
            next_at=next_at,
            attempts=attempts,
            waiting_since=waiting_since,
            waited_days=waited_days,
            waited_on=waited_on,
            stage=problem.stage,
            error=problem.error,
            advice=problem.advice,
        )

    def release(self, lsid: str) -> None:
        """Have a session that is held or parked taken up by the next run, as if for the first time."""
        self._update(lsid, next_at=0, attempts=0, waiting_since=None)
        self._ledger.execute(
            "UPDATE session SET state = ? WHERE profile = ? AND lsid = ? AND state = ?",
            (SessionState.HELD, self._profile, lsid, SessionState.PARKED),
        )

    def skip(self, lsid: str, *, by: str, at: int, reason: str) -> None:
        """Record that a person decided not to deliver a session; `at` is this machine's time in unix seconds."""
        self.set_state(lsid, SessionState.SKIPPED)
        self._update(lsid, skipped_by=by, skipped_at=at, skip_reason=reason)

    def skipped(self) -> list[Skip]:
        """Return what was skipped, the latest first."""
        rows = self._ledger.rows(
            """
            SELECT lsid, external_key, skipped_at, skipped_by, skip_reason FROM session
            WHERE profile = ? AND state = ? ORDER BY skipped_at DESC
            """,
            (self._profile, SessionState.SKIPPED),
        )
        return [Skip(*row) for row in rows]

    def _discover(self, lsid: str, now: int) -> bool:
        """Make a session discovered, and tell whether it was new or merely known to have begun."""
        if self._insert(lsid, SessionState.DISCOVERED, now):
            return True
        begun = self._ledger.execute(
            "UPDATE session SET state = ?, next_at = 0, seen_at = ? WHERE profile = ? AND lsid = ? AND state = ?",
            (SessionState.DISCOVERED, now, self._profile, lsid, SessionState.OPEN),
        )
        self._ledger.execute(
            """
            UPDATE session SET state = ?, waiting_since = NULL
            WHERE profile = ? AND lsid = ? AND state = ? AND stage = ? AND ended_at IS NULL AND next_at = 0
            """,
            (SessionState.DISCOVERED, self._profile, lsid, SessionState.HELD, Stage.DISCOVER),
        )
        # One that waited for a ticket of its own while it ran is judged again: it may name another by now.
        self._ledger.execute(
            """
            UPDATE session SET state = ?, next_at = 0, seen_at = ?
            WHERE profile = ? AND lsid = ? AND state IN (?, ?, ?) AND stage = '' AND ticket_wanted = 1
            AND ended_at IS NULL
            """,
            (
                SessionState.DISCOVERED,
                now,
                self._profile,
                lsid,
                SessionState.HELD,
                SessionState.UNSETTLED,
                SessionState.PARKED,
            ),
        )
        return bool(begun)

    def _insert(self, lsid: str, state: SessionState, now: int) -> bool:
        return bool(
            self._ledger.execute(
                """
                INSERT INTO session (profile, lsid, state, next_at, seen_at) VALUES (?, ?, ?, 0, ?)
                ON CONFLICT (profile, lsid) DO NOTHING
                """,
                (self._profile, lsid, state, now),
            )
        )

    def _mark_polled(self, lsids: Collection[str]) -> None:
        """Record that a listing named these sessions."""
        self._ledger.execute(
            "UPDATE session SET polled = 1 "
            "WHERE profile = ? AND polled = 0 AND lsid IN (SELECT value FROM json_each(?))",
            (self._profile, json.dumps(list(lsids))),
        )

    def _update(self, lsid: str, **values: object) -> None:
        assignments = ", ".join(f"{column} = :{column}" for column in values)
        self._ledger.execute(
            f"UPDATE session SET {assignments} WHERE profile = :profile AND lsid = :lsid",  # noqa: S608 - our own names
            {**values, "profile": self._profile, "lsid": lsid},
        )

    def _select(self, condition: str, parameters: Iterable[object]) -> list[SessionRecord]:
        rows = self._ledger.rows(
            f"SELECT {COLUMNS} FROM session WHERE profile = ? AND {condition}",  # noqa: S608 - our own words
            (self._profile, *parameters),
        )
        return [read_record(row) for row in rows]
