"""Advisory locks: how a name is held on PostgreSQL (see `holding`).

The lock is that of a connection of its own, which is asked for a sign of life every few seconds.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

import asyncpg

from watchword.plumbing.db.holding import Hold

_BEAT_SECONDS: Final = 3.0
_PATIENCE_SECONDS: Final = 2.0
_DEAD_AFTER = (  # the server learns soon when our machine is gone without a word
    "SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3"
)
_TAKE = "SELECT pg_try_advisory_lock(hashtextextended($1, 0))"
TURN: Final = (
    "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"  # it ends with the transaction
)


@asynccontextmanager
async def hold(
    connect: Callable[[], Awaitable[asyncpg.Connection]], name: str
) -> AsyncIterator[Hold | None]:
    """Hold a name; nothing when another does."""
    connection = await connect()
    beating: asyncio.Task[None] | None = None
    try:
        await connection.execute(_DEAD_AFTER)
        if not await connection.fetchval(_TAKE, name):
            yield None
            return
        hold = Hold()
        connection.add_termination_listener(lambda _connection: hold.lost.set())
        beating = asyncio.create_task(_beat(connection, hold))
        yield hold
    finally:
        if beating is not None:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)
        connection.terminate()


async def _beat(connection: asyncpg.Connection, hold: Hold) -> None:
    """Notice a connection that is silently gone."""
    try:
        while True:
            await asyncio.sleep(_BEAT_SECONDS)
            await connection.fetchval("SELECT 1", timeout=_PATIENCE_SECONDS)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        hold.lost.set()
