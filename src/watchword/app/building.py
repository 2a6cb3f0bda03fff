"""Building the house: settings and adapters in, every service out; opened, used, closed."""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypeVar

from watchword import __version__
from watchword.app import (
    archiving,
    backing,
    carrying,
    flagging,
    receiving,
    relaying,
    signalling,
    slices,
    storing,
    vouching,
    wording,
)
from watchword.app.settings import Settings
from watchword.app.wiring import House
from watchword.flows.code_proof.service import CodeProver
from watchword.flows.consent.service import Permissions
from watchword.flows.data_export.service import DataExport
from watchword.flows.delivery_feedback.service import PostbookKeeper, Reporters
from watchword.flows.entrance.service import SessionEntrance
from watchword.flows.erasure.service import Erasing
from watchword.flows.identities.service import IdentityKeeper
from watchword.flows.lockout.service import AccountLockout
from watchword.flows.mailbox_proof.service import MailboxProver
from watchword.flows.password_proof.service import PasswordProver
from watchword.flows.pin_reset.service import PinReset
from watchword.flows.reset_grant.service import GrantKeys, SignedGrants
from watchword.flows.session_check.service import SessionCheck
from watchword.flows.social_login.service import AttemptSealer
from watchword.flows.ussd.service import UssdMenu
from watchword.kernel.chance import Chance, SystemChance
from watchword.kernel.clock import Clock, SystemClock
from watchword.kernel.destinations import Destinations
from watchword.kernel.identity import IdentityProviders
from watchword.kernel.ports import (
    Authenticator,
    Cache,
    Counters,
    Fetcher,
    Mailer,
    ServiceDirectory,
    Texter,
)
from watchword.kernel.secret import Peppers
from watchword.operations.backup.service import Kit
from watchword.operations.health.service import Presence
from watchword.operations.logs.rules import Heeded
from watchword.operations.risk.service import Looks
from watchword.plumbing.carriers.mailing import Mailing
from watchword.plumbing.carriers.texting import Texting
from watchword.plumbing.db.changes import Changes
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.personal import Dossier
from watchword.plumbing.db.ports import Database
from watchword.plumbing.db.scope import Scope
from watchword.plumbing.events.audience import Audience
from watchword.plumbing.hashing.pool import ForeignHashPool, HashPool
from watchword.plumbing.issuer import Issuer
from watchword.plumbing.logs import logger
from watchword.plumbing.logs.files import LogFiles
from watchword.plumbing.metrics.counting import Metrics
from watchword.plumbing.ports import (
    CodeProof,
    Entrance,
    Eraser,
    Exporter,
    IdentityLinking,
    Lockout,
    MailboxProof,
    PasswordProof,
    Permission,
    PinRecovery,
    Postbook,
    ResetGrants,
    TelephoneMenu,
)
from watchword.plumbing.sealing import derive
from watchword.plumbing.settings import (
    EventSettings,
    LogSettings,
    SecretSettings,
    ServerSettings,
    TextSettings,
)
from watchword.plumbing.settings.processors import processors
from watchword.plumbing.throttle import Throttle
from watchword.plumbing.web.call import Web
from watchword.plumbing.work.porters import Porters
from watchword.plumbing.work.relaying import Relays
from watchword.records.deliveries.rules import KIND as LETTERS
from watchword.records.deliveries.service import LetterPorters, LetterSealer
from watchword.records.exports.service import ExportSealer
from watchword.records.refresh_tokens.service import RefreshSecret
from watchword.records.services.service import Services
from watchword.records.signals.rules import KIND as SIGNALS
from watchword.records.signals.service import SignalPorters, SignalReceiver
from watchword.records.signing_keys.service import Ring
from watchword.records.texts.rules import KIND as TEXTS
from watchword.records.texts.service import TextPorters, TextSealer
from watchword.records.ussd_sessions.service import UssdSealer

Hands = TypeVar("Hands", bound=Porters)


@asynccontextmanager
async def open_house(
    settings: Settings,
    *,
    clock: Clock | None = None,
    chance: Chance | None = None,
    mailer: Mailer | None = None,
    texter: Texter | None = None,
    fetcher: Fetcher | None = None,
    access: logger.AccessLog | None = None,
    destinations: Destinations | None = None,
    pool: HashPool | None = None,
    patient: bool = False,
    scope: Scope | None = None,
) -> AsyncIterator[House]:
    """Build the house, open its database, and close everything in the end.

    Tests hand in their own clock, chance, carriers, destinations of events, and what is fetched; nothing
    else can be exchanged. `patient`: a database that is away is waited for, as a service does, and is no
    reason not to open. `scope`: of another schema, or another tenant.
    """
    house = House(settings.sections)
    server = house.part(ServerSettings)
    house.put(Clock, clock or SystemClock())
    house.put(Chance, chance or SystemChance())
    house.put(Metrics, Metrics(__version__, server.profile, server.node_id, server.metrics_compat))
    house.put(
        logger.AccessLog,
        access or logger.AccessLog(server.service_name, server.node_id, sys.stdout),
    )
    house.put(Changes, Changes())
    _put_secrets(house)
    house.put(Destinations, destinations or relaying.destinations(house))
    house.put(Journal, _journal(house))
    flagging.put_flags(house)
    database = await storing.open_database(house, patient=patient, scope=scope)
    house.put(Dossier, Dossier(list(slices.personal())))
    house.put(Counters, storing.counters(house))
    pool, foreign = pool or HashPool(processors()), ForeignHashPool()
    house.put(HashPool, pool)
    house.put(ForeignHashPool, foreign)
    wording.put_words(house)
    abroad = carrying.Abroad(house)
    house.put(Mailing, _mailing(house, [mailer] if mailer else abroad.mailers()))
    house.put(Texting, _texting(house, [texter] if texter else abroad.texters()))
    house.put(LetterPorters, _porters(house, LetterPorters, LETTERS))
    house.put(TextPorters, _porters(house, TextPorters, TEXTS))
    _put_signals(house)
    backing.put_kit(house, settings, open_house)
    house.put(Heeded, Heeded(since=house.part(Clock).now()))
    archiving.put_trail(house)
    house.put(Reporters, abroad.reporters(fetcher))
    vouchers = vouching.Vouchers(house)
    house.put(IdentityProviders, vouchers.providers())
    house.put(Permission, house.part(Permissions))
    house.put(Postbook, house.part(PostbookKeeper))
    house.put(Issuer, receiving.issuer(house))
    house.put(Throttle, receiving.throttle(house))
    house.put(Presence, Presence(started_at=house.part(Clock).now()))
    _put_ports(house)
    house.put(Web, receiving.web(house))
    house.put(Relays, relaying.relays(house))
    try:
        yield house
    finally:
        pool.close()
        foreign.close()
        await _leave(house, abroad, vouchers)
        await database.close()
        house.part(logger.AccessLog).flush()
        await asyncio.to_thread(logger.flush_reports)


def open_kit(settings: Settings, clock: Clock) -> AbstractAsyncContextManager[Kit]:
    """Open what backups need, without a house."""
    return backing.open_kit(settings, clock, open_house)


async def _leave(house: House, abroad: carrying.Abroad, vouchers: vouching.Vouchers) -> None:
    """Close every way to somebody else."""
    await _close(house.part(Counters))
    await _close(house.part(Cache))
    await house.part(Mailing).close()
    await house.part(Texting).close()
    await abroad.close()
    await vouchers.close()
    await signalling.close(house.part(SignalReceiver))
    await archiving.close(house)
    await backing.close(house)
    await relaying.close(house.part(Destinations))


def _put_signals(house: House) -> None:
    """Put who looks for risk, and who is told."""
    house.put(SignalPorters, _porters(house, SignalPorters, SIGNALS))
    house.put(Looks, Looks())
    house.put(SignalReceiver, signalling.receiver(house))


def _put_secrets(house: House) -> None:
    """Derive one key for each purpose."""
    secrets, chance = house.part(SecretSettings), house.part(Chance)
    house.put(Peppers, secrets.peppers())
    house.put(RefreshSecret, RefreshSecret(secrets.refresh_keys()))
    house.put(GrantKeys, GrantKeys(secrets.reset_version, secrets.reset_keys()))
    house.put(
        LetterSealer, LetterSealer(derive(secrets.session_secret.reveal(), "letters"), chance)
    )
    house.put(
        AttemptSealer,
        AttemptSealer(derive(secrets.session_secret.reveal(), "social login"), chance),
    )
    house.put(UssdSealer, UssdSealer(derive(secrets.session_secret.reveal(), "ussd"), chance))
    house.put(TextSealer, TextSealer(derive(secrets.session_secret.reveal(), "texts"), chance))
    house.put(
        ExportSealer, ExportSealer(derive(secrets.session_secret.reveal(), "exports"), chance)
    )
    house.put(Ring, Ring())


def _journal(house: House) -> Journal:
    audience = Audience(house.part(Destinations).names, house.part(EventSettings).types)
    chance: Chance = house.part(Chance)
    return Journal(chance, house.part(Metrics), audience)


def _mailing(house: House, mailers: Sequence[Mailer]) -> Mailing:
    clock, chance = house.part(Clock), house.part(Chance)
    return Mailing(mailers, clock, chance, house.part(Metrics))


def _texting(house: House, texters: Sequence[Texter]) -> Texting:
    clock, chance = house.part(Clock), house.part(Chance)
    countries = house.part(TextSettings).countries
    return Texting(texters, clock, chance, house.part(Metrics), countries)


def _porters(house: House, kind: type[Hands], carries: str) -> Hands:
    database, clock = house.part(Database), house.part(Clock)
    hands = house.part(ServerSettings).hands
    return kind(database, house.part(Changes), clock, carries, hands)


def _put_ports(house: House) -> None:
    """Say who fills each port."""
    house.put(Authenticator, house.part(SessionCheck))
    house.put(Entrance, house.part(SessionEntrance))
    house.put(Lockout, house.part(AccountLockout))
    house.put(CodeProof, house.part(CodeProver))
    house.put(PasswordProof, house.part(PasswordProver))
    house.put(ResetGrants, house.part(SignedGrants))
    house.put(PinRecovery, house.part(PinReset))
    house.put(TelephoneMenu, house.part(UssdMenu))
    house.put(MailboxProof, house.part(MailboxProver))
    house.put(IdentityLinking, house.part(IdentityKeeper))
    house.put(ServiceDirectory, house.part(Services))
    house.put(Exporter, house.part(DataExport))
    house.put(Eraser, house.part(Erasing))


def configure_logs(settings: Settings, *, quiet: bool = False, unless_asked: bool = False) -> None:
    """Set up logging for this process.

    `quiet` keeps a command's own output readable: `unless_asked` for by name, the level info is not told.
    """
    log, server = settings.section(LogSettings), settings.section(ServerSettings)
    stream = sys.stderr if quiet else sys.stdout
    asked = unless_asked and settings.given("LOG_LEVEL")
    level = "warn" if quiet and log.level == "info" and not asked else log.level
    as_json, paths = log.format == "json", log.paths()
    logger.configure(
        level,
        server.service_name,
        server.node_id,
        as_json=as_json,
        audit=log.audit,
        stream=stream,
        files=LogFiles(paths, log.most_bytes, log.most_files) if paths else None,
        reports=_reports(log, server),
    )


def _reports(log: LogSettings, server: ServerSettings) -> logger.Reports | None:
    if not log.sentry:
        return None
    from watchword.adapters.sentry import SentryReports

    return SentryReports(log.sentry, __version__, server.environment, server.node_id)


async def _close(part: object) -> None:
    close = getattr(part, "close", None)
    if close is not None:
        await close()
