"""Lists what ended on the appliance and stores it before anything else: from then on the ledger is the queue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bt_autotask_sync.appliance.document import CHECK_PERMISSION
from bt_autotask_sync.appliance.errors import ReportNotPermitted, UnreadableReport, UnusableAnswer
from bt_autotask_sync.errors import OutageError, UsageError

if TYPE_CHECKING:
    from bt_autotask_sync.appliance.client import ApplianceClient, Listing
    from bt_autotask_sync.config.models import Profile
    from bt_autotask_sync.state.session_record import Progress
    from bt_autotask_sync.state.sessions import Sessions

DAY = timedelta(days=1)
LONGEST_LISTING = timedelta(minutes=10)
"""A listing that is dated farther from the run's beginning is dated wrong; to take the beginning is always safe."""


class NoStartingPointError(UsageError):
    """The first run of a profile does not know where to begin."""

    def __init__(self, profile: str) -> None:
        super().__init__(
            f"The first run of the profile {profile!r} needs a starting point.",
            f"Set start_at in [profile.{profile}], or run once with --since and the time from which this program "
            "delivers: what ended before is left to the system before it.",
        )


class UnbelievableListingError(OutageError):
    """The appliance listed nothing although something is known to have ended in that time."""


NOT_BELIEVED = (UnbelievableListingError, UnusableAnswer, UnreadableReport, ReportNotPermitted)
"""A listing that was answered, and moves nothing: everything else of a run goes on. An outage is not among them."""


@dataclass(frozen=True, slots=True)
class Window:
    """What a listing looks at: sessions that ended from `start` to `until` (None: to now).

    `now` is the run's time, which is the appliance's unless that is not believed.
    """

    start: datetime
    until: datetime | None
    origin: datetime
    now: datetime
    moves_watermark: bool

    def answered(self, at: datetime | None) -> datetime:
        """Return when a listing was answered: at the run's time if the answer's own date is missing or far from it."""
        return self.now if at is None or abs(at - self.now) > LONGEST_LISTING else at


def window(
    profile: Profile,
    progress: Progress | None,
    appliance_now: datetime,
    since: datetime | None,
    until: datetime | None,
    *,
    believed: bool = True,
) -> Window:
    """Return the window of this run's listing.

    It starts a look-back behind the watermark, or behind the appliance's own time if that is earlier, but never
    before the first run's starting point nor before `start_at`. `since` replaces that start this once. A time of the
    appliance that is not `believed` moves no watermark.

    Raises:
        NoStartingPointError: It is the first run and neither `start_at` nor `since` is given.
        UsageError: The window would be empty, or begins in the future.
    """
    refuse_future(since, appliance_now)
    start_at = profile.start_at
    origin = since or start_at if progress is None else _moment(progress.origin)
    if origin is None:
        raise NoStartingPointError(profile.name)
    watermark = None if progress is None or progress.watermark is None else _moment(progress.watermark)
    if since is not None:
        start = since
    elif watermark is None:
        start = max(origin, start_at or origin)
    else:
        behind = min(watermark, appliance_now) - timedelta(hours=profile.lookback_hours)
        start = max(behind, origin, start_at or origin)
    if until is not None and start >= until:
        raise UsageError(
            f"--until {until.isoformat()} is not after {start.isoformat()}, where the listing starts.",
            "Give an earlier --since, or a later --until.",
        )
    moves = believed and (watermark is None or start <= watermark)
    return Window(start, until, origin, appliance_now, moves_watermark=moves)


def refuse_start(profile: Profile, progress: Progress | None, since: datetime | None, until: datetime | None) -> None:
    """Refuse what cannot be a start of this run, before anyone is asked anything.

    Raises:
        NoStartingPointError: It is the first run and neither `start_at` nor `since` is given.
        UsageError: `since` lies before `start_at`, or not before `until`.
    """
    if progress is None and since is None and profile.start_at is None:
        raise NoStartingPointError(profile.name)
    if since is not None and profile.start_at is not None and since < profile.start_at:
        raise UsageError(
            f"--since {since.isoformat()} lies before start_at {profile.start_at.isoformat()} "
            f"of the profile {profile.name!r}.",
            "What ended before start_at is not delivered; name single sessions with `resync LSID`.",
        )
    if since is not None and until is not None and since >= until:
        raise UsageError("--since is not before --until.", "Give --until a later time than --since.")


def refuse_future(since: datetime | None, appliance_now: datetime) -> None:
    """Raise UsageError for a --since that lies in the appliance's future: nothing would ever be listed."""
    if since is not None and since > appliance_now:
        raise UsageError(
            f"--since {since.isoformat()} lies in the future: the appliance has {appliance_now.isoformat()}.",
            "Look at the year and the day.",
        )


@dataclass(frozen=True, slots=True)
class Found:
    """What a listing brought: all that it named, and how many of those became discovered."""

    listed: tuple[str, ...]
    discovered: int


def list_ended(appliance: ApplianceClient, sessions: Sessions, view: Window) -> Found:
    """List what ended in the window and store it, with the watermark, in one transaction.

    The watermark becomes the earlier of the answer's time and the window's end.

    Raises:
        UnbelievableListingError: See `refuse_unbelievable`.
        OutageError: The appliance gave no usable answer; nothing is stored.
    """
    listing = appliance.list_ended(view.start, view.until)
    answered = view.answered(listing.answered_at)
    end = min(answered, view.until) if view.until else answered
    refuse_unbelievable(appliance, listing, sessions, view.start, end)
    discovered = sessions.store_ended(
        listing.lsids,
        now=_seconds(answered),
        origin=_seconds(view.origin),
        watermark=_seconds(end) if view.moves_watermark else None,
    )
    return Found(listing.lsids, discovered)


def begin(sessions: Sessions, view: Window, now: int) -> None:
    """Record where a profile begins of which nothing is listed: outbound events alone name its sessions."""
    sessions.store_ended((), now=now, origin=_seconds(view.origin), watermark=None)


def refuse_unbelievable(
    appliance: ApplianceClient, listing: Listing, sessions: Sessions, start: datetime, end: datetime
) -> None:
    """Refuse an empty listing of a time in which a session is known to have ended, unless its report is gone too.

    Reports may be kept for a shorter time than the look-back. The latest such session is asked for, as it goes last.

    Raises:
        UnbelievableListingError: That session is still there, or the account was not seen to have the permission.
        OutageError: The appliance gave no usable answer.
    """
    known = None if listing.lsids else sessions.last_ended_within(_seconds(start), _seconds(end))
    if known is None:
        return
    if appliance.sessions([known]):
        raise UnbelievableListingError(
            f"The appliance lists no session at all, although it still has {known}, which ended in this time.",
            "If it stays so, report it to BeyondTrust with the time of this run.",
        )
    if not appliance.grants_reports():
        raise UnbelievableListingError(
            "The appliance lists no session at all, although some are known to have ended in this time, and it does "
            "not confirm that the API account may read session reports.",
            f"{CHECK_PERMISSION} Read access to the command API lets it confirm that.",
        )


def list_started_daily(
    appliance: ApplianceClient, sessions: Sessions, profile: Profile, now: datetime, *, doubted: bool = False
) -> bool:
    """Once a day, list what began: a session that closed abnormally has no end and no listing by end shows it.

    Args:
        appliance: Who is asked.
        sessions: The ledger's.
        profile: Whose look-back counts.
        now: The appliance's time.
        doubted: Whether this run's listing of ends was not believed: an empty one of starts is not either, then.

    Returns:
        Whether it was time for it, and it was answered.
    """
    progress = sessions.progress()
    if progress is None:
        return False
    last = None if progress.started_listed_at is None else _moment(progress.started_listed_at)
    if last is not None and abs(now - last) < DAY:
        return False
    start = _moment(progress.origin)
    if last is not None:
        start = max(start, min(last, now) - timedelta(hours=profile.lookback_hours))
    listing = appliance.list_started(start)
    if doubted and not listing.lsids:
        return False
    sessions.store_started(listing.lsids, now=_seconds(now))
    return True


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
