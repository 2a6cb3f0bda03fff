"""Who may have a new password, what mailboxes are told, and what the journal learns."""

from dataclasses import dataclass
from typing import ClassVar

from watchword.kernel.events import Fact
from watchword.kernel.times import minutes
from watchword.plumbing.contact import mailbox_key
from watchword.plumbing.ports import Stub
from watchword.records.deliveries.rules import CODE, Letter
from watchword.records.subscribers.rules import ACTIVE, PENDING, Subscriber, refusal
from watchword.records.tickets.rules import CodeInvalid, Ticket, TicketSettings, TokenInvalid


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetRequested(Fact):
    """Somebody asked for a new password."""

    type: ClassVar[str] = "id.password.reset.requested"
    channel: str = "email"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetCompleted(Fact):
    """Somebody chose a new password with a link or a code from the mailbox."""

    type: ClassVar[str] = "id.password.reset.completed"
    channel: str = "email"


def may_reset(subscriber: Subscriber | None) -> bool:
    """Tell whether an account gets link and code."""
    return subscriber is not None and subscriber.status in {ACTIVE, PENDING}


def check_owner(
    stub: Stub,
    subscriber: Subscriber | None,
    unfit: type[TokenInvalid | CodeInvalid] = TokenInvalid,
) -> Subscriber:
    """Return whose ticket it is. Problems: the `unfit` one, and what forbids the account."""
    if subscriber is None:
        raise unfit(private="ticket of nobody")
    if mailbox_key(subscriber.email) != stub.address:
        raise unfit(private="the account has another address now")
    refused = refusal(subscriber.status)
    if refused is not None and subscriber.status != PENDING:
        raise refused
    return subscriber


def reset_letter(
    owner: Subscriber,
    link: str,
    ticket: Ticket,
    settings: TicketSettings,
    asked_language: str | None = None,
) -> Letter:
    """Write link and code; a name that a stranger may have typed goes to nobody."""
    facts = {
        "name": "" if owner.status == PENDING else owner.given_name,
        "link": link,
        "code": ticket.code.reveal(),
        "minutes": minutes(settings.code_lifetime),
        "link_minutes": minutes(settings.reset_lifetime),
    }
    return Letter(
        template="password_reset/password_reset",
        to=owner.email,
        language=asked_language or owner.language,
        facts=facts,
        priority=CODE,
        expires_at=ticket.expires_at,
        code_ends_at=ticket.code_expires_at,
    )


def closed_letter(owner: Subscriber, ticket: Ticket) -> Letter:
    """Tell the owner of a closed account that its password cannot be changed now."""
    return Letter(
        template="password_reset/account_closed",
        to=owner.email,
        language=owner.language,
        facts={"name": owner.given_name},
        priority=CODE,
        expires_at=ticket.expires_at,
    )


def no_account_letter(email: str, language: str, link: str, ticket: Ticket) -> Letter:
    """Tell a mailbox that it has no account, and where to make one."""
    return Letter(
        template="password_reset/no_account",
        to=email,
        language=language,
        facts={"email": email, "link": link},
        priority=CODE,
        expires_at=ticket.expires_at,
    )
