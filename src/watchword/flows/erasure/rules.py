"""What an erasure is answered with, and its letters."""

from datetime import datetime

from watchword.kernel.times import minutes
from watchword.plumbing.shapes import Answer, Body
from watchword.records.deliveries.rules import Letter
from watchword.records.erasures.rules import Erasure
from watchword.records.subscribers.rules import Subscriber


class UndoErasure(Body, frozen=True):
    """The token of the link in the letter."""

    token: str


class Receipt(Answer, frozen=True):
    """That the account is closed, and when it is erased, or was; keep the number."""

    receipt: str
    status: str
    asked_at: datetime
    erases_at: datetime
    erased_at: datetime | None = None


class ErasureUndone(Answer, frozen=True):
    """The account is kept. `active`: its owner signs in as before; else an administrator has closed it."""

    status: str


def receipt_of(erasure: Erasure) -> Receipt:
    """Tell of an erasure."""
    return Receipt(
        receipt=str(erasure.id),
        status="erased" if erasure.erased_at else "erasing",
        asked_at=erasure.asked_at,
        erases_at=erasure.due_at,
        erased_at=erasure.erased_at,
    )


def asked_letter(owner: Subscriber, erasure: Erasure, day: str, link: str) -> Letter:
    """Tell the owner what will happen, and how to undo it."""
    facts = {
        "name": owner.given_name,
        "day": day,
        "link": link,
        "receipt": str(erasure.id),
        "minutes": minutes(erasure.due_at - erasure.asked_at),
    }
    return Letter(
        template="erasure/erasure_asked",
        to=owner.email,
        language=owner.language,
        facts=facts,
        expires_at=erasure.due_at,
    )


def done_letter(owner: Subscriber, erasure: Erasure) -> Letter:
    """Tell whoever it was that nothing is left, and the number of the receipt."""
    return Letter(
        template="erasure/erasure_done",
        to=owner.email,
        language=owner.language,
        facts={"name": "", "receipt": str(erasure.id)},
    )
