"""Building the house: settings and adapters in, every service out; opened, used, closed."""

import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from watchword import __version__
from watchword.adapters.counters.memory import MemoryCounters
from watchword.app import carrying, lettering, relaying, signalling, slices
from watchword.app.settings import Settings
from watchword.app.wiring import House
from watchword.flows.code_proof.service import CodeProver
from watchword.flows.consent.service import Permissions
from watchword.flows.delivery_feedback.service import PostbookKeeper, Reporters
from watchword.flows.entrance.service import SessionEntrance
from watchword.flows.lockout.service import AccountLockout
from watchword.flows.mailbox_proof.service import MailboxProver
from watchword.flows.password_proof.service import PasswordProver
from watchword.flows.pin_reset.service import PinReset
from watchword.flows.reset_grant.service import GrantKeys, SignedGrants
from watchword.flows.session_check.service import Recent, SessionCheck, Touches
from watchword.flows.ussd.service import UssdMenu
from watchword.kernel.chance import Chance, SystemChance
from watchword.kernel.clock import Clock, SystemClock
from watchword.kernel.destinations import Destinations
from watchword.kernel.ports import (
    Authenticator,
    Counters,
    Fetcher,
    Mailer,
    Migrations,
    ServiceDirectory,
    Texter,
)
from watchword.kernel.problems import Unavailable
from watchword.kernel.secret import Peppers
from watchword.migrations import migrate
from watchword.operations.health.service import Presence
from watchword.operations.risk.service import Looks
from watchword.plumbing.carriers.failover import Carriers
from watchword.plumbing.carriers.texting import Texting
from watchword.plumbing.db.changes import Changes
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.ports import Database, DatabaseUnavailable
from watchword.plumbing.events.audience import Audience
from watchword.plumbing.hashing.pool import HashPool
from watchword.plumbing.issuer import Issuer
from watchword.plumbing.letters.writing import Letters
from watchword.plumbing.logs import logger
from watchword.plumbing.logs.files import LogFiles
from watchword.plumbing.metrics.counting import Metrics
from watchword.plumbing.ports import (
    CodeProof,
    Entrance,
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
    DatabaseSettings,
    EventSettings,
    LetterSettings,
    LimitSettings,
    LogSettings,
    OrganisationSettings,
    RedisSettings,
    SecretSettings,
    ServerSettings,
    TwilioSettings,
)
from watchword.plumbing.settings.organisation import Organisation
from watchword.plumbing.throttle import Throttle
from watchword.plumbing.web.call import Pages, Web
from watchword.plumbing.web.cookies import Cookies
from watchword.plumbing.web.csrf import Csrf
from watchword.plumbing.web.pages import SHARED, TemplatePages
from watchword.plumbing.web.static import Assets
from watchword.plumbing.words.consent_texts import ConsentTexts, read_consent_texts
from watchword.plumbing.words.languages import Words
from watchword.plumbing.work.porters import Porters
from watchword.plumbing.work.relaying import Relays
from watchword.records import consents
from watchword.records.consents.rules import ConsentSettings, Purpose
from watchword.records.deliveries.rules import KIND as LETTERS
from watchword.records.deliveries.service import LetterPorters, LetterSealer
from watchword.records.refresh_tokens.service import RefreshSecret
from watchword.records.services.service import Services
from watchword.records.signals.rules import KIND as SIGNALS
from watchword.records.signals.service import SignalPorters, SignalReceiver
from watchword.records.signing_keys.rules import TokenSettings
from watchword.records.signing_keys.service import Ring
from watchword.records.texts.rules import KIND as TEXTS
from watchword.records.texts.service import TextPorters, TextSealer
from watchword.records.ussd_sessions.service import UssdSealer

Hands = TypeVar("Hands", bound=Porters)
STATIC = SHARED.parent / "static"

_CONSENT_TEXTS = Path(consents.__file__).parent / "texts"


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
) -> AsyncIterator[House]:
    """Build the house, open its database, and close everything in the end.

    Tests hand in their own clock, chance, carriers, destinations of events, and what is fetched; nothing
    else can be exchanged. `patient`: a database that is away is waited for, as a service does, and is no
    reason not to open.
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
    database = await _open_database(house, patient=patient)
    counters = _counters(house)
    house.put(Counters, counters)
    pool = pool or HashPool()
    house.put(HashPool, pool)
    _put_words(house)
    abroad = carrying.Abroad(house)
    carriers = _carriers(house, [mailer] if mailer else abroad.mailers())
    house.put(Carriers, carriers)
    house.put(LetterPorters, _porters(house, LetterPorters, LETTERS))
    texting = _texting(house, [texter] if texter else abroad.texters())
    house.put(Texting, texting)
    house.put(TextPorters, _porters(house, TextPorters, TEXTS))
    house.put(SignalPorters, _porters(house, SignalPorters, SIGNALS))
    house.put(Looks, Looks())
    house.put(SignalReceiver, signalling.receiver(house))
    house.put(Reporters, abroad.reporters(fetcher))
    house.put(Permission, house.part(Permissions))
    house.put(Postbook, house.part(PostbookKeeper))
    _put_web(house)
    house.put(Relays, relaying.relays(house))
    try:
        yield house
    finally:
        pool.close()
        await _close(counters)
        await carriers.close()
        await texting.close()
        await abroad.close()
        await signalling.close(house.part(SignalReceiver))
        await relaying.close(house.part(Destinations))
        await database.close()
        house.part(logger.AccessLog).flush()


def _put_secrets(house: House) -> None:
    """Derive one key for each purpose."""
    secrets, chance = house.part(SecretSettings), house.part(Chance)
    house.put(Peppers, secrets.peppers())
    house.put(RefreshSecret, RefreshSecret(secrets.refresh_keys()))
    house.put(GrantKeys, GrantKeys(secrets.reset_version, secrets.reset_keys()))
    house.put(
        LetterSealer, LetterSealer(derive(secrets.session_secret.reveal(), "letters"), chance)
    )
    house.put(UssdSealer, UssdSealer(derive(secrets.session_secret.reveal(), "ussd"), chance))
    house.put(TextSealer, TextSealer(derive(secrets.session_secret.reveal(), "texts"), chance))
    house.put(Ring, Ring())


def _journal(house: House) -> Journal:
    audience = Audience(house.part(Destinations).names, house.part(EventSettings).types)
    chance: Chance = house.part(Chance)
    return Journal(chance, house.part(Metrics), audience)


async def _open_database(house: House, *, patient: bool) -> Database:
    settings, changes = house.part(DatabaseSettings), house.part(Changes)
    metrics = house.part(Metrics)
    database: Database
    if settings.url.startswith("sqlite"):
        from watchword.plumbing.db.sqlite import SqliteDatabase, sqlite_path

        database = SqliteDatabase(sqlite_path(settings.url), changes, slow=settings.slow)
    else:
        from watchword.plumbing.db.postgres import PostgresDatabase

        failures = metrics.database_failures
        database = PostgresDatabase(settings.url, changes, settings.pool(), on_failure=failures.inc)
    metrics.watch(
        "auth_database_connections", "Connections to the database.", lambda: database.size
    )
    metrics.watch(
        "database_pool_size", "Connections to the database at most.", lambda: database.most
    )
    try:
        await database.start()
    except Unavailable as away:
        if not (patient and isinstance(away, DatabaseUnavailable)):
            await database.close()
            raise
        logger.log().error("the database is away: waiting for it", reason=away.private)
    house.put(Database, database)
    house.put(Migrations, migrate.Watch(database))
    house.put(Touches, Touches())
    house.put(Recent, Recent(changes))
    return database


def _counters(house: House) -> Counters:
    redis = house.part(RedisSettings)
    memory = MemoryCounters()
    if not redis.url:
        return memory
    from watchword.adapters.counters.fallback import FallbackCounters
    from watchword.adapters.counters.redis import TROUBLE, RedisCounters

    failures = house.part(Metrics).redis_failures
    return FallbackCounters(
        RedisCounters(redis.url), memory, trouble=TROUBLE, on_failure=failures.inc
    )


def _put_words(house: House) -> None:
    words, organisation = lettering.every_word(), house.part(OrganisationSettings).organisation()
    fallbacks = house.part(Metrics).letter_fallbacks
    letters = lettering.letters(
        words,
        organisation,
        house.part(LetterSettings),
        lambda template: fallbacks.labels(template).inc(),
    )
    for fault in letters.faults:
        logger.log().error("an operator's letter is wrong: ours is sent", fault=str(fault))
    house.put(Words, words)
    house.put(Organisation, organisation)
    house.put(Letters, letters)
    own = house.part(ConsentSettings).texts
    texts = read_consent_texts(
        _CONSENT_TEXTS, Path(own) if own else None, Purpose, organisation.name
    )
    house.put(ConsentTexts, texts)
    assets = Assets(STATIC)
    house.put(Assets, assets)
    house.put(Pages, TemplatePages(slices.template_folders(), assets, organisation))


def _carriers(house: House, mailers: Sequence[Mailer]) -> Carriers:
    clock, chance = house.part(Clock), house.part(Chance)
    return Carriers(mailers, clock, chance, house.part(Metrics))


def _texting(house: House, texters: Sequence[Texter]) -> Texting:
    clock, chance = house.part(Clock), house.part(Chance)
    countries = house.part(TwilioSettings).countries
    return Texting(texters, clock, chance, house.part(Metrics), countries)


def _porters(house: House, kind: type[Hands], carries: str) -> Hands:
    database, clock = house.part(Database), house.part(Clock)
    hands = house.part(ServerSettings).hands
    return kind(database, house.part(Changes), clock, carries, hands)


def _put_web(house: House) -> None:
    server, secrets = house.part(ServerSettings), house.part(SecretSettings)
    house.put(
        Issuer, Issuer(house.part(TokenSettings).issuer or server.public_url, server.pages_url)
    )
    rules = house.part(LimitSettings).rules
    clock = house.part(Clock)
    throttle = Throttle(
        rules,
        house.part(Counters),
        clock,
        house.part(Metrics),
        legacy=house.part(LimitSettings).legacy_headers,
    )
    house.put(Throttle, throttle)
    house.put(Presence, Presence(started_at=clock.now()))
    check = house.part(SessionCheck)
    house.put(Authenticator, check)
    house.put(Entrance, house.part(SessionEntrance))
    house.put(Lockout, house.part(AccountLockout))
    house.put(CodeProof, house.part(CodeProver))
    house.put(PasswordProof, house.part(PasswordProver))
    house.put(ResetGrants, house.part(SignedGrants))
    house.put(PinRecovery, house.part(PinReset))
    house.put(TelephoneMenu, house.part(UssdMenu))
    house.put(MailboxProof, house.part(MailboxProver))
    house.put(ServiceDirectory, house.part(Services))
    origins = {origin_of(server.public_url), origin_of(server.pages_url), *server.cors_origins}
    web = Web(
        house=house,
        authenticator=check,
        services=house.part(Services),
        throttle=throttle,
        database=house.part(Database),
        journal=house.part(Journal),
        cookies=Cookies(server.public_url.startswith("https:")),
        csrf=Csrf(derive(secrets.csrf_secret.reveal(), "csrf"), frozenset(origins)),
        words=house.part(Words),
        pages=house.part(Pages),
        clock=clock,
        chance=house.part(Chance),
        default_language=server.default_language,
        public_url=server.public_url,
    )
    house.put(Web, web)


def origin_of(url: str) -> str:
    """Return scheme and host of an address, as browsers write an origin."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def configure_logs(settings: Settings, *, quiet: bool = False) -> None:
    """Set up logging for this process; `quiet` keeps a command's own output readable."""
    log, server = settings.section(LogSettings), settings.section(ServerSettings)
    stream = sys.stderr if quiet else sys.stdout
    level = "warn" if quiet and log.level == "info" else log.level
    as_json, paths = log.format == "json", log.paths()
    logger.configure(
        level,
        server.service_name,
        server.node_id,
        as_json=as_json,
        audit=log.audit,
        stream=stream,
        files=LogFiles(paths, log.most_bytes, log.most_files) if paths else None,
    )


async def _close(part: object) -> None:
    close = getattr(part, "close", None)
    if close is not None:
        await close()
