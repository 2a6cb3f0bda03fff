"""Cross-origin requests: the listed origins may read our answers, with cookies; all others may not.

Source: the Fetch standard, "HTTP CORS protocol".
"""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.types import Scope, Send

from watchword.plumbing.web.outgoing import Headers

_EXPOSED = b"X-Request-Id, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset"
_PREFLIGHT: Headers = [
    (b"access-control-allow-methods", b"GET, POST, PUT, PATCH, DELETE"),
    (
        b"access-control-allow-headers",
        b"Authorization, Content-Type, X-CSRF-Token, X-Request-Id, Idempotency-Key",
    ),
    (b"access-control-max-age", b"600"),
    (b"content-length", b"0"),
]


@dataclass(frozen=True, slots=True)
class Cors:
    """What the listed origins are told."""

    origins: frozenset[bytes]

    def headers(self, asked: Mapping[bytes, bytes]) -> Headers:
        """Let a listed origin read the answer; everybody else gets no header."""
        if not self.origins:
            return []
        told: Headers = [(b"vary", b"Origin")]
        origin = asked.get(b"origin")
        if origin in self.origins:
            assert origin is not None
            told += [
                (b"access-control-allow-origin", origin),
                (b"access-control-allow-credentials", b"true"),
                (b"access-control-expose-headers", _EXPOSED),
            ]
        return told

    def is_preflight(self, scope: Scope, asked: Mapping[bytes, bytes]) -> bool:
        """Tell whether a listed origin asks what it may; to all others OPTIONS is a method like any."""
        return (
            scope["method"] == "OPTIONS"
            and b"access-control-request-method" in asked
            and asked.get(b"origin") in self.origins
        )

    async def preflight(self, send: Send) -> None:
        """Tell what may be sent."""
        await send({"type": "http.response.start", "status": 204, "headers": _PREFLIGHT})
        await send({"type": "http.response.body", "body": b""})
