"""The ledger's artifacts of one profile: the notes, time entries and tickets that were sent or are to be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bt_autotask_sync.autotask.entities import TimeEntry
from bt_autotask_sync.state.artifact_record import COLUMNS, ArtifactRecord, read_record
from bt_autotask_sync.state.states import ArtifactKind, ArtifactState
from bt_autotask_sync.state.unclear_answers import UnclearAnswers

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from bt_autotask_sync.state.artifact_record import RecordClass
    from bt_autotask_sync.state.ledger import Ledger
    from bt_autotask_sync.state.states import Problem
    from bt_autotask_sync.sync.markers import Found
    from bt_autotask_sync.sync.plan.artifact import Artifact


_NO_TROUBLE: dict[str, object] = {
    "given_up_at": None,
    "due_at": 0,
    "waiting_since": None,
    "stage": "",
    "error": "",
    "advice": "",
    "answer_status": None,
    "answer": "",
    "unclear_sends": 0,
    "unclear_counted": 0,
}


class Artifacts:
    """The artifacts of one profile in the ledger, known by lsid and marker."""

    def __init__(self, ledger: Ledger, profile: str) -> None:
        self._ledger = ledger
        self._profile = profile
        self.unclear_answers = UnclearAnswers(ledger, profile)

    def of(self, lsids: Sequence[str]) -> dict[str, dict[str, ArtifactRecord]]:
        """Return the artifacts of each of `lsids`, by marker."""
        return {lsid: {record.marker: record for record in self._select("lsid = ?", (lsid,))} for lsid in lsids}

    def in_state(self, *states: ArtifactState) -> list[ArtifactRecord]:
        """Return all artifacts in one of `states`."""
        marks = ", ".join("?" * len(states))
        return self._select(f"state IN ({marks})", states)

    def known(self, record_class: RecordClass, limit: int) -> list[ArtifactRecord]:
        """Return the newest records of a sort that are known to be in Autotask."""
        return self._select(
            "kind = ? AND non_billable = ? AND autotask_id IS NOT NULL ORDER BY autotask_id DESC LIMIT ?",
            (record_class.kind, record_class.non_billable, limit),
        )

    def entries_between(self, since: datetime, until: datetime, limit: int) -> list[ArtifactRecord]:
        """Return time entries that are known to be in Autotask and begin between two times, the latest first."""
        return self._select(
            "autotask_id IS NOT NULL AND starts_at BETWEEN ? AND ? ORDER BY starts_at DESC LIMIT ?",
            (seconds(since), seconds(until), limit),
        )

    def owner(self, kind: ArtifactKind, autotask_id: int) -> str | None:
        """Return the lsid that a record in Autotask is known to belong to."""
        found = self._select("kind = ? AND autotask_id = ?", (kind, autotask_id))
        return found[0].lsid if found else None

    def first_given_up(self) -> int | None:
        """Return how long had been waited altogether when the first create was given up that is still unsettled."""
        rows = self._ledger.rows(
            "SELECT min(given_up_at) FROM artifact WHERE profile = ? AND state = ?",
            (self._profile, ArtifactState.UNSETTLED),
        )
        return None if rows[0][0] is None else int(rows[0][0])

    def intend(self, artifact: Artifact, problem: Problem) -> None:
        """Record that a create is about to be sent: from here on its outcome is open, which is the `problem`."""
        self._upsert(
            artifact.lsid,
            artifact.marker,
            artifact.kind,
            state=ArtifactState.UNSETTLED,
            ticket_id=artifact.ticket_id,
            resource_id=artifact.resource_id,
            starts_at=seconds(artifact.start),
            ends_at=seconds(artifact.end),
            non_billable=artifact.non_billable,
            respondents=" ".join(artifact.respondents),
            made_from=artifact.made_from,
            autotask_id=None,
            given_up_at=None,
            waiting_since=None,
            stage=problem.stage,
            error=problem.error,
            advice=problem.advice,
            answer_status=None,
            answer="",
            unclear_counted=0,
        )

    def withdraw(self, lsid: str, marker: str, problem: Problem) -> None:
        """Take back an intent that was not sent, or whose record is known not to exist: it may be sent again.

        The row of a time entry of an earlier version stays: that version kept nothing else of who is billed.
        """
        with self._ledger.transaction():
            self._ledger.execute(
                """
                DELETE FROM artifact
                WHERE profile = ? AND lsid = ? AND marker = ? AND attempts = 0 AND approved_minutes IS NULL
                AND written = '' AND unclear_sends = 0 AND (kind <> ? OR marker LIKE '[bt:%:#%')
                """,
                (self._profile, lsid, marker, ArtifactKind.TIME_ENTRY),
            )
            self._ledger.execute(
                """
                UPDATE artifact SET state = ?, given_up_at = NULL, due_at = 0, error = ?, advice = ?
                WHERE profile = ? AND lsid = ? AND marker = ?
                """,
                (
                    ArtifactState.HELD,
                    problem.error,
                    problem.advice,
                    self._profile,
                    lsid,
                    marker,
                ),
            )

    def created(self, artifact: Artifact, autotask_id: int | None) -> None:
        """Record that an artifact was created; a dry run has no id for it."""
        self._upsert(
            artifact.lsid,
            artifact.marker,
            artifact.kind,
            state=ArtifactState.CREATED,
            ticket_id=artifact.ticket_id,
            autotask_id=autotask_id,
            non_billable=artifact.non_billable,
            **_NO_TROUBLE,
        )

    def adopted(
        self,
        lsid: str,
        marker: str,
        kind: ArtifactKind,
        found: Found,
        *,
        ticket_id: int | None,
        respondents: Sequence[str] = (),
        made_from: str = "",
    ) -> None:
        """Record that an artifact was found in Autotask, a time entry with what it says there.

        Whose surveys a note tells, and what a ticket was made from, stay as they were recorded with the intent where
        nothing is said of them here.
        """
        said: dict[str, object] = {"respondents": " ".join(respondents)} if respondents else {}
        if made_from:
            said["made_from"] = made_from
        if isinstance(found, TimeEntry):
            said |= {
                "resource_id": found.resource_id,
                "starts_at": seconds(found.start),
                "ends_at": seconds(found.end),
            }
        self._upsert(
            lsid,
            marker,
            kind,
            state=ArtifactState.ADOPTED,
            ticket_id=ticket_id,
            autotask_id=found.id,
            **said,
            **_NO_TROUBLE,
        )

    def hold(
        self,
        lsid: str,
        marker: str,
        kind: ArtifactKind,
        problem: Problem,
        *,
        state: ArtifactState = ArtifactState.HELD,
        due_at: int = 0,
        attempts: int | None = None,
        waiting_since: int | None = None,
        waited_days: int = 0,
        waited_on: int | None = None,
        asked_minutes: int | None = None,
    ) -> None:
        """Record why an artifact is not in Autotask yet; `attempts` None leaves the count as it is.

        With `asked_minutes` it waits for a person to let an entry of so many minutes through.
        """
        counted = {} if attempts is None else {"attempts": attempts}
        self._upsert(
            lsid,
            marker,
            kind,
            state=state,
            given_up_at=None,
            due_at=due_at,
            waiting_since=waiting_since,
            waited_days=waited_days,
            waited_on=waited_on,
            asked_minutes=asked_minutes,
            stage=problem.stage,
            error=problem.error,
            advice=problem.advice,
            answer_status=None,
            unclear_counted=0,
            **counted,
        )

    def withhold(self, artifact: Artifact, problem: Problem) -> None:
        """Hold what was not sent in this run; when it was refused before, it still comes after the others."""
        record = self.of([artifact.lsid])[artifact.lsid].get(artifact.marker)
        due_at = record.due_at if record else 0
        self.hold(artifact.lsid, artifact.marker, artifact.kind, problem, due_at=due_at)

    def forget(self, lsid: str, marker: str) -> None:
        """Forget an artifact that the plan does not hold any more, or that someone deleted in Autotask."""
        self._ledger.execute(
            "DELETE FROM artifact WHERE profile = ? AND lsid = ? AND marker = ?", (self._profile, lsid, marker)
        )

    def rename(self, lsid: str, marker: str, key: str) -> None:
        """Know an artifact by another marker from here on."""
        self._ledger.execute(
            "UPDATE OR IGNORE artifact SET marker = ? WHERE profile = ? AND lsid = ? AND marker = ?",
            (key, self._profile, lsid, marker),
        )

    def release(self, lsid: str) -> None:
        """Have all of a session that is held, parked or skipped tried again at once, as if for the first time."""
        released = (ArtifactState.HELD, ArtifactState.PARKED, ArtifactState.SKIPPED)
        self._ledger.execute(
            """
            UPDATE artifact SET state = ?, due_at = 0, attempts = 0, waiting_since = NULL, unclear_sends = 0
            WHERE profile = ? AND lsid = ? AND state IN (?, ?, ?)
            """,
            (ArtifactState.HELD, self._profile, lsid, *released),
        )

    def approve(self, lsid: str) -> None:
        """Record that a person lets the entries of a session through that wait for it, as long as they are now."""
        self._ledger.execute(
            """
            UPDATE artifact SET approved_minutes = asked_minutes
            WHERE profile = ? AND lsid = ? AND asked_minutes IS NOT NULL
            """,
            (self._profile, lsid),
        )

    def approved(self) -> dict[str, int]:
        """Return the minutes that a person has let through, by the marker of the time entry."""
        rows = self._ledger.rows(
            "SELECT marker, approved_minutes FROM artifact WHERE profile = ? AND approved_minutes IS NOT NULL",
            (self._profile,),
        )
        return {row[0]: int(row[1]) for row in rows}

    def skip(self, lsid: str) -> None:
        """Give up everything of a session that is held or parked: a person decided so."""
        self._ledger.execute(
            "UPDATE artifact SET state = ? WHERE profile = ? AND lsid = ? AND state IN (?, ?)",
            (ArtifactState.SKIPPED, self._profile, lsid, ArtifactState.HELD, ArtifactState.PARKED),
        )

    def write(self, lsid: str, marker: str, key: str) -> None:
        """Record the external key that is about to be written into a session for its ticket."""
        self._ledger.execute(
            "UPDATE artifact SET written = ? WHERE profile = ? AND lsid = ? AND marker = ?",
            (key, self._profile, lsid, marker),
        )

    def give_up(self, at: int) -> None:
        """Record how long had been waited altogether when every create of unknown outcome so far was given up."""
        self._ledger.execute(
            "UPDATE artifact SET given_up_at = ? WHERE profile = ? AND state = ? AND given_up_at IS NULL",
            (at, self._profile, ArtifactState.UNSETTLED),
        )

    def _upsert(self, lsid: str, marker: str, kind: ArtifactKind, **values: object) -> None:
        given = {"profile": self._profile, "lsid": lsid, "marker": marker, "kind": kind, **values}
        columns = ", ".join(given)
        places = ", ".join(f":{column}" for column in given)
        changes = ", ".join(f"{column} = excluded.{column}" for column in values)
        self._ledger.execute(
            f"INSERT INTO artifact ({columns}) VALUES ({places}) "  # noqa: S608 - our own names
            f"ON CONFLICT (profile, lsid, marker) DO UPDATE SET {changes}",
            given,
        )

    def _select(self, condition: str, parameters: Iterable[object]) -> list[ArtifactRecord]:
        rows = self._ledger.rows(
            f"SELECT {COLUMNS} FROM artifact WHERE profile = ? AND {condition}",  # noqa: S608 - our own words
            (self._profile, *parameters),
        )
        return [read_record(row) for row in rows]


def seconds(moment: datetime | None) -> int | None:
    """Return a moment as whole unix seconds."""
    return None if moment is None else int(moment.timestamp())
