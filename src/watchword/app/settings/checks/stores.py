"""The database and Redis: there, told once, and spoken to by verified TLS beyond this machine."""

from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from watchword.app.settings.checks.findings import Findings
from watchword.app.settings.values import Settings
from watchword.kernel.addresses import is_loopback
from watchword.plumbing.settings import DatabaseSettings, RedisSettings

_UNVERIFIED = {"none", "optional", "false"}


def database(settings: Settings, findings: Findings) -> None:
    """A database; beyond this machine by TLS, verified."""
    found = settings.section(DatabaseSettings)
    if not found.url:
        findings.wrong(
            "DATABASE_URL", "is missing; or give DB_HOST, DB_NAME, DB_USER and DB_PASSWORD."
        )
        return
    parts = urlsplit(found.url)
    _say_differences(
        settings,
        findings,
        "DATABASE_URL",
        {
            "DB_HOST": (found.host, parts.hostname or ""),
            "DB_PORT": (str(found.port), str(parts.port or 5432)),
            "DB_NAME": (found.name, unquote(parts.path.removeprefix("/"))),
            "DB_USER": (found.user, unquote(parts.username or "")),
            "DB_PASSWORD": (found.password.reveal(), unquote(parts.password or "")),
        },
    )
    if parts.scheme == "postgresql" and not found.tls and not _is_here(parts):
        findings.unsafe(
            "DB_SSL", "is false: that is only for a database on this very machine. Use true."
        )
    if found.pool_minimum > found.pool_maximum:
        findings.wrong("DB_POOL_MIN", "is more than DB_POOL_MAX.")


def redis(settings: Settings, findings: Findings) -> None:
    """Redis, where it is required; beyond this machine by TLS, verified."""
    found = settings.section(RedisSettings)
    if not found.url:
        if found.required:
            findings.unsafe(
                "REDIS_URL", "is missing; limits are shared by all processes through it."
            )
        else:
            findings.warn("REDIS_URL", "is empty: limits are counted in each process's own memory.")
        return
    parts = urlsplit(found.url)
    _say_differences(
        settings,
        findings,
        "REDIS_URL",
        {
            "REDIS_HOST": (found.host, parts.hostname or ""),
            "REDIS_PORT": (str(found.port), str(parts.port or 6379)),
            "REDIS_PASSWORD": (found.password.reveal(), unquote(parts.password or "")),
            "REDIS_TLS": (str(found.tls), str(parts.scheme == "rediss")),
        },
    )
    if parts.scheme == "redis" and not _is_here(parts):
        findings.unsafe(
            "REDIS_URL",
            "is redis://: that is only for a Redis on this very machine. Use rediss://.",
        )
    if set(parse_qs(parts.query.lower()).get("ssl_cert_reqs", [])) & _UNVERIFIED:
        findings.unsafe("REDIS_URL", "turns off the check of the certificate: leave that out.")


def _is_here(parts: SplitResult) -> bool:
    """Tell whether it is on this machine: a socket, or a loopback address."""
    hosts = parse_qs(parts.query).get("host", [parts.hostname or ""])
    return all(not host or host.startswith("/") or is_loopback(host) for host in hosts)


def _say_differences(
    settings: Settings, findings: Findings, whole: str, parts: dict[str, tuple[str, str]]
) -> None:
    if not settings.given(whole):
        return
    differing = [
        name for name, (told, used) in parts.items() if settings.given(name) and told != used
    ]
    if differing:
        findings.warn(whole, f"wins over {', '.join(differing)}, which say something else.")
