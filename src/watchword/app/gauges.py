"""Gauges that cost a query: looked at every few seconds, never while somebody scrapes."""

import asyncio

from watchword.app.wiring import House
from watchword.kernel.clock import Clock
from watchword.kernel.problems import Unavailable
from watchword.plumbing.db import outbox
from watchword.plumbing.db.ports import Database
from watchword.plumbing.metrics import Metrics
from watchword.records.sessions.service import Sessions

_EVERY_SECONDS = 5.0


class Gauges:
    """What is counted by asking the database."""

    def __init__(self, house: House) -> None:
        """Declare the gauges."""
        metrics, database = house.part(Metrics), house.part(Database)  # type: ignore[type-abstract]
        self._database = database
        self._sessions, self._clock = house.part(Sessions), house.part(Clock)  # type: ignore[type-abstract]
        self._active = metrics.gauge("active_auth_sessions", "Sessions that live.")
        self._alias = metrics.gauge(
            "active_sessions_total", "Deprecated name of active_auth_sessions."
        )
        self._waiting = metrics.gauge("email_queue_depth", "Letters that wait.")
        self._up = metrics.gauge("database_up", "Whether the database answers.")
        metrics.watch(
            "auth_database_connections", "Connections to the database.", lambda: database.size
        )

    async def look(self) -> None:
        """Look once."""
        try:
            number = await self._sessions.active(self._database, self._clock.now())
            self._active.set(number)
            self._alias.set(number)
            self._waiting.set(await outbox.depth(self._database))
            self._up.set(1)
        except Unavailable:
            self._up.set(0)


async def watch(house: House) -> None:
    """Look again and again until cancelled."""
    gauges = Gauges(house)
    while True:
        await gauges.look()
        await asyncio.sleep(_EVERY_SECONDS)
