"""Owed events: what the event outbox holds, and what may become of each.

published   the destination has it
delayed     refused: due again later, with the reason
dead        refused for good, or too often: a dead letter, until an operator retries it
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from watchword.kernel.destinations import EventMessage


class EventResult(StrEnum):
    """How a try ended."""

    PUBLISHED = "published"
    DELAYED = "delayed"
    DEAD = "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedEvent:
    """An event that a destination is to get; without a message, `fault` says why there is none."""

    number: int
    event_id: UUID
    type: str
    key: UUID | None
    attempts: int
    message: EventMessage | None = None
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of an event; one that is `DELAYED` is due again `later`."""

    owed: OwedEvent
    result: EventResult
    reason: str = ""
    later: datetime | None = None


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is owed to a destination."""

    destination: str
    waiting: int = 0
    dead: int = 0
    oldest: datetime | None = None
