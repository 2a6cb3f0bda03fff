"""What a refresh takes and gives."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from watchword.kernel.facts import SECURITY_EVENT, Fact, Line
from watchword.plumbing.shapes import Answer, Body


class Refresh(Body, frozen=True):
    """The refresh token."""

    refresh_token: str


class Refreshed(Answer, frozen=True):
    """The next tokens of the session."""

    session_id: str
    access_token: str
    token_type: str
    expires_in: int
    refresh_token: str
    refresh_expires_in: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReuseDetected(Fact):
    """A used refresh token came back: the session was ended."""

    type: ClassVar[str] = "id.token.reuse_detected"
    session_id: UUID

    @property
    def lines(self) -> tuple[Line, ...]:
        """Say it where operators look for it."""
        return (SECURITY_EVENT,)
