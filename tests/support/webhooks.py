"""Providers that post to our webhooks, each with a key of its own and signatures that are real.

Each makes a `Posted`: path, body and headers, as they would come; a test may then spoil it.
"""

import asyncio
import hmac
import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.x509.oid import NameOID

from tests.support.world import BASE, START
from watchword.kernel.ports import OutOfReach

TOPIC: Final = "arn:aws:sns:eu-west-1:123456789012:mail"
HOST: Final = "https://sns.eu-west-1.amazonaws.com"
CERTIFICATE: Final = f"{HOST}/SimpleNotificationService-0123456789abcdef.pem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A post as it comes."""

    path: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    def but(self, body: bytes) -> "Posted":
        """Return it with another body."""
        return replace(self, body=body)

    def written_anew(self) -> "Posted":
        """Return it with the same JSON, written by another program."""
        return self.but(json.dumps(json.loads(self.body), indent=1, sort_keys=True).encode())


@dataclass(slots=True)
class Mailgun:
    """Mailgun, which signs a time and a token."""

    key: str = "key-of-the-webhooks"
    posts: int = 0

    @property
    def settings(self) -> dict[str, str]:
        """Return what we are told of it."""
        return {"MAILGUN_WEBHOOK_SIGNING_KEY": self.key}

    def post(
        self,
        event: str,
        to: str = "alice@example.org",
        *,
        path: str = "bounce",
        message: str = "mg-1@mg.nova-rdv.dz",
        at: datetime = START,
        token: str | None = None,
        **more: Any,
    ) -> Posted:
        """Return a signed event."""
        self.posts += 1
        token = token or f"{self.posts:050d}"
        told = {
            "signature": self.sign(int(at.timestamp()), token),
            "event-data": {
                "event": event,
                "id": f"event-{self.posts}",
                "recipient": to,
                "message": {"headers": {"message-id": message}},
                **({"severity": "permanent", "reason": "bounce"} if event == "failed" else {}),
                **more,
            },
        }
        return Posted(
            path=f"/api/webhooks/mailgun/{path}",
            body=json.dumps(told).encode(),
            headers={"Content-Type": "application/json"},
        )

    def sign(self, timestamp: int, token: str) -> dict[str, str]:
        """Return the signature of a time and a token."""
        proof = hmac.digest(self.key.encode(), f"{timestamp}{token}".encode(), "sha256").hex()
        return {"timestamp": str(timestamp), "token": token, "signature": proof}


class Sendgrid:
    """SendGrid, which signs a time and the body."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._events = 0

    @property
    def settings(self) -> dict[str, str]:
        """Return what we are told of it."""
        public = self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return {"SENDGRID_WEBHOOK_PUBLIC_KEY": b64encode(public).decode()}

    def event(self, event: str, to: str = "alice@example.org", **more: Any) -> dict[str, Any]:
        """Return one event."""
        self._events += 1
        return {
            "email": to,
            "event": event,
            "sg_event_id": f"event-{self._events}",
            "sg_message_id": f"sg-{self._events}.recvd-1-2",
            "timestamp": 1772366400,
            **more,
        }

    def post(self, *events: dict[str, Any], at: datetime = START) -> Posted:
        """Return signed events."""
        return self.sign(json.dumps(events).encode(), at)

    def sign(self, body: bytes, at: datetime = START) -> Posted:
        """Return a signed body."""
        time = str(int(at.timestamp()))
        proof = self._key.sign(time.encode() + body, ec.ECDSA(SHA256()))
        headers = {
            "Content-Type": "application/json",
            "X-Twilio-Email-Event-Webhook-Signature": b64encode(proof).decode(),
            "X-Twilio-Email-Event-Webhook-Timestamp": time,
        }
        return Posted(path="/api/webhooks/sendgrid", body=body, headers=headers)


class Sns:
    """SNS with its certificate, which `fetch` gives to whoever asks at the right address."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._notices = 0
        self.documents = {CERTIFICATE: self.certificate()}
        self.fetched: list[str] = []
        self.away = False

    @property
    def settings(self) -> dict[str, str]:
        """Return what we are told of it."""
        return {"SES_SNS_TOPICS": TOPIC}

    async def fetch(self, url: str) -> bytes | None:
        """Return what is at an address of AWS; it is the world's `Fetcher`."""
        self.fetched.append(url)
        await asyncio.sleep(0)  # others have their turn while it is on its way
        if self.away:
            raise OutOfReach("ConnectTimeout")
        return self.documents.get(url)

    def certificate(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> bytes:
        """Return a certificate of a year."""
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
        built = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._key.public_key())
            .serial_number(7)
            .not_valid_before(start)
            .not_valid_after(start + timedelta(days=365))
            .sign(self._key, SHA256())
        )
        return built.public_bytes(serialization.Encoding.PEM)

    def bounce(
        self, *to: str, kind: str = "Permanent", letter: str = "ses-1", **more: Any
    ) -> Posted:
        """Return a signed notice of a bounce."""
        recipients = [{"emailAddress": each} for each in to or ("alice@example.org",)]
        told = {"bounceType": kind, "bouncedRecipients": recipients, "feedbackId": "f-1"}
        return self.notice(
            {"notificationType": "Bounce", "bounce": told, "mail": {"messageId": letter}}, **more
        )

    def complaint(self, to: str = "alice@example.org", letter: str = "ses-1") -> Posted:
        """Return a signed notice of a complaint."""
        told = {"complainedRecipients": [{"emailAddress": to}], "feedbackId": "f-1"}
        return self.notice(
            {"eventType": "Complaint", "complaint": told, "mail": {"messageId": letter}}
        )

    def notice(self, message: Any, **more: Any) -> Posted:
        """Return a signed notice."""
        return self.post("Notification", Message=json.dumps(message), **more)

    def confirmation(self, **more: Any) -> Posted:
        """Return the signed offer of a subscription."""
        query = urlencode({"Action": "ConfirmSubscription", "TopicArn": TOPIC, "Token": "token-1"})
        given = {"Token": "token-1", "SubscribeURL": f"{HOST}/?{query}", **more}
        self.documents.setdefault(given["SubscribeURL"], b"<ConfirmSubscriptionResponse/>")
        return self.post("SubscriptionConfirmation", Message="You have chosen ...", **given)

    def post(self, kind: str, *, version: str = "1", at: datetime = START, **more: str) -> Posted:
        """Return anything signed."""
        self._notices += 1
        told = {
            "Type": kind,
            "MessageId": f"notice-{self._notices}",
            "TopicArn": TOPIC,
            "Timestamp": at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "SignatureVersion": version,
            "SigningCertURL": CERTIFICATE,
            **more,
        }
        names = ["Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token"]
        lines = [f"{name}\n{told[name]}\n" for name in [*names, "TopicArn", "Type"] if name in told]
        hashed = SHA1() if version == "1" else SHA256()
        proof = self._key.sign("".join(lines).encode(), padding.PKCS1v15(), hashed)
        told["Signature"] = b64encode(proof).decode()
        return Posted(
            path="/api/webhooks/ses",
            body=json.dumps(told).encode(),
            headers={"Content-Type": "text/plain; charset=UTF-8", "x-amz-sns-message-type": kind},
        )


@dataclass(frozen=True, slots=True)
class Twilio:
    """Twilio, which signs the address and the form."""

    account: str = "AC1"
    token: str = "token-of-the-account"

    @property
    def settings(self) -> dict[str, str]:
        """Return what we are told of it."""
        return {
            "TWILIO_SID": self.account,
            "TWILIO_TOKEN": self.token,
            "TWILIO_PHONE": "+15005550006",
        }

    def post(self, status: str, *, text: str = "SM1", base: str = BASE, **more: str) -> Posted:
        """Return a signed state of a text."""
        form = {
            "AccountSid": self.account,
            "MessageSid": text,
            "MessageStatus": status,
            "To": "+213550123456",
            **more,
        }
        path = "/api/webhooks/twilio"
        signed = base + path + "".join(name + form[name] for name in sorted(form))
        proof = hmac.digest(self.token.encode(), signed.encode(), "sha1")
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Twilio-Signature": b64encode(proof).decode(),
        }
        return Posted(path=path, body=urlencode(form).encode(), headers=headers)
