"""Out of a database that is written to, and back into one: on SQLite and on PostgreSQL."""

import asyncio
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests.support.backups import Keys, create, restore, settings, verify
from tests.support.services.postgres import Postgres
from tests.support.world import World, open_world
from watchword.operations.backup.service import Kit
from watchword.plumbing.db.statements import statement
from watchword.records.subscribers.store import users

PEOPLE = statement(select(func.count().label("number")).select_from(users))
ROUNDS = int(os.environ.get("ROUNDS", "1"))


async def people(world: World) -> int:
    row = await world.database.first(PEOPLE)
    return int(row.number)


@pytest.fixture
def keys() -> Keys:
    return Keys()


@pytest.fixture
def scratch(request: pytest.FixtureRequest, database_url: str) -> Iterator[dict[str, str]]:
    """Yield where to restore into and look: PostgreSQL wants an empty database for it."""
    if database_url.startswith("sqlite"):
        yield {}
        return
    server: Postgres = request.getfixturevalue("postgres_server")
    name = next(request.getfixturevalue("postgres_names"))
    yield {"BACKUP_SCRATCH_URL": server.create_database(name)}
    server.drop_database(name)


@pytest.mark.req("N-104", "N-105", "D-29", "K-48")
async def test_a_backup_of_a_busy_database_is_verified_and_restored(
    database_url: str, tmp_path: Path, keys: Keys, scratch: dict[str, str]
) -> None:
    given = settings(tmp_path, keys, **scratch)
    number = 0
    for turn in range(ROUNDS):
        async with open_world(database_url, tmp_path, **given) as world:
            world.clock.advance(timedelta(minutes=turn))
            stop = asyncio.Event()

            async def write() -> int:
                made = 0
                while not stop.is_set():
                    await world.subscriber(f"u{turn}-{made}@example.org", password=None)
                    made += 1
                    await asyncio.sleep(0)
                return made

            writing = asyncio.create_task(write())
            while await people(world) < number + 3:
                await asyncio.sleep(0.01)
            manifest = await create(world)
            stop.set()
            made = await writing
            assert number + 3 <= manifest.rows["users"] <= number + made
            verdict = await verify(world, keys)
            assert verdict.faults == []
            kit = world.part(Kit)
        done = await restore(kit, keys, force=True)
        assert done.name == manifest.id
        async with open_world(database_url, tmp_path, **given) as world:
            number = await people(world)
            assert number == manifest.rows["users"]
