"""Look-ups of one moment, asked together: many askers, one statement, one round trip.

Under load most of a look-up's price is the round trip, not the row. So look-ups of one kind that come
within one turn of the event loop leave as one statement, and those that come while it is under way
leave together when it is back, or after `PATIENCE` seconds if it is slow: one that hangs holds up
nobody else. An idle service asks at once, as ever. Each asker gets their own row, or None; a failure
is everybody's who asked together.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, Final

from watchword.plumbing.db.statements import Lookup

PATIENCE: Final = 0.005

Ask = Callable[[Lookup, list[Any], Mapping[str, Any]], Awaitable[Mapping[Any, Any]]]
Turns = list[asyncio.Future[Any]]


class Gathering:
    """Who waits for which row of one kind of look-up."""

    def __init__(self, lookup: Lookup, ask: Ask) -> None:
        """Ask with `ask`: it gets the keys and the other values, and returns the rows by key."""
        self._lookup = lookup
        self._ask = ask
        self._waiting: dict[Any, Turns] = {}
        self._values: Mapping[str, Any] = {}
        self._under_way: set[asyncio.Task[None]] = set()
        self._leaving: asyncio.Handle | None = None

    def first(self, values: Mapping[str, Any]) -> asyncio.Future[Any]:
        """Return the row of a key, when it comes; the other values are those of the last asker."""
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[Any] = loop.create_future()
        self._values = values
        self._waiting.setdefault(values[self._lookup.key], []).append(turn)
        if self._leaving is None:
            self._leaving = (
                loop.call_later(PATIENCE, self._leave)
                if self._under_way
                else loop.call_soon(self._leave)
            )
        return turn

    def _leave(self) -> None:
        """Send those who wait on their way."""
        if self._leaving is not None:
            self._leaving.cancel()
            self._leaving = None
        together, self._waiting = self._waiting, {}
        if together:
            task = asyncio.get_running_loop().create_task(self._send(together, self._values))
            self._under_way.add(task)
            task.add_done_callback(self._back)

    def _back(self, task: asyncio.Task[None]) -> None:
        self._under_way.remove(task)
        self._leave()

    async def _send(self, together: dict[Any, Turns], values: Mapping[str, Any]) -> None:
        try:
            rows = await self._ask(self._lookup, list(together), values)
        except Exception as error:  # noqa: BLE001 - it belongs to those who asked
            for turn in _still_there(chain(*together.values())):
                turn.set_exception(error)
        except BaseException:
            for turn in chain(*together.values()):
                turn.cancel()
            raise
        else:
            for key, turns in together.items():
                for turn in _still_there(turns):
                    turn.set_result(rows.get(key))


def _still_there(turns: Iterable[asyncio.Future[Any]]) -> Iterator[asyncio.Future[Any]]:
    return (turn for turn in turns if not turn.done())
