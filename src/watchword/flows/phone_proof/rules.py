"""What the text says, and what a caller without a number is told."""

from datetime import datetime

from watchword.kernel.ports import Visitor
from watchword.kernel.problems import Kind, Problem
from watchword.plumbing.contact import described
from watchword.plumbing.shapes import Answer, Body
from watchword.plumbing.words.dates import moment
from watchword.plumbing.words.languages import language_of
from watchword.records.deliveries.rules import Letter
from watchword.records.subscribers.rules import Subscriber


class PhoneMissing(Problem):
    """This account has no telephone number."""

    code = "phone_missing"
    kind = Kind.CONFLICT


class PhoneCode(Body, frozen=True):
    """The code of the text."""

    code: str


class TextAccepted(Answer, frozen=True):
    """The request was taken; the telephone learns the rest."""

    status: str = "accepted"


class PhoneProven(Answer, frozen=True):
    """The number that the account has proven."""

    phone: str
    phone_verified: bool = True


def address_of(owner: Subscriber) -> str:
    """Return what a code is bound to: this number for this account. Problem: `phone_missing`."""
    if owner.phone is None:
        raise PhoneMissing
    return f"{owner.id}:{owner.phone}"


def proven_letter(
    owner: Subscriber, number: str, link: str, resets_from: datetime, visitor: Visitor
) -> Letter:
    """Tell the mailbox of a number that will reset a password or a PIN; its end says which one."""
    language = language_of(owner, visitor)
    return Letter(
        template="phone_proof/phone_proven",
        to=owner.email,
        user_id=owner.id,
        language=language,
        facts={
            "name": owner.given_name,
            "ending": number[-2:],
            "at": moment(resets_from, language),
            "link": link,
        },
    )


def taken_letter(owner: Subscriber, number: str, link: str) -> Letter:
    """Tell the mailbox of whoever had proven a number before another account did."""
    return Letter(
        template="phone_proof/phone_taken",
        to=owner.email,
        user_id=owner.id,
        language=owner.language,
        facts={"name": owner.given_name, "ending": number[-2:], "link": link},
    )


def country_of_number(owner: Subscriber) -> str:
    """Return the country of the number that is to be proven; empty where nobody can tell."""
    return described(owner.phone).country if owner.phone else ""
