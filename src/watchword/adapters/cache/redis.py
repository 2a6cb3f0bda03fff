"""A cache in Redis or Valkey: copies below `cache:`, and nothing else is ever touched.

A cache that is away or slow is no cache: it is asked nothing for a second, and nobody waits longer than the
patience of one question. Whoever reads a copy compares it with what is true (see `Cache`).
"""

import asyncio
import time
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any, Final, TypeVar

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

PREFIX: Final = "cache:"
_TROUBLE = (RedisError, OSError, TimeoutError)
_PAUSE_SECONDS: Final = 1.0
_CONNECTING_SECONDS: Final = 1.0
_AT_ONCE: Final = 500
_USER: Final = "user:"

Answer = TypeVar("Answer")


class RedisCache:
    """Keeps copies in Redis."""

    def __init__(self, url: str, *, patience: timedelta = timedelta(milliseconds=100)) -> None:
        """Connect when first asked; `patience` is for one question."""
        seconds = patience.total_seconds()
        longest = max(seconds, _CONNECTING_SECONDS)
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=8,
            timeout=seconds,
            socket_timeout=longest,
            socket_connect_timeout=longest,
            retry=Retry(NoBackoff(), 0),
            client_name="watchword",
        )
        self._redis = Redis.from_pool(pool)
        self._patience = seconds
        self._away_until = 0.0
        self._dropping: set[asyncio.Task[None]] = set()

    async def get(self, key: str) -> bytes | None:
        """Return a copy, if there is one."""
        found: bytes | None = await self._try(lambda: self._redis.get(PREFIX + key))
        return found

    async def put(self, key: str, value: bytes, lasts: timedelta) -> None:
        """Keep a copy for a while."""
        await self._try(lambda: self._redis.set(PREFIX + key, value, px=lasts))

    async def count(self) -> int:
        """Return how many copies there are. Problems: whatever the client raises."""
        return sum([1 async for _ in self._redis.scan_iter(f"{PREFIX}*", count=_AT_ONCE)])

    async def clear(self) -> int:
        """Drop every copy; return how many. Problems: whatever the client raises."""
        gone, keys = 0, []
        async for key in self._redis.scan_iter(f"{PREFIX}*", count=_AT_ONCE):
            keys.append(key)
            if len(keys) == _AT_ONCE:
                gone += await self._redis.unlink(*keys)
                keys = []
        return gone + (await self._redis.unlink(*keys) if keys else 0)

    def heard(self, subject: str) -> None:
        """Drop the copy of an account that changed, beside whatever is being done."""
        if subject.startswith(_USER):
            task = asyncio.get_running_loop().create_task(self._drop(PREFIX + subject))
            self._dropping.add(task)
            task.add_done_callback(self._dropping.discard)

    async def close(self) -> None:
        """Drop what is to be dropped, and close every connection."""
        await asyncio.gather(*self._dropping, return_exceptions=True)
        await self._redis.aclose(close_connection_pool=True)

    async def _drop(self, key: str) -> None:
        await self._try(lambda: self._redis.unlink(key))

    async def _try(self, ask: Any) -> Any:
        """Ask, unless the cache was away a moment ago."""
        if time.monotonic() < self._away_until:
            return None
        try:
            async with asyncio.timeout(self._patience):
                asked: Awaitable[Any] = ask()
                return await asked
        except _TROUBLE:
            self._away_until = time.monotonic() + _PAUSE_SECONDS
            return None
