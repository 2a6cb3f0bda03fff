"""Counters that outlive Redis: while it is away, this process counts in memory, more strictly.

    closed   Redis answers: ask it
    open     it failed: count in memory, half of every limit; ask Redis nothing on a request's time
    probe    once in a pause, beside requests: when Redis answers again, close

So a Redis that is gone or frozen costs those requests that are under way one patience (100 ms), and
no later one anything. A limit is never passed over: it only becomes stricter (ledger A-13, D-17).
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
        self._probe_at = 0.0
        self._probe: asyncio.Task[None] | None = None

    async def hit(self, key: str, limit: Limit, now: datetime) -> Verdict:
        """Count one hit, if the limit allows it."""
        if self._open is None:
            try:
                return await self._shared.hit(key, limit, now)
            except self._trouble as trouble:
                self._fail(f"{type(trouble).__name__}")
        else:
            self._look_again()
        return await self._local.hit(key, stricter(limit), now)

    async def check(self) -> str | None:
        """Return nothing when all is shared, else why this process counts alone."""
        if self._open is None:
            return await self._shared.check()
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

    def _fail(self, reason: str) -> None:
        """Open, and say so once."""
        self._on_failure()
        if self._open is None:
            _log.warning("redis is away (%s): limits are counted in memory, and stricter", reason)
        self._open = reason
        self._probe_at = self._monotonic() + self._pause

    def _look_again(self) -> None:
        """Ask Redis, beside the request, whether it is back; one probe at a time."""
        if self._monotonic() >= self._probe_at and (self._probe is None or self._probe.done()):
            self._probe = asyncio.create_task(self._ask(), name="redis-probe")

    async def _ask(self) -> None:
        try:
            reason = await self._shared.check()
        except self._trouble as trouble:
            reason = type(trouble).__name__
        if reason is not None:
            self._fail(reason)
            return
        _log.warning("redis is back: limits are shared again")
        self._open = None


def stricter(limit: Limit) -> Limit:
    """Return half of a limit, at least one."""
    return replace(limit, count=max(1, limit.count // 2))
