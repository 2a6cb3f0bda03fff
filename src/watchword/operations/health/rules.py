"""What a check of the parts comes to."""

from dataclasses import dataclass, field
from typing import Any, Final

from watchword.kernel.parsing import boolean
from watchword.kernel.parts import section, setting
from watchword.kernel.secret import Secret
from watchword.plumbing.carriers.latest import Latest
from watchword.plumbing.shapes import Answer

HEALTHY, DEGRADED, UNHEALTHY = "healthy", "degraded", "unhealthy"
TAKING = "email_readers"
DATABASE, MIGRATIONS, REDIS, EMAIL = "database", "migrations", "redis", "email_providers"
ALWAYS: Final = frozenset({DATABASE, MIGRATIONS})


@section
class HealthSettings:
    """Health."""

    detail: bool = setting(
        "HEALTH_DETAIL",
        "Whether the health report names every part to anybody; false tells strangers the status alone,"
        " and everything at METRICS_PORT or to who sends METRICS_TOKEN.",
        parse=boolean,
        default="true",
    )


def is_operator(token: Secret, authorization: str) -> bool:
    """Tell whether who sends this header holds METRICS_TOKEN; without a token, nobody does."""
    return bool(token) and Secret(f"Bearer {token.reveal()}") == Secret(authorization)


class Report(Answer, frozen=True):
    """The state of the service: overall, part by part; `reasons` are words of ours."""

    status: str
    checks: dict[str, Any]
    timestamp: str
    database: str
    redis: str
    memory: dict[str, int]
    uptime: int
    reasons: dict[str, str]


def last_of(latest: Latest) -> dict[str, str | None]:
    """Tell when a carrier last took a letter, and when and why it last did not: in words of ours."""
    taken, refused = latest.taken_at, latest.refused_at
    return {
        "last_taken_at": taken.isoformat() if taken else None,
        "last_refused_at": refused.isoformat() if refused else None,
        "last_refusal": latest.refusal,
    }


class Status(Answer, frozen=True):
    """The state of the service, overall."""

    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What was found; `required` parts decide, the others only degrade. `reasons`: why one is not good."""

    good: dict[str, bool]
    required: frozenset[str]
    reasons: dict[str, str] = field(default_factory=dict)
    told: dict[str, Any] = field(default_factory=dict)

    @property
    def ready(self) -> bool:
        """Tell whether every required part is good."""
        return all(good for name, good in self.good.items() if name in self.required)

    @property
    def status(self) -> str:
        """Return healthy, degraded or unhealthy."""
        if all(self.good.values()):
            return HEALTHY
        return DEGRADED if self.good.get(DATABASE, True) else UNHEALTHY
