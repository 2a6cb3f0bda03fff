"""The doctor's round: check after check, none of which can stop the others."""

import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

from watchword.kernel.clock import Clock, SystemClock
from watchword.kernel.identity import IdentityProvider, IdentityProviders, NotVouched
from watchword.kernel.mail_server import MailServer
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
    RedisSettings,
    ServerSettings,
    SmtpSettings,
)
from watchword.plumbing.settings.mail import AT_HOME, RELAYS
from watchword.records.backups import store as backups
from watchword.records.backups.rules import BackupCreated, BackupSettings
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


class _Away(Exception):
    """The house cannot be opened; in the words of who said so."""


class _Place:
    """Where the round is made: what the settings say, and one house for all who want to go in."""

    def __init__(self, sections: Sections, until_the_end: AsyncExitStack) -> None:
        """Open nothing yet: some rounds want no house."""
        self.sections = sections
        self._until_the_end = until_the_end
        self._house: House | None = None
        self._away: _Away | None = None

    async def house(self) -> House:
        """Return the house, open until the round ends. `_Away`: it does not open, and is not tried again."""
        if self._away is not None:
            raise self._away
        if self._house is None:
            try:
                self._house = await self._until_the_end.enter_async_context(open_house())
            except Exception as error:  # whatever a driver says, it is a finding
                self._away = _Away(_words(error))
                raise self._away from error
        return self._house


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
    if told.sections is None:
        for check in CHECKS[2:]:
            yield rules.settings_first(check, told.faults)
        return
    async with AsyncExitStack() as until_the_end:
        place = _Place(told.sections, until_the_end)
        for check in _VISITS:
            if check in wanted:
                yield await _visit(check, place)


async def _visit(check: str, place: _Place) -> Finding:
    """Make one check; whatever it meets is a finding, and under its own name."""
    try:
        return await _VISITS[check](place)
    except _Away as away:
        return skipped(check, f"the database is away: {away}")
    except Exception as error:  # noqa: BLE001 - one check cannot stop the others
        return failed(check, _words(error), _FIXES.get(check, rules.VALIDATE))


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


async def _database(place: _Place) -> Finding:
    try:
        house = await place.house()
    except _Away as away:
        return failed("database", str(away), _FIXES["database"])
    database = house.part(Database)
    await ping(database)
    server = await store.server(database, database.dialect)
    return rules.judge_server(server, _wanted(place.sections))


def _wanted(sections: Sections) -> int:
    """Return how many connections all our instances may want."""
    server = sections.section(ServerSettings)
    return sections.section(DatabaseSettings).wanted(server.replicas * server.web_concurrency)


async def _migrations(place: _Place) -> Finding:
    house = await place.house()
    if await house.part(Migrations).complete():
        return ok("migrations", "the schema is complete")
    return failed("migrations", "the schema is not complete", "watchword migrate up")


async def _isolation(place: _Place) -> Finding:
    database = (await place.house()).part(Database)
    if database.dialect == "sqlite":
        return ok("isolation", "one file, one tenant")
    return rules.judge_isolation(await store.isolation(database))


async def _clock(place: _Place) -> Finding:
    house = await place.house()
    database, ours = house.part(Database), house.part(Clock)
    if database.dialect == "sqlite":
        return ok("clock", "the database keeps no time of its own")
    before = ours.now()
    theirs = await store.clock(database)
    middle = before + (ours.now() - before) / 2
    return rules.judge_clock(theirs - middle)


async def _redis(place: _Place) -> Finding:
    settings = place.sections.section(RedisSettings)
    if not settings.url:
        return ok("redis", "not configured: limits are counted in each process")
    steps = [step async for step in probes.redis_steps(settings.url)]
    return rules.judge_steps("redis", steps, "watchword config show REDIS_URL REDIS_HOST")


async def _mail(place: _Place) -> Finding:
    carrying = Carrying.of(place.sections.section)
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
    server = MailServer(
        host=smtp.host,
        port=smtp.port,
        secure=smtp.secure,
        user=smtp.user,
        password=smtp.password,
    )
    return probes.mail_steps(server)


async def _texts(_place: _Place) -> Finding:
    _, asked = await in_hand(AskProviders)()
    if not asked:
        return ok("texts", "texts stay on this machine")
    steps, fixes = rules.told_by(asked)
    return rules.judge_steps("texts", steps, rules.show(fixes))


async def _events(place: _Place) -> Finding:
    look = in_hand(LookAtEvents)
    steps = await look(await place.house())
    if not steps:
        return ok("events", "told to nobody")
    return rules.judge_steps("events", steps, "watchword events status, and watchword events dead")


async def _signals(place: _Place) -> Finding:
    step = await (await place.house()).part(Signals).status()
    if step is None:
        return ok("signals", "told to nobody")
    return rules.judge_steps("signals", [step], rules.show(rules.RECEIVER))


async def _backup(place: _Place) -> Finding:
    sections = place.sections
    if not sections.section(BackupSettings).recipients:
        return rules.judge_no_backups(sections.section(ServerSettings).environment)
    house = await place.house()
    try:
        made_by = await house.part(Dumps).check_tools()
    except BackupToolMissing as missing:
        return failed("backup", _words(missing), "apt-get install postgresql-client")
    now = house.part(Clock).now()
    newest = await backups.newest(house.part(Database), BackupCreated.type, now)
    return rules.judge_backup(newest.at if newest else None, now, made_by)


async def _providers(place: _Place) -> Finding:
    house = await place.house()
    now = house.part(Clock).now()
    steps = [await _look_at(each, now) for each in house.part(IdentityProviders).each]
    if not steps:
        return ok("providers", "people sign in with nobody else")
    return rules.judge_steps("providers", steps, rules.show(rules.PROVIDERS))


async def _look_at(provider: IdentityProvider, now: datetime) -> Step:
    """Look at whom people sign in with."""
    try:
        return Step(provider.name, good=True, detail=await provider.look(now))
    except (OutOfReach, NotVouched) as trouble:
        return Step(provider.name, good=False, detail=f"cannot be used: {trouble}")


async def _dns(place: _Place) -> Finding:
    look = in_hand(LookAtDomain)
    return rules.judge_steps("dns", await look(place.sections), "watchword dns check")


async def _address(place: _Place) -> Finding:
    server = place.sections.section(ServerSettings)
    found = await probes.resolve(urlsplit(server.public_url).hostname or "")
    return rules.judge_address(server.public_url, server.environment, found)


async def _disk(place: _Place) -> Finding:
    url = place.sections.section(DatabaseSettings).url
    folder = sqlite_path(url).parent if url.startswith("sqlite") else Path()
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return failed("disk", _words(error), "watchword config show DATABASE_URL")
    return rules.judge_disk(free, str(folder.resolve()))


async def _port(place: _Place) -> Finding:
    server = place.sections.section(ServerSettings)
    return rules.judge_port(server.port, await probes.port_state(server.host, server.port))


def _words(error: Exception) -> str:
    """Say an error in one line without secrets."""
    told = error.private or error.detail if isinstance(error, Problem) else str(error)
    lines = str(redact(told)).strip().splitlines()
    return " ".join([type(error).__name__, *lines[:1]])


_VISITS: Final[Mapping[str, Callable[[_Place], Awaitable[Finding]]]] = {
    "database": _database,
    "migrations": _migrations,
    "isolation": _isolation,
    "clock": _clock,
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
_FIXES: Final = {
    "database": "watchword config show DATABASE_URL",
    **dict.fromkeys(
        ("migrations", "isolation", "clock", "events", "signals", "backup"),
        "watchword migrate status",
    ),
}
