"""The database and Redis: there, without contradiction, and spoken to by verified TLS beyond this machine."""

from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from watchword.app.settings.checks.findings import Findings
from watchword.app.settings.values import Settings
from watchword.kernel.addresses import is_loopback
from watchword.plumbing.db.hosts import one_by_one
from watchword.plumbing.settings import DatabaseSettings, RedisSettings, ServerSettings
from watchword.plumbing.settings.stores import too_many

_VERIFYING = {"ssl_cert_reqs": {"required"}, "ssl_check_hostname": {"1", "t", "true", "y", "yes"}}


_FOREIGN = {  # what other programs write there, and what we have for it
    "schema": "leave it out, our tables have a schema of their own",
    "currentSchema": "leave it out, our tables have a schema of their own",
    "connection_limit": "use DB_POOL_MAX",
    "pool_timeout": "use DB_CONNECT_TIMEOUT_MS",
    "connect_timeout": "use DB_CONNECT_TIMEOUT_MS",
    "socket_timeout": "leave it out",
    "pgbouncer": "use DB_DIRECT_URL",
    "statement_cache_size": "use DB_STATEMENT_CACHE",
    "sslaccept": "use DB_SSL",
    "channel_binding": "leave it out",
}


def database(settings: Settings, findings: Findings) -> None:
    """A database; beyond this machine by TLS, verified."""
    found = settings.section(DatabaseSettings)
    if not found.url:
        findings.wrong(
            "DATABASE_URL", "is missing; or give DB_HOST, DB_NAME, DB_USER and DB_PASSWORD."
        )
        return
    every = [urlsplit(each) for each in one_by_one(found.url)]
    parts = every[0]
    differing = _differing(
        settings,
        "DATABASE_URL",
        {
            "DB_HOST": (found.host, parts.hostname or ""),
            "DB_PORT": (str(found.port), str(parts.port or 5432)),
            "DB_NAME": (found.name, unquote(parts.path.removeprefix("/"))),
            "DB_USER": (found.user, unquote(parts.username or "")),
            "DB_PASSWORD": (found.password.reveal(), unquote(parts.password or "")),
        },
    )
    if differing:
        findings.warn("DATABASE_URL", f"wins over {differing}, which say something else.")
    if parts.scheme == "postgresql" and not found.tls and not all(map(_is_here, every)):
        findings.unsafe(
            "DB_SSL", "is false: that is only for a database on this very machine. Use true."
        )
    _of_others("DATABASE_URL", found.url, findings)
    _of_others("DB_DIRECT_URL", found.given_direct_url.reveal(), findings)
    direct = [urlsplit(each) for each in one_by_one(found.given_direct_url.reveal())]
    if found.pooled and "sqlite" in {parts.scheme, direct[0].scheme}:
        findings.wrong("DB_DIRECT_URL", "is for PostgreSQL behind a pooler: SQLite has none.")
    elif found.pooled and not found.tls and not all(map(_is_here, direct)):
        findings.unsafe("DB_DIRECT_URL", "leads to another machine: use DB_SSL=true.")
    if found.pool_minimum > found.pool_maximum:
        findings.wrong("DB_POOL_MIN", "is more than DB_POOL_MAX.")
    if parts.scheme == "postgresql":
        _count(settings, found, findings)


def _of_others(name: str, url: str, findings: Findings) -> None:
    """Name what stands behind the address and is for another program."""
    behind = parse_qs(urlsplit(url).query)
    if said := behind.get("sslmode"):
        told = f"says sslmode={said[-1]}, which nobody reads: DB_SSL and DB_SSL_CA_PATH do."
        findings.warn(name, told)
    for foreign in sorted(_FOREIGN.keys() & behind):
        told = f"has ?{foreign}=, which is not of PostgreSQL: {_FOREIGN[foreign]}."
        findings.wrong(name, told)


def _count(settings: Settings, found: DatabaseSettings, findings: Findings) -> None:
    """Leave PostgreSQL some connections for others."""
    server = settings.section(ServerSettings)
    wanted = found.wanted(server.replicas * server.web_concurrency)
    if too_many(wanted, found.server_most):
        findings.warn(
            "DB_POOL_MAX",
            f"of {found.pool_maximum} and one beside it, {server.web_concurrency} processes and"
            f" {server.replicas} instances (REPLICAS) may want {wanted} connections, more than 80 % of the"
            f" {found.server_most} that PostgreSQL allows (DB_MAX_CONNECTIONS): make the pool smaller, or"
            " go by PgBouncer (DB_DIRECT_URL).",
        )


def redis(settings: Settings, findings: Findings) -> None:
    """Redis, where it is required; beyond this machine by TLS, verified."""
    found = settings.section(RedisSettings)
    if found.cache_url:
        _verified("REDIS_CACHE_URL", urlsplit(found.cache_url), findings)
    if not found.url:
        if found.required:
            findings.unsafe(
                "REDIS_URL", "is missing; limits are shared by all processes through it."
            )
        else:
            findings.warn("REDIS_URL", "is empty: limits are counted in each process's own memory.")
        return
    parts = urlsplit(found.url)
    differing = _differing(
        settings,
        "REDIS_URL",
        {
            "REDIS_HOST": (found.host, parts.hostname or ""),
            "REDIS_PORT": (str(found.port), str(parts.port or 6379)),
            "REDIS_PASSWORD": (found.password.reveal(), unquote(parts.password or "")),
            "REDIS_TLS": (str(found.tls), str(parts.scheme == "rediss")),
        },
    )
    if differing:
        findings.wrong("REDIS_URL", f"and {differing} say different things: keep one.")
    _verified("REDIS_URL", parts, findings)


def _verified(setting: str, parts: SplitResult, findings: Findings) -> None:
    """Beyond this machine a Redis is spoken to by verified TLS."""
    if parts.scheme == "redis" and not _is_here(parts):
        findings.unsafe(
            setting, "is redis://: that is only for a Redis on this very machine. Use rediss://."
        )
    options = parse_qs(parts.query.lower())
    for name, verifying in _VERIFYING.items():
        if not set(options.get(name, [])) <= verifying:
            findings.unsafe(setting, f"turns off the check of the certificate: leave {name} out.")


def _is_here(parts: SplitResult) -> bool:
    """Tell whether it is on this machine: a socket, or a loopback address."""
    hosts = parse_qs(parts.query).get("host", [parts.hostname or ""])
    return all(not host or host.startswith("/") or is_loopback(host) for host in hosts)


def _differing(settings: Settings, whole: str, parts: dict[str, tuple[str, str]]) -> str:
    """Return the names of the parts that were given and say something else than the whole that was."""
    if not settings.given(whole):
        return ""
    return ", ".join(
        name for name, (told, used) in parts.items() if settings.given(name) and told != used
    )
