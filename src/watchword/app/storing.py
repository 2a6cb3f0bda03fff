"""Storing: the database, and what counts for limits, as the settings say."""

from watchword.adapters.counters.memory import MemoryCounters
from watchword.app.wiring import House
from watchword.flows.session_check.service import Recent, Touches
from watchword.kernel.ports import Cache, Counters, Migrations
from watchword.kernel.problems import Unavailable
from watchword.migrations import migrate
from watchword.plumbing.db.changes import SESSIONS, Changes
from watchword.plumbing.db.ports import Database, DatabaseUnavailable
from watchword.plumbing.db.scope import Scope
from watchword.plumbing.logs import logger
from watchword.plumbing.metrics.counting import Metrics
from watchword.plumbing.settings import DatabaseSettings, RedisSettings


async def open_database(house: House, *, patient: bool, scope: Scope | None = None) -> Database:
    """Return the database, open; `patient`: one that is away is waited for."""
    settings, changes = house.part(DatabaseSettings), house.part(Changes)
    metrics = house.part(Metrics)
    database: Database
    if settings.url.startswith("sqlite"):
        from watchword.plumbing.db.sqlite import SqliteDatabase, sqlite_path

        database = SqliteDatabase(sqlite_path(settings.url), changes, slow=settings.slow)
    else:
        from watchword.plumbing.db.postgres import PostgresDatabase

        failures = metrics.database_failures
        database = PostgresDatabase(
            settings.url, changes, settings.pool(), on_failure=failures.inc, scope=scope
        )
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
    house.put(Cache, cache(house))
    return database


def cache(house: House) -> Cache:
    """Return where copies are kept; a command that empties a cache may mean the one Redis there is."""
    redis = house.part(RedisSettings)
    if not (redis.cache_url or redis.url):
        from watchword.adapters.cache.nothing import NoCache

        return NoCache()
    from watchword.adapters.cache.redis import RedisCache

    kept = RedisCache(redis.cache_url or redis.url, patience=redis.timeout)
    if redis.cache_url:
        house.part(Changes).listen(SESSIONS, kept.heard)
    return kept


def counters(house: House) -> Counters:
    """Return what counts for limits: Redis, and this process while it is away; else this process."""
    redis = house.part(RedisSettings)
    memory = MemoryCounters()
    if not redis.url:
        return memory
    from watchword.adapters.counters.fallback import FallbackCounters
    from watchword.adapters.counters.redis import TROUBLE, RedisCounters

    failures = house.part(Metrics).redis_failures
    shared = RedisCounters(redis.url, patience=redis.timeout)
    return FallbackCounters(shared, memory, trouble=TROUBLE, on_failure=failures.inc)
