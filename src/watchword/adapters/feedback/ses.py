"""Amazon SES: what it says of a letter, within a genuine notice of SNS.

Notices of identities (`notificationType`) and those of configuration sets (`eventType`) say the same. What
bounced for good, or is on the account's own list of suppressions, is a bounce; all other bounces are soft.
Who is told by both of them is told the same twice: the letter, too, is a receipt.
Source: https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from watchword.adapters.feedback.sns import CONFIRMATION, NOTICE, Notice, SnsDesk
from watchword.kernel.feedback import Outcome, Post, Report, Unreadable


class _Mail(msgspec.Struct, rename="camel"):
    message_id: str = ""


class _Recipient(msgspec.Struct, rename="camel"):
    email_address: str


class _Bounce(msgspec.Struct, rename="camel"):
    bounce_type: str = ""
    bounced_recipients: list[_Recipient] = []


class _Complaint(msgspec.Struct, rename="camel"):
    complained_recipients: list[_Recipient] = []


class _Delivery(msgspec.Struct, rename="camel"):
    recipients: list[str] = []


class _Told(msgspec.Struct, rename="camel"):
    notification_type: str = ""
    event_type: str = ""
    mail: _Mail = msgspec.field(default_factory=_Mail)
    bounce: _Bounce = msgspec.field(default_factory=_Bounce)
    complaint: _Complaint = msgspec.field(default_factory=_Complaint)
    delivery: _Delivery = msgspec.field(default_factory=_Delivery)


class SesReporter:
    """Reads what SES posts by way of SNS."""

    carrier = "ses"

    def __init__(self, desk: SnsDesk) -> None:
        """Believe what the desk finds genuine."""
        self._desk = desk

    async def read(self, post: Post, now: datetime) -> Sequence[Report]:
        """Return what a genuine post says. Problems: `NotGenuine`, `Unreadable`, `OutOfReach`."""
        notice = await self._desk.genuine(post.body, now)
        if notice.type == CONFIRMATION:
            await self._desk.confirm(notice)
        return list(_reports(notice)) if notice.type == NOTICE else []


def _reports(notice: Notice) -> Iterator[Report]:
    try:
        told = msgspec.json.decode(notice.message, type=_Told)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise Unreadable("no notice of SES") from error
    letter = told.mail.message_id
    for address, outcome in _outcomes(told):
        same = (f"letter {letter} {address} {outcome}",) if letter else ()
        yield Report(
            receipts=(f"notice {notice.message_id} {address}", *same),
            reference=letter,
            address=address,
            outcome=outcome,
        )


def _outcomes(told: _Told) -> Iterator[tuple[str, Outcome]]:
    kind = told.notification_type or told.event_type
    if kind == "Delivery":
        yield from ((address, Outcome.DELIVERY) for address in told.delivery.recipients)
    elif kind == "Complaint":
        wronged = told.complaint.complained_recipients
        yield from ((each.email_address, Outcome.COMPLAINT) for each in wronged)
    elif kind == "Bounce":
        lasting = told.bounce.bounce_type == "Permanent"
        outcome = Outcome.BOUNCE if lasting else Outcome.SOFT_BOUNCE
        yield from ((each.email_address, outcome) for each in told.bounce.bounced_recipients)
