"""SendGrid: a list of events as JSON; headers carry a time, and a signature over it and the body (ECDSA).

Every event has a name of its own, its receipt. One that is misshapen is left out, for the others are as
genuine as ever. What is deferred is still on its way, and no news; what
SendGrid drops, because its own list has the address, is told as what put it there.
Source: https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
"""

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from watchword.adapters.feedback import freshness
from watchword.kernel.feedback import Heard, NotGenuine, Outcome, Post, Report, Unreadable

_SIGNATURE: Final = "x-twilio-email-event-webhook-signature"
_TIME: Final = "x-twilio-email-event-webhook-timestamp"
_LONGEST: Final = 256
_OUTCOMES: Final = {
    ("delivered", ""): Outcome.DELIVERY,
    ("spamreport", ""): Outcome.COMPLAINT,
    ("bounce", "bounce"): Outcome.BOUNCE,
    ("bounce", "blocked"): Outcome.SOFT_BOUNCE,
    ("blocked", ""): Outcome.SOFT_BOUNCE,
    ("dropped", "bounced address"): Outcome.BOUNCE,
    ("dropped", "invalid"): Outcome.BOUNCE,
    ("dropped", "spam reporting address"): Outcome.COMPLAINT,
}


class _Event(msgspec.Struct):
    event: str = ""
    email: str = ""
    type: str = ""
    reason: str | None = None
    sg_event_id: str = ""
    sg_message_id: str = ""


class SendgridReporter:
    """Reads SendGrid's posts."""

    carrier = "sendgrid"

    def __init__(self, key: str, max_age: timedelta) -> None:
        """Believe what this key verifies: DER in base64."""
        loaded = load_der_public_key(b64decode(key))
        assert isinstance(loaded, EllipticCurvePublicKey)  # the setting was read as one
        self._key = loaded
        self._max_age = max_age

    async def read(self, post: Post, now: datetime) -> Heard:
        """Return what a genuine post says. Problems: `NotGenuine`, `Unreadable`."""
        self._prove(post, now)
        try:
            pieces = msgspec.json.decode(post.body, type=list[msgspec.Raw])
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            raise Unreadable("no events of SendGrid") from error
        events = list(_events(pieces))
        return Heard(reports=list(_reports(events)), unreadable=len(pieces) - len(events))

    def _prove(self, post: Post, now: datetime) -> None:
        time, signature = post.headers.get(_TIME, ""), post.headers.get(_SIGNATURE, "")
        if not (time and 0 < len(signature) <= _LONGEST):
            raise NotGenuine("no signature")
        try:
            proof = b64decode(signature, validate=True)
            self._key.verify(proof, time.encode() + post.body, ECDSA(SHA256()))
        except (InvalidSignature, NotBase64, ValueError) as error:
            raise NotGenuine("wrong signature") from error
        freshness.check(freshness.at_seconds(time), now, self._max_age)


def _events(pieces: Sequence[msgspec.Raw]) -> Iterator[_Event]:
    for piece in pieces:
        with suppress(msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            yield msgspec.json.decode(piece, type=_Event)


def _reports(events: Sequence[_Event]) -> Iterator[Report]:
    for event in events:
        outcome = _outcome(event)
        if outcome is None or not event.sg_event_id:
            continue
        yield Report(
            receipts=(f"event {event.sg_event_id}",),
            reference=event.sg_message_id.partition(".")[0],
            address=event.email,
            outcome=outcome,
        )


def _outcome(event: _Event) -> Outcome | None:
    """Say what an event means; nothing when it is no news of a letter's end."""
    more = {"bounce": event.type or "bounce", "dropped": (event.reason or "").lower()}
    return _OUTCOMES.get((event.event, more.get(event.event, "")))
