"""What login says: problems, facts, and what an API client gets."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from watchword.kernel.events import AUTH_FAILURE, SECURITY_EVENT, Fact, Line
from watchword.kernel.parsing import choice
from watchword.kernel.parts import section, setting
from watchword.kernel.problems import Kind, Problem
from watchword.plumbing.web.shapes import Answer
from watchword.records.tickets.rules import BLOCKED


@section
class LoginSettings:
    """Sign-in."""

    transport: str = setting(
        "SESSION_TRANSPORT",
        "What a JSON sign-in gets unless it asks: tokens, or a cookie.",
        parse=choice("token", "cookie"),
        default="token",
    )


class InvalidCredentials(Problem):
    """The e-mail address or the password is wrong."""

    code = "invalid_credentials"
    kind = Kind.UNAUTHENTICATED


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCreated(Fact):
    """Somebody signed in."""

    type: ClassVar[str] = "id.session.created"
    session_id: UUID
    methods: str

    @property
    def lines(self) -> tuple[Line, ...]:
        """Say it where operators look for it."""
        return (Line(message="user logged in"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginFailed(Fact):
    """Somebody did not sign in."""

    type: ClassVar[str] = "id.login.failed"
    method: str
    reason: str

    @property
    def lines(self) -> tuple[Line, ...]:
        """Say it where operators look for it."""
        return (AUTH_FAILURE,)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLockedOut(Fact):
    """Too many wrong guesses: the account refuses more for a while."""

    type: ClassVar[str] = "id.account.locked"

    @property
    def lines(self) -> tuple[Line, ...]:
        """Say it where operators look for it."""
        return (SECURITY_EVENT,)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountUnlocked(Fact):
    """The owner took the lock off."""

    type: ClassVar[str] = "id.account.unlocked"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailVerified(Fact):
    """A mailbox proved itself."""

    type: ClassVar[str] = "id.user.email_verified"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeSent(Fact):
    """A code was issued."""

    type: ClassVar[str] = "otp.generated"
    purpose: str

    @property
    def lines(self) -> tuple[Line, ...]:
        """Say it where operators look for it."""
        return (Line(message="OTP generated"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeTried(Fact):
    """A code was tried."""

    type: ClassVar[str] = "otp.validated"
    purpose: str
    result: str

    @property
    def lines(self) -> tuple[Line, ...]:
        """Say it where operators look for it; guesses beyond the last one are an alarm."""
        tried = Line(message="OTP validated" if self.result == "success" else "OTP refused")
        told = {"success": (tried,), BLOCKED: (tried, AUTH_FAILURE, SECURITY_EVENT)}
        return told.get(self.result, (tried, AUTH_FAILURE))


class SignedInUser(Answer, frozen=True):
    """Who signed in."""

    id: str
    email: str
    email_verified: bool
    first_name: str
    last_name: str
    name: str
    role: str
    language: str


class SignedIn(Answer, frozen=True):
    """A session: tokens for an API client; a browser has its cookie and gets none."""

    session_id: str
    expires_at: str
    user: SignedInUser
    access_token: str | None = None
    token_type: str | None = None
    expires_in: int | None = None
    refresh_token: str | None = None
    refresh_expires_in: int | None = None
