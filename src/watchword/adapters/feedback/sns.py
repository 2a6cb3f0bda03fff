"""Amazon SNS: notices as JSON, signed with a key whose certificate is fetched from AWS.

    topic        one of those that the settings name
    time         not older than it may be
    certificate  from sns.<region>.amazonaws.com by https (in China .amazonaws.com.cn), the region being the
                 topic's; kept for a day
    signature    RSA over some fields, each by its name (version 1: SHA-1, version 2: SHA-256)

A new subscription is confirmed by asking the address that a genuine post names, which must be AWS's too.
The order is meant: a stranger who does not know a topic of ours makes us fetch nothing.
Source: https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
"""

import asyncio
import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import parse_qs, urlsplit

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm
from cryptography.x509 import Certificate, load_pem_x509_certificate

from watchword.adapters.feedback import freshness
from watchword.kernel.feedback import NotGenuine
from watchword.kernel.ports import Fetcher

NOTICE: Final = "Notification"
CONFIRMATION: Final = "SubscriptionConfirmation"
_FAREWELL: Final = "UnsubscribeConfirmation"
_NOTICE_FIELDS: Final = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_OTHER_FIELDS: Final = (
    "Message",
    "MessageId",
    "SubscribeURL",
    "Timestamp",
    "Token",
    "TopicArn",
    "Type",
)
_FIELDS: Final = {
    NOTICE: _NOTICE_FIELDS,
    CONFIRMATION: _OTHER_FIELDS,
    _FAREWELL: _OTHER_FIELDS,
}
_HASHES: Final[dict[str, type[HashAlgorithm]]] = {"1": SHA1, "2": SHA256}
_HOST: Final = re.compile(r"sns\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?P<china>\.cn)?")
_CHINA: Final = "cn-"
_CERTIFICATE: Final = re.compile(r"/SimpleNotificationService-[A-Za-z0-9]{1,64}\.pem")
_KEPT: Final = 8
_KEPT_FOR: Final = timedelta(days=1)


class Notice(msgspec.Struct, rename="pascal"):
    """What SNS posts."""

    type: str
    message_id: str
    topic_arn: str
    message: str
    timestamp: str
    signature_version: str
    signature: str
    certificate_url: str = msgspec.field(name="SigningCertURL")
    subject: str | None = None
    token: str | None = None
    subscribe_url: str | None = msgspec.field(name="SubscribeURL", default=None)


class SnsNotices:
    """Tells genuine notices, and confirms subscriptions to topics of ours."""

    def __init__(self, topics: Collection[str], fetcher: Fetcher, max_age: timedelta) -> None:
        """Believe what comes from these topics."""
        self._topics = frozenset(topics)
        self._fetcher = fetcher
        self._max_age = max_age
        self._certificates: dict[str, tuple[datetime, Certificate]] = {}
        self._fetching = asyncio.Lock()

    async def genuine(self, body: bytes, now: datetime) -> Notice:
        """Return the notice of a genuine post. Problems: `NotGenuine`, `OutOfReach`."""
        try:
            notice = msgspec.json.decode(body, type=Notice)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            raise NotGenuine("no notice of SNS") from error
        if notice.topic_arn not in self._topics:
            raise NotGenuine("no topic of ours")
        if notice.type not in _FIELDS or notice.signature_version not in _HASHES:
            raise NotGenuine("a kind of notice, or of signature, that is not known")
        freshness.check(_moment(notice.timestamp), now, self._max_age)
        await self._prove(notice, now)
        return notice

    async def confirm(self, notice: Notice) -> None:
        """Confirm the subscription that a genuine notice offers. Problems: `NotGenuine`, `OutOfReach`."""
        url = notice.subscribe_url or ""
        parts = _of_aws(url, notice.topic_arn)
        asked = {name: values[-1] for name, values in parse_qs(parts).items()}
        wanted = {"Action": "ConfirmSubscription", "TopicArn": notice.topic_arn}
        if asked != {**wanted, "Token": notice.token or "-"}:
            raise NotGenuine("an address that confirms no subscription of ours")
        if await self._fetcher.fetch(url) is None:
            raise NotGenuine("the subscription could not be confirmed")

    async def _prove(self, notice: Notice, now: datetime) -> None:
        certificate = await self._certificate(notice, now)
        key = certificate.public_key()
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise NotGenuine("the certificate is over, or not yet valid")
        if not isinstance(key, RSAPublicKey):
            raise NotGenuine("a certificate of another kind")
        try:
            proof = b64decode(notice.signature, validate=True)
            key.verify(proof, signed(notice), PKCS1v15(), _HASHES[notice.signature_version]())
        except (InvalidSignature, NotBase64, ValueError) as error:
            raise NotGenuine("wrong signature") from error

    async def _certificate(self, notice: Notice, now: datetime) -> Certificate:
        """Return the certificate that the notice names, fetched when it is not at hand."""
        url = notice.certificate_url
        if _of_aws(url, notice.topic_arn) or not _CERTIFICATE.fullmatch(urlsplit(url).path):
            raise NotGenuine("a certificate that is not AWS's")
        async with self._fetching:  # one at a time, whatever comes in
            fetched_at, found = self._certificates.get(url, (now, None))
            if found is None or fetched_at + _KEPT_FOR <= now:
                found = _read(await self._fetcher.fetch(url))
                while len(self._certificates) >= _KEPT:
                    self._certificates.pop(next(iter(self._certificates)))
                self._certificates[url] = now, found
            return found


def signed(notice: Notice) -> bytes:
    """Return what the signature is over: names and values, a line each."""
    said = {
        "Message": notice.message,
        "MessageId": notice.message_id,
        "Subject": notice.subject,
        "SubscribeURL": notice.subscribe_url,
        "Timestamp": notice.timestamp,
        "Token": notice.token,
        "TopicArn": notice.topic_arn,
        "Type": notice.type,
    }
    lines = [(name, said[name]) for name in _FIELDS[notice.type]]
    return "".join(f"{name}\n{value}\n" for name, value in lines if value is not None).encode()


def _of_aws(url: str, topic: str) -> str:
    """Return the query of an address at SNS in the topic's region. Problem: `NotGenuine`."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise NotGenuine("no address") from error
    host = _HOST.fullmatch(parts.netloc.removesuffix(":443"))
    if parts.scheme != "https" or host is None or port not in {None, 443} or parts.fragment:
        raise NotGenuine("an address that is not AWS's")
    if (host["china"] is not None) != host["region"].startswith(_CHINA):
        raise NotGenuine("an address of another part of AWS")
    if not (url.isascii() and url.isprintable()) or host["region"] != topic.split(":")[3]:
        raise NotGenuine("an address of another region")
    return parts.query


def _read(pem: bytes | None) -> Certificate:
    try:
        return load_pem_x509_certificate(pem or b"")
    except ValueError as error:
        raise NotGenuine("no certificate") from error


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise NotGenuine("no time") from error
    if at.tzinfo is None:
        raise NotGenuine("no time")
    return at
