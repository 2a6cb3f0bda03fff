"""How old a post may be, how it is refused, and what follows from a report."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from watchword.kernel.feedback import Outcome, Report
from watchword.kernel.parsing import whole
from watchword.kernel.parts import section, setting
from watchword.kernel.problems import Kind, Problem
from watchword.records.suppressions.rules import SuppressionReason

MOST_BYTES: Final = 1024 * 1024
AT_ONCE: Final = 100
PATH: Final = "/api/webhooks"
UNREADABLE: Final = "unreadable"


@section
class WebhookSettings:
    """Webhooks of providers."""

    max_age_seconds: int = setting(
        "WEBHOOK_MAX_AGE_SECONDS",
        "Seconds after which a provider's post is too old to be believed.",
        parse=whole(60, 86_400),
        default="3600",
    )

    @property
    def max_age(self) -> timedelta:
        """Return how old a post may be."""
        return timedelta(seconds=self.max_age_seconds)


class WebhookRefused(Problem):
    """This post does not prove who sent it: its signature is missing, wrong or too old."""

    code = "webhook_refused"
    kind = Kind.UNAUTHENTICATED


def ground(outcome: Outcome, soft_bounces: int, most: int) -> SuppressionReason | None:
    """Say why an address is to be suppressed; nothing when it is not."""
    if outcome is Outcome.COMPLAINT:
        return SuppressionReason.COMPLAINT
    repeated = outcome is Outcome.SOFT_BOUNCE and soft_bounces >= most
    return SuppressionReason.BOUNCE if repeated or outcome is Outcome.BOUNCE else None


def batches(reports: Sequence[Report]) -> Iterator[list[Report]]:
    """Yield the reports in batches of one transaction each; all who act on the same lock in one order."""
    ordered = sorted(reports, key=lambda report: (report.address or "", report.reference))
    for start in range(0, len(ordered), AT_ONCE):
        yield ordered[start : start + AT_ONCE]
