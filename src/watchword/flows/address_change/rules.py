"""What a change of address is, and what can be wrong with one."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final
from uuid import UUID

import msgspec

from watchword.kernel.facts import Fact
from watchword.kernel.ports import Visitor
from watchword.kernel.problems import FieldError, InputInvalid
from watchword.kernel.times import hours, minutes
from watchword.plumbing.contact import EmailAddress, email_address, mailbox_key
from watchword.plumbing.ports import Stub
from watchword.plumbing.words.languages import language_of
from watchword.records.deliveries.rules import CODE, Letter
from watchword.records.subscribers.rules import PENDING, Subscriber
from watchword.records.tickets.rules import Ticket, TicketSettings, TokenInvalid

UNDO_FOR: Final = timedelta(days=7)


class Change(msgspec.Struct, frozen=True):
    """What the tickets of a change remember: both addresses, and the session that asked."""

    old: str
    new: str
    session: UUID

    def text(self) -> str:
        """Write it for a ticket."""
        return msgspec.json.encode(self).decode()


def change_of(stub: Stub) -> Change:
    """Read what a ticket remembers. Problem: `token_invalid`."""
    if stub.detail is None:
        raise TokenInvalid(private="ticket without a change")
    return msgspec.json.decode(stub.detail, type=Change)


def wanted_address(text: str, present: str) -> EmailAddress:
    """Read the new address. Problem: `invalid_input`, also when it is the present one."""
    email = email_address(text, "newEmail")
    if email.key == mailbox_key(present):
        told = FieldError("newEmail", "same_email", "This is your address already.")
        raise InputInvalid(errors=[told])
    return email


def holds(found: Subscriber | None) -> bool:
    """Tell whether an account holds its address: it does once its mailbox is proven."""
    return found is not None and found.status != PENDING


def wrong_password() -> InputInvalid:
    """Return the problem for a password that is not the account's."""
    message = "This is not your current password."
    return InputInvalid(errors=[FieldError("password", "wrong_password", message)])


def confirm_letter(
    owner: Subscriber,
    new_email: str,
    link: str,
    ticket: Ticket,
    settings: TicketSettings,
    visitor: Visitor,
) -> Letter:
    """Write to the new mailbox. No name: an account's name is no word to a stranger's mailbox."""
    facts = {
        "new_email": new_email,
        "link": link,
        "code": ticket.code.reveal(),
        "minutes": minutes(settings.code_lifetime),
        "hours": hours(settings.verify_lifetime),
    }
    return Letter(
        template="address_change/confirm",
        to=new_email,
        user_id=owner.id,
        language=language_of(owner, visitor),
        facts=facts,
        priority=CODE,
        expires_at=ticket.expires_at,
        code_ends_at=ticket.code_expires_at,
    )


def taken_letter(found: Subscriber, link: str, expires_at: datetime) -> Letter:
    """Tell the owner of an address that somebody wanted it for another account."""
    return Letter(
        template="address_change/taken",
        to=found.email,
        user_id=found.id,
        language=found.language,
        facts={"name": found.given_name, "email": found.email, "link": link},
        priority=CODE,
        expires_at=expires_at,
    )


def notice_letter(
    owner: Subscriber, new_email: str, link: str, expires_at: datetime, visitor: Visitor
) -> Letter:
    """Tell the old mailbox what is under way, and how to undo it."""
    facts = {
        "name": owner.given_name,
        "new_email": new_email,
        "link": link,
        "minutes": minutes(UNDO_FOR),
    }
    return Letter(
        template="address_change/notice",
        to=owner.email,
        user_id=owner.id,
        language=language_of(owner, visitor),
        facts=facts,
        expires_at=expires_at,
    )


def undone_letter(
    owner: Subscriber,
    address: str,
    link: str,
    ticket: Ticket,
    settings: TicketSettings,
    visitor: Visitor,
) -> Letter:
    """Tell the old mailbox that its address is back, with link and code to choose a password."""
    facts = {
        "name": owner.given_name,
        "email": address,
        "link": link,
        "code": ticket.code.reveal(),
        "minutes": minutes(settings.code_lifetime),
        "link_minutes": minutes(settings.reset_lifetime),
    }
    return Letter(
        template="address_change/undone",
        to=address,
        user_id=owner.id,
        language=language_of(owner, visitor),
        facts=facts,
        priority=CODE,
        expires_at=ticket.expires_at,
        code_ends_at=ticket.code_expires_at,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRequested(Fact):
    """Somebody wants another address for their account."""

    type: ClassVar[str] = "email_change.requested"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeUndone(Fact):
    """The owner of the old address took the change back."""

    type: ClassVar[str] = "email_change.undone"
