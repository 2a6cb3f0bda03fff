"""Cookies: `__Host-` names over https, so that no neighbour host can set or read them.

Over plain http (development on loopback) browsers refuse that prefix, so the plain name is used.
Every cookie of ours is HttpOnly, SameSite=Lax and for the whole site.
"""

from dataclasses import dataclass
from datetime import timedelta

from starlette.responses import Response


@dataclass(frozen=True, slots=True)
class Cookies:
    """Names and writes our cookies; `secure` when people reach us by https."""

    secure: bool

    def name(self, word: str) -> str:
        """Return the full name: `session` is `__Host-watchword-session`."""
        return f"__Host-watchword-{word}" if self.secure else f"watchword-{word}"

    def put(
        self, response: Response, word: str, value: str, lifetime: timedelta | None = None
    ) -> None:
        """Set a cookie; without a lifetime it goes when the browser closes."""
        response.set_cookie(
            self.name(word),
            value,
            max_age=None if lifetime is None else int(lifetime.total_seconds()),
            path="/",
            secure=self.secure,
            httponly=True,
            samesite="lax",
        )

    def drop(self, response: Response, word: str) -> None:
        """Remove a cookie."""
        response.delete_cookie(
            self.name(word), path="/", secure=self.secure, httponly=True, samesite="lax"
        )
