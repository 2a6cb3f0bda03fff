"""Letters by e-mail: who sends them, and who may carry them.

sendgrid, ses, mailgun, smtp           tried in this order when EMAIL_SERVICE is empty
sendgrid-smtp, ses-smtp, gmail         relays whose host, port and name we know
console, mailbox                       for development: nobody gets a letter
"""

import re
from email.utils import getaddresses
from typing import Final

from watchword.kernel.parsing import listed, whole
from watchword.kernel.parts import section, setting
from watchword.kernel.problems import InputInvalid
from watchword.plumbing.contact import email_address
from watchword.plumbing.dns.names import domain_name

ORDER: Final = ("sendgrid", "ses", "mailgun", "smtp")
PRESETS: Final = ("sendgrid-smtp", "ses-smtp", "gmail")
AT_HOME: Final = ("console", "mailbox")
OWN_RELAY: Final = "smtp"
RELAYS: Final = (OWN_RELAY, *PRESETS)
DEFAULT_SENDER: Final = "Watchword <noreply@localhost>"
_SPECIAL = re.compile(r'[()<>@,:;".\\\[\]]')


def mail_services(text: str) -> tuple[str, ...]:
    """Read an ordered list of carriers, each once."""
    found = listed(text)
    known = (*ORDER, *PRESETS, *AT_HOME)
    if not set(found) <= set(known) or len(set(found)) < len(found):
        message = "write carriers in the order they are tried: " + ", ".join(known)
        raise ValueError(message)
    return found


def _address(text: str) -> str:
    try:
        return email_address(text).text if text else ""
    except InputInvalid:
        message = "write an address such as noreply@example.org"
        raise ValueError(message) from None


def _mailbox(text: str) -> str:
    """Read `Name <address>` or a bare address."""
    found = getaddresses([text])
    name, address = found[0] if found else ("", "")
    try:
        if len(found) > 1 or not text.isprintable():
            raise ValueError  # noqa: TRY301 - told below, in one sentence
        return _named(name, _address(address or text))
    except ValueError:
        message = "write a mailbox such as Watchword <noreply@example.org>"
        raise ValueError(message) from None


def _named(name: str, address: str) -> str:
    name = " ".join(name.split())
    if _SPECIAL.search(name):
        name = '"' + name.replace("\\", r"\\").replace('"', r"\"") + '"'
    return f"{name} <{address}>" if name else address


@section
class MailSettings:
    """Letters by e-mail."""

    given_sender: str = setting(
        "EMAIL_FROM",
        "The sender of letters, as an RFC 5322 mailbox: Name <address>.",
        parse=_mailbox,
        default="",
        aliases=("SMTP_FROM",),
    )
    sender_address: str = setting(
        "SMTP_FROM_EMAIL",
        "The sender's address, when EMAIL_FROM is not given.",
        parse=_address,
        default="",
    )
    sender_name: str = setting("SMTP_FROM_NAME", "The name beside SMTP_FROM_EMAIL.", default="")
    services: tuple[str, ...] = setting(
        "EMAIL_SERVICE",
        "Who carries the mail, in the order they are tried; empty is every provider that is"
        " configured: sendgrid, ses, mailgun, smtp; without any, the development mailbox.",
        parse=mail_services,
        default="",
    )
    most_tries: int = setting(
        "EMAIL_MAX_TRIES",
        "How often a letter is tried before it is dead.",
        parse=whole(1, 20),
        default="8",
    )

    @property
    def sender(self) -> str:
        """Return the sender as a letter's header says it."""
        return self.given_sender or self.composed_sender or DEFAULT_SENDER

    @property
    def composed_sender(self) -> str:
        """Return the sender made of a name and an address; empty without an address."""
        return _named(self.sender_name, self.sender_address) if self.sender_address else ""

    @property
    def sender_domain(self) -> str:
        """Return the domain that letters come from."""
        return self.sender.rpartition("@")[2].rstrip("> ")

    @property
    def dns_domain(self) -> str:
        """Return that domain as the DNS writes it; empty where it is only this machine."""
        return "" if self.sender_domain == "localhost" else domain_name(self.sender_domain)
