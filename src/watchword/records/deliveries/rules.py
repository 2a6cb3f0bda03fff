"""What a letter is, how urgent, and when to try again."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from watchword.kernel.parsing import choice
from watchword.kernel.parts import section, setting

KIND: Final = "mail"
CODE, NOTICE, BULK = 1, 5, 9
MAX_TRIES: Final = 8
LEASE: Final = timedelta(seconds=60)
BATCH: Final = 20


@section
class MailSettings:
    """Letters by e-mail."""

    sender: str = setting(
        "EMAIL_FROM",
        "The sender, as an RFC 5322 mailbox: Name <address>.",
        default="Watchword <noreply@localhost>",
        aliases=("SMTP_FROM",),
    )
    carrier: str = setting(
        "EMAIL_SERVICE",
        "Who carries the mail; empty is smtp when SMTP_HOST is given, else the development mailbox.",
        parse=choice("", "smtp", "console", "mailbox"),
        default="",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter to write: `template` is `<slice>/<letter>`, `facts` are what it tells."""

    template: str
    to: str
    language: str
    facts: dict[str, Any] = field(default_factory=dict, repr=False)
    priority: int = NOTICE
    expires_at: datetime | None = None


def next_try(attempts: int, now: datetime, jitter: float) -> datetime:
    """Return when to try again: 2, 4, 8 ... seconds, at most an hour, plus up to a quarter."""
    wait = min(2.0**attempts, 3600.0)
    return now + timedelta(seconds=wait * (1 + jitter / 4))
