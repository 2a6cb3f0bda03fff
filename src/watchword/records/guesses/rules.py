"""How many guesses an account bears, and for how long it refuses more."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from watchword.kernel.facts import AUTH_FAILURE, SECURITY_EVENT, Fact, Line
from watchword.kernel.parsing import milliseconds, whole
from watchword.kernel.parts import section, setting

PASSWORD, CODE = "password", "code"
KINDS = (PASSWORD, CODE)  # of guesses: each has its own count, so that neither shuts the other out


@section
class GuessSettings:
    """Guesses at passwords and at codes."""

    max_failures: int = setting(
        "MAX_LOGIN_ATTEMPTS",
        "Wrong passwords, or wrong codes, before an account refuses more.",
        parse=whole(1, 100),
        default="5",
    )
    lock_time: timedelta = setting(
        "ACCOUNT_LOCK_TIME_MS",
        "Milliseconds that the first refusal lasts.",
        parse=milliseconds,
        default="900000",
    )


@dataclass(frozen=True, slots=True)
class Guess:
    """One guess under way: its key, the failures with it, the locks before it."""

    key: bytes
    failures: int
    locks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GuessRefused(Fact):
    """Somebody guessed at an account that refuses guesses for a while: nothing was compared."""

    type: ClassVar[str] = "guess.refused"
    reason: str = "too_many_attempts"

    @property
    def lines(self) -> tuple[Line, ...]:
        """Say it where operators look for it."""
        return (AUTH_FAILURE,)


@dataclass(frozen=True, slots=True, kw_only=True)
class CodesRefused(Fact):
    """One wrong code too many: the address refuses codes for a while; passwords and links go on."""

    type: ClassVar[str] = "codes.refused"
    reason: str = "too_many_attempts"

    @property
    def lines(self) -> tuple[Line, ...]:
        """Say it where operators look for it."""
        return (SECURITY_EVENT,)


@dataclass(frozen=True, slots=True)
class GuessCount:
    """How an account stands: failures since the last success, and until when it refuses guesses."""

    failures: int = 0
    locked_until: datetime | None = None
