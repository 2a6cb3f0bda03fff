"""A mail server: where it is, who we are there, and how the way to it is encrypted (RFC 8314, RFC 3207)."""

import ssl
from dataclasses import dataclass, field
from typing import Final

from watchword.kernel.addresses import is_loopback
from watchword.kernel.secret import Secret

_IMPLICIT_PORT: Final = 465
_REFUSED_FOR_GOOD: Final = 500
_LACKING: Final = (  # a part of what aiosmtplib says of it
    ("AUTH extension", "the relay offers no login (AUTH)"),
    ("STARTTLS", "the relay offers no encryption (STARTTLS)"),
    ("authentication method", "the relay offers no login (AUTH) by name and password"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where a mail server is; `tls` is a context with its own authority, if it has one."""

    host: str
    port: int = 587
    secure: bool = False
    user: str = ""
    password: Secret = field(default_factory=lambda: Secret(""))
    tls: ssl.SSLContext | None = None

    @property
    def implicit_tls(self) -> bool:
        """Tell whether TLS begins with the first byte."""
        return self.secure or self.port == _IMPLICIT_PORT

    @property
    def starttls(self) -> bool:
        """Tell whether STARTTLS is required; only this very machine is spoken to in clear."""
        return not self.implicit_tls and (self.tls is not None or not is_loopback(self.host))


def login_refused(code: int) -> str:
    """Say why a relay does not let us in, by its answer to AUTH: 4xx is no word about our password."""
    if code < _REFUSED_FOR_GOOD:
        return f"{code}: the relay cannot look at our name and password just now"
    return f"{code}: the relay refused our name or password; some providers want an app password instead"


def lacking(told: str) -> str | None:
    """Say what a relay lacks, by what the SMTP library says of it; nothing when it lacks nothing."""
    return next((words for part, words in _LACKING if part in told), None)
