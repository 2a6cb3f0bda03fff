"""Rounds: in which order a relay tries what is due, and what it makes of a destination's answers.

chains    what must go one after the other: the events of an account
turned    the next careful round begins elsewhere
judged    an event that was refused: later, or a dead letter
reach     whether the destination is well, and how long it is left alone
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from watchword.kernel.backoff import pause
from watchword.plumbing.db.owed_events import EventResult, Outcome, OwedEvent

CAREFUL: Final = 20  # events of a round that goes one by one
_SHORTEST_REST: Final = timedelta(seconds=1)
_LONGEST_REST: Final = timedelta(seconds=30)
_FIRST_DELAY: Final = timedelta(seconds=2)
_LONGEST_DELAY: Final = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Refused:
    """What a destination said of an event; `lasting`: it will say so for ever."""

    reason: str
    lasting: bool = False
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """Whether a destination is well: how many rounds failed in a row, and why the last one did."""

    failures: int = 0
    reason: str = ""

    def rest(self, jitter: float, asked_for: timedelta | None = None) -> timedelta:
        """Return how long to leave it alone."""
        if not self.failures:
            return timedelta(0)
        return pause(self.failures, _SHORTEST_REST, _LONGEST_REST, jitter, asked_for)


@dataclass(slots=True)
class Round:
    """What came of a round, so far; `fault`: it ended by what nobody foresaw."""

    outcomes: list[Outcome] = field(default_factory=list)
    away: str = ""
    fault: BaseException | None = None
    asked_for: timedelta | None = None


def chains(owed: Iterable[OwedEvent]) -> list[list[OwedEvent]]:
    """Return what must go one after the other: the events of an account, and an event that is owed twice."""
    found: dict[Any, list[OwedEvent]] = {}
    for each in owed:
        found.setdefault(each.key or each.event_id, []).append(each)
    return list(found.values())


def turned(chain_list: Sequence[list[OwedEvent]], by: int) -> list[list[OwedEvent]]:
    """Begin elsewhere each time."""
    start = by % len(chain_list) if chain_list else 0
    return [*chain_list[start:], *chain_list[:start]]


def judged(
    owed: OwedEvent, refused: Refused, most_tries: int, now: datetime, jitter: float
) -> Outcome:
    """Decide what becomes of an event that was refused."""
    tries = owed.attempts + 1
    if refused.lasting or tries >= most_tries:
        return Outcome(owed=owed, result=EventResult.DEAD, reason=refused.reason)
    wait = pause(tries, _FIRST_DELAY, _LONGEST_DELAY, jitter, refused.retry_after)
    return Outcome(owed=owed, result=EventResult.DELAYED, reason=refused.reason, later=now + wait)
