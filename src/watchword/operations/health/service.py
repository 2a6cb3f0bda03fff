"""Health: ask every part, all at once, with little patience."""

import asyncio
import resource
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from watchword.kernel.clock import Clock
from watchword.kernel.parts import service
from watchword.kernel.ports import Counters, Migrations
from watchword.operations.health.rules import (
    ALWAYS,
    DATABASE,
    EMAIL,
    MIGRATIONS,
    REDIS,
    TAKING,
    Findings,
    Report,
    last_of,
)
from watchword.plumbing.carriers.carrier import CarrierHealth
from watchword.plumbing.carriers.latest import Latest
from watchword.plumbing.carriers.mailing import Mailing
from watchword.plumbing.db.ping import ping
from watchword.plumbing.db.ports import Database
from watchword.plumbing.settings import RedisSettings
from watchword.records.dispatches.rules import MAIL
from watchword.records.dispatches.service import Dispatches
from watchword.records.tickets.service import Tickets

_PATIENCE_SECONDS = 2.0
_NAMES = {True: "ok", False: "down", None: "not_asked"}


@dataclass(slots=True)
class Presence:
    """Since when this process is here, and whether the service is leaving."""

    started_at: datetime
    draining: bool = field(default=False)


@service
class Health:
    """Asks the parts how they are."""

    database: Database
    counters: Counters
    carriers: Mailing
    migrations: Migrations
    tickets: Tickets
    dispatches: Dispatches
    redis: RedisSettings
    presence: Presence
    clock: Clock

    async def look(self) -> Findings:
        """Ask every part."""
        database, migrated, counters, carriers = await asyncio.gather(
            _answer(self._ping()),
            _answer(self._migrated()),
            _answer(self.counters.check()),
            self._standing(),
        )
        reasons = {DATABASE: database, MIGRATIONS: migrated, REDIS: counters}
        required = ALWAYS | ({REDIS} if self.redis.required else set())
        return _found(reasons, frozenset(required), carriers)

    async def look_at_sign_in(self) -> Findings:
        """Ask every part; without a carrier nobody gets a code. Tells how many codes are under way."""
        findings, codes = await asyncio.gather(self.look(), self._codes())
        return replace(
            findings,
            required=findings.required | {EMAIL},
            told={**findings.told, "otp_service": {"active_otps": codes}},
        )

    async def look_at_letters(self) -> Findings:
        """Ask the carriers of letters; tell when each last took one, and when and why it last did not.

        One that answers, and has refused many readers in a row, only degrades: strangers can do that.
        """
        findings = _found({}, frozenset({EMAIL}), await self._standing())
        latest = await self._latest()
        told = {
            name: {**how, **last_of(latest[name])} if name in latest else how
            for name, how in findings.told[EMAIL].items()
        }
        takes_nothing = any(each.takes_nothing for each in latest.values())
        good = {**findings.good, TAKING: not takes_nothing}
        reasons = {**findings.reasons, **({TAKING: "refused"} if takes_nothing else {})}
        return replace(findings, good=good, reasons=reasons, told={EMAIL: told})

    async def report(self, findings: Findings) -> Report:
        """Tell what was found."""
        now = self.clock.now()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        return Report(
            status=findings.status,
            checks={**findings.good, **findings.told},
            timestamp=now.isoformat(),
            database=_NAMES[findings.good.get(DATABASE)],
            redis=self._redis(findings),
            memory={"peak_bytes": peak},
            uptime=int((now - self.presence.started_at).total_seconds()),
            reasons=findings.reasons,
        )

    def _redis(self, findings: Findings) -> str:
        good = findings.good.get(REDIS)
        if not self.redis.url:
            return "not_configured"
        return "degraded" if good is False and not self.redis.required else _NAMES[good]

    async def _ping(self) -> str | None:
        return None if await ping(self.database) else "silent"

    async def _migrated(self) -> str | None:
        return None if await self.migrations.complete() else "pending"

    async def _standing(self) -> tuple[CarrierHealth, ...]:
        """Return how the carriers of letters are, as seen a moment ago; none: they keep us waiting."""
        try:
            async with asyncio.timeout(2 * _PATIENCE_SECONDS):
                return await self.carriers.standing()
        except TimeoutError:
            return ()

    async def _latest(self) -> Mapping[str, Latest]:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                return await self.dispatches.latest(self.database, MAIL)
        except Exception:  # noqa: BLE001 - the database is not well, and that is told elsewhere
            return {}

    async def _codes(self) -> int | None:
        """Return how many codes are under way; nothing when nobody can count them."""
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                return await self.tickets.live_codes(self.database, self.clock.now())
        except Exception:  # noqa: BLE001 - the database is not well, and that is told already
            return None


def _found(
    reasons: dict[str, str | None], required: frozenset[str], carriers: tuple[CarrierHealth, ...]
) -> Findings:
    """Join what was found; what a carrier says stays out of it: it may name accounts and addresses."""
    well = any(each.available for each in carriers)
    every = {**reasons, EMAIL: None if well else "unavailable"}
    return Findings(
        good={name: reason is None for name, reason in every.items()},
        required=required,
        reasons={name: reason for name, reason in every.items() if reason is not None},
        told={EMAIL: {each.carrier: {"available": each.available} for each in carriers}},
    )


async def _answer(question: Awaitable[str | None]) -> str | None:
    """Return nothing when all is well, else why not: a word, never what somebody else said."""
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            return await question
    except Exception as error:  # noqa: BLE001 - whatever the reason, it is not well
        return type(error).__name__
