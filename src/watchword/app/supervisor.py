"""Several web processes on one socket: started, watched, stopped together.

Each process is forked before any event loop or thread exists, serves the same listening socket, and is
started anew when it dies. The first alone runs the worker's jobs and offers metrics on METRICS_PORT.
"""

import contextlib
import ctypes
import os
import signal
import time
from collections.abc import Callable
from types import FrameType

_RESTART_SECONDS = 1.0
_PR_SET_PDEATHSIG = 1
_ASKED_TO_GO = {0, -signal.SIGTERM, -signal.SIGINT}


def supervise(count: int, work: Callable[[int], None]) -> int:
    """Run `work(index)` in `count` processes until a signal; return the exit code."""
    children: dict[int, int] = {}
    stopping = False

    def stop(number: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True
        for pid in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    for index in range(count):
        children[_fork(index, work)] = index
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    worst = 0
    while children:
        try:
            pid, status = os.wait()
        except InterruptedError:
            continue
        index = children.pop(pid)
        if stopping:
            code = os.waitstatus_to_exitcode(status)
            worst = max(worst, 0 if code in _ASKED_TO_GO else abs(code))
        else:
            time.sleep(_RESTART_SECONDS)
            children[_fork(index, work)] = index
    return worst


def _fork(index: int, work: Callable[[int], None]) -> int:
    pid = os.fork()
    if pid:
        return pid
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    _die_with_parent()
    code = 1
    try:
        work(index)
        code = 0
    finally:
        os._exit(code)
    raise AssertionError


def _die_with_parent() -> None:
    """Ask Linux for SIGTERM when the parent is gone, however it went; elsewhere there is no such word."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
