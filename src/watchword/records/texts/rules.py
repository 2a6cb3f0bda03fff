"""What a text is, who carries it, and what is told of a dead one."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, Final

from watchword.kernel.facts import SECURITY_EVENT, Fact, Line
from watchword.kernel.limits import Limit
from watchword.kernel.messages import CODE
from watchword.kernel.parts import section, setting
from watchword.kernel.secret import Secret
from watchword.kernel.times import minutes
from watchword.plumbing.contact import PhoneNumber

KIND: Final = "text"

BLOCK_DIGITS: Final = 4


@section
class BudgetSettings:
    """How many texts may leave: who can make us send them can make us pay for them (SMS pumping)."""

    recipient: Limit = setting(
        "SMS_BUDGET_RECIPIENT", "Texts to one number.", parse=Limit.parse, default="5/3600000"
    )
    block: Limit = setting(
        "SMS_BUDGET_PREFIX",
        "Texts to numbers that differ in their last four digits alone: pumping has whole blocks of them.",
        parse=Limit.parse,
        default="20/3600000",
    )
    country: Limit = setting(
        "SMS_BUDGET_COUNTRY", "Texts to one country.", parse=Limit.parse, default="300/3600000"
    )
    hour: Limit = setting(
        "SMS_BUDGET_HOUR", "Texts to all in an hour.", parse=Limit.parse, default="1000/3600000"
    )
    day: Limit = setting(
        "SMS_BUDGET_DAY", "Texts to all in a day.", parse=Limit.parse, default="5000/86400000"
    )


class WithheldReason(StrEnum):
    """Why a text was withheld; the label `reason` of `sms_withheld_total`."""

    COUNTRY_NOT_ALLOWED = "country_not_allowed"
    NO_MOBILE = "no_mobile"
    RECIPIENT = "recipient"
    PREFIX = "prefix"
    COUNTRY = "country"
    HOUR = "hour"
    DAY = "day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One budget that a text draws on: its reason when it is used up, its key, how much there is."""

    reason: WithheldReason
    key: str
    limit: Limit


def barred(number: PhoneNumber, countries: frozenset[str]) -> WithheldReason | None:
    """Return why no text may go to a number, whatever the budgets; an empty set is every country."""
    if not number.country or (countries and number.country not in countries):
        return WithheldReason.COUNTRY_NOT_ALLOWED
    return None if number.mobile else WithheldReason.NO_MOBILE


def shares(number: PhoneNumber, settings: BudgetSettings) -> tuple[Share, ...]:
    """Return the budgets that a text draws on, the narrow before the wide.

    So whoever has used up a narrow one takes nothing from those of everybody.
    """
    block = number.e164[:-BLOCK_DIGITS]
    return (
        Share(reason=WithheldReason.RECIPIENT, key=number.e164, limit=settings.recipient),
        Share(reason=WithheldReason.PREFIX, key=block, limit=settings.block),
        Share(reason=WithheldReason.COUNTRY, key=number.country, limit=settings.country),
        Share(reason=WithheldReason.HOUR, key="all", limit=settings.hour),
        Share(reason=WithheldReason.DAY, key="all", limit=settings.day),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A text to write: `words` is the slug of what it says, `facts` what that tells; `to` is E.164.

    A fact called `ttl` is whole minutes.
    """

    words: str
    to: str
    language: str
    facts: dict[str, Any] = field(default_factory=dict, repr=False)
    priority: int = CODE
    not_before: datetime | None = None
    expires_at: datetime | None = None


def code_draft(
    to: str, code: Secret, lasts: timedelta, expires_at: datetime, language: str
) -> Draft:
    """Write a code, and for how long it is good."""
    return Draft(
        words="OTP_SMS",
        to=to,
        language=language,
        facts={"otp": code.reveal(), "ttl": minutes(lasts)},
        expires_at=expires_at,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TextWithheld(Fact):
    """A text was not sent: no text may go there, or a budget is used up."""

    type: ClassVar[str] = "id.sms.withheld"
    template: str
    country: str
    reason: str

    @property
    def lines(self) -> tuple[Line, ...]:
        """Say it where operators look for it: somebody may be pumping."""
        return (SECURITY_EVENT,)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDead(Fact):
    """A text became a dead letter; `reason` is the carrier's, without a number."""

    type: ClassVar[str] = "id.sms.dead_lettered"

    text: str
    template: str
    reason: str
