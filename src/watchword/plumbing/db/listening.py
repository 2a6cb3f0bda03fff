"""The news of other processes, by LISTEN/NOTIFY on a connection of its own.

A beat is sent through the channel and must come back; only then is news trusted, for a little less
than a second from when the beat was sent: notifications arrive in the order of their commits, so
whatever was committed before the beat is known by then. When the connection is lost, trust ends at
once and everybody forgets what they remember, and again when it is back: nothing was heard meanwhile.
Whatever ends it, it is dialled anew: a process that no longer listens would do without its caches for ever.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

import asyncpg

from watchword.kernel.problems import Unavailable
from watchword.plumbing.db.changes import EVERYTHING, TRUST_SECONDS, Changes
from watchword.plumbing.db.postgres_errors import LOST
from watchword.plumbing.logs.logger import log

CHANNEL = "watchword"
_BEAT_SECONDS = 0.3
_REST_SECONDS = 5.0  # after what nobody foresaw: a line of the log each time
_FORESEEN = (*LOST, asyncpg.PostgresError, asyncpg.InterfaceError, Unavailable)

Connect = Callable[[], Awaitable[asyncpg.Connection]]


async def listen(connect: Connect, changes: Changes) -> None:
    """Pass on the news, for ever."""
    while True:
        rest = _BEAT_SECONDS
        try:
            await _listen_once(connect, changes)
        except _FORESEEN:
            pass
        except Exception:  # noqa: BLE001 - told here, or by nobody
            log().exception("listening to the database failed")
            rest = _REST_SECONDS
        changes.trust_until(0)
        changes.tell(EVERYTHING)
        await asyncio.sleep(rest)


async def _listen_once(connect: Connect, changes: Changes) -> None:
    connection = await connect()
    sent: dict[str, float] = {}

    def heard(_connection: object, _pid: int, _channel: str, payload: object) -> None:
        topic, _, subject = str(payload).partition(":")
        if topic != "beat":
            changes.tell(topic, subject)
        elif subject in sent:
            changes.trust_until(sent.pop(subject) + TRUST_SECONDS)

    try:
        await connection.add_listener(CHANNEL, heard)
        changes.tell(EVERYTHING)
        me, turn = connection.get_server_pid(), 0
        while True:
            turn += 1
            beat = f"{me}.{turn}"
            sent.clear()
            sent[beat] = time.monotonic()
            await connection.execute(
                "SELECT pg_notify($1, $2)", CHANNEL, f"beat:{beat}", timeout=TRUST_SECONDS
            )
            await asyncio.sleep(_BEAT_SECONDS)
    finally:
        connection.terminate()
