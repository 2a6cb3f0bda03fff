"""Lines: connections to one relay, kept while letters come and shared by all who have one to send.

    turn        there are only so many: who has a letter to send waits for its turn (`turns`)
    take        within it, a line that is free, else a new one; the one used last goes first, so that those
                which are not needed grow old
    give_back   it serves the next letter, unless it has carried its share, is broken, or left an answer over
    drop        nobody knows what was said on it

A line that nobody took for a while is closed, as people take leave: QUIT, and no long wait for an answer.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta

from aiosmtplib import SMTP, SMTPException

from watchword.adapters.mail.turns import Turns

_TAKE_LEAVE_SECONDS = 2.0


@dataclass(slots=True, eq=False)
class Line:
    """A connection; `used`: it has served before, so the relay may have closed it meanwhile."""

    smtp: SMTP
    carried: int = 0
    used: bool = False
    free_since: float = 0.0

    @property
    def said_too_much(self) -> bool:
        """Tell whether an answer is left over: the next question would be answered by it."""
        return bool(
            getattr(self.smtp.protocol, "_buffer", b"")
        )  # no public way to what was not read


class Lines:
    """The connections to one relay."""

    def __init__(
        self,
        connect: Callable[[], Awaitable[SMTP]],
        most: int,
        letters_each: int,
        idle: timedelta,
    ) -> None:
        """Connect when somebody takes one."""
        self._connect = connect
        self._letters_each = letters_each
        self._idle = idle.total_seconds()
        self._turns = Turns(most)
        self._free: list[Line] = []
        self._at_work: set[Line] = set()
        self._tidying: asyncio.TimerHandle | None = None
        self._leaving: set[asyncio.Task[None]] = set()

    @property
    def all_at_work(self) -> bool:
        """Tell whether every turn is taken, and the relay has let somebody in who is still there."""
        connected = any(line.smtp.is_connected for line in self._at_work)
        return self._turns.all_taken and connected

    def turn(self, urgency: int) -> AbstractAsyncContextManager[None]:
        """Wait until a line may be taken."""
        return self._turns.turn(urgency)

    async def take(self) -> Line:
        """Return a line that is ours until given back or dropped. Raises what connecting raises."""
        line = self._waiting_one() or Line(await self._connect())
        self._at_work.add(line)
        return line

    def _waiting_one(self) -> Line | None:
        while self._free:
            line = self._free.pop()
            if line.smtp.is_connected:
                return line
        return None

    def give_back(self, line: Line) -> None:
        """Let the next letter have it."""
        if not line.smtp.is_connected or line.said_too_much:
            self.drop(line)
            return
        self._at_work.discard(line)
        if line.carried >= self._letters_each:
            self._leave(line)
            return
        line.used, line.free_since = True, time.monotonic()
        self._free.append(line)
        if self._tidying is None:
            self._tidy_after(self._idle)

    def drop(self, line: Line) -> None:
        """Close it at once."""
        self._at_work.discard(line)
        line.smtp.close()

    async def close(self) -> None:
        """Take leave on every free line."""
        if self._tidying is not None:
            self._tidying.cancel()
            self._tidying = None
        while self._free:
            self._leave(self._free.pop())
        await asyncio.gather(*self._leaving, return_exceptions=True)

    def _tidy_after(self, seconds: float) -> None:
        self._tidying = asyncio.get_running_loop().call_later(seconds, self._tidy)

    def _tidy(self) -> None:
        """Take leave on lines that nobody took for a while; look again when the next one is as old."""
        self._tidying = None
        over = time.monotonic() - self._idle
        while self._free and self._free[0].free_since <= over:
            self._leave(self._free.pop(0))
        if self._free:
            self._tidy_after(self._free[0].free_since - over)

    def _leave(self, line: Line) -> None:
        leaving = asyncio.get_running_loop().create_task(_quit(line.smtp))
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)


async def _quit(smtp: SMTP) -> None:
    if smtp.is_connected:
        with contextlib.suppress(SMTPException, OSError):
            await smtp.quit(timeout=_TAKE_LEAVE_SECONDS)
    smtp.close()
