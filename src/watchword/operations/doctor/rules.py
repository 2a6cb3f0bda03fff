"""What a check comes to, decided from what was found."""

import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from watchword.plumbing.carriers.carrier import CarrierHealth
from watchword.plumbing.commands.reading import SECRET_LIFE, Secretive
from watchword.plumbing.findings import Finding, failed, is_wrong, ok, skipped, warning
from watchword.plumbing.probes import BUSY, OURS, Step
from watchword.plumbing.settings.server import DEVELOPMENT, TEST
from watchword.plumbing.settings.stores import too_many
from watchword.records.backups.rules import LATE

PYTHON_FLOOR: Final = (3, 11)
CLOCK_BOUND: Final = timedelta(seconds=2)
DISK_FLOOR: Final = 512 * 1024 * 1024
TOLD: Final = (
    "DATABASE_URL",
    "REDIS_URL",
    "PUBLIC_BASE_URL",
    "JWT_SECRET",
    "JWT_REFRESH_SECRET",
    "JWT_RESET_SECRET",
    "SESSION_SECRET",
    "CSRF_SECRET",
    "PEPPER",
    "SMTP_HOST",
)


VALIDATE: Final = "watchword env validate"
PROVIDERS: Final = ("GOOGLE_ISSUER", "LINKEDIN_ISSUER", "OIDC_ISSUERS", "OAUTH_NETWORKS")
RECEIVER: Final = ("SIRA_WEBHOOK_URL", "SIRA_WEBHOOK_NETWORKS", "SIRA_WEBHOOK_SECRET")
_WANTED: Final[Mapping[str, Sequence[str]]] = {
    "sendgrid": ("SENDGRID_API_KEY", "SENDGRID_API_URL"),
    "ses": ("AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
    "mailgun": ("MAILGUN_API_KEY", "MAILGUN_DOMAIN", "MAILGUN_API_URL"),
    "twilio": ("TWILIO_SID", "TWILIO_TOKEN", "TWILIO_API_URL"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Isolation:
    """What may keep tenants from being kept apart: our role's rights, and tables without protection."""

    superuser: bool
    bypass: bool
    enforced: bool


@dataclass(frozen=True, slots=True)
class Mode:
    """A file of secrets and its permissions."""

    path: str
    bits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A database server: who it is, how far behind, and what it does for our database just now."""

    name: str
    version: str
    most: int = 0
    standby: bool = False
    lag: timedelta = timedelta(0)
    activity: Mapping[str, int] = field(default_factory=dict)
    locked: int = 0


def describe(server: Server) -> str:
    """Say who a server is and what it does, in one line."""
    told = [f"{server.name} {server.version}"]
    if server.most:
        place = "standby" if server.standby else "primary"
        told.append(f"{place}, {server.lag.total_seconds():.1f} s behind")
        states = [f"{number} {state}" for state, number in sorted(server.activity.items())]
        in_use = sum(server.activity.values())
        told.append(f"{in_use} of {server.most} connections ({', '.join(states)})")
        told.append(f"{server.locked} waiting for a lock")
    return "; ".join(told)


def judge_server(server: Server, wanted: int) -> Finding:
    """Who it is; and that our instances leave it connections for others."""
    told = describe(server)
    if server.most and too_many(wanted, server.most):
        told = f"{told}; our instances may want {wanted} connections, more than 80 % of them"
        fix = "watchword config show DB_POOL_MAX WEB_CONCURRENCY REPLICAS DB_DIRECT_URL"
        return warning("database", told, fix)
    return ok("database", told)


def settings_first(check: str, faults: Sequence[tuple[str, str]]) -> Finding:
    """Nobody can look before these settings are right."""
    names = ", ".join(dict.fromkeys(name for name, _ in faults))
    return skipped(check, f"the settings come first: {names}", VALIDATE)


def judge_python(version: tuple[int, int, int]) -> Finding:
    """The interpreter is new enough."""
    text = ".".join(map(str, version))
    if version[:2] < PYTHON_FLOOR:
        return failed("python", f"{text} is older than 3.11", "apt-get install python3.11")
    return ok("python", text)


def judge_settings(faults: Sequence[tuple[str, str]], given: Iterable[str]) -> Finding:
    """The settings allow a start; they are told as set or unset."""
    if faults:
        detail = "; ".join(f"{name}: {sentence}" for name, sentence in faults)
        return failed("settings", detail, VALIDATE)
    known = set(given)
    there = [name for name in TOLD if name in known]
    away = [name for name in TOLD if name not in known]
    return ok("settings", f"set: {', '.join(there) or '-'}; unset: {', '.join(away) or '-'}")


def judge_modes(modes: Sequence[Mode]) -> Finding:
    """Nobody but the owner reads a file of secrets."""
    open_ones = [mode.path for mode in modes if mode.bits & (stat.S_IRWXG | stat.S_IRWXO)]
    if open_ones:
        detail = f"others may read {', '.join(open_ones)}"
        return failed("secrets", detail, f"chmod 600 {' '.join(open_ones)}")
    return ok("secrets", f"{len(modes)} files, for their owner alone")


def judge_ages(modes: Finding, secrets: Sequence[Secretive], now: datetime) -> Finding:
    """No secret is older than 90 days; one that others may read comes first."""
    old = [each.name for each in secrets if each.old(now)]
    if is_wrong(modes) or not old:
        return modes
    detail = f"{modes.detail}; older than {SECRET_LIFE.days} days: {', '.join(old)}"
    return warning("secrets", detail, "watchword secrets age")


def judge_clock(difference: timedelta) -> Finding:
    """The database's clock and ours agree."""
    seconds = abs(difference).total_seconds()
    if abs(difference) > CLOCK_BOUND:
        detail = f"the database's clock is {seconds:.1f} s away from this machine's"
        return failed("clock", detail, "timedatectl set-ntp true")
    return ok("clock", f"{seconds:.1f} s apart")


def judge_isolation(found: Isolation) -> Finding:
    """Row-level security binds our role."""
    role_fix = "ALTER ROLE <role of DATABASE_URL> NOSUPERUSER NOBYPASSRLS"
    if found.superuser:
        return failed("isolation", "our database role is a superuser", role_fix)
    if found.bypass:
        return failed("isolation", "our database role bypasses row-level security", role_fix)
    if not found.enforced:
        detail = "row-level security is not in force on our tables"
        return failed("isolation", detail, "watchword migrate up")
    return ok("isolation", "row-level security binds our role")


def judge_steps(check: str, steps: Sequence[Step], fix: str) -> Finding:
    """Every step of a probe went well."""
    told = ", ".join(f"{step.name} {step.detail}" for step in steps)
    if all(step.good for step in steps):
        return ok(check, told)
    return failed(check, told, fix)


def told_by(standings: Sequence[CarrierHealth]) -> tuple[list[Step], list[str]]:
    """Return a step for each provider, and the settings that those want who would take nothing."""
    steps = [Step(each.carrier, each.available, each.words) for each in standings]
    fixes = [name for each in standings if not each.available for name in _WANTED[each.carrier]]
    return steps, fixes


def show(names: Sequence[str]) -> str:
    """Return the command that shows these settings."""
    return " ".join(["watchword", "config", "show", *dict.fromkeys(names)])


def judge_no_backups(environment: str) -> Finding:
    """Nobody makes backups: worth saying where people are served."""
    if environment in {DEVELOPMENT, TEST}:
        return ok("backup", "none are made")
    fix = "age-keygen -o backup.key, then set BACKUP_RECIPIENT to its public key"
    return warning("backup", "none are made", fix)


def judge_backup(made_at: datetime | None, now: datetime, made_by: str) -> Finding:
    """The newest backup is not old."""
    fix = "watchword backup create"
    if made_at is None:
        return failed("backup", f"none was made yet ({made_by})", fix)
    hours = (now - made_at) // timedelta(hours=1)
    if now - made_at > LATE:
        return failed("backup", f"the newest is {hours} hours old ({made_by})", fix)
    return ok("backup", f"the newest is {hours} hours old ({made_by})")


def judge_address(url: str, environment: str, found: Step) -> Finding:
    """People reach us at an address that exists, and by TLS but in development."""
    fix = "set PUBLIC_BASE_URL=https://<host>, then: watchword env validate"
    plain = urlsplit(url).scheme != "https"
    if plain and environment not in {DEVELOPMENT, TEST}:
        return failed("address", f"{url} is not https", fix)
    if not found.good:
        return failed("address", f"no address is known for {found.detail}", fix)
    return ok("address", url)


def judge_disk(free: int, path: str) -> Finding:
    """There is room to write."""
    text = f"{free >> 20} MiB free at {path}"
    if free < DISK_FLOOR:
        return failed("disk", text, f"make room: du -xh --max-depth=1 {path} | sort -h")
    return ok("disk", text)


def judge_port(port: int, state: str) -> Finding:
    """The port is free, or we are on it already."""
    if state == BUSY:
        detail = f"{port} is taken by another program"
        return failed("port", detail, f"PORT={port + 1} watchword serve")
    return ok("port", f"{port}: this service answers" if state == OURS else f"{port} is free")
