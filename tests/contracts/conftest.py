"""The two databases, empty or migrated, behind one pair of fixtures."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.contracts.words import make_things
from tests.support.services import Postgres
from watchword.migrations import migrate
from watchword.plumbing.db.changes import Changes
from watchword.plumbing.db.ports import Database
from watchword.plumbing.db.postgres import PostgresDatabase
from watchword.plumbing.db.sqlite import SqliteDatabase, sqlite_path

BOTH = [pytest.param("sqlite"), pytest.param("postgres", marks=pytest.mark.needs("postgres"))]


@pytest.fixture(params=BOTH)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return where a fresh, empty database is: SQLite, then PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/watchword.db"
    url: str = request.getfixturevalue("postgres_database")
    return url


@pytest.fixture(scope="session")
def postgres_template(postgres_server: Postgres, postgres_names: Iterator[str]) -> Iterator[str]:
    """Yield the name of a migrated database to copy."""
    name = next(postgres_names)
    url = postgres_server.create_database(name)
    with ThreadPoolExecutor(1) as aside:  # whoever asks may stand in an event loop
        aside.submit(lambda: asyncio.run(migrate.up(url))).result()
    yield name
    postgres_server.drop_database(name)


@pytest.fixture
def migrated_postgres(
    postgres_server: Postgres, postgres_names: Iterator[str], postgres_template: str
) -> Iterator[str]:
    """Yield the URL of a fresh, migrated PostgreSQL database."""
    name = next(postgres_names)
    yield postgres_server.create_database(name, postgres_template)
    postgres_server.drop_database(name)


@pytest.fixture(params=BOTH)
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return where a fresh, migrated database is: SQLite, then PostgreSQL."""
    if request.param == "postgres":
        found: str = request.getfixturevalue("migrated_postgres")
        return found
    made = f"sqlite:///{tmp_path}/watchword.db"
    await migrate.up(made)
    return made


@pytest.fixture
async def sqlite_things(tmp_path: Path) -> str:
    """Return where a SQLite database with the table of things is."""
    url = f"sqlite:///{tmp_path}/things.db"
    await make_things(url)
    return url


@pytest.fixture
async def postgres_things(migrated_postgres: str) -> str:
    """Return where a PostgreSQL database with the table of things is."""
    await make_things(migrated_postgres)
    return migrated_postgres


@pytest.fixture(params=BOTH)
def things_url(request: pytest.FixtureRequest) -> str:
    """Return where a database with the table of things is: SQLite, then PostgreSQL."""
    url: str = request.getfixturevalue(f"{request.param}_things")
    return url


async def until(holds: Callable[[], bool], seconds: float) -> float:
    """Wait until something holds; return how long it took."""
    began = time.monotonic()
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.01)
    return time.monotonic() - began


def open_database(url: str, changes: Changes | None = None) -> SqliteDatabase | PostgresDatabase:
    """Return a database at that address, not yet started."""
    news = changes or Changes()
    if url.startswith("sqlite"):
        return SqliteDatabase(sqlite_path(url), news)
    return PostgresDatabase(url, news)


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    """Yield an open, migrated database."""
    opened = open_database(url)
    await opened.start()
    yield opened
    await opened.close()
