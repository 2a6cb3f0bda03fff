"""What a sign-out takes and what the journal learns."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from watchword.kernel.events import Fact
from watchword.plumbing.web.shapes import Answer, Body


class SignOutBody(Body, frozen=True):
    """The refresh token of the session to end, for a client that has nothing else left."""

    refresh_token: str | None = None


class CsrfToken(Answer, frozen=True):
    """Send it as `X-CSRF-Token` with calls that a cookie authenticates."""

    csrf_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRevoked(Fact):
    """Somebody signed out."""

    type: ClassVar[str] = "id.session.revoked"
    session_id: UUID
    reason: str
