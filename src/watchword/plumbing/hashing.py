"""A bounded pool of threads for slow hashes: one a core, a short queue, and an honest no.

argon2 and bcrypt release the interpreter lock, so one thread a core is all the machine can use. The
threads run at a lower priority than the event loop: session checks stay quick while sign-ins use
every core. When the queue is full the answer is 503 with `Retry-After`, at once.
"""

import asyncio
import contextlib
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

from watchword.kernel.problems import Overloaded

Result = TypeVar("Result")

NICENESS = 5
QUEUE_PER_CORE = 64


class HashPool:
    """Runs slow hashes beside the event loop. Problem: `overloaded` when too many wait."""

    def __init__(
        self, threads: int | None = None, queue: int | None = None, niceness: int = NICENESS
    ) -> None:
        """Use as many threads as this process has cores, each so much nicer than the event loop."""
        self.threads = threads or len(os.sched_getaffinity(0))
        self._room = queue or self.threads * QUEUE_PER_CORE
        self._busy = 0
        self._pool = ThreadPoolExecutor(
            self.threads, "hash", initializer=_lower_priority, initargs=(niceness,)
        )

    async def run(self, work: Callable[[], Result]) -> Result:
        """Run the hash and return its result."""
        if self._busy >= self._room:
            raise Overloaded(retry_after=timedelta(seconds=2), private="hash queue full")
        self._busy += 1
        future = asyncio.get_running_loop().run_in_executor(self._pool, work)
        future.add_done_callback(self._done)
        return await asyncio.shield(future)

    def _done(self, future: asyncio.Future[Result]) -> None:
        self._busy -= 1
        if not future.cancelled():
            future.exception()

    def close(self) -> None:
        """Let the threads end."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def _lower_priority(niceness: int) -> None:
    with contextlib.suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)
