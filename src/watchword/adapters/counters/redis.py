"""Counters in Redis or Valkey, shared by all processes: one round trip, one script per decision.

A key holds a list: the pairs "tick hits" of `kernel.limits`, oldest first, and at its end the total.
It vanishes when its newest hit has left the window. `now` is the caller's; the server's is not asked.
Problems: whatever the client raises (`RedisError`, `OSError`, `TimeoutError`).
"""

import asyncio
from datetime import datetime, timedelta
from hashlib import sha1, sha256
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, RedisError

from watchword.kernel.limits import TICKS, Limit, Verdict, judge, microseconds, tick_of

# KEYS[1] the key; ARGV: tick, count, ticks of a window, milliseconds to live
SCRIPT = """
local key, tick, count, ticks = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local total = tonumber(redis.call('RPOP', key) or 0)
local oldest = tick
while true do
  local pair = redis.call('LINDEX', key, 0)
  if not pair then break end
  local at, hits = string.match(pair, '^(%d+) (%d+)$')
  oldest = tonumber(at)
  if oldest >= tick - ticks then break end
  redis.call('LPOP', key)
  total, oldest = total - tonumber(hits), tick
end
local allowed = total < count and 1 or 0
if allowed == 1 then
  total = total + 1
  local newest = redis.call('RPOP', key)
  local at, hits
  if newest then at, hits = string.match(newest, '^(%d+) (%d+)$') end
  if at and tonumber(at) == tick then
    redis.call('RPUSH', key, at .. ' ' .. string.format('%d', tonumber(hits) + 1))
  else
    if newest then redis.call('RPUSH', key, newest) end
    redis.call('RPUSH', key, ARGV[1] .. ' 1')
  end
  redis.call('PEXPIRE', key, ARGV[4])
end
redis.call('RPUSH', key, string.format('%d', total))
return {allowed, total, string.format('%d', oldest)}
"""
_SHA = sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()

TROUBLE = (RedisError, OSError, TimeoutError)


class RedisCounters:
    """Counts in Redis."""

    def __init__(
        self,
        url: str,
        *,
        prefix: str = "watchword:",
        patience: timedelta = timedelta(milliseconds=100),
        connections: int = 16,
        **tls: Any,
    ) -> None:
        """Connect when first asked; `patience` is for one decision as a whole.

        `tls`: what the client takes for rediss://, such as `ssl_ca_certs`.
        """
        seconds = patience.total_seconds()
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=connections,
            timeout=seconds,
            socket_timeout=seconds,
            socket_connect_timeout=seconds,
            retry=Retry(NoBackoff(), 0),
            client_name="watchword",
            decode_responses=True,
            **tls,
        )
        self._redis = Redis.from_pool(pool)
        self._prefix = prefix
        self._patience = seconds

    async def hit(self, key: str, limit: Limit, now: datetime) -> Verdict:
        """Count one hit, if the limit allows it."""
        moment = microseconds(now.timestamp())
        window = limit.window // timedelta(milliseconds=1)
        living = window + -(-2 * window // TICKS) + 1
        name = f"{self._prefix}{sha256(key.encode()).hexdigest()[:32]}:{window}"
        arguments = (name, tick_of(limit, moment), limit.count, TICKS, living)
        async with asyncio.timeout(self._patience):
            allowed, total, oldest = await self._decide(*arguments)
        return judge(limit, int(total), int(oldest), moment, allowed=bool(allowed))

    async def check(self) -> str | None:
        """Return nothing when Redis answers, else a short reason."""
        try:
            async with asyncio.timeout(self._patience):
                await self._redis.ping()
        except TROUBLE as trouble:
            return f"redis: {type(trouble).__name__}"
        return None

    async def used_bytes(self) -> int | None:
        """Return how much memory Redis takes; nothing when it is away or may not be asked."""
        try:
            async with asyncio.timeout(self._patience):
                told = await self._redis.info("memory")
        except TROUBLE:
            return None
        return int(told["used_memory"])

    async def close(self) -> None:
        """Close every connection."""
        await self._redis.aclose(close_connection_pool=True)

    async def _decide(self, *arguments: str | int) -> Any:
        try:
            return await self._redis.evalsha(_SHA, 1, *arguments)
        except NoScriptError:
            return await self._redis.eval(SCRIPT, 1, *arguments)
