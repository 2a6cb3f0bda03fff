"""What tickets are for, how long they live, what can be wrong with one, and what the journal learns."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from watchword.kernel.facts import AUTH_FAILURE, SECURITY_EVENT, Fact, Line
from watchword.kernel.ids import SubscriberId
from watchword.kernel.parsing import HOUR, MINUTE, SECOND, whole, whole_of
from watchword.kernel.parts import Alias, section, setting
from watchword.kernel.problems import FieldError, InputInvalid, Kind, Problem
from watchword.kernel.secret import Secret
from watchword.plumbing.ports import Stub


class Purpose(StrEnum):
    """What a ticket is for; it is good for nothing else."""

    VERIFY_EMAIL = "verify_email"
    SIGN_IN = "sign_in"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - a purpose
    PASSWORD_GRANT = "password_grant"  # noqa: S105 - a purpose
    PIN_RESET = "pin_reset"
    PIN_GRANT = "pin_grant"
    VERIFY_PHONE = "verify_phone"
    EMAIL_CHANGE = "email_change"
    EMAIL_CHANGE_UNDO = "email_change_undo"
    UNLOCK = "unlock"
    SETUP = "setup"
    EXPORT = "export"
    ERASURE_UNDO = "erasure_undo"


def _minutes_as_seconds(text: str) -> str:
    return str(whole(1, 1440)(text) * 60)


@section
class TicketSettings:
    """Links and codes."""

    code_length: int = setting("OTP_LENGTH", "Digits of a code.", parse=whole(6, 10), default="6")
    code_lifetime: timedelta = setting(
        "OTP_TTL_SECONDS",
        "Seconds that a code lives, and so the link of a sign-in letter.",
        parse=whole_of(SECOND, 1, 86400),
        default="300",
        aliases=(Alias("OTP_EXPIRY_MINUTES", _minutes_as_seconds),),
    )
    max_guesses: int = setting(
        "MAX_OTP_ATTEMPTS", "Guesses that one code bears.", parse=whole(1, 10), default="3"
    )
    reset_lifetime: timedelta = setting(
        "RESET_TOKEN_TTL_MINUTES",
        "Minutes that a reset link lives.",
        parse=whole_of(MINUTE, 1, 10080),
        default="60",
    )
    verify_lifetime: timedelta = setting(
        "VERIFY_TOKEN_TTL_HOURS",
        "Hours that a verification link lives.",
        parse=whole_of(HOUR, 1, 720),
        default="24",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A ticket that was issued: the secrets exist only here and in the letter."""

    token: Secret
    code: Secret
    expires_at: datetime
    code_expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many codes of a purpose there are.

    `active` can still be used; `failed` bore all their guesses; `used` were spent or replaced.
    """

    purpose: str
    active: int
    expired: int
    failed: int
    used: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRequested(Fact):
    """Somebody asked for a code; an address without an account gets none."""

    type: ClassVar[str] = "otp.generated"
    purpose: str
    channel: str
    country: str

    @property
    def lines(self) -> tuple[Line, ...]:
        """Say it where operators look for it."""
        return (Line(message="OTP generated"),)


SUCCESS, FAILED, EXPIRED, BLOCKED = "success", "failed", "expired", "blocked"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeTried(Fact):
    """A code was tried: whose it was, as far as there was one."""

    type: ClassVar[str] = "otp.validated"
    purpose: str
    result: str
    channel: str
    country: str

    @property
    def lines(self) -> tuple[Line, ...]:
        """Say it where operators look for it; guesses beyond the last one are an alarm."""
        tried = Line(message="OTP validated" if self.result == SUCCESS else "OTP refused")
        told = {SUCCESS: (tried,), BLOCKED: (tried, AUTH_FAILURE, SECURITY_EVENT)}
        return told.get(self.result, (tried, AUTH_FAILURE))


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRefused(Fact):
    """Somebody came with a link that is not, or no longer, good."""

    type: ClassVar[str] = "link.refused"
    reason: str
    purpose: str = ""

    @property
    def lines(self) -> tuple[Line, ...]:
        """Say it where operators look for it."""
        return (AUTH_FAILURE,)


class LinkProblem(Problem):
    """This link opens nothing: ask for a new one."""

    kind = Kind.MALFORMED

    def __init__(
        self,
        purpose: Purpose | None = None,
        user_id: SubscriberId | None = None,
        *,
        private: str | None = None,
    ) -> None:
        """Remember, for us alone, whose link it was and what for."""
        told = purpose.value if purpose else ""
        fact = LinkRefused(user_id=user_id, purpose=told, reason=self.code)
        super().__init__(private=private, fact=fact)


class TokenInvalid(LinkProblem):
    """This link is not valid: ask for a new one."""

    code = "token_invalid"


class TokenUsed(LinkProblem):
    """This link has been used: ask for a new one."""

    code = "token_used"


class TokenExpired(LinkProblem):
    """This link has expired: ask for a new one."""

    code = "token_expired"


LINK_PROBLEMS = (TokenInvalid, TokenUsed, TokenExpired)


def malformed(length: int) -> InputInvalid:
    """Return the problem for what is no code."""
    return InputInvalid(
        errors=[FieldError("code", "code_malformed", f"A code has {length} digits.")]
    )


class CodeInvalid(Problem):
    """This code is wrong, used up or expired: try again or ask for a new one."""

    code = "code_invalid"
    kind = Kind.MALFORMED

    def __init__(self, *, private: str | None = None, worn_out: Stub | None = None) -> None:
        """Remember, for us alone, the ticket whose last guess this was."""
        super().__init__(private=private)
        self.worn_out = worn_out
