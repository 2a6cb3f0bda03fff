"""Why an address gets no letters, and which letters it gets all the same."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Final

from watchword.kernel.facts import Fact

OPERATOR: Final = "operator"
TRIAL_EVERY: Final = timedelta(days=1)


class SuppressionReason(StrEnum):
    """Why an address is suppressed; what an operator says goes before all else."""

    OPERATOR = "operator"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"


class Verdict(StrEnum):
    """Whether a letter may leave; a trial may, if there was none for a day."""

    SEND = "send"
    TRIAL = "trial"
    WITHHOLD = "withhold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """One address, for one reason; `withheld` counts the letters that did not leave."""

    address: str
    reason: SuppressionReason
    source: str
    since: datetime
    withheld: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressSuppressed(Fact):
    """An address gets no letters any more; the list has it, the journal has no addresses."""

    type: ClassVar[str] = "email.suppressed"

    reason: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressionLifted(Fact):
    """An address gets letters again; `by` is `owner`, who proved the mailbox, or `operator`."""

    type: ClassVar[str] = "email.suppression_lifted"

    reason: str
    by: str


def judge(reasons: Collection[SuppressionReason], *, asked_for: bool) -> Verdict:
    """Judge a letter; `asked_for` is a code or link that somebody waits for."""
    if not reasons:
        return Verdict.SEND
    if not asked_for or SuppressionReason.OPERATOR in reasons:
        return Verdict.WITHHOLD
    return Verdict.TRIAL if SuppressionReason.BOUNCE in reasons else Verdict.SEND


def first(reasons: Collection[SuppressionReason]) -> SuppressionReason:
    """Return the reason that is told."""
    return min(reasons, key=list(SuppressionReason).index)
