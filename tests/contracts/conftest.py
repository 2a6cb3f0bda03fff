"""The two databases, empty or migrated, behind one pair of fixtures."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

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
    asyncio.run(migrate.up(postgres_server.create_database(name)))
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
