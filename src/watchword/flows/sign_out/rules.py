"""What a sign-out takes and what the journal learns."""

from watchword.plumbing.shapes import Answer, Body


class SignOutBody(Body, frozen=True):
    """The refresh token of the session to end, for a client that has nothing else left."""

    refresh_token: str | None = None


class CsrfToken(Answer, frozen=True):
    """Send it as `X-CSRF-Token` with calls that a cookie authenticates."""

    csrf_token: str
