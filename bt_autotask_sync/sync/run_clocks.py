"""The clocks of one run: which is believed, what time the run takes for the appliance's, and how long was waited."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bt_autotask_sync.sync.clocks import Reading, Side, Track, Verdict, clamp, estimate, judge

if TYPE_CHECKING:
    from collections.abc import Callable

    from bt_autotask_sync.clock import Clock
    from bt_autotask_sync.state.clock_tracks import ClockTracks

_LOG = logging.getLogger(__name__)

_WARNINGS = {
    Verdict.APPLIANCE_WRONG: "The appliance's clock has moved against this machine's and Autotask's, and is not "
    "believed in this run: its watermark stays, and nothing is parked.\n  Look at the time of the appliance (NTP). "
    "If it was set right on purpose, there is nothing to do: the next run believes it.",
    Verdict.OWN_WRONG: "This machine's clock has moved against the appliance's and Autotask's, and is not believed "
    "in this run.\n  Look at the time of this machine (NTP). If it was set right on purpose, there is nothing to do: "
    "the next run believes it.",
    Verdict.SPLIT: "The clocks of this machine and of the appliance differ from what they were, and nobody can tell "
    "which one is wrong: the watermark stays, and nothing is parked or sent again in this run.\n  Look at the time of "
    "both (NTP). If one was set right on purpose, there is nothing to do: the next run believes it.",
}
_AUTOTASK_WRONG = (
    "Autotask's clock has moved against this machine's and the appliance's, and is not believed in this run.\n"
    "  Nothing to do if it passes. If it stays so, look at the time of this machine and of the appliance (NTP)."
)

_DATELESS = "dateless"
_WARNING_DATELESS = (
    "The appliance's answers have had no usable date for three runs: its time is reckoned by this machine's clock, and "
    "what waits takes three times as long.\n  Keep the clock of this machine right (NTP), and see what takes the Date "
    "header away, such as a proxy before the appliance."
)


class RunClocks:
    """Reads the clocks of one run, and remembers them in the ledger.

    Args:
        tracks: The ledger's memory of both products' clocks.
        clock: This machine's.
    """

    def __init__(self, tracks: ClockTracks, clock: Clock) -> None:
        self._tracks = tracks
        self._clock = clock
        self._before = {side: tracks.get(side) for side in Side}
        self._verdict = Verdict.AGREED
        self._lost = 0
        """The seconds that this machine's clock has fallen behind both others since the run before."""
        self._dated = False
        self._dateless = False
        """Whether Autotask has given a usable date in this run, or an answer without one."""
        self.believed = True
        """Whether the run's time is the appliance's own, and one to reckon with later."""

    @property
    def settles(self) -> bool:
        """Whether enough clocks agree for a create of unknown outcome to be let go."""
        return self._verdict is not Verdict.SPLIT

    @property
    def waited(self) -> int:
        """The seconds that have passed altogether by Autotask's clock and by ours; it only grows."""
        return self._tracks.get(Side.AUTOTASK).waited

    def begin(self, appliance: datetime | None, ask_autotask: Callable[[], datetime | None]) -> int:
        """Judge the appliance's time at the beginning of the run, and return the run's time in unix seconds.

        Args:
            appliance: What the appliance's answer was dated; None: it had no usable date.
            ask_autotask: Reads Autotask's time; only asked where the appliance's clock and ours differ.
        """
        if appliance is None:
            return self._begin_without_date()
        before, now = self._before[Side.APPLIANCE], self._read(appliance)
        if not before.fits(now):
            third = ask_autotask()
            reading = None if third is None else self._read(third)
            self._verdict, self._lost = judge(before, self._before[Side.AUTOTASK], now, reading)
            self._warn_once(before)
            if reading is not None:
                self.read_autotask(third)
        self.believed = self._verdict in {Verdict.AGREED, Verdict.OWN_WRONG}
        warned = "" if self._verdict is Verdict.AGREED else self._verdict
        track = before.advanced(now) if self.believed else replace(before, seen=now)
        self._tracks.put(Side.APPLIANCE, replace(track, warned=warned))
        return now.foreign if self.believed else self._estimated(before, now)

    def read_autotask(self, moment: datetime | None) -> int | None:
        """Count what has passed until an answer of Autotask.

        Args:
            moment: What the answer was dated; None: it had no usable date.

        Returns:
            What has been waited altogether when that answer came; None where its time is not known.
        """
        track = self._tracks.get(Side.AUTOTASK)
        if moment is None:
            return self._read_without_date(track)
        now = self._read(moment)
        if not self._believes(track, now):
            if self.settles and not track.warned:
                _LOG.warning(_AUTOTASK_WRONG)
            warned = Side.AUTOTASK if self.settles else track.warned
            self._tracks.put(Side.AUTOTASK, replace(track, seen=now, warned=warned))
            return None
        self._dated = True
        track = replace(track.advanced(now), warned="")
        self._tracks.put(Side.AUTOTASK, track)
        return track.waited

    def _believes(self, track: Track, now: Reading) -> bool:
        """Tell whether Autotask's clock goes with those that are believed: with readings of before this run."""
        return self.settles and replace(track, seen=self._before[Side.AUTOTASK].seen).fits(now, self._lost)

    def _begin_without_date(self) -> int:
        """Return the run's time where the appliance gives none: what it would be by our own elapsed time."""
        own = self._own()
        before = self._before[Side.APPLIANCE]
        track = before.without_date(own, first=True)
        self.believed = track.counts_alone
        now = estimate(before, own)
        if track.counts_alone and track.warned != _DATELESS:
            _LOG.warning(_WARNING_DATELESS)
            track = replace(track, warned=_DATELESS)
        self._tracks.put(Side.APPLIANCE, track)
        return clamp(own) if now is None else now

    def _read_without_date(self, track: Track) -> int | None:
        if self._dated or not self.settles:
            return None
        track = track.without_date(self._own(), first=not self._dateless)
        self._dateless = True
        self._tracks.put(Side.AUTOTASK, track)
        return track.waited if track.counts_alone else None

    def _estimated(self, before: Track, now: Reading) -> int:
        """Return the appliance's time by our own step; where ours may be the wrong one, the earlier of the two."""
        reckoned = estimate(before, now.own)
        if reckoned is None or before.agreed is None:
            return now.foreign
        if self._verdict is Verdict.APPLIANCE_WRONG:
            return reckoned
        return max(before.agreed.foreign, min(reckoned, now.foreign))

    def _warn_once(self, before: Track) -> None:
        if self._verdict in _WARNINGS and before.warned != self._verdict:
            _LOG.warning(_WARNINGS[self._verdict])

    def _read(self, moment: datetime) -> Reading:
        return Reading(self._own(), int(moment.timestamp()))

    def _own(self) -> int:
        return int(self._clock.now().astimezone(UTC).timestamp())
