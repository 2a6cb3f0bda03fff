"""A restoration that breaks off: what is there then is what was there, or what is settled already."""

import asyncio
import signal
import sqlite3
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import delete, func, select

from tests.support.backups import Keys, create, restore, settings
from tests.support.dying import MOMENTS, die_restoring
from tests.support.facts import facts
from tests.support.small_disk import command_on_a_full_disk
from tests.support.world import START, World, environment, open_world
from watchword.operations.backup.rules import written
from watchword.operations.backup.service import Kit
from watchword.plumbing.db.dumps.contents import Tombstone
from watchword.plumbing.db.statements import statement
from watchword.plumbing.ports import Eraser
from watchword.records.backups.rules import Manifest
from watchword.records.erasures.rules import OPERATOR
from watchword.records.erasures.service import Erasures
from watchword.records.erasures.store import erasures
from watchword.records.sessions.store import sessions
from watchword.records.subscribers.store import users

STATUSES = statement(select(users.c.status).order_by(users.c.created_at))
SIGNED_IN = statement(
    select(func.count().label("number")).select_from(sessions).where(sessions.c.ended_at.is_(None))
)
FORGET = statement(delete(erasures))
SCHEMAS = "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'a%restoring'"
UNTOUCHED = (["active", "erased"], 1, 0)
SETTLED = (["active", "erased"], 0, 1)


@pytest.fixture
def keys() -> Keys:
    return Keys()


async def erased_since_a_backup(world: World) -> Manifest:
    """Make a backup with alice in it and bob signed in, and erase alice."""
    alice = await world.subscriber()
    await world.subscriber("bob@example.org")
    async with world.client() as client:
        await world.sign_in(client, "bob@example.org")
    made = await create(world)
    await world.part(Eraser).erase(alice.id, OPERATOR)
    return made


def left_over(folder: Path) -> list[Path]:
    return [*folder.glob(".watchword.db-*")]


def remove(path: str | None) -> None:
    assert path
    Path(path).unlink()


async def told(world: World) -> tuple[list[str], int, int]:
    """Return how the accounts stand, how many are signed in, and how often there was a restoration."""
    statuses = sorted(row.status for row in await world.database.all(STATUSES))
    signed_in = (await world.database.first(SIGNED_IN)).number
    return statuses, signed_in, len(await facts(world, "backup.restored"))


@pytest.mark.req("N-104", "D-31", "D-32")
async def test_whenever_a_restoration_is_killed_nobody_who_was_erased_is_back_or_signed_in(
    database_url: str, tmp_path: Path, keys: Keys
) -> None:
    given = settings(tmp_path, keys)
    async with open_world(database_url, tmp_path, **given) as world:
        await erased_since_a_backup(world)
        kit, clock = world.part(Kit), world.clock
    for number, moment in enumerate(MOMENTS[kit.dumps.dialect]):
        died = die_restoring(moment, number, database_url, tmp_path, keys.identity, given)
        assert died == -signal.SIGKILL, moment
        async with open_world(database_url, tmp_path, **given) as world:
            assert await told(world) == (SETTLED if moment == "swapped" else UNTOUCHED), moment
    clock.advance(timedelta(hours=1))
    assert (await restore(kit, keys, force=True)).erased_anew == 1
    async with open_world(database_url, tmp_path, **given) as world:
        assert await told(world) == SETTLED
    assert not left_over(tmp_path)
    if database_url.startswith("postgresql"):
        connection = await asyncpg.connect(database_url)
        assert await connection.fetch(SCHEMAS) == []
        await connection.close()


@pytest.mark.req("D-31")
async def test_databases_kept_aside_tell_who_was_erased_too(
    database_url: str, tmp_path: Path, keys: Keys
) -> None:
    given = settings(tmp_path, keys)
    async with open_world(database_url, tmp_path, **given) as world:
        await erased_since_a_backup(world)
        kit, clock = world.part(Kit), world.clock
    await restore(kit, keys, force=True)
    async with open_world(database_url, tmp_path, **given) as world:
        await world.database.run(FORGET)
    clock.advance(timedelta(hours=1))
    assert (await restore(kit, keys, force=True)).erased_anew == 1


@pytest.mark.req("D-31")
async def test_who_is_not_in_an_older_backup_is_remembered_for_a_newer_one(
    sqlite_url: str, tmp_path: Path, keys: Keys
) -> None:
    given = settings(tmp_path, keys)
    async with open_world(sqlite_url, tmp_path, **given) as world:
        first = await create(world)
        world.clock.advance(timedelta(minutes=1))
        await erased_since_a_backup(world)
        kit, clock = world.part(Kit), world.clock
    kept = (await restore(kit, keys, first.id, force=True, older=True)).kept
    remove(kept)
    clock.advance(timedelta(hours=1))
    assert (await restore(kit, keys, force=True, older=True)).erased_anew == 1


@pytest.mark.req("D-31")
async def test_who_had_asked_to_be_erased_at_the_time_of_the_backup_is_erased_by_the_same_receipt(
    database_url: str, tmp_path: Path, keys: Keys
) -> None:
    given = settings(tmp_path, keys)
    async with open_world(database_url, tmp_path, **given) as world:
        alice = await world.subscriber()
        now = world.clock.now()
        async with world.database.transaction() as tx:
            asked, _ = await world.part(Erasures).ask(tx, alice.id, "owner", now)
        await create(world)
        assert await world.part(Eraser).erase(alice.id, OPERATOR) == asked.id
        kit = world.part(Kit)
    assert (await restore(kit, keys, force=True)).erased_anew == 1
    async with open_world(database_url, tmp_path, **given) as world:
        [kept] = [each async for each in world.part(Erasures).tombstones(world.database)]
        assert (kept.id, kept.erased_at, kept.undone_at) == (asked.id, now, None)


@pytest.mark.req("N-104", "D-31")
def test_a_disk_that_gets_full_while_a_backup_is_restored_leaves_what_was_there(
    sqlite_url: str, tmp_path: Path, keys: Keys
) -> None:
    given = settings(tmp_path, keys)

    async def begin() -> int:
        async with open_world(sqlite_url, tmp_path, **given) as world:
            made = await erased_since_a_backup(world)
        return max(part.size for part in made.parts)

    async def look() -> tuple[list[str], int, int]:
        async with open_world(sqlite_url, tmp_path, **given) as world:
            return await told(world)

    size, file = asyncio.run(begin()), Path(sqlite_url.removeprefix("sqlite:///"))
    others = tmp_path / "others.jsonl"
    others.write_bytes(written(Tombstone(UUID(int=n), UUID(int=n), START) for n in range(500)))
    words = ("backup", "restore", "latest", "--tombstones", str(others))
    for room in (-4096, 4096, 32768):
        before = file.stat().st_ino
        done = command_on_a_full_disk(
            *(*words, "--identity", str(keys.file(tmp_path)), "--force", "--yes"),
            folder=tmp_path,
            most=size + room,
            **environment(sqlite_url, **given),
        )
        assert done.returncode, f"{room}: there was room enough"
        assert file.stat().st_ino == before, room
        assert "Traceback" not in done.stderr
        assert "the database is as it was" in done.stderr or room < 0, done.stderr
    with sqlite3.connect(file) as line:
        assert line.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert asyncio.run(look()) == UNTOUCHED
