"""Throttle: how often somebody may knock. Counted before anything else looks, so failures count.

A rule is a name with a limit (`auth`, `api`, `otp`, `letters`, ...); a key is who knocks (a network,
an address' digest). Nothing here knows whether an account exists: known and unknown are limited alike.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final

from watchword.kernel.clock import Clock
from watchword.kernel.facts import Fact
from watchword.kernel.limits import Limit, Verdict
from watchword.kernel.ports import Counters
from watchword.kernel.problems import TooManyRequests
from watchword.plumbing.logs.logger import log
from watchword.plumbing.metrics.counting import Metrics

AUTH: Final = "auth"
_NEAR = 0.2
_NOTED: Final = Limit(25, timedelta(minutes=10))  # no flood of refusals is one of rows


class TooManyAttempts(TooManyRequests):
    """Too many authentication attempts."""

    code = "too_many_attempts"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRefused(Fact):
    """A network tried to prove who it is more often than it may; some of these are noted, not all."""

    type: ClassVar[str] = "auth.rate_limited"
    door: str


@dataclass(frozen=True)
class Throttle:
    """The rules of this deployment and where their hits are counted."""

    rules: Mapping[str, Limit]
    counters: Counters
    clock: Clock
    metrics: Metrics
    legacy: bool = False

    async def weigh(self, rule: str, key: str, route: str) -> Verdict:
        """Count one hit and return the verdict; logs when a limit comes near or is passed."""
        limit = self.rules[rule]
        verdict = await self.counters.hit(f"limit:{rule}:{key}", limit, self.clock.now())
        if not verdict.allowed:
            self.metrics.limited.labels(route, rule).inc()
        elif verdict.remaining == int(limit.count * _NEAR) and limit.count > 1:
            log().warning("rate limit approaching", rule=rule, route=route, category="security")
        return verdict

    async def check(self, rule: str, key: str, route: str) -> Verdict:
        """Count one hit. Problems: `rate_limited`, for sign-ins `too_many_attempts`."""
        verdict = await self.weigh(rule, key, route)
        if not verdict.allowed:
            raise refusal(rule, verdict)
        return verdict

    async def worth_noting(self, rule: str, key: str) -> bool:
        """Tell whether a refusal belongs into the journal: of guessers' ones so many, of others none."""
        if rule != AUTH:
            return False
        return (await self.counters.hit(f"noted:{key}", _NOTED, self.clock.now())).allowed

    def headers(self, verdict: Verdict) -> dict[str, str]:
        """Return the headers of a verdict (draft-ietf-httpapi-ratelimit-headers-03), old ones if wanted."""
        reset = math.ceil(verdict.reset)
        told = {"Limit": verdict.limit, "Remaining": verdict.remaining, "Reset": reset}
        headers = {f"RateLimit-{word}": str(number) for word, number in told.items()}
        if self.legacy:
            told["Reset"] = int(self.clock.now().timestamp()) + reset
            headers |= {f"X-RateLimit-{word}": str(number) for word, number in told.items()}
        return headers


def refusal(rule: str, verdict: Verdict) -> TooManyRequests:
    """Return the problem for a refused hit."""
    problem = TooManyAttempts if rule == AUTH else TooManyRequests
    return problem(retry_after=timedelta(seconds=verdict.retry_in))
