"""What becomes of an event, and when to try again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from watchword.kernel.publishing import Parcel

CAUTIOUS: Final = 20  # events of a round that goes one by one
_SHORTEST_REST: Final = timedelta(seconds=1)
_LONGEST_REST: Final = timedelta(seconds=30)
_FIRST_DELAY: Final = timedelta(seconds=2)
_LONGEST_DELAY: Final = timedelta(hours=6)


class Result(StrEnum):
    """How a try ended."""

    PUBLISHED = "published"
    DELAYED = "delayed"
    PARKED = "parked"
    AWAY = "away"


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """An event that a destination is to get; without a parcel, `fault` says why there is none."""

    number: int
    event_id: UUID
    type: str
    key: UUID | None
    attempts: int
    parcel: Parcel | None = None
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of an event; one that is `DELAYED` is due again `later`."""

    owed: Owed
    result: Result
    reason: str = ""
    later: datetime | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """What a destination said of an event; `lasting`: it will say so for ever."""

    reason: str
    lasting: bool = False
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is owed to a destination."""

    destination: str
    waiting: int = 0
    parked: int = 0
    oldest: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which facts of the journal are meant; what is not said does not restrict."""

    types: list[str]
    since: datetime | None = None
    until: datetime | None = None
    wanted: UUID | None = None
    subject: UUID | None = None


def chains(owed: Iterable[Owed]) -> list[list[Owed]]:
    """Return what must go one after the other: the events of an account, and an event that is owed twice."""
    found: dict[Any, list[Owed]] = {}
    for each in owed:
        found.setdefault(each.key or each.event_id, []).append(each)
    return list(found.values())


def turned(chain_list: Sequence[list[Owed]], by: int) -> list[list[Owed]]:
    """Begin elsewhere each time."""
    start = by % len(chain_list) if chain_list else 0
    return [*chain_list[start:], *chain_list[:start]]


def judged(owed: Owed, refused: Refused, most_tries: int, now: datetime, jitter: float) -> Outcome:
    """Decide what becomes of an event that was refused."""
    if refused.lasting or owed.attempts + 1 >= most_tries:
        return Outcome(owed=owed, result=Result.PARKED, reason=refused.reason)
    wait = min(_FIRST_DELAY * 2.0 ** min(owed.attempts, 20), _LONGEST_DELAY) * (1 + jitter / 4)
    wait = max(wait, refused.retry_after or wait)
    return Outcome(owed=owed, result=Result.DELAYED, reason=refused.reason, later=now + wait)


@dataclass(frozen=True, slots=True)
class Reach:
    """Whether a destination is well: how many rounds failed in a row, and why the last one did."""

    failures: int = 0
    reason: str = ""

    def rest(self, jitter: float, asked_for: timedelta | None = None) -> timedelta:
        """Return how long to leave it alone."""
        if not self.failures:
            return timedelta(0)
        wait = min(_SHORTEST_REST * 2.0 ** min(self.failures - 1, 10), _LONGEST_REST)
        return max(wait * (1 + jitter / 4), asked_for or timedelta(0))


@dataclass(slots=True)
class Round:
    """What came of a round, so far."""

    outcomes: list[Outcome] = field(default_factory=list)
    away: str = ""
    asked_for: timedelta | None = None

    @property
    def published(self) -> list[Outcome]:
        """Return what the destination has."""
        return [each for each in self.outcomes if each.result is Result.PUBLISHED]
