"""Mailgun: an event as JSON, with a signature over its time and a token of one use.

The signature does not cover the event, so a token is good for one post: it is a receipt, also of a post that
is no news or says nothing we understand, else that post's signature would do for another event. What came
back for now (`temporary`) is still on its way, and no news.
Source: https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks
"""

import hmac
from datetime import datetime, timedelta
from typing import Final

import msgspec

from watchword.adapters.feedback import freshness
from watchword.kernel.feedback import Heard, NotGenuine, Outcome, Post, Report
from watchword.kernel.secret import Secret

_EXHAUSTED: Final = frozenset({"old", "espblock"})
_COMPLAINED: Final = frozenset({"suppress-complaint"})
_THEIR_WISH: Final = frozenset({"suppress-unsubscribe"})


class _Signature(msgspec.Struct):
    timestamp: str | int
    token: str
    signature: str


class _Headers(msgspec.Struct):
    message_id: str = msgspec.field(name="message-id", default="")


class _Message(msgspec.Struct):
    headers: _Headers = msgspec.field(default_factory=_Headers)


class _Status(msgspec.Struct):
    code: int | None = None


class _Event(msgspec.Struct):
    event: str
    recipient: str = ""
    id: str = ""
    severity: str = ""
    reason: str = ""
    message: _Message = msgspec.field(default_factory=_Message)
    status: _Status = msgspec.field(name="delivery-status", default_factory=_Status)


class _Signed(msgspec.Struct):
    signature: _Signature


class _Told(msgspec.Struct):
    event: _Event = msgspec.field(name="event-data")


class MailgunReporter:
    """Reads Mailgun's posts."""

    carrier = "mailgun"

    def __init__(self, key: Secret, max_age: timedelta) -> None:
        """Believe what is signed with this key."""
        self._key = key.reveal().encode()
        self._max_age = max_age

    async def read(self, post: Post, now: datetime) -> Heard:
        """Return what a genuine post says. Problem: `NotGenuine`."""
        spent = f"token {self._proven(post, now)}"
        try:
            event = msgspec.json.decode(post.body, type=_Told).event
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            return Heard(spent=spent, malformed=True)
        outcome = _outcome(event)
        if outcome is None:
            return Heard(spent=spent)
        report = Report(
            receipts=(spent, *((f"event {event.id}",) if event.id else ())),
            reference=event.message.headers.message_id,
            address=event.recipient,
            outcome=outcome,
        )
        return Heard(reports=[report])

    def _proven(self, post: Post, now: datetime) -> str:
        """Return the token of a genuine post."""
        try:
            said = msgspec.json.decode(post.body, type=_Signed).signature
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            raise NotGenuine("no signature") from error
        proof = f"{said.timestamp}{said.token}".encode("utf-8", "replace")
        expected = hmac.digest(self._key, proof, "sha256").hex()
        if not hmac.compare_digest(expected.encode(), said.signature.encode("utf-8", "replace")):
            raise NotGenuine("wrong signature")
        freshness.check(freshness.at_seconds(str(said.timestamp)), now, self._max_age)
        return said.token


def _outcome(event: _Event) -> Outcome | None:
    """Say what an event means; nothing when it is no news of a letter's end."""
    if event.event == "delivered":
        return Outcome.DELIVERY
    if event.event == "complained" or event.reason in _COMPLAINED:
        return Outcome.COMPLAINT
    failed = event.event == "failed" and event.severity == "permanent"
    if not (failed or event.event == "bounced") or event.reason in _THEIR_WISH:
        return None
    later = event.status.code is not None and 400 <= event.status.code < 500  # noqa: PLR2004 - RFC 5321
    return Outcome.SOFT_BOUNCE if later or event.reason in _EXHAUSTED else Outcome.BOUNCE
