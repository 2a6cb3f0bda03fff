"""The scratch database of a verification: what a killed one left there goes, and nothing else does."""

import asyncio
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from tests.support.backups import Keys, create, settings, verify
from tests.support.dying import die_verifying
from tests.support.services.postgres import Postgres
from tests.support.world import open_world
from watchword.operations.backup.service import Kit
from watchword.plumbing.db.dumps.contents import SCRATCH
from watchword.plumbing.db.dumps.postgres import NoScratch

MADE = "SELECT datname FROM pg_database WHERE pg_get_userbyid(datdba) = "
OURS = f"{MADE} current_user ORDER BY 1"
STANDS = "SELECT to_regnamespace('auth') IS NOT NULL"
OF_OTHERS = "watchword_scratch_of_somebody"


@pytest.fixture
def keys() -> Keys:
    return Keys()


def database(url: str, name: str) -> str:
    """Return the address of another database of the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


async def asked(url: str, query: str) -> list[Any]:
    """Return what a query finds, the first of each row."""
    connection = await asyncpg.connect(url)
    found = [row[0] for row in await connection.fetch(query)]
    await connection.close()
    return found


@pytest.fixture
def maker(postgres_url: str, postgres_server: Postgres) -> Iterator[str]:
    """Yield the address of the database for a role that owns it and may make others."""
    parts = urlsplit(postgres_url)
    role = f"maker_{parts.path[1:]}"
    postgres_server.execute(
        f"CREATE ROLE {role} LOGIN CREATEDB PASSWORD 'a word'",
        f"GRANT {postgres_server.app_role} TO {role}",
    )
    where = parts.netloc.rpartition("@")[2]
    yield urlunsplit(parts._replace(netloc=f"{role}:a%20word@{where}"))
    for name in asyncio.run(asked(postgres_url, f"{MADE}'{role}'")):
        postgres_server.drop_database(name)
    postgres_server.execute(f"DROP OWNED BY {role}", f"DROP ROLE {role}")


@pytest.mark.req("N-105")
async def test_a_database_that_a_killed_verification_left_goes_with_the_next_one(
    maker: str, tmp_path: Path, keys: Keys
) -> None:
    given, in_use = settings(tmp_path, keys), f"{SCRATCH}20200101_000000"
    async with open_world(maker, tmp_path, **given) as world:
        await world.subscriber()
        left = f"{SCRATCH}{(await create(world)).id}"
        assert die_verifying(maker, tmp_path, keys.identity, given) == -signal.SIGKILL
        assert await asked(maker, OURS) == [left]
        for name in (in_use, OF_OTHERS):
            await asked(maker, f'CREATE DATABASE "{name}"')
        somebody = await asyncpg.connect(database(maker, in_use))
        assert (await verify(world, keys)).faults == []
        assert await asked(maker, OURS) == [in_use, OF_OTHERS]
        await somebody.close()


async def test_two_verifications_do_not_drop_each_other_s_database(
    maker: str, tmp_path: Path, keys: Keys
) -> None:
    async with open_world(maker, tmp_path, **settings(tmp_path, keys)) as world:
        world.clock.advance(timedelta(days=1))  # names of databases are those of all tests
        made = await create(world)
        async with world.part(Kit).dumps.scratch(f"{SCRATCH}20200102_000000") as other:
            assert (await verify(world, keys)).faults == []
            assert await asked(other.url.reveal(), STANDS) == [False]
            async with world.part(Kit).dumps.scratch(f"{SCRATCH}{made.id}"):
                with pytest.raises(NoScratch):
                    await verify(world, keys)
        assert await asked(maker, OURS) == []


@pytest.fixture
def scratch(postgres_server: Postgres, postgres_names: Iterator[str]) -> Iterator[str]:
    """Yield the address of an empty database."""
    name = next(postgres_names)
    yield postgres_server.create_database(name)
    postgres_server.drop_database(name)


@pytest.mark.req("N-105")
async def test_a_given_database_is_emptied_of_what_a_killed_verification_left_in_it(
    postgres_url: str, scratch: str, tmp_path: Path, keys: Keys
) -> None:
    given = settings(tmp_path, keys, BACKUP_SCRATCH_URL=scratch)
    async with open_world(postgres_url, tmp_path, **given) as world:
        await world.subscriber()
        await create(world)
        died = die_verifying(postgres_url, tmp_path, keys.identity, given)
        assert died == -signal.SIGKILL
        assert await asked(scratch, STANDS) == [True]
        assert (await verify(world, keys)).faults == []
        assert await asked(scratch, STANDS) == [False]


async def test_a_given_database_with_what_others_have_there_or_at_work_is_refused(
    postgres_url: str, scratch: str, tmp_path: Path, keys: Keys
) -> None:
    given = settings(tmp_path, keys, BACKUP_SCRATCH_URL=scratch)
    async with open_world(postgres_url, tmp_path, **given) as world:
        await create(world)
        async with world.part(Kit).dumps.scratch("any"):
            with pytest.raises(NoScratch, match="Another backup is verified"):
                await verify(world, keys)
        await asked(scratch, "CREATE SCHEMA auth")
        with pytest.raises(NoScratch, match="is not empty"):
            await verify(world, keys)
        assert await asked(scratch, STANDS) == [True]


async def test_who_serves_from_what_was_left_in_a_given_database_keeps_it(
    postgres_url: str, scratch: str, tmp_path: Path, keys: Keys
) -> None:
    given = settings(tmp_path, keys, BACKUP_SCRATCH_URL=scratch)
    async with open_world(postgres_url, tmp_path, **given) as world:
        await create(world)
    died = die_verifying(postgres_url, tmp_path, keys.identity, given)
    assert died == -signal.SIGKILL
    async with open_world(scratch, tmp_path, **given) as world:
        with pytest.raises(NoScratch, match="is not empty"):
            await verify(world, keys)
    assert await asked(scratch, STANDS) == [True]
