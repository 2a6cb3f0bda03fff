"""What administrators may do, what comes of it, and what they see."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final, Literal
from uuid import UUID

from msgspec import Meta
from msgspec.structs import asdict

from watchword.plumbing.shapes import Answer, Body
from watchword.records.guesses.rules import GuessCount
from watchword.records.subscribers.rules import (
    ACTIVE,
    DISABLED,
    ERASING,
    LOCKED,
    PENDING,
    Profile,
    Subscriber,
    SubscriberDisabled,
    SubscriberEnabled,
    SubscriberLocked,
    SubscriberUnlocked,
    profile_of,
)

CONSOLE: Final = "console"
MOST: Final = 200
Statuses = Literal["pending_verification", "active", "locked", "disabled", "erasing", "erased"]


class Act(StrEnum):
    """What an administrator does to an account."""

    LOCK = "lock"
    UNLOCK = "unlock"
    DISABLE = "disable"
    ENABLE = "enable"


FACTS: Final = {
    Act.LOCK: SubscriberLocked,
    Act.UNLOCK: SubscriberUnlocked,
    Act.DISABLE: SubscriberDisabled,
    Act.ENABLE: SubscriberEnabled,
}


def becomes(act: Act, subscriber: Subscriber, *, erasing: bool = False) -> str:
    """Return the status of an account after an act; what makes no sense changes nothing.

    One that waits for its erasure (`erasing`) goes back to waiting.
    """
    status = subscriber.status
    proven = ACTIVE if subscriber.email_verified_at else PENDING
    good = ERASING if erasing else proven
    if act is Act.LOCK and status in {ACTIVE, PENDING, ERASING}:
        return LOCKED
    if act is Act.UNLOCK and status == LOCKED:
        return good
    if act is Act.DISABLE and status in {ACTIVE, PENDING, LOCKED, ERASING}:
        return DISABLED
    if act is Act.ENABLE and status == DISABLED:
        return good
    return status


class ListUsers(Body, frozen=True):
    """Which accounts: after an id, at most so many, by part of the address, by status."""

    after: UUID | None = None
    limit: Annotated[int, Meta(ge=1, le=MOST)] = 50
    q: Annotated[str, Meta(max_length=254)] | None = None
    status: Statuses | None = None


class GuessesShape(Answer, frozen=True):
    """Wrong guesses since the last right one; until when more are refused, if they are."""

    failures: int
    locked_until: datetime | None


class ManagedUser(Profile, frozen=True):
    """An account as administrators see it: `guesses` at its password, and at codes sent to its address."""

    created_at: datetime
    updated_at: datetime
    guesses: GuessesShape
    code_guesses: GuessesShape


class ManagedUsers(Answer, frozen=True):
    """A page of accounts in the order of their making; `next` is the `after` of the next page."""

    users: list[ManagedUser]
    next: str | None


class SessionsGone(Answer, frozen=True):
    """How many sessions were ended."""

    ended: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """An account to make from the console; without a password its owner gets a link."""

    email: str
    name: str
    role: str
    verified: bool
    password: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """What the owner of a new account has to click: to choose a password, to prove the mailbox."""

    password: str | None = None
    verification: str | None = None


def managed(subscriber: Subscriber, passwords: GuessCount, codes: GuessCount) -> ManagedUser:
    """Return an account as administrators see it."""
    return ManagedUser(
        **asdict(profile_of(subscriber)),
        created_at=subscriber.created_at,
        updated_at=subscriber.updated_at,
        guesses=_told(passwords),
        code_guesses=_told(codes),
    )


def _told(standing: GuessCount) -> GuessesShape:
    return GuessesShape(failures=standing.failures, locked_until=standing.locked_until)
