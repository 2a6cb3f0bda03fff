"""The database and Redis: where they are, and how many connections we keep.

Each may be told by one URL or in parts; the URL wins, and a warning tells when they differ.
"""

import ssl
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

from watchword.kernel.parsing import MILLISECOND, SECOND, boolean, milliseconds, whole, whole_of
from watchword.kernel.parts import section, setting
from watchword.kernel.secret import Secret
from watchword.plumbing.db.hosts import one_by_one
from watchword.plumbing.settings.parsers import split
from watchword.plumbing.settings.tls import verified

if TYPE_CHECKING:
    from watchword.plumbing.db.postgres import PoolSettings

_POSTGRES = {"postgres", "postgresql", "postgresql+asyncpg"}
_LONGEST_MS = 86_400_000
_LASTING = (
    2  # past a pooler each process has one connection for news, and perhaps one that holds a name
)
_BESIDE = 1  # the connection for news is none of the pool
_port = whole(1, 65535)


def database_url(text: str) -> Secret:
    """Read the URL of a database; empty stays empty."""
    scheme, colon, rest = text.strip().partition("://")
    if not text or (scheme == "sqlite" and rest.startswith("/") and len(rest) > 1):
        return Secret(text.strip())
    hosts = one_by_one(f"postgresql://{rest}")
    if (
        scheme not in _POSTGRES
        or not colon
        or not all(split(each).path.strip("/") for each in hosts)
    ):
        message = "write postgresql://user:password@host:5432/name or sqlite:///path/to/file.db"
        raise ValueError(message)
    return Secret(f"postgresql://{rest}")


def redis_url(text: str) -> Secret:
    """Parse where a Redis is. ValueError: it is none."""
    if text and split(text).scheme not in {"redis", "rediss", "unix"}:
        message = "write redis://host:6379/0, rediss:// for TLS, or unix:///path/to/socket"
        raise ValueError(message)
    return Secret(text.strip())


def _on_off_or_auto(text: str) -> bool | None:
    try:
        return None if text.strip().lower() == "auto" else boolean(text)
    except ValueError:
        message = "write on, off or auto"
        raise ValueError(message) from None


def _milliseconds_or_off(text: str) -> timedelta | None:
    try:
        least = None if text.strip().lower() == "off" else whole(0, _LONGEST_MS)(text)
    except ValueError:
        message = "write a number of milliseconds, or off"
        raise ValueError(message) from None
    return None if least is None else timedelta(milliseconds=least)


def too_many(wanted: int, most: int) -> bool:
    """Tell whether so many connections leave less than a fifth to operators, migrations and backups."""
    return wanted > most * 0.8


@section
class DatabaseSettings:
    """The database."""

    given_url: Secret = setting(
        "DATABASE_URL",
        "Where the database is: postgresql://... or sqlite:///path. Required in production, here or"
        " in parts.",
        parse=database_url,
        default="",
        secret=True,
    )
    host: str = setting("DB_HOST", "Its host, when DATABASE_URL is not given.", default="")
    port: int = setting("DB_PORT", "Its port.", parse=_port, default="5432")
    name: str = setting("DB_NAME", "Its name.", default="")
    user: str = setting("DB_USER", "Who we are there.", default="")
    password: Secret = setting(
        "DB_PASSWORD", "Our password there.", parse=Secret, default="", secret=True
    )
    given_direct_url: Secret = setting(
        "DB_DIRECT_URL",
        "Where PostgreSQL itself is, when DATABASE_URL goes by a pooler that lends connections for one"
        " transaction (PgBouncer): news, locks and migrations go there.",
        parse=database_url,
        default="",
        secret=True,
    )
    keeps_statements: bool | None = setting(
        "DB_STATEMENT_CACHE",
        "Whether connections keep prepared statements; auto: not by a pooler, of which those before"
        " PgBouncer 1.21 mix them up.",
        parse=_on_off_or_auto,
        default="auto",
    )
    tls: bool = setting(
        "DB_SSL",
        "Whether PostgreSQL is spoken to by TLS, its certificate verified.",
        parse=boolean,
        default="false",
    )
    ca_path: str = setting(
        "DB_SSL_CA_PATH",
        "Who signed its certificate (PEM); empty is the system's list.",
        default="",
    )
    cert_path: str = setting("DB_SSL_CERT_PATH", "Our own certificate (PEM) there.", default="")
    key_path: str = setting("DB_SSL_KEY_PATH", "The key of that certificate (PEM).", default="")
    pool_minimum: int = setting(
        "DB_POOL_MIN", "Connections kept open by each process.", parse=whole(0, 1000), default="5"
    )
    pool_maximum: int = setting(
        "DB_POOL_MAX", "Connections at most, by each process.", parse=whole(1, 1000), default="20"
    )
    server_most: int = setting(
        "DB_MAX_CONNECTIONS",
        "Connections that PostgreSQL allows (max_connections); a warning tells when ours come near.",
        parse=whole(1, 1_000_000),
        default="100",
    )
    pool_idle: timedelta = setting(
        "DB_POOL_IDLE_MS",
        "Milliseconds that a connection beyond the least number may go unused.",
        parse=milliseconds,
        default="30000",
    )
    connect_timeout: timedelta = setting(
        "DB_CONNECT_TIMEOUT_MS",
        "Milliseconds that the server has to let a new connection in.",
        parse=milliseconds,
        default="2000",
    )
    slow: timedelta | None = setting(
        "DB_SLOW_QUERY_MS",
        "Milliseconds from which on a statement is logged, without its arguments; 0 logs every one,"
        " off none.",
        parse=_milliseconds_or_off,
        default="1000",
    )

    @property
    def url(self) -> str:
        """Return where the database is, password included."""
        return self.given_url.reveal() or self.url_from_parts

    @property
    def pooled(self) -> bool:
        """Tell whether connections are lent by a pooler, for one transaction each."""
        return bool(self.given_direct_url)

    @property
    def direct_url(self) -> str:
        """Return where the database itself is, whoever stands before it."""
        return self.given_direct_url.reveal() or self.url

    @property
    def url_from_parts(self) -> str:
        """Return the parts as one URL; empty when the host or the name is missing."""
        if not (self.host and self.name):
            return ""
        who = quote(self.user, safe="")
        if self.password:
            who += f":{quote(self.password.reveal(), safe='')}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        if host.startswith("/"):
            return f"postgresql://{who}{'@' * bool(who)}:{self.port}/{self.name}?host={quote(host)}"
        return f"postgresql://{who}{'@' * bool(who)}{host}:{self.port}/{quote(self.name, safe='')}"

    def wanted(self, processes: int) -> int:
        """Return how many connections so many processes may have to PostgreSQL itself."""
        return processes * (_LASTING if self.pooled else self.pool_maximum + _BESIDE)

    def pool(self) -> "PoolSettings":
        """Return how many connections to PostgreSQL to keep, and how they are protected."""
        from watchword.plumbing.db.postgres import PoolSettings  # noqa: PLC0415 - an extra

        return PoolSettings(
            minimum=self.pool_minimum,
            maximum=self.pool_maximum,
            idle=self.pool_idle,
            connect_timeout=self.connect_timeout,
            slow=self.slow,
            tls=self.tls_context(),
            direct_url=self.given_direct_url.reveal(),
            keeps_statements=(
                not self.pooled if self.keeps_statements is None else self.keeps_statements
            ),
        )

    def tls_context(self) -> ssl.SSLContext | None:
        """Return how TLS to PostgreSQL is made, if at all: certificate and host name are always verified."""
        if not self.tls:
            return None
        return verified(self.ca_path, self.cert_path, self.key_path)


@section
class RedisSettings:
    """Redis (or Valkey)."""

    given_url: Secret = setting(
        "REDIS_URL",
        "Where Redis is; empty counts limits in each process's own memory.",
        parse=redis_url,
        default="",
        secret=True,
    )
    host: str = setting(
        "REDIS_HOST", "Its host, or its socket, when REDIS_URL is not given.", default=""
    )
    port: int = setting("REDIS_PORT", "Its port.", parse=_port, default="6379")
    password: Secret = setting(
        "REDIS_PASSWORD", "Our password there.", parse=Secret, default="", secret=True
    )
    tls: bool = setting(
        "REDIS_TLS", "Whether it is spoken to by TLS.", parse=boolean, default="false"
    )
    given_cache_url: Secret = setting(
        "REDIS_CACHE_URL",
        "A Redis in which copies of accounts are kept for a while; empty: none is kept.",
        parse=redis_url,
        default="",
        secret=True,
    )
    user_lifetime: timedelta = setting(
        "CACHE_TTL_USER_SECONDS",
        "Seconds that the copy of an account is kept there; it is dropped when the account changes.",
        parse=whole_of(SECOND, 1, 86_400),
        default="3600",
    )
    timeout: timedelta = setting(
        "REDIS_TIMEOUT_MS",
        "Milliseconds that a request waits for Redis; then it is counted here, or read from the database.",
        parse=whole_of(MILLISECOND, 1, 60_000),
        default="100",
    )
    required: bool = setting(
        "REDIS_REQUIRED",
        "Whether we are unwell without Redis; false goes on with limits in memory.",
        parse=boolean,
        default="false",
    )

    @property
    def cache_url(self) -> str:
        """Return where copies are kept, password included; empty when none are."""
        return self.given_cache_url.reveal()

    @property
    def url(self) -> str:
        """Return where Redis is, password included; empty when there is none."""
        return self.given_url.reveal() or self.url_from_parts

    @property
    def url_from_parts(self) -> str:
        """Return the parts as one URL; empty when the host is missing."""
        if not self.host:
            return ""
        who = f":{quote(self.password.reveal(), safe='')}@" if self.password else ""
        if self.host.startswith("/"):
            return f"unix://{who}{quote(self.host)}?db=0"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"redis{'s' * self.tls}://{who}{host}:{self.port}/0"
