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
from datetime import timedelta
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

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
        self._niceness = niceness
        self._started: list[threading.Thread] = []
        self._waiting: SimpleQueue[_Turn | None] = SimpleQueue()
        self._busy = 0
        self._seconds = _FIRST_GUESS_SECONDS

    @property
    def room(self) -> int:
        """How many hashes may be under way or wait."""
        each = max(PATIENCE.total_seconds() / self._seconds, _LEAST_PER_THREAD)
        return int(self.threads * each)

    async def run(self, work: Callable[[], Result]) -> Result:
        """Run the hash and return its result; who goes away leaves a place taken until it is done."""
        if self._busy >= self.room:
            raise Overloaded(retry_after=PATIENCE, private="hash queue full")
        self._busy += 1
        if len(self._started) < min(self._busy, self.threads):
            self._start()
        turn = _Turn(work, self._done)
        self._waiting.put(turn)
        result: Result = await turn.answer
        return result

    def close(self) -> None:
        """Let the threads end; what still waits is not begun."""
        with contextlib.suppress(Empty):
            while turn := self._waiting.get_nowait():
                turn.answer.cancel()
        for _ in self._started:
            self._waiting.put(None)
        for thread in self._started:
            thread.join()

    def _start(self) -> None:
        name = f"hash-{len(self._started)}"
        thread = threading.Thread(target=self._serve, name=name, daemon=True)
        self._started.append(thread)
        thread.start()

    def _serve(self) -> None:
        """Take turn by turn, in a thread."""
        with contextlib.suppress(OSError, AttributeError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), self._niceness)
        while (turn := self._waiting.get()) is not None:
            turn.take()

    def _done(self, seconds: float) -> None:
        self._busy -= 1
        self._seconds += _WEIGHT * (seconds - self._seconds)


class ForeignHashPool(HashPool):
    """One at a time: what another system hashed may take 128 MiB and a second, and holds up none of ours."""

    def __init__(self, niceness: int = NICENESS) -> None:
        """Use one thread."""
        super().__init__(1, niceness)


class _Turn:
    """One hash, and who waits for it in their event loop."""

    __slots__ = ("_done", "_loop", "_work", "answer")

    def __init__(self, work: Callable[[], Any], done: Callable[[float], None]) -> None:
        self._work = work
        self._done = done
        self._loop = asyncio.get_running_loop()
        self.answer: asyncio.Future[Any] = self._loop.create_future()

    def take(self) -> None:
        """Do the work, in a thread, and hand the result over."""
        started = time.perf_counter()
        result, error = None, None
        try:
            result = self._work()
        except Exception as raised:  # noqa: BLE001 - it belongs to who waits
            error = raised
        seconds = time.perf_counter() - started
        with contextlib.suppress(RuntimeError):  # the loop has ended, and nobody waits
            self._loop.call_soon_threadsafe(self._tell, seconds, result, error)

    def _tell(self, seconds: float, result: Any, error: Exception | None) -> None:
        self._done(seconds)
        if self.answer.done():
            return
        if error is None:
            self.answer.set_result(result)
        else:
            self.answer.set_exception(error)
