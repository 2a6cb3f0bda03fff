"""Several web processes on one socket: started, watched, stopped together.

Each process is forked before any event loop or thread exists, serves the same listening socket, and is
started anew when it dies. The first alone runs the worker's jobs, looks after the gauges of the whole
service and answers on METRICS_PORT, for all of them (see `plumbing/board`).
"""

import contextlib
import ctypes
import os
import signal
import time
from collections.abc import Callable, Iterator
from types import FrameType

from watchword.kernel.problems import Problem
from watchword.plumbing.logs import log

_RESTART_SECONDS = 1.0
_PR_SET_PDEATHSIG = 1
_SIGNALS = {signal.SIGTERM, signal.SIGINT}
_ASKED_TO_GO = {0, *(-number for number in _SIGNALS)}


def supervise(count: int, work: Callable[[int], None]) -> int:
    """Run `work(index)` in `count` processes until a signal; return the exit code."""
    children = {_fork(index, work): index for index in range(count)}
    asked: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        asked.append(number)
        for pid in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    for number in _SIGNALS:
        signal.signal(number, stop)
    worst = 0
    while children:
        pid, status = os.wait()
        index = children.pop(pid)
        if asked:
            code = os.waitstatus_to_exitcode(status)
            worst = max(worst, 0 if code in _ASKED_TO_GO else abs(code))
            continue
        time.sleep(_RESTART_SECONDS)
        with _no_signals():
            if not asked:
                children[_fork(index, work)] = index
    return worst


@contextlib.contextmanager
def _no_signals() -> Iterator[None]:
    """Let signals wait, so that each finds every child; a child takes them when it is ready."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)


def _fork(index: int, work: Callable[[int], None]) -> int:
    pid = os.fork()
    if pid:
        return pid
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    die_with_parent()
    code = 1
    try:
        work(index)
        code = 0
    except Problem as problem:
        log().error("a process failed", reason=problem.private or problem.detail)
    except Exception:  # noqa: BLE001 - told here, or by nobody
        log().exception("a process failed")
    finally:
        os._exit(code)
    raise AssertionError


def die_with_parent() -> None:
    """Ask Linux for SIGTERM when the parent is gone, however it went; elsewhere there is no such word."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
