"""What a password reset takes, who may have one, and what the journal learns."""

from dataclasses import dataclass
from typing import ClassVar

from watchword.kernel.events import Fact
from watchword.records.subscribers.rules import ACTIVE, PENDING, Subscriber, refusal
from watchword.records.tickets.rules import Stub, TokenInvalid


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetRequested(Fact):
    """Somebody asked for a new password."""

    type: ClassVar[str] = "id.password.reset.requested"
    channel: str = "email"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetCompleted(Fact):
    """Somebody chose a new password with a link from the mailbox."""

    type: ClassVar[str] = "id.password.reset.completed"
    channel: str = "email"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailVerified(Fact):
    """A mailbox proved itself."""

    type: ClassVar[str] = "id.user.email_verified"


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterWithheld(Fact):
    """A mailbox has had its share of letters: this one was not sent."""

    type: ClassVar[str] = "email.rate_limited"
    letter: str = "password_reset"


def may_reset(subscriber: Subscriber | None) -> bool:
    """Tell whether an account gets a link."""
    return subscriber is not None and subscriber.status in {ACTIVE, PENDING}


def check_owner(stub: Stub, subscriber: Subscriber | None) -> Subscriber:
    """Return whose link it is. Problems: `token_invalid`, and what forbids the account."""
    if subscriber is None:
        raise TokenInvalid(private="ticket of nobody")
    if subscriber.email.casefold() != stub.address:
        raise TokenInvalid(private="the account has another address now")
    refused = refusal(subscriber.status)
    if refused is not None and subscriber.status != PENDING:
        raise refused
    return subscriber
