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


async def watch(house: House) -> None:
    """Look again and again until cancelled."""
    metrics, database = house.part(Metrics), house.part(Database)  # type: ignore[type-abstract]
    sessions, clock = house.part(Sessions), house.part(Clock)  # type: ignore[type-abstract]
    active = metrics.gauge("active_auth_sessions", "Sessions that live.")
    alias = metrics.gauge("active_sessions_total", "Deprecated name of active_auth_sessions.")
    waiting = metrics.gauge("email_queue_depth", "Letters that wait.")
    up = metrics.gauge("database_up", "Whether the database answers.")
    metrics.watch(
        "auth_database_connections", "Connections to the database.", lambda: database.size
    )
    while True:
        try:
            number = await sessions.active(database, clock.now())
            active.set(number)
            alias.set(number)
            waiting.set(await outbox.depth(database))
            up.set(1)
        except Unavailable:
            up.set(0)
        await asyncio.sleep(_EVERY_SECONDS)
