"""What a refresh token says, and what can be wrong with one."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from watchword.kernel.facts import AUTH_FAILURE, Fact, Line
from watchword.kernel.problems import Kind, Problem
from watchword.kernel.secret import Secret

GRACE = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Successor:
    """What follows a token: the token to use next."""

    token: Secret
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshRefused(Fact):
    """Somebody came with a refresh token that is not, or no longer, good."""

    type: ClassVar[str] = "id.token.refused"
    reason: str

    @property
    def lines(self) -> tuple[Line, ...]:
        """Say it where operators look for it."""
        return (AUTH_FAILURE,)


class RefreshTokenInvalid(Problem):
    """This refresh token is not valid: sign in again."""

    code = "refresh_token_invalid"
    kind = Kind.UNAUTHENTICATED

    def __init__(self, *, private: str | None = None) -> None:
        """Have it noted."""
        super().__init__(private=private, fact=RefreshRefused(reason=self.code))


class RefreshTokenReused(Problem):
    """This refresh token was used before: the session has been ended for your safety."""

    code = "refresh_token_reused"
    kind = Kind.UNAUTHENTICATED

    def __init__(self) -> None:
        """Have it noted."""
        super().__init__(fact=RefreshRefused(reason=self.code))


def may_repeat(used_at: datetime, used_by: bytes, client: bytes, now: datetime) -> bool:
    """Tell whether a reuse is a client's own retry rather than a theft."""
    return now - used_at <= GRACE and used_by == client
