"""Who may have a new password, and what mailboxes and telephones are told."""

from datetime import datetime

from watchword.kernel.ports import Visitor
from watchword.kernel.problems import Problem
from watchword.kernel.times import minutes
from watchword.plumbing.contact import Contact
from watchword.plumbing.ports import Stub
from watchword.plumbing.words.dates import moment
from watchword.plumbing.words.languages import language_of
from watchword.records.deliveries.rules import CODE, Letter
from watchword.records.subscribers.rules import (
    ACTIVE,
    PENDING,
    Subscriber,
    reached_at,
    refusal,
)
from watchword.records.tickets.rules import Ticket, TicketSettings


def may_reset(subscriber: Subscriber | None, contact: Contact | None = None) -> bool:
    """Tell whether an account gets a code: a mailbox may prove itself by it, a telephone has done so."""
    by_phone = contact is not None and contact.email is None
    fit = {ACTIVE} if by_phone else {ACTIVE, PENDING}
    return subscriber is not None and subscriber.status in fit


def check_owner(
    stub: Stub,
    subscriber: Subscriber | None,
    unfit: type[Problem],
) -> Subscriber:
    """Return whose ticket it is. Problems: the `unfit` one, and what forbids the account."""
    if subscriber is None:
        raise unfit(private="ticket of nobody")
    if not reached_at(subscriber, stub.address):
        raise unfit(private="the account has another address now")
    refused = refusal(subscriber.status)
    if refused is not None and subscriber.status != PENDING:
        raise refused
    return subscriber


def done_letter(owner: Subscriber, link: str, visitor: Visitor, at: datetime) -> Letter:
    """Tell the owner that the password was reset."""
    language = language_of(owner, visitor)
    return Letter(
        template="password_reset/password_reset_done",
        to=owner.email,
        user_id=owner.id,
        language=language,
        facts={"name": owner.given_name, "link": link, "at": moment(at, language)},
    )


def reset_letter(
    owner: Subscriber,
    link: str,
    ticket: Ticket,
    settings: TicketSettings,
    visitor: Visitor,
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
        user_id=owner.id,
        language=language_of(owner, visitor),
        facts=facts,
        priority=CODE,
        expires_at=ticket.expires_at,
        code_ends_at=ticket.code_expires_at,
    )


def closed_letter(owner: Subscriber, visitor: Visitor, ticket: Ticket) -> Letter:
    """Tell the owner of a closed account that its password cannot be changed now."""
    return Letter(
        template="password_reset/account_closed",
        to=owner.email,
        user_id=owner.id,
        language=language_of(owner, visitor),
        facts={"name": owner.given_name},
        priority=CODE,
        expires_at=ticket.expires_at,
    )


def route_of(contact: Contact) -> str:
    """Return what a request that is one too many counts as: letters and texts are told apart."""
    return "forgot-password" if contact.email else "forgot-password-by-text"


def no_account_letter(email: str, language: str, link: str, ticket: Ticket) -> Letter:
    """Tell a mailbox that it has no account, and where to make one; no link where nobody may."""
    return Letter(
        template="password_reset/no_account",
        to=email,
        language=language,
        facts={"email": email, "link": link},
        priority=CODE,
        expires_at=ticket.expires_at,
    )
