"""What an operator may ask of events."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from watchword.kernel.problems import FieldError, InputInvalid
from watchword.plumbing.db.owed_events import Backlog
from watchword.plumbing.events.catalogue import matching

OLD: Final = timedelta(minutes=5)
_NOBODY: Final = "nobody answers there"
_REFUSED: Final = "the user or the password is refused"
_SLOW: Final = "no answer in time"
_PLAINLY: Final = {
    "ConnectError": _NOBODY,
    "ConnectTimeout": _SLOW,
    "ReadTimeout": _SLOW,
    "TimeoutError": _SLOW,
    "ConnectionRefusedError": _NOBODY,
    "AMQPConnectionError": _NOBODY,
    "ProbableAuthenticationError": _REFUSED,
    "_ALL_BROKERS_DOWN": _NOBODY,
    "_AUTHENTICATION": _REFUSED,
    "_RESOLVE": "no server of this name is known",
    "_SSL": "the certificate, or TLS itself, is refused",
    "_TIMED_OUT": _SLOW,
    "_TRANSPORT": _NOBODY,
    "UNKNOWN_TOPIC_OR_PART": "the topic is not there",
    "TOPIC_AUTHORIZATION_FAILED": "this user may not write to the topic",
    "gaierror": "no server of this name is known",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationStatus:
    """A destination, as an operator sees it; `trouble` is why it does not answer."""

    destination: str
    answers: bool
    trouble: str
    waiting: int
    oldest_seconds: int
    dead: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadEvent:
    """A dead letter: an event that a destination refused, and why."""

    destination: str
    event_id: UUID
    type: str
    subject: UUID | None
    tries: int
    dead_at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which facts of the journal are meant; what is not said does not restrict."""

    types: list[str]
    since: datetime | None = None
    until: datetime | None = None
    wanted: UUID | None = None
    subject: UUID | None = None


def plainly(reason: str) -> str:
    """Return what a library's word for trouble means, with the word; other reasons are sentences already."""
    words = _PLAINLY.get(reason)
    return f"{words} ({reason})" if words else reason


def status_of(name: str, trouble: str | None, backlog: Backlog, now: datetime) -> DestinationStatus:
    """Return how a destination is."""
    age = now - backlog.oldest if backlog.oldest else now - now
    return DestinationStatus(
        destination=name,
        answers=trouble is None,
        trouble=plainly(trouble or ""),
        waiting=backlog.waiting,
        oldest_seconds=max(0, round(age.total_seconds())),
        dead=backlog.dead,
    )


def well(each: DestinationStatus) -> bool:
    """Tell whether a destination answers, has refused nothing, and waits for nothing old."""
    return each.answers and not each.dead and each.oldest_seconds <= OLD.total_seconds()


def told(each: DestinationStatus, way: str) -> str:
    """Say how a destination is, in a few words; `way` is how posts to it are protected, if it gets any."""
    state = "answers" if each.answers else each.trouble
    age = f", the oldest for {each.oldest_seconds} s" if each.waiting else ""
    how = f", {way}" if way else ""
    return f"{state}{how}, {each.waiting} waiting{age}, {each.dead} dead"


def types_of(patterns: Iterable[str]) -> list[str]:
    """Return the types that are meant; none given are all. Problem: `invalid_input`."""
    wanted = list(patterns) or ["*"]
    found = {each for pattern in wanted for each in matching(pattern)}
    if not found:
        sentence = f"no event is called {', '.join(wanted)}"
        raise InputInvalid(errors=[FieldError("--type", "unknown", sentence)])
    return sorted(found)
