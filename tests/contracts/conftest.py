"""The two databases, empty or migrated, behind one pair of fixtures."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.contracts.words import make_things
from watchword.plumbing.db.changes import Changes
from watchword.plumbing.db.ports import Database
from watchword.plumbing.db.postgres import PoolSettings, PostgresDatabase
from watchword.plumbing.db.sqlite import SqliteDatabase, sqlite_path

BOTH = [pytest.param("sqlite"), pytest.param("postgres", marks=pytest.mark.needs("postgres"))]
A_MINUTE = timedelta(minutes=1)
PATIENCE = 30.0  # seconds; for what comes at once, on whatever machine


@pytest.fixture(params=BOTH)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return where a fresh, empty database is: SQLite, then PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/watchword.db"
    url: str = request.getfixturevalue("postgres_database")
    return url


@pytest.fixture
async def sqlite_things(tmp_path: Path) -> str:
    """Return where a SQLite database with the table of things is."""
    url = f"sqlite:///{tmp_path}/things.db"
    await make_things(url)
    return url


@pytest.fixture
async def postgres_things(postgres_url: str) -> str:
    """Return where a PostgreSQL database with the table of things is."""
    await make_things(postgres_url)
    return postgres_url


@pytest.fixture(params=BOTH)
def things_url(request: pytest.FixtureRequest) -> str:
    """Return where a database with the table of things is: SQLite, then PostgreSQL."""
    url: str = request.getfixturevalue(f"{request.param}_things")
    return url


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await asyncio.sleep(0.01)


def open_database(url: str, changes: Changes | None = None) -> SqliteDatabase | PostgresDatabase:
    """Return a database at that address, not yet started."""
    news = changes or Changes()
    if url.startswith("sqlite"):
        return SqliteDatabase(sqlite_path(url), news)
    return PostgresDatabase(url, news, PoolSettings(connect_timeout=A_MINUTE, wait=A_MINUTE))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Yield an open, migrated database."""
    opened = open_database(database_url)
    await opened.start()
    yield opened
    await opened.close()
