"""A message as it goes over the wire: RFC 5322 with a text and an HTML part, in plain ASCII lines.

Every header is refused that would be more than one line, and `To` and `From` are each exactly one
mailbox, so nothing that people typed can add a header or a recipient. Domains leave as A-labels; a
local part outside ASCII needs a relay with SMTPUTF8 (RFC 6531).

Problems: `NotAccepted(lasting=True)`, because no later try would go better.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from watchword.kernel.messages import Message
from watchword.kernel.ports import NotAccepted

_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
_MAILBOX = re.compile(r"\s*(?:(?P<name>[^<>]*?)\s*<(?P<inner>[^<>]+)>|(?P<bare>[^<>]+?))\s*")
_SPEC = re.compile(r"(?P<local>[^\s@,;:<>()\[\]\\\"]+|\"[^\"\\]+\")@(?P<domain>[^\s@,;:<>()\\\"]+)")
_ID = re.compile(r"<[\x21-\x3b\x3d\x3f-\x7e]+@[\x21-\x3b\x3d\x3f-\x7e]+>")
_POLICY = SMTP.clone(cte_type="7bit", raise_on_defect=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Who sends to whom (RFC 5321), and what."""

    sender: str
    recipient: str
    content: bytes

    @property
    def needs_smtputf8(self) -> bool:
        """Tell whether the relay must know SMTPUTF8."""
        return not (self.sender + self.recipient).isascii()


def mailbox(text: str) -> Address:
    """Read one mailbox, `Name <local@domain>` or bare. Problem: `NotAccepted`."""
    found = _MAILBOX.fullmatch(_one_line(text))
    spec = _SPEC.fullmatch(found["inner"] or found["bare"]) if found else None
    if found is None or spec is None:
        raise NotAccepted("not one mailbox", lasting=True)
    name = (found["name"] or "").strip()
    if name.startswith('"') and name.endswith('"') and len(name) > 1:
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    try:
        domain = (
            spec["domain"].encode("idna").decode()
            if not spec["domain"].isascii()
            else spec["domain"]
        )
        return Address(name, spec["local"].strip('"'), domain)
    except (UnicodeError, ValueError, IndexError) as error:
        raise NotAccepted("not one mailbox", lasting=True) from error


def compose(message: Message, now: datetime) -> Envelope:
    """Write the message. Problem: `NotAccepted`."""
    sender, recipient = mailbox(message.sender), mailbox(message.to)
    try:
        content = _written(message, sender, recipient, now).as_bytes()
    except (UnicodeError, ValueError) as error:
        raise NotAccepted("the letter cannot be written as RFC 5322", lasting=True) from error
    return Envelope(sender=sender.addr_spec, recipient=recipient.addr_spec, content=content)


def _written(message: Message, sender: Address, recipient: Address, now: datetime) -> EmailMessage:
    if not _ID.fullmatch(message.id):
        raise NotAccepted("not a message id", lasting=True)
    letter = EmailMessage(_POLICY)
    letter["From"] = sender
    letter["To"] = recipient
    letter["Subject"] = _one_line(message.subject)
    letter["Date"] = format_datetime(now)
    letter["Message-ID"] = message.id
    letter.set_content(message.text, charset="utf-8")
    letter.add_alternative(message.html, subtype="html", charset="utf-8")
    fixed = {name.lower() for name in letter} | {"bcc", "cc", "sender"}
    extra = {"Auto-Submitted": "auto-generated", "Content-Language": message.language}
    for name, value in (extra | message.headers).items():
        if name.lower() in fixed or not re.fullmatch(r"[A-Za-z0-9-]+", name):
            raise NotAccepted(f"header not allowed: {name!r}", lasting=True)
        letter[name] = _one_line(value)
    return letter


def _one_line(text: str) -> str:
    if _CONTROL.search(text):
        raise NotAccepted("a header of more than one line", lasting=True)
    return text
