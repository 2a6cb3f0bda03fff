"""Several web processes on one socket: started, watched, stopped together.

Each process is forked before any event loop or thread exists and serves the same listening socket. One
that dies is started anew after a second, and after twice as long each time it dies again, half a minute
at most; one that has served for a minute begins with a second; one that was asked to end, at once. When
all have died and none ever served, waiting mends nothing: the service ends, with their exit code. Asked
to stop, the parent lets go of the sockets at once: a socket that anybody keeps open goes on taking
connections that nobody will serve. The first process alone runs the worker's jobs, looks after the
gauges of the whole service and answers on METRICS_PORT, for all of them (see `plumbing/metrics/board`).
Children that it did not start are of no concern: it is left such as process 1 of a container.
"""

import contextlib
import ctypes
import mmap
import os
import signal
import socket
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import timedelta
from types import FrameType

from watchword.app.stopping import Asked, Times, Word
from watchword.kernel.backoff import pause
from watchword.kernel.problems import Problem
from watchword.plumbing.commands import console
from watchword.plumbing.logs.logger import log

_FIRST_REST, _LONGEST_REST = timedelta(seconds=1), timedelta(seconds=30)
_STEADY_SECONDS = 60.0
_LOOK_SECONDS = 0.1
_PR_SET_PDEATHSIG = 1
_SIGNALS = {signal.SIGTERM, signal.SIGINT}
_ASKED_TO_GO = {0, *(-number for number in _SIGNALS)}
_NOBODY_KNOWS = 1 << 8  # how it ended: as a status of `wait`, exit code 1

Work = Callable[[int, Callable[[], None], Asked], None]


def supervise(
    count: int,
    work: Work,
    listeners: Sequence[socket.socket] = (),
    on_hangup: Callable[[], None] | None = None,
    passed_on: Collection[signal.Signals] = (),
) -> int:
    """Run `work(index, ready, asked)` in `count` processes until a signal; return the exit code.

    A process calls `ready` once it serves, and closes the listeners it inherited when it has drained; from
    `asked` it learns whether all leave.
    `on_hangup` is what SIGHUP asks for, here and then in each process, which unblocks it; else it ends all.
    `passed_on` are signals that concern the processes alone: one that starts ignores them until it serves.
    """
    return _Crew(count, work, listeners, on_hangup, passed_on).run()


def deaths_in_a_row(before: int, code: int, *, steady: bool) -> int:
    """Count one that ended with this code: an end that was asked for is no death."""
    if code in _ASKED_TO_GO:
        return 0
    return 1 if steady else before + 1


def rest(deaths: int) -> float:
    """Return how many seconds after so many deaths in a row the next start is."""
    if not deaths:
        return 0.0
    return pause(deaths, _FIRST_REST, _LONGEST_REST, jitter=0.0).total_seconds()


class _Crew:
    """The processes: who is alive, who rests until when, and who ever served."""

    def __init__(
        self,
        count: int,
        work: Work,
        listeners: Sequence[socket.socket],
        on_hangup: Callable[[], None] | None,
        passed_on: Collection[signal.Signals],
    ) -> None:
        self._work = work
        self._passed_on = passed_on
        self._on_hangup = on_hangup
        self._listeners = listeners
        self._alive: dict[int, int] = {}
        self._resting: dict[int, float] = dict.fromkeys(range(count), 0.0)
        self._began = [0.0] * count
        self._deaths = [0] * count
        self._served = mmap.mmap(-1, count)  # one byte for each, shared with every fork
        self._asked, self._word = Times(), Word(os.getpid())
        self._leaving = False
        self._worst = 0

    def run(self) -> int:
        """Start all, and watch until none is left; return the worst exit code."""
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # who ignores it is told of no end
        self._start_rested()
        for number in _SIGNALS:
            signal.signal(number, self._pass_on)
        for number in self._passed_on:
            signal.signal(number, self._tell_all)
        if self._on_hangup is not None:
            signal.signal(signal.SIGHUP, self._hang_up)
        while self._alive or self._resting:
            pid, status = self._wait()
            index = self._alive.pop(pid, None)
            if index is not None:
                self._note(index, os.waitstatus_to_exitcode(status))
            self._start_rested()
        return self._worst

    def _wait(self) -> tuple[int, int]:
        """Return who died, be it a stranger; nobody, after a moment, while somebody rests."""
        try:
            if self._alive and not self._resting:
                return os.wait()
            pid, status = os.waitpid(-1, os.WNOHANG) if self._alive else (0, 0)
        except ChildProcessError:  # somebody else was told of their end
            return next(iter(self._alive)), _NOBODY_KNOWS
        if not pid:
            time.sleep(_LOOK_SECONDS)
        return pid, status

    def _note(self, index: int, code: int) -> None:
        """Let it rest before it is started anew; or end, when asked to or when nothing ever served."""
        if self._leaving:
            self._worst = max(self._worst, 0 if code in _ASKED_TO_GO else abs(code))
            return
        steady = time.monotonic() - self._began[index] >= _STEADY_SECONDS
        self._deaths[index] = deaths_in_a_row(self._deaths[index], code, steady=steady)
        if all(self._deaths) and not any(self._served[:]):
            log().error("no process could start: giving up", exit_code=abs(code))
            self._worst = abs(code)
            self._pass_on(signal.SIGTERM, None)
            return
        self._resting[index] = time.monotonic() + rest(self._deaths[index])

    def _start_rested(self) -> None:
        """Start those that have rested enough; nobody, once we are leaving."""
        with _no_signals():
            if self._leaving:
                self._resting.clear()
            now = time.monotonic()
            for index in [each for each, due in self._resting.items() if due <= now]:
                del self._resting[index]
                self._began[index] = now
                self._alive[self._fork(index)] = index

    def _pass_on(self, number: int, _frame: FrameType | None) -> None:
        """Pass a signal on to all; from now on nobody is started, and nothing is listened to here."""
        if not self._asked.hear(time.monotonic()):
            return
        self._word.count = self._asked.count
        self._leaving = True
        self._resting.clear()
        for listener in self._listeners:
            listener.close()
        self._tell_all(number, None)

    def _hang_up(self, number: int, frame: FrameType | None) -> None:
        """Do what it asks for, and pass it on."""
        assert self._on_hangup is not None
        self._on_hangup()
        self._tell_all(number, frame)

    def _tell_all(self, number: int, _frame: FrameType | None) -> None:
        """Pass a signal on to all."""
        for pid in list(self._alive):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def _fork(self, index: int) -> int:
        pid = os.fork()
        if pid:
            return pid
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        for number in self._passed_on:
            signal.signal(number, signal.SIG_IGN)
        if self._on_hangup is not None:  # it waits until this process serves, and heeds it
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
            signal.signal(signal.SIGHUP, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        die_with_parent()
        code = 1
        try:
            self._work(index, lambda: self._served.__setitem__(index, 1), Asked(self._word))
            code = 0
        except Problem as problem:
            code = console.exit_code(problem)
            log().error("a process failed", reason=problem.private or problem.detail)
        except Exception:  # noqa: BLE001 - told here, or by nobody
            log().exception("a process failed")
        finally:
            os._exit(code)
        raise AssertionError


@contextlib.contextmanager
def _no_signals() -> Iterator[None]:
    """Let signals wait, so that each finds every child; a child takes them when it is ready."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)


def die_with_parent() -> None:
    """Ask Linux for SIGTERM when the parent is gone, however it went; elsewhere there is no such word."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
