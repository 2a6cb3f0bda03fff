"""What a letter is, how urgent, who may have it, and what is told of one that never left."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Final

from watchword.kernel.facts import SECURITY_EVENT, Fact, Line
from watchword.kernel.ids import SubscriberId
from watchword.kernel.limits import Limit
from watchword.kernel.messages import BULK, CODE, NOTICE
from watchword.kernel.parts import section, setting

KIND: Final = "mail"
NO_CONSENT: Final = "no_consent"

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
]
