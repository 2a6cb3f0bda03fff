"""Counters that outlive Redis: while it is away, this process counts in memory, more strictly.

    closed   Redis answers: ask it
    doubted  one answer was late: count in memory until a probe tells whether Redis is, or we were
    open     it failed: count in memory, half of every limit; ask Redis nothing on a request's time
    probe    once in a pause, beside requests: when Redis answers again, close

A process that has much to do reads late what came in time, so lateness alone is no outage: Redis is left
when it refuses, or leaves two looks in a row without an answer. One that is gone or frozen costs those
requests that are under way one patience (`REDIS_TIMEOUT_MS`), and no later one anything. A limit is never
passed over: it only becomes stricter (ledger A-13, D-17).
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from watchword.kernel.limits import Limit, Verdict
from watchword.kernel.ports import Counters, Fill

_log = logging.getLogger("watchword.counters")


class SharedCounters(Counters, Protocol):
    """Counters at the other end of a line."""

    async def close(self) -> None:
        """Close the line."""
        ...


class FallbackCounters:
    """Counts in `shared` while it works, else in `local` under stricter limits."""

    def __init__(
        self,
        shared: SharedCounters,
        local: Counters,
        *,
        trouble: tuple[type[Exception], ...],
        pause: timedelta = timedelta(seconds=1),
        on_failure: Callable[[], None] = lambda: None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Watch for `trouble`; `on_failure` is called for every call that failed."""
        self._shared = shared
        self._local = local
        self._trouble = trouble
        self._pause = pause.total_seconds()
        self._on_failure = on_failure
        self._monotonic = monotonic
        self._open: str | None = None
        self._doubted = False
        self._probe_at = 0.0
        self._probe: asyncio.Task[str | None] | None = None

    async def hit(self, key: str, limit: Limit, now: datetime) -> Verdict:
        """Count one hit, if the limit allows it."""
        if self._open is None and not self._doubted:
            try:
                return await self._shared.hit(key, limit, now)
            except self._trouble as trouble:
                self._on_failure()
                self._judge(trouble)
        else:
            self._look_again()
        return await self._local.hit(key, stricter(limit), now)

    async def check(self) -> str | None:
        """Return nothing when all is shared, else why this process counts alone."""
        if self._open is None:
            return await asyncio.shield(self._look())
        self._look_again()
        return f"degraded: counting in memory ({self._open})"

    async def fill(self) -> Fill | None:
        """Return how full the shared store is; nothing while it is away."""
        return await self._shared.fill() if self._open is None else None

    async def close(self) -> None:
        """End a probe under way, and what the shared counters hold open."""
        if self._probe is not None:
            self._probe.cancel()
            await asyncio.gather(self._probe, return_exceptions=True)
        await self._shared.close()

    def _judge(self, trouble: Exception) -> None:
        """Doubt what was late, until it was asked beside; open at any other trouble."""
        if isinstance(trouble, TimeoutError):
            self._doubted = True
            self._look()
        else:
            self._leave(type(trouble).__name__)

    def _leave(self, reason: str) -> None:
        """Open, and say so once."""
        if self._open is None:
            _log.warning("redis is away (%s): limits are counted in memory, and stricter", reason)
        self._open = reason
        self._probe_at = self._monotonic() + self._pause

    def _look_again(self) -> None:
        """Ask Redis, beside the request, whether it is back."""
        if self._monotonic() >= self._probe_at:
            self._look()

    def _look(self) -> "asyncio.Task[str | None]":
        """Ask Redis beside whoever wants to know; one probe at a time."""
        if self._probe is None or self._probe.done():
            self._probe = asyncio.create_task(self._ask(), name="redis-probe")
        return self._probe

    async def _ask(self) -> str | None:
        """Ask whether Redis answers, a second time before it is left; return why not."""
        reason = await self._reason()
        if reason is not None and self._open is None:
            reason = await self._reason()
        self._doubted = False
        if reason is not None:
            self._leave(reason)
        elif self._open is not None:
            _log.warning("redis is back: limits are shared again")
            self._open = None
        return reason

    async def _reason(self) -> str | None:
        """Ask once; what fails counts."""
        try:
            reason = await self._shared.check()
        except self._trouble as trouble:
            reason = type(trouble).__name__
        if reason is not None:
            self._on_failure()
        return reason


def stricter(limit: Limit) -> Limit:
    """Return half of a limit, at least one."""
    return replace(limit, count=max(1, limit.count // 2))
