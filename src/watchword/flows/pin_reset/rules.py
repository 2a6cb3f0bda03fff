"""By which way somebody asks for a new PIN, who may have one, and what they are told."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from watchword.kernel.ports import Visitor
from watchword.kernel.problems import Problem
from watchword.kernel.times import minutes
from watchword.plumbing.contact import USSD, Contact
from watchword.plumbing.ports import Stub
from watchword.plumbing.words.dates import moment
from watchword.plumbing.words.languages import language_of
from watchword.records.deliveries.rules import CODE, Letter
from watchword.records.resets.rules import Way, What, hindrance
from watchword.records.subscribers.rules import (
    ACTIVE,
    Subscriber,
    country_of,
    reached_at,
    refusal,
)
from watchword.records.tickets.rules import Ticket

_DIALLED: Final = "ussd:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Somebody asks for a new PIN: the contact they name, what their code is bound to, how it goes."""

    contact: Contact
    address: str
    channel: str
    by_letter: bool


def asked_for(contact: Contact) -> Asked:
    """Return how somebody asks who names a mailbox or a telephone: the code goes there."""
    return Asked(
        contact=contact,
        address=contact.key,
        channel=contact.channel,
        by_letter=contact.email is not None,
    )


def dialled(number: str, *, by_letter: bool = False) -> Asked:
    """Return how somebody asks whose number the network vouches for: in the menu, and there alone."""
    return Asked(
        contact=Contact(phone=number),
        address=_DIALLED + number,
        channel=USSD,
        by_letter=by_letter,
    )


def way_of(asked: Asked, found: Subscriber | None) -> Way:
    """Return the way of a reset, as the ledger knows it."""
    return Way(
        what=What.PIN,
        user_id=found.id if found else None,
        channel=asked.channel,
        country=asked.contact.country or country_of(found),
    )


def held_up(asked: Asked, found: Subscriber | None, now: datetime, rests: timedelta) -> str | None:
    """Return why a code may not go to a telephone yet; to a mailbox it may."""
    if found is None or asked.by_letter:
        return None
    return hindrance(found.phone_verified_at, now, rests)


def check_owner(stub: Stub, subscriber: Subscriber | None, unfit: type[Problem]) -> Subscriber:
    """Return whose PIN it is. Problems: the `unfit` one, and what forbids the account."""
    if subscriber is None:
        raise unfit(private="ticket of nobody")
    if not reached_at(subscriber, stub.address.removeprefix(_DIALLED)):
        raise unfit(private="the account is reached elsewhere now")
    if (refused := refusal(subscriber.status)) is not None:
        raise refused
    return subscriber


def may_reset(found: Subscriber | None) -> bool:
    """Tell whether an account gets a code."""
    return found is not None and found.status == ACTIVE


def code_letter(
    owner: Subscriber, link: str, ticket: Ticket, lasts: timedelta, visitor: Visitor
) -> Letter:
    """Write link and code to the account's mailbox."""
    return Letter(
        template="pin_reset/pin_code",
        to=owner.email,
        user_id=owner.id,
        language=language_of(owner, visitor),
        facts={
            "name": owner.given_name,
            "link": link,
            "code": ticket.code.reveal(),
            "minutes": minutes(lasts),
        },
        priority=CODE,
        expires_at=ticket.code_expires_at,
    )


def done_letter(owner: Subscriber, visitor: Visitor, at: datetime) -> Letter:
    """Tell the owner that a new PIN was chosen."""
    language = language_of(owner, visitor)
    return Letter(
        template="pin_reset/pin_reset_done",
        to=owner.email,
        user_id=owner.id,
        language=language,
        facts={"name": owner.given_name, "at": moment(at, language)},
    )
