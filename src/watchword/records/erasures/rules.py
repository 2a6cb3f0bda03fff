"""What an erasure is, what holds one up, and what the journal learns of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final
from uuid import UUID

from watchword.kernel.facts import OWNER, Fact
from watchword.kernel.ids import SubscriberId
from watchword.kernel.parsing import DAY, whole_of
from watchword.kernel.parts import section, setting
from watchword.kernel.problems import Kind, Problem

OPERATOR: Final = "operator"
RETENTION: Final = "retention"
TOMBSTONE: Final = "tombstone"


@section
class ErasureSettings:
    """Erasure."""

    grace: timedelta = setting(
        "ERASURE_GRACE_DAYS",
        "Days between a subscriber's wish to be erased and the erasure, in which it can be undone by the"
        " link of a letter; 0 erases at once.",
        parse=whole_of(DAY, 0, 30),
        default="14",
    )


class LegalHold(Problem):
    """A legal duty keeps this account as it is: an operator must lift the hold first."""

    code = "legal_hold"
    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """One erasure; its id is the number of the receipt."""

    id: UUID
    user_id: SubscriberId
    asked_at: datetime
    due_at: datetime
    by: str
    undone_at: datetime | None = None
    erased_at: datetime | None = None


def tombstone_of(receipt: UUID, user_id: SubscriberId, erased_at: datetime) -> Erasure:
    """Return an erasure of elsewhere, of which no more is known."""
    return Erasure(
        id=receipt,
        user_id=user_id,
        asked_at=erased_at,
        due_at=erased_at,
        by=TOMBSTONE,
        erased_at=erased_at,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """An operator's word that an account stays as it is."""

    user_id: SubscriberId
    since: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureAsked(Fact):
    """Somebody wants their account erased."""

    type: ClassVar[str] = "id.user.erasure_asked"
    by: str = OWNER


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureUndone(Fact):
    """They want it back."""

    type: ClassVar[str] = "id.user.erasure_undone"


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldPlaced(Fact):
    """An operator keeps an account as it is."""

    type: ClassVar[str] = "gdpr.hold_placed"


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldLifted(Fact):
    """An operator no longer does."""

    type: ClassVar[str] = "gdpr.hold_lifted"
