"""What a check of the parts comes to."""

import hmac
from dataclasses import dataclass, field
from typing import Any

from watchword.kernel.secret import Secret
from watchword.plumbing.web.shapes import Answer

HEALTHY, DEGRADED, UNHEALTHY = "healthy", "degraded", "unhealthy"


class Report(Answer, frozen=True):
    """The state of the service: overall, part by part."""

    status: str
    checks: dict[str, Any]
    timestamp: str
    database: str
    redis: str
    memory: dict[str, int]
    uptime: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What was found; `required` parts decide, the others only degrade."""

    good: dict[str, bool]
    required: frozenset[str]
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def ready(self) -> bool:
        """Tell whether every required part is good."""
        return all(good for name, good in self.good.items() if name in self.required)

    @property
    def status(self) -> str:
        """Return healthy, degraded or unhealthy."""
        if all(self.good.values()):
            return HEALTHY
        return DEGRADED if self.good.get("database", True) else UNHEALTHY


def may_scrape(token: Secret, authorization: str) -> bool:
    """Tell whether metrics may be told to who sends this header; without a token, to anybody."""
    wanted = f"Bearer {token.reveal()}"
    return not token or hmac.compare_digest(wanted.encode(), authorization.encode())
