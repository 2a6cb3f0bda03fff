"""A bounded pool of threads for slow hashes: one a core, a short queue, and an honest no.

argon2 and bcrypt release the interpreter lock, so one thread a core is all the machine can use. The
threads run at a lower priority than the event loop: session checks stay quick while sign-ins use
every core. The queue holds what the threads can do in two seconds, by what hashes took lately; when it
is full the answer is 503 with `Retry-After`, at once.
"""

import asyncio
import contextlib
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

from watchword.kernel.problems import Overloaded

Result = TypeVar("Result")

NICENESS = 5
PATIENCE = timedelta(seconds=2)
_FIRST_GUESS_SECONDS = 0.05
_WEIGHT = 0.1
_LEAST_PER_THREAD = 4


class HashPool:
    """Runs slow hashes beside the event loop. Problem: `overloaded` when too many wait."""

    def __init__(self, threads: int | None = None, niceness: int = NICENESS) -> None:
        """Use as many threads as this process has cores, each so much nicer than the event loop."""
        self.threads = threads or len(os.sched_getaffinity(0))
        self._busy = 0
        self._seconds = _FIRST_GUESS_SECONDS
        self._pool = ThreadPoolExecutor(
            self.threads, "hash", initializer=_lower_priority, initargs=(niceness,)
        )

    @property
    def room(self) -> int:
        """How many hashes may be under way or wait."""
        each = max(PATIENCE.total_seconds() / self._seconds, _LEAST_PER_THREAD)
        return int(self.threads * each)

    async def run(self, work: Callable[[], Result]) -> Result:
        """Run the hash and return its result."""
        if self._busy >= self.room:
            raise Overloaded(retry_after=PATIENCE, private="hash queue full")
        self._busy += 1
        future = asyncio.get_running_loop().run_in_executor(self._pool, _timed, work)
        future.add_done_callback(self._done)
        result, _ = await asyncio.shield(future)
        return result

    def _done(self, future: asyncio.Future[tuple[Result, float]]) -> None:
        self._busy -= 1
        if not future.cancelled() and future.exception() is None:
            self._seconds += _WEIGHT * (future.result()[1] - self._seconds)

    def close(self) -> None:
        """Let the threads end."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def _timed(work: Callable[[], Result]) -> tuple[Result, float]:
    started = time.perf_counter()
    return work(), time.perf_counter() - started


def _lower_priority(niceness: int) -> None:
    with contextlib.suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)
