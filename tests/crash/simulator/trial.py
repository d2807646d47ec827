"""One trial: runs under a schedule until quiet, judged after every run."""

from __future__ import annotations

import logging
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Self

from bt_autotask_sync.errors import CredentialsError, OutageError, UsageError
from bt_autotask_sync.state.directory import StateDirectoryError
from bt_autotask_sync.state.inbox import InboxError
from bt_autotask_sync.state.ledger import LedgerWriteError
from bt_autotask_sync.stop import StoppedError
from bt_autotask_sync.sync.access import NotPresentedError
from bt_autotask_sync.sync.resync import resync_named
from tests.crash.simulator.acts import ON_CHECKPOINT, Act
from tests.crash.simulator.judge import Judge, Violation
from tests.crash.simulator.machine import Killed
from tests.crash.simulator.operators import Operator
from tests.crash.simulator.passage import Passage
from tests.crash.simulator.post import Post
from tests.crash.simulator.program import Program
from tests.crash.simulator.scene import Scene
from tests.crash.simulator.schedule import Round, Schedule
from tests.crash.simulator.stage import Stage
from tests.crash.simulator.steps import Step, Steps
from tests.crash.simulator.strikes import Kind
from tests.crash.simulator.tally import Tally
from tests.crash.simulator.witness import Evidence

if TYPE_CHECKING:
    from collections.abc import Callable

    from bt_autotask_sync.sync.job import Job

_MEMORY = Path("/dev/shm")
"""Where files cost nothing, on systems that have it."""
MOST_RUNS = 80
"""After so many runs a trial must have come to rest."""
_QUIET_RUNS = 2
_REFUSED_PAUSE = 3_700.0
"""Seconds to wait where refused credentials are not presented again for an hour at least."""
_USUAL_ENDS = (
    InboxError,
    OutageError,
    CredentialsError,
    LedgerWriteError,
    StateDirectoryError,
    StoppedError,
    Killed,
)
_PROGRAM = logging.getLogger("bt_autotask_sync")


class Trial:
    """Plays a schedule.

    Args:
        schedule: What happens.
        log: Is told of every step.
    """

    def __init__(self, schedule: Schedule, log: Callable[[str], None] = lambda _: None) -> None:
        self._schedule = schedule
        self._log = log
        self._random = Random(f"trial-{schedule.setting.seed}")
        self._tally = Tally(schedules=1)
        self._steps = Steps(schedule.strikes, self._tally, log)
        self._scene = Scene(schedule.setting)
        self._named = ""
        self._refused = False

    @property
    def steps(self) -> list[Step]:
        """The steps that were taken."""
        return self._steps.taken

    def play(self) -> Tally:
        """Play it, and return what happened.

        Raises:
            Violation: A promise was broken; the message tells how to see it again.
        """
        place = _MEMORY if _MEMORY.is_dir() else None
        with tempfile.TemporaryDirectory(dir=place) as directory, _Complaints() as complaints:
            try:
                self._play(Path(directory), complaints)
            except Violation as violation:
                raise Violation(f"{violation}\nSee it again: {self._schedule.replay}") from violation.__cause__
        self._tally.steps = len(self.steps)
        self._tally.note_themes()
        return self._tally

    def _play(self, directory: Path, complaints: _Complaints) -> None:
        with Post(self._scene, directory, self._steps) as post:
            stage = Stage(self._scene, directory, self._steps, post, Evidence(), self._random)
            passage, program, judge = Passage(self._scene, post), Program(stage), Judge(stage)
            operator = Operator(stage, passage)
            for each in self._schedule.rounds:
                passage.pass_time(each.pause)
                self._act(operator, judge, each)
                self._run(program, judge, each)
                operator.back_up()
            operator.do(Act.ENTER_PASSWORD)
            self._come_to_rest(passage, program, judge)
        complaints.raise_first()

    def _come_to_rest(self, passage: Passage, program: Program, judge: Judge) -> None:
        quiet = 0
        while quiet < _QUIET_RUNS:
            if self._tally.runs > MOST_RUNS:
                raise Violation(f"not quiet after {MOST_RUNS} runs\n{judge.situation()}")
            passage.pass_time(_REFUSED_PAUSE if self._refused else Round().pause)
            quiet = quiet + 1 if self._run(program, judge, Round()) else 0
        passage.late_commits_land()
        self._judge(judge)
        judge.judge_end()

    def _act(self, operator: Operator, judge: Judge, each: Round) -> None:
        for act in each.acts:
            if operator.do(act):
                self._log(f"      -- {act}")
                self._tally.acted[act] += 1
                if act in ON_CHECKPOINT:
                    judge.checkpoint_exchanged()

    def _run(self, program: Program, judge: Judge, each: Round) -> bool:
        """Run once as a new process, and tell whether nothing was left to do."""
        self._tally.runs += 1
        self._log(f"      == run {self._tally.runs} at {self._now():%H:%M:%S}")
        summary = program.live(self._work(each))
        error = summary.error if summary else Killed()
        self._refused = isinstance(error, NotPresentedError)
        if error is not None:
            self._tally.ended[type(error).__name__] += 1
            self._log(f"      == {type(error).__name__}: {error}")
        self._check_end(error, each)
        if each.resync and error is None:
            self._scene.plans.resynced(self._named)
        self._judge(judge)
        idle = summary is not None and error is None and not summary.created.total()
        return idle and judge.is_quiet()

    def _judge(self, judge: Judge) -> None:
        judge.judge_run(reports_lied=self._tally.struck[Kind.NOTHING] > 0 or self._tally.acted[Act.PURGE_REPORTS] > 0)

    def _work(self, each: Round) -> Callable[[Job], None]:
        if each.resync:
            now = self._scene.clock.now()
            known = [session.lsid for session in self._scene.sessions() if session.visible_from <= now]
            lsid = self._named = self._random.choice(known)
            self._scene.plans.named(lsid)
            self._log(f"      == resync {lsid}")
            return lambda job: resync_named(job, [lsid], "")
        until = None if each.until is None else self._now() - timedelta(seconds=each.until)
        return lambda job: job.run(None, until, each.limit)

    def _check_end(self, error: BaseException | None, each: Round) -> None:
        """Refuse what no run may end with; a `resync` may be refused as well."""
        usual = (*_USUAL_ENDS, UsageError) if each.resync else _USUAL_ENDS
        if error is not None and not isinstance(error, usual):
            raise Violation(f"a run ended with {type(error).__name__}: {error}") from error

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._scene.clock.now(), UTC)


class _Complaints(logging.Handler):
    """Collects what the program logs as an error: it says so when something unforeseen happened. The rest is noise."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self._heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self._heard.append(record.getMessage())

    def raise_first(self) -> None:
        """Raise Violation if there was any."""
        if self._heard:
            raise Violation(f"the program complained: {self._heard[0]}")

    def __enter__(self) -> Self:
        _PROGRAM.addHandler(self)
        _PROGRAM.propagate = False
        return self

    def __exit__(self, *_: object) -> None:
        _PROGRAM.removeHandler(self)
        _PROGRAM.propagate = True
