"""Amazon SES: `POST /v2/email/outbound-emails` with the whole letter as RFC 5322, signed (SigV4).

SES gives every letter a Message-ID of its own; ours stays in `X-Watchword-Message-ID`, and SendEmail has no
token against doubles. Whether it would
take a letter is asked by `GetSendQuota`, which a policy for sending alone allows.

    BadRequestException in words of an address or of the length, 413    NotAccepted, lasting
    BadRequestException in other words                                 NotAccepted, of the reader: in doubt
    any other refusal                                                  NotAccepted: another may take it

Most of its refusals are about us: a sender or a return path that is not verified, the sandbox, a
configuration set that is not there, an account that is suspended, paused, throttled or at the end of its
share. Of a malformed address it does not say whose; ours was read at the start, so it is the reader's. In
doubt it is about us. The reason tells the fault's name, one of a list of AWS.
Source: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html (errors);
https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-error-messages.html
"""

import json
import re
from base64 import b64encode
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlencode

from watchword.adapters.aws.sigv4 import Signer
from watchword.adapters.mail.letter import compose
from watchword.adapters.providers import Provider, Reply
from watchword.kernel.clock import Clock
from watchword.kernel.messages import Message
from watchword.kernel.ports import Quota, Unfit

_SEND: Final = "/v2/email/outbound-emails"
_QUOTA: Final = urlencode({"Action": "GetSendQuota", "Version": "2010-12-01"}).encode()
_MALFORMED: Final = frozenset({"BadRequestException", "InvalidParameterValue"})
_THE_READER: Final = re.compile(
    r"illegal address|invalid (email address|domain name)|missing (final|domain|local)|user name is missing"
    r"|(local address|domain) (contains|starts|ends|is too long)|message length is more than",
    re.IGNORECASE,
)
_FAULT: Final = re.compile(r"[A-Za-z]{1,60}", re.ASCII)
_FORM: Final = "application/x-www-form-urlencoded; charset=utf-8"


class SesMailer:
    """Carries letters to SES."""

    name = "ses"

    def __init__(self, provider: Provider, signer: Signer, clock: Clock) -> None:
        """Send by the signer's key."""
        self._provider = provider
        self._signer = signer
        self._clock = clock

    async def send(self, message: Message) -> str | None:
        """Hand the message over. Problems: `NotAccepted`, `Undelivered`."""
        kept = replace(message, headers={**message.headers, "X-Watchword-Message-ID": message.id})
        envelope = compose(kept, self._clock.now())
        if envelope.needs_smtputf8:
            raise Unfit("SES takes no address outside ASCII")
        letter = {
            "FromEmailAddress": envelope.sender,
            "Destination": {"ToAddresses": [envelope.recipient]},
            "Content": {"Raw": {"Data": b64encode(envelope.content).decode()}},
            "EmailTags": [{"Name": "template", "Value": message.known_as}],
        }
        body = json.dumps(letter).encode()
        signed = self._signed(_SEND, body, "application/json")
        reply = await self._provider.hand_over(
            _SEND,
            key=message.id,
            lasting=_about_the_reader,
            of_reader=_in_doubt,
            fault=_fault,
            **signed,
        )
        return reply.said("MessageId")

    async def check(self) -> str | None:
        """Return nothing when SES lets us in, else a short reason."""
        signed = self._signed("/", _QUOTA, _FORM)
        return await self._provider.trouble("POST", "/", **signed)

    async def quota(self) -> Quota | None:
        """Return how many letters of the last day's share are used; nothing when SES does not say."""
        signed = self._signed("/", _QUOTA, _FORM)
        reply = await self._provider.ask("POST", "/", **signed)
        used, most = (_number(name, reply) for name in (b"SentLast24Hours", b"Max24HourSend"))
        if not reply.good or used is None or most is None:
            return None
        return Quota(used=used, most=most if most >= 0 else None)

    async def close(self) -> None:
        """Do nothing: the client is everybody's."""

    def _signed(self, path: str, body: bytes, kind: str) -> dict[str, Any]:
        url, now = self._provider.base + path, self._clock.now()
        headers = self._signer.sign("POST", url, {"Content-Type": kind}, body, now)
        return {"content": body, "headers": headers}


def _number(name: bytes, reply: Reply) -> int | None:
    """Return a number that an answer of the query API (XML) holds."""
    found = re.search(rb"<%s>(-?[0-9]{1,12})(?:\.[0-9]+)?</%s>" % (name, name), reply.body)
    return int(found[1]) if found else None


def _about_the_reader(reply: Reply) -> bool:
    said = reply.said("message") or reply.said("Message") or ""
    return _fault(reply) in _MALFORMED and _THE_READER.match(said) is not None


def _in_doubt(reply: Reply) -> bool:
    return _fault(reply) in _MALFORMED and not _about_the_reader(reply)


def _fault(reply: Reply) -> str:
    """Return the name of a fault: `MessageRejected`; where a proxy dropped the header, the body has it."""
    told = reply.headers.get("x-amzn-errortype") or reply.said("__type") or reply.said("code") or ""
    found = _FAULT.match(told.rpartition("#")[2])
    return found[0] if found else ""
