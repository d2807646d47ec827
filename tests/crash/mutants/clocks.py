"""The mutants of the clocks: each breaks one sentence of T1 to T3 that can double or lose something."""

from __future__ import annotations

from dataclasses import replace as changed
from typing import Any

from bt_autotask_sync.sync.clocks import Reading, Track
from bt_autotask_sync.sync.discover import listing
from bt_autotask_sync.sync.run_clocks import RunClocks
from tests.crash.mutants.infection import Mutant, replace


def _foreign_steps_alone() -> None:
    """Count what Autotask's clock says has passed, and believe it whatever ours says."""

    def by_foreign(advanced: Any) -> Any:
        def advance(self: Track, now: Reading) -> Track:
            passed = 0 if self.agreed is None else max(0, now.foreign - self.agreed.foreign)
            track: Track = advanced(self, now)
            return changed(track, waited=self.waited + passed)

        return advance

    replace(Track, "advanced", by_foreign)
    replace(Track, "fits", lambda _: lambda *_: True)


def _own_steps_alone() -> None:
    """Count what our own clock says has passed, and believe it whatever the others say."""

    def by_own(advanced: Any) -> Any:
        def advance(self: Track, now: Reading) -> Track:
            passed = 0 if self.own is None else max(0, now.own - self.own)
            track: Track = advanced(self, now)
            return changed(track, waited=self.waited + passed)

        return advance

    replace(Track, "advanced", by_own)
    replace(Track, "fits", lambda _: lambda *_: True)


def _dateless_counts_at_once() -> None:
    """Take an answer without a date for one that came long after the one before."""

    def at_once(_: Any) -> Any:
        def read(self: RunClocks, track: Track) -> int:
            self._tracks.put("autotask", changed(track, waited=track.waited + 1_000))  # type: ignore[arg-type]
            return track.waited

        return read

    replace(RunClocks, "_read_without_date", at_once)


def _watermark_by_any_date() -> None:
    """Move the watermark to whatever a listing or a token is dated."""
    replace(listing.Window, "answered", lambda _: lambda self, at: at or self.now)

    def believing(begin: Any) -> Any:
        def begin_believed(self: RunClocks, appliance: Any, ask: Any) -> int:
            now: int = begin(self, appliance, ask)
            self.believed = True
            return now if appliance is None else int(appliance.timestamp())

        return begin_believed

    replace(RunClocks, "begin", believing)


CLOCKS = {
    "foreign-steps-alone": Mutant("T1 waiting counts by our own step too", _foreign_steps_alone),
    "own-steps-alone": Mutant("T1 waiting counts by the other side's step too", _own_steps_alone),
    "dateless-counts": Mutant("T3 an answer without a date counts no time", _dateless_counts_at_once),
    "watermark-by-any-date": Mutant("T2 what is not believed moves no watermark", _watermark_by_any_date),
}
