"""Pieces of work: what the outbox holds, and what may become of each.

finished    done: the payload is wiped
delayed     to be tried again later, with the reason
untried     to be tried later, and this was no try
dead        a dead letter: the payload stays, so that an operator may retry it
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from watchword.plumbing.db.ports import Transaction

DEAD, DROPPED = "dead", "dropped"
LAPSED: Final = "its worker was lost"
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
Also = Callable[[Transaction], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Work:
    """One leased piece of work; `attempts` counts from 1."""

    id: UUID
    label: str
    priority: int
    payload: bytes
    attempts: int
    created_at: datetime
    expires_at: datetime | None
    leased_until: datetime
    lapsed: bool = False  # the worker that had it before never said what became of it
    perhaps_at: str | None = None
    asked: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What became of a piece of work; without an outcome it goes back until `later`.

    `also` is what else is to be written in the same commit, by whoever still holds the lease.
    """

    work: Work
    outcome: str | None = None
    reason: str | None = None
    perhaps_at: str | None = None
    later: datetime | None = None
    tried: bool = True
    also: Also | None = None

    def as_row(self) -> dict[str, Any]:
        """Return it as the statement reads it, its moment in microseconds since 1970."""
        later = None if self.later is None else (self.later - EPOCH) // timedelta(microseconds=1)
        return {
            "id": self.work.id.hex,
            "attempt": self.work.attempts,
            "outcome": self.outcome,
            "reason": self.reason,
            "perhaps_at": self.perhaps_at,
            "later": later,
            "untried": 0 if self.tried else 1,
        }


def finished(
    work: Work, outcome: str, reason: str | None = None, also: Also | None = None
) -> Settled:
    """Say that the work is done for good."""
    return Settled(work=work, outcome=outcome, reason=reason, also=also)


def delayed(work: Work, later: datetime, reason: str, perhaps_at: str | None = None) -> Settled:
    """Say that the work was tried and is to be tried again."""
    return Settled(work=work, later=later, reason=reason, perhaps_at=perhaps_at)


def untried(work: Work, later: datetime) -> Settled:
    """Say that nobody tried the work."""
    return Settled(work=work, later=later, tried=False)


def dead(work: Work, reason: str, also: Also | None = None) -> Settled:
    """Say that nothing will come of the work by itself; it is kept for an operator."""
    return Settled(work=work, outcome=DEAD, reason=reason, also=also)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedPiece:
    """A piece of work that waits, is under way, or is dead: `state`.

    `perhaps_at`: who may have it already, so that nobody else is asked; `asked`: who was asked last.
    """

    id: UUID
    label: str
    state: str
    priority: int
    attempts: int
    created_at: datetime
    due_at: datetime
    expires_at: datetime | None
    reason: str | None
    perhaps_at: str | None
    asked: str | None
