"""Amazon SES: what it says of a letter, within a genuine notice of SNS.

Notices of identities (`notificationType`) and those of configuration sets (`eventType`) say the same. What
bounced for good, or is on the account's own list of suppressions, is a bounce; all other bounces are soft.
Who is told by both of them is told the same twice: the letter, too, is a receipt. A recipient that is
misshapen is left out.
Source: https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime

import msgspec

from watchword.adapters.feedback.sns import CONFIRMATION, NOTICE, Notice, SnsNotices
from watchword.kernel.feedback import Heard, Outcome, Post, Report, Unreadable


class _Mail(msgspec.Struct, rename="camel"):
    message_id: str = ""


class _Recipient(msgspec.Struct, rename="camel"):
    email_address: str


class _Bounce(msgspec.Struct, rename="camel"):
    bounce_type: str = ""
    bounced_recipients: list[msgspec.Raw] = []


class _Complaint(msgspec.Struct, rename="camel"):
    complained_recipients: list[msgspec.Raw] = []


class _Delivery(msgspec.Struct, rename="camel"):
    recipients: list[msgspec.Raw] = []


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

    def __init__(self, notices: SnsNotices) -> None:
        """Believe what they find genuine."""
        self._notices = notices

    async def read(self, post: Post, now: datetime) -> Heard:
        """Return what a genuine post says. Problems: `NotGenuine`, `Unreadable`, `OutOfReach`."""
        notice = await self._notices.genuine(post.body, now)
        if notice.type == CONFIRMATION:
            await self._notices.confirm(notice)
        return _heard(notice) if notice.type == NOTICE else Heard()


def _heard(notice: Notice) -> Heard:
    try:
        told = msgspec.json.decode(notice.message, type=_Told)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise Unreadable("no notice of SES") from error
    outcome, pieces = _outcome(told)
    addresses = list(_addresses(pieces))
    reports = [_report(notice, told.mail.message_id, each, outcome) for each in addresses]
    return Heard(reports=reports, unreadable=len(pieces) - len(addresses))


def _report(notice: Notice, letter: str, address: str, outcome: Outcome) -> Report:
    same = (f"letter {letter} {address} {outcome}",) if letter else ()
    return Report(
        receipts=(f"notice {notice.message_id} {address}", *same),
        reference=letter,
        address=address,
        outcome=outcome,
    )


def _addresses(pieces: Sequence[msgspec.Raw]) -> Iterator[str]:
    """Yield each address: SES writes it alone, or within what it knows of a recipient."""
    for piece in pieces:
        with suppress(msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            who = msgspec.json.decode(piece, type=str | _Recipient)
            yield who if isinstance(who, str) else who.email_address


def _outcome(told: _Told) -> tuple[Outcome, Sequence[msgspec.Raw]]:
    """Say what became of the letter, and for whom."""
    match told.notification_type or told.event_type:
        case "Delivery":
            return Outcome.DELIVERY, told.delivery.recipients
        case "Complaint":
            return Outcome.COMPLAINT, told.complaint.complained_recipients
        case "Bounce":
            lasting = told.bounce.bounce_type == "Permanent"
            outcome = Outcome.BOUNCE if lasting else Outcome.SOFT_BOUNCE
            return outcome, told.bounce.bounced_recipients
        case _:
            return Outcome.DELIVERY, ()
