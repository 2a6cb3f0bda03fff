"""Cross-site request forgery: what proves that a request comes from our own pages.

The token is HMAC-SHA-256(CSRF_SECRET, session or visitor cookie), so nothing is stored and a token
of one session is worthless in another. Pages carry it in a hidden field; cookie clients of the API
get it from `GET /auth/csrf` and send `X-CSRF-Token`, or are same-origin by their `Origin`.
"""

import hmac
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256

from starlette.requests import Request

from watchword.kernel.problems import CsrfRefused


@dataclass(frozen=True, slots=True)
class Csrf:
    """Mints and checks tokens; `origins` are those of our own pages and the allowed front ends."""

    key: bytes
    origins: Collection[str]

    def token(self, binding: str) -> str:
        """Return the token for a session's or visitor's cookie value."""
        return hmac.new(self.key, b"csrf\0" + binding.encode(), sha256).hexdigest()

    def matches(self, token: str | None, binding: str | None) -> bool:
        """Tell whether the token belongs to the cookie."""
        if not token or not binding or not token.isascii():
            return False
        return hmac.compare_digest(token, self.token(binding))

    def check_origin(self, request: Request) -> None:
        """Refuse what a browser says another site made; nothing is read. Problem: `csrf_refused`."""
        if self._foreign(request):
            raise CsrfRefused(private="foreign origin")

    def check_page(self, request: Request, token: str | None, binding: str | None) -> None:
        """Refuse a form that another site made. Problem: `csrf_refused`."""
        self.check_origin(request)
        if not self.matches(token, binding):
            raise CsrfRefused(private="form token")

    def check_cookie_call(self, request: Request, binding: str) -> None:
        """Refuse a JSON call made with a cookie that another site could have caused."""
        self.check_origin(request)
        token = request.headers.get("x-csrf-token")
        if token is not None:
            if not self.matches(token, binding):
                raise CsrfRefused(private="wrong token")
            return
        if request.headers.get("origin") not in self.origins:
            raise CsrfRefused(private="no token, no origin of ours")

    def _foreign(self, request: Request) -> bool:
        origin = request.headers.get("origin")
        if origin and origin != "null" and origin not in self.origins:
            return True
        return request.headers.get("sec-fetch-site") == "cross-site" and origin not in self.origins
