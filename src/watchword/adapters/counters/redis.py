"""Counters in Redis or Valkey, shared by all processes: one round trip, one script per decision.

A key holds a list: the entries "tick hits newest" of `kernel.limits`, oldest first, and at its end the total.
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

from watchword.kernel.limits import Limit, Verdict, judge, microseconds, tick_of
from watchword.kernel.ports import Fill

# KEYS[1] the key; ARGV: tick, moment, count, microseconds of a window, milliseconds to live
SCRIPT = """
local key, tick, moment = KEYS[1], ARGV[1], tonumber(ARGV[2])
local count, window = tonumber(ARGV[3]), tonumber(ARGV[4])
local total = tonumber(redis.call('RPOP', key) or 0)
local oldest = moment
while true do
  local entry = redis.call('LINDEX', key, 0)
  if not entry then break end
  local hits, newest = string.match(entry, '^%d+ (%d+) (%d+)$')
  oldest = tonumber(newest)
  if oldest + window > moment then break end
  redis.call('LPOP', key)
  total, oldest = total - tonumber(hits), moment
end
local allowed = total < count and 1 or 0
if allowed == 1 then
  total = total + 1
  local last = redis.call('LINDEX', key, -1)
  local at, hits
  if last then at, hits = string.match(last, '^(%d+) (%d+) %d+$') end
  if at == tick then
    redis.call('RPOP', key)
    hits = string.format('%d', tonumber(hits) + 1)
    if redis.call('LLEN', key) == 0 then oldest = moment end
  else
    hits = '1'
  end
  redis.call('RPUSH', key, tick .. ' ' .. hits .. ' ' .. ARGV[2])
  redis.call('PEXPIRE', key, ARGV[5])
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
        connecting: timedelta = timedelta(seconds=1),
        connections: int = 16,
        **tls: Any,
    ) -> None:
        """Connect when first asked; `patience` is for one decision as a whole.

        A far Redis by TLS may need longer than that to be connected to. `connecting` is for a check, which
        keeps nobody waiting and leaves its connection to the decisions that follow.
        `tls`: what the client takes for rediss://, such as `ssl_ca_certs`.
        """
        seconds, longest = patience.total_seconds(), max(patience, connecting).total_seconds()
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=connections,
            timeout=seconds,
            socket_timeout=longest,
            socket_connect_timeout=longest,
            retry=Retry(NoBackoff(), 0),
            client_name="watchword",
            decode_responses=True,
            **tls,
        )
        self._redis = Redis.from_pool(pool)
        self._prefix = prefix
        self._patience = seconds
        self._connecting = longest

    async def hit(self, key: str, limit: Limit, now: datetime) -> Verdict:
        """Count one hit, if the limit allows it."""
        moment = microseconds(now.timestamp())
        window = limit.window // timedelta(milliseconds=1)
        # 2: another list than older programs keep, which may count beside us
        name = f"{self._prefix}2:{sha256(key.encode()).hexdigest()[:32]}:{window}"
        tick = tick_of(limit, moment)
        arguments = (name, tick, moment, limit.count, limit.microseconds, window + 1)
        async with asyncio.timeout(self._patience):
            allowed, total, oldest = await self._decide(*arguments)
        return judge(limit, int(total), int(oldest), moment, allowed=bool(allowed))

    async def check(self) -> str | None:
        """Return nothing when Redis answers, else a short reason."""
        try:
            async with asyncio.timeout(self._connecting):
                await self._redis.ping()
        except TROUBLE as trouble:
            return f"redis: {type(trouble).__name__}"
        return None

    async def fill(self) -> Fill | None:
        """Return how full Redis is; nothing when it is away or may not be asked."""
        try:
            async with asyncio.timeout(self._patience):
                told = await self._redis.info("memory")
        except TROUBLE:
            return None
        return Fill(int(told["used_memory"]), int(told.get("maxmemory", 0)))

    async def close(self) -> None:
        """Close every connection."""
        await self._redis.aclose(close_connection_pool=True)

    async def _decide(self, *arguments: str | int) -> Any:
        try:
            return await self._redis.evalsha(_SHA, 1, *arguments)
        except NoScriptError:
            return await self._redis.eval(SCRIPT, 1, *arguments)
