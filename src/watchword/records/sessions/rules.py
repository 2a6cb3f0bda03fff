"""How long sessions live, and what we remember of one."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final
from uuid import UUID

from watchword.kernel.facts import AUTH_FAILURE, OWNER, Fact, Line
from watchword.kernel.ids import SessionId, SubscriberId
from watchword.kernel.parsing import boolean, duration, milliseconds
from watchword.kernel.parts import section, setting
from watchword.kernel.secret import Secret

COOKIE: Final = "cookie"
TOKEN: Final = "token"  # noqa: S105 - a transport

SIGNED_OUT: Final = "signed_out"
REVOKED: Final = "revoked"
CREDENTIAL_CHANGED: Final = "credential_changed"
REUSED: Final = "refresh_token_reused"
WRONG: Final = "invalid_credentials"
REPLACED: Final = "replaced"
BY_ADMIN: Final = "by_admin"
ERASED: Final = "erased"

TOUCH_EVERY: Final = timedelta(seconds=60)


@section
class SessionSettings:
    """Sessions."""

    lifetime: timedelta = setting(
        "SESSION_DURATION",
        "Milliseconds that a browser session lives at most.",
        parse=milliseconds,
        default="86400000",
    )
    idle: timedelta = setting(
        "SESSION_IDLE",
        "How long a browser session may go unused.",
        parse=duration,
        default="12h",
    )
    token_lifetime: timedelta = setting(
        "API_SESSION_DURATION",
        "How long an API client's session lives at most, however often it refreshes.",
        parse=duration,
        default="90d",
    )
    refresh_lifetime: timedelta = setting(
        "JWT_REFRESH_EXPIRES_IN",
        "How long a refresh token lives, and so an API client's session that goes unused.",
        parse=duration,
        default="7d",
        aliases=("JWT_REFRESH_EXPIRES",),
    )
    cache: bool = setting(
        "SESSION_CACHE",
        "Whether a session check may be answered from memory for some seconds.",
        parse=boolean,
        default="on",
    )

    def lifetimes(self, transport: str) -> tuple[timedelta, timedelta]:
        """Return how long a session of this transport may go unused, and live at most."""
        if transport == COOKIE:
            return self.idle, self.lifetime
        return self.refresh_lifetime, self.token_lifetime

    def due(self, transport: str, last_used: datetime, now: datetime) -> bool:
        """Tell whether a use comes long enough after the last one written to be written as well."""
        idle, _ = self.lifetimes(transport)
        return now - last_used >= min(TOUCH_EVERY, idle / 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session as its owner sees it in the list."""

    id: SessionId
    user_id: SubscriberId
    transport: str
    methods: tuple[str, ...]
    created_at: datetime
    authenticated_at: datetime
    last_used_at: datetime
    expires_at: datetime
    address: str
    user_agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A session just opened; `cookie` is there when a browser carries it."""

    id: SessionId
    user_id: SubscriberId
    transport: str
    methods: tuple[str, ...]
    expires_at: datetime
    authenticated_at: datetime
    cookie: Secret | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginFailed(Fact):
    """Somebody was not let in, or did not prove a password; `method`: at which door, or by which provider."""

    type: ClassVar[str] = "id.login.failed"
    method: str
    reason: str = WRONG

    @property
    def lines(self) -> tuple[Line, ...]:
        """Say it where operators look for it."""
        return (AUTH_FAILURE,)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRevoked(Fact):
    """Somebody ended a session."""

    type: ClassVar[str] = "id.session.revoked"
    session_id: UUID
    reason: str
    by: str = OWNER


_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def device_name(user_agent: str) -> str:
    """Return a short name for a user agent: `Firefox, Linux`, or its product (`curl`)."""
    browser = next((name for mark, name in _BROWSERS if f"{mark}/" in user_agent), None)
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), None)
    if browser:
        return f"{browser}, {system}" if system else browser
    product = re.match(r"[\w.-]{1,40}", user_agent)
    return product[0] if product else "?"
