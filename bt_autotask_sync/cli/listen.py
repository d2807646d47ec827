"""`listen`: receives outbound events, stores them, and has the ordinary `run` work on them; until told to stop."""

from __future__ import annotations

import logging
import math
from contextlib import ExitStack, contextmanager, nullcontext
from typing import TYPE_CHECKING, Final

from bt_autotask_sync.cli.failure import tell
from bt_autotask_sync.cli.listen_text import introduction, refuse_plain, risks
from bt_autotask_sync.cli.profiles import choose
from bt_autotask_sync.clock import SystemClock
from bt_autotask_sync.config.load import load
from bt_autotask_sync.errors import LockedError, SyncError
from bt_autotask_sync.events import receiver
from bt_autotask_sync.events.access import access_from
from bt_autotask_sync.events.certificate import Certificate
from bt_autotask_sync.events.delays import delays
from bt_autotask_sync.events.receiver import Receiver
from bt_autotask_sync.events.run_process import RunLogRelay, RunProcess
from bt_autotask_sync.events.runner import Runner, Wakeup
from bt_autotask_sync.events.schedule import Schedule
from bt_autotask_sync.events.server import serve
from bt_autotask_sync.events.settings import AT_START, WatchedSettings
from bt_autotask_sync.events.writer import InboxWriter
from bt_autotask_sync.exit_code import ExitCode, code_for
from bt_autotask_sync.state.directory import prepare
from bt_autotask_sync.state.inbox import Inbox, InboxError
from bt_autotask_sync.state.lock import run_lock
from bt_autotask_sync.stop import Stop, StoppedError, stopped_by_signals

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from bt_autotask_sync.appliance.outbound_event import Event
    from bt_autotask_sync.cli.options import Options
    from bt_autotask_sync.config.load import LoadedSettings
    from bt_autotask_sync.config.models import Listen, Settings

LOOK_SECONDS: Final = 1.0
"""How often it is looked whether the configuration changed and the server still serves."""

_LOG = logging.getLogger(__name__)


class ListenerDiedError(SyncError):
    """The thread that serves has ended by itself."""

    def __init__(self) -> None:
        super().__init__("The listener stopped serving.", "It must be started again; see the lines before this one.")


def listen(options: Options, allow_plain: bool) -> ExitCode:
    """Listen until interrupted, or until something keeps it from listening at all."""
    verbose = _tell_more()
    wakeup = Wakeup()
    stop = _RingingStop(wakeup)
    try:
        with stopped_by_signals(stop), ExitStack() as stack:
            listener = _Listener(options, verbose, wakeup, stack, allow_plain=allow_plain)
            while True:
                stop.check()
                wakeup.wait(listener.look())
    except SyncError as error:
        return tell(error)
    except (StoppedError, KeyboardInterrupt) as stopped:
        return code_for(stopped)


class _RingingStop(Stop):
    """A stop that also wakes who waits for the bell."""

    def __init__(self, wakeup: Wakeup) -> None:
        super().__init__()
        self._wakeup = wakeup

    def tell(self, signal_number: int) -> None:
        """Tell to stop because of a signal."""
        super().tell(signal_number)
        self._wakeup.ring()


class _Listener:
    """Everything that listens, connected with each other.

    Args:
        options: What was given before the command.
        verbose: How runs are told to tell more.
        wakeup: Wakes the loop that calls `look`.
        stack: Closes it all: first the port, then the run at work is told to stop, and the inbox at last.
        allow_plain: Whether to listen without TLS on an address other than this machine's own.

    Raises:
        SyncError: The configuration, the state directory or the port cannot be used.
    """

    def __init__(
        self, options: Options, verbose: Sequence[str], wakeup: Wakeup, stack: ExitStack, *, allow_plain: bool
    ) -> None:
        self._options = options
        self._verbose = verbose
        self._wakeup = wakeup
        self._watched = WatchedSettings(options.config_file(), self._read)
        settings = self._watched.current
        refuse_plain(settings.listen, insisted=allow_plain)
        self._at_start = settings.listen
        self._risks: set[str] = set()
        self._take_up(settings)
        certificate = _certificate(settings.listen)
        stack.enter_context(_only_one(options.state()))
        writer = stack.enter_context(InboxWriter(options.state()))
        self._clock = SystemClock()
        self._schedule = Schedule()
        self._runner = Runner(self._schedule, self._start_run, self._clock)
        self._relay = RunLogRelay()
        stack.callback(self._runner.stop, wakeup)
        self._receiver = Receiver(access_from(settings), writer, self._clock, self._on_stored)
        self._server = serve(
            self._receiver,
            settings.listen.address,
            settings.listen.port,
            certificate,
            admits=self._receiver.admits,
        )
        stack.enter_context(self._server)
        _LOG.info("%s", "\n  ".join(introduction(self._server.url, settings)))
        # Always, not only for what waits in the inbox: a run may have died with events in the ledger alone.
        self._start_at_once()

    def look(self) -> float:
        """Do what is due now, and return after how many seconds to look again.

        Raises:
            ListenerDiedError: Nobody serves any more.
        """
        if not self._server.is_serving:
            raise ListenerDiedError
        if self._watched.look():
            self._take_up(self._watched.current)
            self._receiver.access = access_from(self._watched.current)
            if self._runner.waits_for_a_person or self._events_wait():
                self._start_at_once()
        due = self._runner.look()
        return min(LOOK_SECONDS, math.inf if due is None else due)

    def _read(self) -> LoadedSettings:
        loaded = load(self._options.config_file())
        choose(loaded.settings, self._options)  # a profile that is asked for must be there
        return loaded

    def _take_up(self, settings: Settings) -> None:
        """Note which profiles are worked on, and warn of what became risky."""
        self._worked_on = [profile.name for profile in choose(settings, self._options)]
        found = set(risks(self._in_effect(settings.listen)))
        for risk in sorted(found - self._risks):
            _LOG.warning("%s", risk)
        self._risks = found

    def _in_effect(self, changed: Listen) -> Listen:
        """Return the table with what holds from the start on."""
        return changed.model_copy(update={name: getattr(self._at_start, name) for name in AT_START})

    def _on_stored(self, event: Event, names: tuple[str, ...]) -> None:
        """Mark when the event needs a run; it is on disk already."""
        profiles = self._watched.current.profiles
        concerned = [profiles[name] for name in names if name in profiles and name in self._worked_on]
        for delay in delays(event, concerned):
            self._schedule.mark(self._clock.monotonic(), delay)
        self._wakeup.ring()

    def _events_wait(self) -> bool:
        """Return whether events wait for a profile that is worked on; also where that cannot be found out."""
        try:
            inbox = Inbox.open_existing(self._options.state(), read_only=True)
            with inbox or nullcontext():
                return inbox is not None and inbox.waits(self._worked_on)
        except InboxError:
            return True

    def _start_at_once(self) -> None:
        self._schedule.mark(self._clock.monotonic(), 0)

    def _start_run(self) -> RunProcess:
        given = self._options
        profiles = [word for name in given.profiles for word in ("--profile", name)]
        places = ["--config", str(given.config_file().absolute()), "--state-dir", str(given.state().absolute())]
        return RunProcess([*places, *profiles, *self._verbose], self._relay, self._wakeup.ring)


def _tell_more() -> Sequence[str]:
    """Tell one step more than other commands do: a listener without a word might as well be dead.

    Returns:
        The options for runs: they tell as much as was asked for.
    """
    log = logging.getLogger("bt_autotask_sync")
    asked = {logging.INFO: ["-v"], logging.DEBUG: ["-vv"]}.get(log.level, [])
    if log.level == logging.INFO:
        log.setLevel(logging.DEBUG)
    elif log.level == logging.WARNING:
        log.setLevel(logging.INFO)
        logging.getLogger(receiver.__name__).setLevel(logging.WARNING)  # each stored event is for -v
    return asked


def _certificate(settings: Listen) -> Certificate | None:
    if settings.certificate_file is None or settings.key_file is None:
        return None
    return Certificate(settings.certificate_file, settings.key_file)


@contextmanager
def _only_one(state: Path) -> Iterator[None]:
    """Make the state directory, and keep a second listener out of it.

    Raises:
        LockedError: There is one already.
        StateDirectoryError: The directory cannot be used.
    """
    prepare(state)
    mine = state / "listen"
    prepare(mine)
    with ExitStack() as stack:
        try:
            stack.enter_context(run_lock(mine))
        except LockedError:
            raise LockedError(
                f"Another listener is at work in {state}.", "Stop that one first; one receives for all profiles."
            ) from None
        yield
