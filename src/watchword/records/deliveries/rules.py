"""What a letter is, how urgent, who may have it, and what is told of one that never left."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import getaddresses
from typing import Any, ClassVar, Final

from watchword.kernel.facts import SECURITY_EVENT, Fact, Line
from watchword.kernel.ids import SubscriberId
from watchword.kernel.limits import Limit
from watchword.kernel.messages import BULK, CODE, NOTICE
from watchword.kernel.parsing import whole
from watchword.kernel.parts import section, setting
from watchword.kernel.problems import InputInvalid
from watchword.plumbing.contact import email_address
from watchword.plumbing.dns.names import domain_name
from watchword.plumbing.settings.carrying import mail_services

KIND: Final = "mail"
NO_CONSENT: Final = "no_consent"
DEFAULT_SENDER: Final = "Watchword <noreply@localhost>"
_SPECIAL = re.compile(r'[()<>@,:;".\\\[\]]')


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


HOUR: Final = "hour"
DAY: Final = "day"
MAILBOX: Final = "mailbox"


@section
class MailBudgetSettings:
    """How many letters may leave that anybody can ask for: codes, and links that prove a mailbox."""

    hour: Limit = setting(
        "EMAIL_BUDGET_HOUR",
        "Letters with a code or a link, to all in an hour.",
        parse=Limit.parse,
        default="20000/3600000",
    )
    day: Limit = setting(
        "EMAIL_BUDGET_DAY",
        "Letters with a code or a link, to all in a day.",
        parse=Limit.parse,
        default="200000/86400000",
    )

    @property
    def limits(self) -> tuple[tuple[str, Limit], ...]:
        """Return each budget with its reason, the narrow before the wide."""
        return (HOUR, self.hour), (DAY, self.day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter to write: `template` is `<slice>/<letter>`, `facts` are what it tells.

    `user_id`: whose account it is about, whoever has the address by the time it leaves.
    `needs`: the purpose that its reader must have consented to, when it leaves.
    `code_ends_at`: when the code in its facts is good for nothing; later it leaves without it.
    """

    template: str
    to: str
    language: str
    user_id: SubscriberId | None = None
    facts: dict[str, Any] = field(default_factory=dict, repr=False)
    priority: int = NOTICE
    not_before: datetime | None = None
    expires_at: datetime | None = None
    needs: str | None = None
    code_ends_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterWithheld(Fact):
    """A mailbox has had its share of letters, or all have (`hour`, `day`): what was asked for stays here."""

    type: ClassVar[str] = "email.rate_limited"
    asked_for: str
    reason: str = MAILBOX

    @property
    def lines(self) -> tuple[Line, ...]:
        """Say it where operators look for it when everybody's share is used up."""
        return () if self.reason == MAILBOX else (SECURITY_EVENT,)


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterDead(Fact):
    """A letter became a dead letter; `reason` is the carrier's, without an address."""

    type: ClassVar[str] = "id.email.dead_lettered"

    letter: str
    template: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterSuppressed(Fact):
    """A letter did not leave: its address is on the list of suppressions, for this reason."""

    type: ClassVar[str] = "id.email.suppressed"

    letter: str
    template: str
    reason: str


__all__ = [
    "BULK",
    "CODE",
    "KIND",
    "NOTICE",
    "Letter",
    "LetterDead",
    "LetterSuppressed",
    "LetterWithheld",
    "MailBudgetSettings",
    "MailSettings",
]
