"""Fixtures: a world on SQLite, on PostgreSQL, or on both, each test with a database of its own."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

import pytest

from tests.support.services.postgres import Postgres
from tests.support.world import World, migrate, open_world

Opener = Callable[..., AbstractAsyncContextManager[World]]


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an SQLite file with the schema, to be copied."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    asyncio.run(migrate.up(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: Postgres, postgres_names: Iterator[str]) -> Iterator[str]:
    """Yield the name of a PostgreSQL database with the schema, to be copied."""
    name = next(postgres_names)
    asyncio.run(migrate.up(postgres_server.create_database(name)))
    yield name
    postgres_server.drop_database(name)


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """Return the URL of a migrated SQLite database of this test's own."""
    path = tmp_path / "watchword.db"
    shutil.copy(migrated_sqlite, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(
    migrated_postgres: str, postgres_server: Postgres, postgres_names: Iterator[str]
) -> Iterator[str]:
    """Yield the URL of a migrated PostgreSQL database of this test's own."""
    name = next(postgres_names)
    yield postgres_server.create_database(name, template=migrated_postgres)
    postgres_server.drop_database(name)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.needs("postgres"))])
def database_url(request: pytest.FixtureRequest) -> str:
    """Return the URL of a migrated database: each test that asks runs on both."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
async def world(database_url: str, tmp_path: Path) -> AsyncIterator[World]:
    """Yield a world; the test runs once on SQLite and once on PostgreSQL."""
    async with open_world(database_url, tmp_path) as opened:
        yield opened


@pytest.fixture
async def small_world(sqlite_url: str, tmp_path: Path) -> AsyncIterator[World]:
    """Yield a world on SQLite alone, for what no database can change."""
    async with open_world(sqlite_url, tmp_path) as opened:
        yield opened


@pytest.fixture
def worlds(database_url: str, tmp_path: Path) -> Opener:
    """Return a way to open worlds with settings of one's own, on both databases."""
    return partial(open_world, database_url, tmp_path)


@pytest.fixture
def small_worlds(sqlite_url: str, tmp_path: Path) -> Opener:
    """Return a way to open worlds with settings of one's own, on SQLite."""
    return partial(open_world, sqlite_url, tmp_path)
