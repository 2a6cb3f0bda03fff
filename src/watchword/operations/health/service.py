"""Health: ask every part, all at once, with little patience."""

import asyncio
import resource
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import literal, select

from watchword.kernel.clock import Clock
from watchword.kernel.parts import service
from watchword.kernel.ports import Counters, Mailer, Migrations
from watchword.operations.health.rules import Findings, Report
from watchword.plumbing.db.ports import Database
from watchword.plumbing.db.statements import statement
from watchword.plumbing.metrics import Metrics
from watchword.plumbing.settings import RedisSettings

_PATIENCE_SECONDS = 2.0
PING = statement(select(literal(1).label("one")))


@dataclass(slots=True)
class Presence:
    """Since when this process is here, and whether it is leaving."""

    started_at: datetime
    draining: bool = field(default=False)


@service
class Health:
    """Asks the parts how they are."""

    database: Database
    counters: Counters
    mailer: Mailer
    migrations: Migrations
    redis: RedisSettings
    presence: Presence
    metrics: Metrics
    clock: Clock

    async def look(self) -> Findings:
        """Ask every part."""
        database, migrated, counters, mail = await asyncio.gather(
            self._answers(self._ping()),
            self._answers(self.migrations.complete()),
            self._answers(self._fine(self.counters.check())),
            self._answers(self._fine(self.mailer.check())),
        )
        good = {
            "database": database,
            "migrations": migrated,
            "redis": counters,
            "email_providers": mail,
        }
        required = {"database", "migrations"} | ({"redis"} if self.redis.required else set())
        return Findings(good=good, required=frozenset(required))

    async def report(self, findings: Findings) -> Report:
        """Tell what was found."""
        now = self.clock.now()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        redis = "ok" if findings.good["redis"] else ("down" if self.redis.required else "degraded")
        return Report(
            status=findings.status,
            checks={**findings.good, **findings.extra},
            timestamp=now.isoformat(),
            database="ok" if findings.good["database"] else "down",
            redis=redis if self.redis.url else "not_configured",
            memory={"peak_bytes": peak},
            uptime=int((now - self.presence.started_at).total_seconds()),
        )

    async def _ping(self) -> bool:
        return await self.database.first(PING) is not None

    async def _fine(self, check: Awaitable[str | None]) -> bool:
        return await check is None

    async def _answers(self, question: Awaitable[bool]) -> bool:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                return await question
        except Exception:  # noqa: BLE001 - whatever the reason, it is not well
            return False
