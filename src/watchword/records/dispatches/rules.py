"""What may become of a dispatch, and what shares are worth a look."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final

from watchword.kernel.facts import Fact
from watchword.kernel.feedback import Outcome
from watchword.kernel.parsing import whole
from watchword.kernel.parts import section, setting

MAIL, TEXT = "letter", "text"
SENT: Final = "sent"
RATES_OVER: Final = timedelta(days=7)
SOFT_OVER: Final = timedelta(days=7)
_ORDER: Final = (
    SENT,
    Outcome.DELIVERY,
    Outcome.FAILURE,
    Outcome.SOFT_BOUNCE,
    Outcome.BOUNCE,
    Outcome.COMPLAINT,
)


@section
class FeedbackSettings:
    """What carriers tell of letters they took."""

    days: int = setting(
        "EMAIL_FEEDBACK_DAYS",
        "Days for which it is remembered what became of a letter that a carrier took.",
        parse=whole(8, 3650),
        default="30",
    )
    soft_bounces: int = setting(
        "EMAIL_SOFT_BOUNCES",
        "Soft bounces of one address within a week after which it counts as bounced.",
        parse=whole(1, 100),
        default="3",
    )

    @property
    def stays(self) -> timedelta:
        """Return how long a dispatch is remembered."""
        return timedelta(days=self.days)


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterBounced(Fact):
    """A carrier told that a letter cannot be delivered; empty `template`: it knows more than we."""

    type: ClassVar[str] = "id.email.bounced"

    carrier: str
    template: str
    lasting: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterComplained(Fact):
    """Whoever got a letter called it unwanted."""

    type: ClassVar[str] = "id.email.complained"

    carrier: str
    template: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """What the carrier's report was about."""

    template: str
    address_digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """What became of one carrier's letters, in per cent; of none there is nothing to tell."""

    letters: int = 0
    bounces: int = 0
    complaints: int = 0

    @property
    def bounced(self) -> float | None:
        """Return the share that bounced."""
        return _percent(self.bounces, self.letters)

    @property
    def complained(self) -> float | None:
        """Return the share that was complained of."""
        return _percent(self.complaints, self.letters)


def earlier(outcome: Outcome) -> tuple[str, ...]:
    """Return the states that may become this one."""
    return tuple(str(each) for each in _ORDER[: _ORDER.index(outcome)])


def bare(reference: str | None) -> str | None:
    """Return a carrier's name for a letter without the brackets of a Message-ID."""
    return reference.strip().strip("<>") if reference else None


def _percent(part: int, whole_number: int) -> float | None:
    return round(100 * part / whole_number, 2) if whole_number else None
