"""What is reset, the steps of a reset, how long each may take, and what the journal learns."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Final

from watchword.kernel.facts import SECURITY_EVENT, Fact, Line
from watchword.kernel.ids import SubscriberId
from watchword.kernel.parsing import SECOND, none_or_duration, whole_of
from watchword.kernel.parts import section, setting
from watchword.kernel.problems import Kind, Problem

STAYS: Final = timedelta(days=90)


class What(StrEnum):
    """What is chosen anew."""

    PASSWORD = "password"  # noqa: S105 - a word
    PIN = "ussd_pin"


class Status(StrEnum):
    """How far a reset has come."""

    REQUESTED = "requested"
    VERIFIED = "verified"
    COMPLETED = "completed"
    EXPIRED = "expired"
    BLOCKED = "blocked"


WRONG_CODES, NUMBER_CHANGED = "wrong_codes", "number_changed"  # why one is blocked


@section
class ResetSettings:
    """Resets of passwords and PINs."""

    grant_lifetime: timedelta = setting(
        "RESET_GRANT_TTL_SECONDS",
        "Seconds that whoever proved a code has to choose the new password or PIN.",
        parse=whole_of(SECOND, 30, 3600),
        default="600",
    )
    number_rests: timedelta = setting(
        "PHONE_CHANGE_DELAY",
        "How long a telephone number must have been proven before it resets a password or a PIN; 0 is at"
        " once, as in development. Whoever takes a number over meets this delay, and its owner's mailbox is"
        " told at once.",
        parse=none_or_duration,
        default="24h",
    )


class GrantInvalid(Problem):
    """This is no permission to choose a new password or PIN: prove a code first."""

    code = "grant_invalid"
    kind = Kind.UNAUTHENTICATED


class GrantUsed(Problem):
    """This permission was used, or has run out: prove a code again."""

    code = "grant_used"
    kind = Kind.MALFORMED


def hindrance(proven_at: datetime | None, now: datetime, rests: timedelta) -> str | None:
    """Return why a number that was proven at a moment resets nothing yet; nothing when it does."""
    return NUMBER_CHANGED if proven_at is not None and now < proven_at + rests else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Whose reset it is and by which way it was asked for; no account: nobody's."""

    what: What
    user_id: SubscriberId | None
    channel: str
    country: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetStep(Fact):
    """A reset came one step further; by which channel, and in which country, it was asked for."""

    channel: str
    country: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetBlocked(ResetStep):
    """A reset goes no further; `reason` says why."""

    reason: str

    @property
    def lines(self) -> tuple[Line, ...]:
        """Say it where operators look for it."""
        return (SECURITY_EVENT,)


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordResetRequested(ResetStep):
    """Somebody asked for a new password."""

    type: ClassVar[str] = "id.password.reset.requested"


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordResetVerified(ResetStep):
    """Somebody proved the code for a new password."""

    type: ClassVar[str] = "id.password.reset.verified"


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordResetCompleted(ResetStep):
    """Somebody chose a new password, with a link, a code or a grant."""

    type: ClassVar[str] = "id.password.reset.completed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordResetBlocked(ResetBlocked):
    """A reset of a password goes no further; `reason` says why."""

    type: ClassVar[str] = "id.password.reset.blocked"


@dataclass(frozen=True, slots=True, kw_only=True)
class PinResetRequested(ResetStep):
    """Somebody asked for a new PIN."""

    type: ClassVar[str] = "id.ussd.pin.reset.requested"


@dataclass(frozen=True, slots=True, kw_only=True)
class PinResetVerified(ResetStep):
    """Somebody proved the code for a new PIN."""

    type: ClassVar[str] = "id.ussd.pin.reset.verified"


@dataclass(frozen=True, slots=True, kw_only=True)
class PinResetCompleted(ResetStep):
    """Somebody chose a new PIN, with a link or a grant."""

    type: ClassVar[str] = "id.ussd.pin.reset.completed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PinResetBlocked(ResetBlocked):
    """A reset of a PIN goes no further; `reason` says why."""

    type: ClassVar[str] = "id.ussd.pin.reset.blocked"


REQUESTED: Final = {What.PASSWORD: PasswordResetRequested, What.PIN: PinResetRequested}
VERIFIED: Final = {What.PASSWORD: PasswordResetVerified, What.PIN: PinResetVerified}
COMPLETED: Final = {What.PASSWORD: PasswordResetCompleted, What.PIN: PinResetCompleted}
BLOCKED: Final = {What.PASSWORD: PasswordResetBlocked, What.PIN: PinResetBlocked}
