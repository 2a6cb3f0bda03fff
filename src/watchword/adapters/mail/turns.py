"""Turns: only so many at once; who waits goes by how urgent it is, then by who came first."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from heapq import heappop, heappush
from itertools import count


class Turns:
    """So many turns at once."""

    def __init__(self, most: int) -> None:
        """Let so many in."""
        self._free = most
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._came = count()

    @property
    def all_taken(self) -> bool:
        """Tell whether the next one would have to wait."""
        return not self._free

    @asynccontextmanager
    async def turn(self, urgency: int) -> AsyncIterator[None]:
        """Wait for a turn, and have it; the lowest urgency is the most urgent."""
        if self._free:
            self._free -= 1
        else:
            await self._wait(urgency)
        try:
            yield
        finally:
            self._next()

    async def _wait(self, urgency: int) -> None:
        ours = asyncio.get_running_loop().create_future()
        heappush(self._waiting, (urgency, next(self._came), ours))
        try:
            await ours
        except asyncio.CancelledError:
            if not ours.cancelled():  # it came together with the end of our patience
                self._next()
            raise

    def _next(self) -> None:
        while self._waiting:
            *_, turn = heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
