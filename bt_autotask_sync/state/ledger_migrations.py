"""The ledger's schema, grown by named steps in order; `PRAGMA user_version` counts those applied."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

MIGRATIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "sessions and artifacts",
        (
            # Times are unix seconds. `origin` to `started_listed_at` are appliance time.
            """
            CREATE TABLE profile (
                name TEXT PRIMARY KEY,
                origin INTEGER NOT NULL,
                watermark INTEGER,
                started_listed_at INTEGER
            )
            """,
            # `id` is the order of the listing. `next_at` is the appliance time from which the job takes the session
            # up again: 0 at once, NULL never by itself. `polled` and `announced`: a listing, an event named it.
            # `ticket_wanted`: somebody joined it while it named no ticket. `look_again_at` is the appliance time of one
            # more look for a survey that an event announced.
            """
            CREATE TABLE session (
                id INTEGER PRIMARY KEY,
                profile TEXT NOT NULL,
                lsid TEXT NOT NULL,
                state TEXT NOT NULL,
                next_at INTEGER,
                seen_at INTEGER NOT NULL,
                ended_at INTEGER,
                external_key TEXT NOT NULL DEFAULT '',
                ticket_id INTEGER,
                ticket_number TEXT NOT NULL DEFAULT '',
                pinned_ticket TEXT NOT NULL DEFAULT '',
                named INTEGER NOT NULL DEFAULT 0,
                polled INTEGER NOT NULL DEFAULT 0,
                announced INTEGER NOT NULL DEFAULT 0,
                ticket_wanted INTEGER NOT NULL DEFAULT 0,
                look_again_at INTEGER,
                stage TEXT NOT NULL DEFAULT '',
                error TEXT NOT NULL DEFAULT '',
                advice TEXT NOT NULL DEFAULT '',
                attempts INTEGER NOT NULL DEFAULT 0,
                waiting_since INTEGER,
                skipped_at INTEGER,
                skipped_by TEXT NOT NULL DEFAULT '',
                skip_reason TEXT NOT NULL DEFAULT '',
                UNIQUE (profile, lsid)
            )
            """,
            "CREATE INDEX session_queue ON session (profile, next_at) WHERE next_at IS NOT NULL",
            "CREATE INDEX session_state ON session (profile, state)",
            "CREATE INDEX session_ended ON session (profile, ended_at)",
            "CREATE INDEX session_unpolled ON session (profile) WHERE polled = 0",
            "CREATE INDEX session_look_again ON session (profile) WHERE look_again_at IS NOT NULL",
            # `given_up_at` is Autotask time: when an unclear create was given up. `due_at` is appliance time.
            # `resource_id` to `ends_at` are what was sent, or found when it was adopted. `asked_minutes` waits for a
            # person to let an entry of that length through, `approved_minutes` was let through. `respondents` are the
            # gsnumbers of those whose surveys a note tells, blanks between them. `made_from` is the external key that a
            # ticket was made from, `written` the one that was written into the session for it.
            """
            CREATE TABLE artifact (
                profile TEXT NOT NULL,
                lsid TEXT NOT NULL,
                marker TEXT NOT NULL,
                kind TEXT NOT NULL,
                state TEXT NOT NULL,
                ticket_id INTEGER,
                autotask_id INTEGER,
                resource_id INTEGER,
                starts_at INTEGER,
                ends_at INTEGER,
                non_billable INTEGER NOT NULL DEFAULT 0,
                asked_minutes INTEGER,
                approved_minutes INTEGER,
                respondents TEXT NOT NULL DEFAULT '',
                made_from TEXT NOT NULL DEFAULT '',
                written TEXT NOT NULL DEFAULT '',
                given_up_at INTEGER,
                due_at INTEGER NOT NULL DEFAULT 0,
                attempts INTEGER NOT NULL DEFAULT 0,
                waiting_since INTEGER,
                stage TEXT NOT NULL DEFAULT '',
                error TEXT NOT NULL DEFAULT '',
                advice TEXT NOT NULL DEFAULT '',
                PRIMARY KEY (profile, lsid, marker)
            ) WITHOUT ROWID
            """,
            "CREATE INDEX artifact_state ON artifact (profile, state, kind)",
            "CREATE INDEX artifact_approved ON artifact (profile, approved_minutes) WHERE approved_minutes IS NOT NULL",
            "CREATE INDEX artifact_known ON artifact (profile, kind, autotask_id) WHERE autotask_id IS NOT NULL",
            """
            CREATE TABLE run (
                id INTEGER PRIMARY KEY,
                profile TEXT NOT NULL,
                command TEXT NOT NULL,
                at INTEGER NOT NULL,
                outcome TEXT NOT NULL,
                autotask_requests INTEGER NOT NULL
            )
            """,
            "CREATE INDEX run_at ON run (profile, at)",
        ),
    ),
    (
        "what was planned first is what is billed",
        (
            # JSON: whose time is billed, from when to when; as `billing_record` writes it. NULL: nothing planned yet.
            "ALTER TABLE session ADD COLUMN billing TEXT",
            # Whose past it is: the appliance's host, and the tenant by the domain of the API user and the zone's host.
            """
            CREATE TABLE served (
                profile TEXT PRIMARY KEY,
                appliance TEXT NOT NULL,
                tenant TEXT NOT NULL,
                zone TEXT NOT NULL
            ) WITHOUT ROWID
            """,
            "CREATE INDEX artifact_time ON artifact (profile, starts_at) WHERE autotask_id IS NOT NULL",
        ),
    ),
    (
        "answers to creates of unknown outcome",
        (
            # `answer_status` is the HTTP status of the last such answer, `answer` what it was, in words.
            # `unclear_sends` counts them, `unclear_counted` is 1 where the last one counts as an attempt.
            "ALTER TABLE artifact ADD COLUMN answer_status INTEGER",
            "ALTER TABLE artifact ADD COLUMN answer TEXT NOT NULL DEFAULT ''",
            "ALTER TABLE artifact ADD COLUMN unclear_sends INTEGER NOT NULL DEFAULT 0",
            "ALTER TABLE artifact ADD COLUMN unclear_counted INTEGER NOT NULL DEFAULT 0",
        ),
    ),
    (
        "refused credentials",
        (
            # One row: the random key of the fingerprints.
            "CREATE TABLE credentials_key (key BLOB NOT NULL)",
            # Of whatever profile. `first_at` and `looked_at` are this machine's time, `waited` the seconds of the
            # present pause that have passed by `looked_at`.
            """
            CREATE TABLE refused_credentials (
                fingerprint TEXT PRIMARY KEY,
                refusals INTEGER NOT NULL,
                first_at INTEGER NOT NULL,
                waited INTEGER NOT NULL,
                looked_at INTEGER NOT NULL
            ) WITHOUT ROWID
            """,
        ),
    ),
    (
        "last believed listing",
        # Appliance time. NULL for what an earlier version listed: its watermark says it as well.
        ("ALTER TABLE profile ADD COLUMN listed_at INTEGER",),
    ),
    (
        "clocks",
        (
            # See `clocks.Track`; unix seconds. From here on `given_up_at` is the `waited` of Autotask's clock at which
            # an unclear create was given up: what was given up before counts from the next reading.
            """
            CREATE TABLE clock (
                profile TEXT NOT NULL,
                side TEXT NOT NULL,
                own INTEGER,
                foreign_time INTEGER,
                seen_own INTEGER,
                seen_foreign INTEGER,
                waited INTEGER NOT NULL DEFAULT 0,
                dateless_runs INTEGER NOT NULL DEFAULT 0,
                warned TEXT NOT NULL DEFAULT '',
                PRIMARY KEY (profile, side)
            ) WITHOUT ROWID
            """,
            "UPDATE artifact SET given_up_at = NULL",
            # On how many days a run looked for what it waits for, and the last of them (days since 1970, appliance
            # time).
            "ALTER TABLE session ADD COLUMN waited_days INTEGER NOT NULL DEFAULT 0",
            "ALTER TABLE session ADD COLUMN waited_on INTEGER",
            "ALTER TABLE artifact ADD COLUMN waited_days INTEGER NOT NULL DEFAULT 0",
            "ALTER TABLE artifact ADD COLUMN waited_on INTEGER",
        ),
    ),
)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the schema up to date, each step in a transaction of its own."""
    for number, (_name, statements) in enumerate(MIGRATIONS, start=1):
        if number <= version(connection):
            continue
        connection.execute("BEGIN IMMEDIATE")
        for statement in statements:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {number}")
        connection.execute("COMMIT")


def version(connection: sqlite3.Connection) -> int:
    """Return how many migrations the file has seen."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
