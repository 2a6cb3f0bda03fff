"""After a restoration: who was erased is erased, who was out is out, and what was there before is kept."""

import asyncio
from pathlib import Path
from typing import BinaryIO

import asyncpg
import pyrage
import pytest
from sqlalchemy import select

from tests.support.backups import Keys, create, restore, settings
from tests.support.facts import facts
from tests.support.terminal import Terminal
from tests.support.world import World, open_world
from watchword.operations.backup.rules import DatabaseNotEmpty, tombstones_in
from watchword.operations.backup.service import Kit
from watchword.plumbing.db.dumps.contents import RestoreFailed
from watchword.plumbing.db.statements import statement
from watchword.plumbing.ports import Eraser
from watchword.records.erasures.rules import OPERATOR
from watchword.records.subscribers.store import users

STATUSES = statement(select(users.c.email, users.c.status).order_by(users.c.created_at))


@pytest.fixture
def keys() -> Keys:
    return Keys()


def kept_at(path: str | None) -> bytes:
    assert path
    return Path(path).read_bytes()


async def statuses(world: World) -> dict[str, str]:
    return {row.email: row.status for row in await world.database.all(STATUSES)}


@pytest.mark.req("N-104", "D-31", "D-32", "D-65")
async def test_who_was_erased_since_is_erased_anew_and_who_was_signed_in_is_not(
    database_url: str, tmp_path: Path, keys: Keys
) -> None:
    given = settings(tmp_path, keys)
    async with open_world(database_url, tmp_path, **given) as world:
        alice = await world.subscriber()
        await world.subscriber("bob@example.org")
        async with world.client() as client:
            await world.sign_in(client, "bob@example.org")
            made = await create(world)
            await world.part(Eraser).erase(alice.id, OPERATOR)
            kit = world.part(Kit)
    done = await restore(kit, keys, force=True)
    assert (done.erased_anew, done.sessions_ended, done.unread) == (1, 1, [])
    assert done.kept
    async with open_world(database_url, tmp_path, **given) as world:
        assert sorted((await statuses(world)).values()) == ["active", "erased"]
        async with world.client(headers=dict(client.headers)) as again:
            assert (await again.get(world.path("/auth/me"))).status_code == 401
        async with world.client() as anew:
            await world.sign_in(anew, "bob@example.org")
            assert (await anew.get(world.path("/auth/me"))).status_code == 200
        [fact] = await facts(world, "backup.restored")
        assert (fact.facts["name"], fact.facts["erased_anew"]) == (made.id, 1)


async def test_where_the_database_is_lost_newer_backups_and_a_file_tell_who_was_erased(
    sqlite_url: str, tmp_path: Path, keys: Keys
) -> None:
    given, file = settings(tmp_path, keys), tmp_path / "watchword.db"
    async with open_world(sqlite_url, tmp_path, **given) as world:
        alice, bob = await world.subscriber(), await world.subscriber("bob@example.org")
        first = await create(world)
        await world.part(Eraser).erase(alice.id, OPERATOR)
        await create(world)
        receipt = await world.part(Eraser).erase(bob.id, OPERATOR)
        kit = world.part(Kit)
        now = world.clock.now().isoformat()
    file.write_bytes(b"this is no database any more, and longer than a hundred bytes" * 9)
    line = f'{{"receipt":"{receipt}","user_id":"{bob.id}","erased_at":"{now}"}}'
    wish = {"older": True, "tombstones": tombstones_in([line])}
    with pytest.raises(Exception, match="Nobody can tell"):
        await restore(kit, keys, first.id, **wish)
    done = await restore(kit, keys, first.id, force=True, **wish)
    assert done.erased_anew == 2
    assert kept_at(done.kept).startswith(b"this is no database")
    async with open_world(sqlite_url, tmp_path, **given) as world:
        assert set((await statuses(world)).values()) == {"erased"}


async def test_where_a_table_can_no_longer_be_read_force_restores_and_nothing_less(
    postgres_url: str, tmp_path: Path, keys: Keys
) -> None:
    given = settings(tmp_path, keys)
    async with open_world(postgres_url, tmp_path, **given) as world:
        await world.subscriber()
        await create(world)
        kit = world.part(Kit)
    connection = await asyncpg.connect(postgres_url)
    await connection.execute("CREATE POLICY broken ON auth.users AS RESTRICTIVE USING (1 / 0 = 1)")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await connection.fetch("SELECT count(*) FROM auth.users")
    await connection.close()
    with pytest.raises(DatabaseNotEmpty, match="Nobody can tell"):
        await restore(kit, keys)
    assert (await restore(kit, keys, force=True)).kept
    async with open_world(postgres_url, tmp_path, **given) as world:
        assert set(await statuses(world)) == {"alice@example.org"}


async def test_sessions_stay_for_whoever_wishes_so(
    sqlite_url: str, tmp_path: Path, keys: Keys
) -> None:
    given = settings(tmp_path, keys)
    async with open_world(sqlite_url, tmp_path, **given) as world:
        await world.subscriber()
        async with world.client() as client:
            await world.sign_in(client)
            await create(world)
            kit = world.part(Kit)
    await restore(kit, keys, force=True, keep_sessions=True)
    async with (
        open_world(sqlite_url, tmp_path, **given) as world,
        world.client(headers=dict(client.headers)) as again,
    ):
        assert (await again.get(world.path("/auth/me"))).status_code == 200


@pytest.mark.req("N-104")
async def test_a_restoration_that_fails_half_way_leaves_everything_as_it_was(
    database_url: str, tmp_path: Path, keys: Keys
) -> None:
    given = settings(tmp_path, keys)
    async with open_world(database_url, tmp_path, **given) as world:
        await world.subscriber()
        made = await create(world)
        await world.subscriber("bob@example.org")
        kit = world.part(Kit)
    sealed = (tmp_path / "backups" / made.id / made.parts[0].name).read_bytes()
    dump = pyrage.decrypt(sealed, [keys.pair])

    def half(target: BinaryIO) -> None:
        target.write(dump[: len(dump) // 2])

    def whole(target: BinaryIO) -> None:
        target.write(dump)

    for feed, rows in ((half, made.rows), (whole, {**made.rows, "users": 7})):
        async with kit.dumps.beside() as beside:
            with pytest.raises(RestoreFailed):
                await beside.restore(feed, rows)
    async with open_world(database_url, tmp_path, **given) as world:
        assert set(await statuses(world)) == {"alice@example.org", "bob@example.org"}


@pytest.mark.req("G-72", "N-104")
def test_after_a_restoration_the_schema_is_complete(
    postgres_url: str, tmp_path: Path, keys: Keys
) -> None:
    async def begin() -> None:
        async with open_world(postgres_url, tmp_path, **settings(tmp_path, keys)) as world:
            await world.subscriber()
            await create(world)

    asyncio.run(begin())
    terminal = Terminal(postgres_url, tmp_path, more=settings(tmp_path, keys))
    restored = terminal.run(
        *("backup", "restore", "latest", "--force", "--yes", "--json"),
        *("--identity", str(keys.file(tmp_path))),
    )
    assert restored.code == 0, restored.err
    assert restored.json["migrated"] == []
    assert terminal.run("migrate", "status").code == 0
