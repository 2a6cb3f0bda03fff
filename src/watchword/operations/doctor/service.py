"""The doctor's round: check after check, none of which can stop the others."""

import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

from watchword.kernel.clock import Clock, SystemClock
from watchword.kernel.identity import IdentityProvider, IdentityProviders, NotVouched
from watchword.kernel.ports import Migrations, OutOfReach
from watchword.kernel.problems import Problem
from watchword.operations.doctor import rules, store
from watchword.operations.doctor.rules import Mode
from watchword.plumbing import probes
from watchword.plumbing.carriers.carrier import CarrierHealth
from watchword.plumbing.commands import reading
from watchword.plumbing.commands.console import open_house
from watchword.plumbing.commands.handed import in_hand
from watchword.plumbing.commands.reading import Reading, Sections
from watchword.plumbing.db.dumps.contents import BackupToolMissing, Dumps
from watchword.plumbing.db.ping import ping
from watchword.plumbing.db.ports import Database
from watchword.plumbing.db.sqlite import sqlite_path
from watchword.plumbing.findings import Finding, failed, ok, skipped
from watchword.plumbing.house import House
from watchword.plumbing.logs.logger import redact
from watchword.plumbing.probes import Step
from watchword.plumbing.settings import (
    Carrying,
    DatabaseSettings,
    MailgunSettings,
    RedisSettings,
    SendgridSettings,
    ServerSettings,
    SesSettings,
    SmtpSettings,
)
from watchword.plumbing.settings.carrying import AT_HOME, RELAYS
from watchword.records.backups import store as backups
from watchword.records.backups.rules import BackupCreated, BackupSettings
from watchword.records.deliveries.rules import MailSettings
from watchword.records.signals.service import Signals
from watchword.records.signing_keys.rules import TokenSettings

CHECKS: Final = (
    "python",
    "settings",
    "secrets",
    "database",
    "migrations",
    "isolation",
    "clock",
    "redis",
    "mail",
    "texts",
    "events",
    "signals",
    "backup",
    "providers",
    "dns",
    "address",
    "disk",
    "port",
)
_OF_THE_DATABASE: Final = ("database", "migrations", "isolation", "clock")


class LookAtEvents(Protocol):
    """Looks at the destinations of events: another verb's work, so `app` fills it."""

    async def __call__(self, house: House, /) -> list[Step]:
        """Return a step for each destination."""
        ...


class LookAtDomain(Protocol):
    """Looks at the sender's domain: another verb's work, so `app` fills it."""

    async def __call__(self, sections: Sections, /) -> list[Step]:
        """Return a step for each record that is not well."""
        ...


class AskProviders(Protocol):
    """Asks the providers of letters and of texts how they are: only `app` may meet them, so it fills it."""

    async def __call__(self) -> tuple[Sequence[CarrierHealth], Sequence[CarrierHealth]]:
        """Return how they are, in their order."""
        ...


async def examine(wanted: Collection[str] = CHECKS) -> AsyncIterator[Finding]:
    """Make the round; yields a finding for each wanted check, in their order."""
    found = reading.read()
    for finding in _at_home(found):
        if finding.check in wanted:
            yield finding
    async for finding in _abroad(found, set(wanted)):
        if finding.check in wanted:
            yield finding


async def _abroad(told: Reading, wanted: set[str]) -> AsyncIterator[Finding]:
    """Look at what answers from elsewhere, if it is wanted."""
    sections = told.sections
    if sections is None:
        for check in CHECKS[2:]:
            yield rules.settings_first(check, told.faults)
        return
    if wanted & set(_OF_THE_DATABASE):
        for finding in await _database(sections):
            yield finding
    for check, visit in _VISITS.items():
        if check in wanted:
            yield await visit(sections)


def _at_home(told: Reading) -> list[Finding]:
    """Look at what needs no one else."""
    found = [rules.judge_python(sys.version_info[:3])]
    found.append(rules.judge_settings(told.faults, told.given))
    if told.sections is not None:
        modes = rules.judge_modes(_secret_files(told.sections))
        found.append(rules.judge_ages(modes, told.secrets, SystemClock().now()))
    return found


def _secret_files(sections: Sections) -> list[Mode]:
    server, database = sections.section(ServerSettings), sections.section(DatabaseSettings)
    tokens = sections.section(TokenSettings)
    given = [server.ssl_key_path, database.key_path, tokens.private_key_path]
    paths = [Path(path) for path in given if path]
    if server.secrets_dir and Path(server.secrets_dir).is_dir():
        paths += sorted(Path(server.secrets_dir).iterdir())
    return [Mode(str(path), path.stat().st_mode) for path in paths if path.is_file()]


async def _database(sections: Sections) -> list[Finding]:
    """Open the house, and ask its database all that we want to know."""
    sqlite = sections.section(DatabaseSettings).url.startswith("sqlite")
    fix = "watchword config show DATABASE_URL"
    try:
        async with open_house() as house:
            database = house.part(Database)
            await ping(database)
            server = await store.server(database, database.dialect)
            found = [rules.judge_server(server, _wanted(sections))]
            found.append(await _asked("migrations", lambda: _migrations(house)))
            if sqlite:
                found.append(ok("isolation", "one file, one tenant"))
                found.append(ok("clock", "the database keeps no time of its own"))
            else:
                found.append(await _asked("isolation", lambda: _isolation(database)))
                found.append(await _asked("clock", lambda: _clock(house, database)))
            return found
    except Exception as error:  # noqa: BLE001 - whatever a driver says, it is a finding
        away = [skipped(check, "the database is away") for check in _OF_THE_DATABASE[1:]]
        return [failed("database", _words(error), fix), *away]


def _wanted(sections: Sections) -> int:
    """Return how many connections all our instances may want."""
    server = sections.section(ServerSettings)
    return sections.section(DatabaseSettings).wanted(server.replicas * server.web_concurrency)


async def _asked(check: str, ask: Callable[[], Awaitable[Finding]]) -> Finding:
    try:
        return await ask()
    except Exception as error:  # noqa: BLE001 - likewise
        return failed(check, _words(error), "watchword migrate status")


async def _migrations(house: House) -> Finding:
    if await house.part(Migrations).complete():
        return ok("migrations", "the schema is complete")
    return failed("migrations", "the schema is not complete", "watchword migrate up")


async def _isolation(database: Database) -> Finding:
    return rules.judge_isolation(await store.isolation(database))


async def _clock(house: House, database: Database) -> Finding:
    ours = house.part(Clock)
    before = ours.now()
    theirs = await store.clock(database)
    middle = before + (ours.now() - before) / 2
    return rules.judge_clock(theirs - middle)


async def _redis(sections: Sections) -> Finding:
    settings = sections.section(RedisSettings)
    if not settings.url:
        return ok("redis", "not configured: limits are counted in each process")
    steps = [step async for step in probes.redis_steps(settings.url)]
    return rules.judge_steps("redis", steps, "watchword config show REDIS_URL REDIS_HOST")


async def _mail(sections: Sections) -> Finding:
    carrying = Carrying(
        services=sections.section(MailSettings).services,
        sendgrid=sections.section(SendgridSettings),
        ses=sections.section(SesSettings),
        mailgun=sections.section(MailgunSettings),
        smtp=sections.section(SmtpSettings),
    )
    if set(carrying.names) <= set(AT_HOME):
        return ok("mail", "letters stay on this machine")
    relays = [name for name in carrying.names if name in RELAYS]
    steps: list[Step] = []
    fixes: list[str] = []
    if len(relays) < len(carrying.names):
        asked, _ = await in_hand(AskProviders)()
        steps, fixes = rules.told_by(asked)
    for relay in relays:
        told = [step async for step in _along(carrying.relay(relay))]
        alone = len(carrying.names) == 1
        steps += told if alone else [replace(step, name=f"{relay} {step.name}") for step in told]
        if not all(step.good for step in told):
            fixes += ["SMTP_HOST", "SMTP_PORT", "SMTP_SECURE", "SMTP_USER"]
    return rules.judge_steps("mail", steps, rules.show(fixes))


def _along(smtp: SmtpSettings) -> AsyncIterator[Step]:
    """Go along a relay, step by step."""
    server = probes.MailServer(
        host=smtp.host,
        port=smtp.port,
        secure=smtp.secure,
        user=smtp.user,
        password=smtp.password,
    )
    return probes.mail_steps(server)


async def _texts(_sections: Sections) -> Finding:
    _, asked = await in_hand(AskProviders)()
    if not asked:
        return ok("texts", "texts stay on this machine")
    steps, fixes = rules.told_by(asked)
    return rules.judge_steps("texts", steps, rules.show(fixes))


async def _events(_sections: Sections) -> Finding:
    look = in_hand(LookAtEvents)
    try:
        async with open_house() as house:
            steps = await look(house)
    except Exception as error:  # noqa: BLE001 - whatever a driver says, it is a finding
        return skipped("events", f"the database is away: {_words(error)}")
    if not steps:
        return ok("events", "told to nobody")
    return rules.judge_steps("events", steps, "watchword events status, and watchword events dead")


async def _signals(_sections: Sections) -> Finding:
    try:
        async with open_house() as house:
            step = await house.part(Signals).status()
    except Exception as error:  # noqa: BLE001 - whatever a driver says, it is a finding
        return skipped("signals", f"the database is away: {_words(error)}")
    if step is None:
        return ok("signals", "told to nobody")
    return rules.judge_steps("signals", [step], rules.show(rules.RECEIVER))


async def _backup(sections: Sections) -> Finding:
    if not sections.section(BackupSettings).recipients:
        return rules.judge_no_backups(sections.section(ServerSettings).environment)
    try:
        async with open_house() as house:
            made_by = await house.part(Dumps).check_tools()
            newest = await backups.newest(house.part(Database), BackupCreated.type)
            now = house.part(Clock).now()
    except BackupToolMissing as missing:
        return failed("backup", _words(missing), "apt-get install postgresql-client")
    except Exception as error:  # noqa: BLE001 - whatever a driver says, it is a finding
        return skipped("backup", f"the database is away: {_words(error)}")
    return rules.judge_backup(newest.at if newest else None, now, made_by)


async def _providers(_sections: Sections) -> Finding:
    try:
        async with open_house() as house:
            now = house.part(Clock).now()
            steps = [await _look_at(each, now) for each in house.part(IdentityProviders).each]
    except Exception as error:  # noqa: BLE001 - whatever a driver says, it is a finding
        return skipped("providers", f"the database is away: {_words(error)}")
    if not steps:
        return ok("providers", "people sign in with nobody else")
    return rules.judge_steps("providers", steps, rules.show(rules.PROVIDERS))


async def _look_at(provider: IdentityProvider, now: datetime) -> Step:
    """Look at whom people sign in with."""
    try:
        return Step(provider.name, good=True, detail=await provider.look(now))
    except (OutOfReach, NotVouched) as trouble:
        return Step(provider.name, good=False, detail=f"cannot be used: {trouble}")


async def _dns(sections: Sections) -> Finding:
    look = in_hand(LookAtDomain)
    return rules.judge_steps("dns", await look(sections), "watchword dns check")


async def _address(sections: Sections) -> Finding:
    server = sections.section(ServerSettings)
    found = await probes.resolve(urlsplit(server.public_url).hostname or "")
    return rules.judge_address(server.public_url, server.environment, found)


async def _disk(sections: Sections) -> Finding:
    url = sections.section(DatabaseSettings).url
    folder = sqlite_path(url).parent if url.startswith("sqlite") else Path()
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return failed("disk", _words(error), "watchword config show DATABASE_URL")
    return rules.judge_disk(free, str(folder.resolve()))


async def _port(sections: Sections) -> Finding:
    server = sections.section(ServerSettings)
    return rules.judge_port(server.port, await probes.port_state(server.host, server.port))


def _words(error: Exception) -> str:
    """Say an error in one line without secrets."""
    told = error.private or error.detail if isinstance(error, Problem) else str(error)
    lines = str(redact(told)).strip().splitlines()
    return " ".join([type(error).__name__, *lines[:1]])


_VISITS: Final = {
    "redis": _redis,
    "mail": _mail,
    "texts": _texts,
    "events": _events,
    "signals": _signals,
    "backup": _backup,
    "providers": _providers,
    "dns": _dns,
    "address": _address,
    "disk": _disk,
    "port": _port,
}
