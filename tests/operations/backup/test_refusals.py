"""What is not restored: all of it is refused before anything is touched."""

import hashlib
import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import asyncpg
import msgspec
import pytest

from tests.support.backups import Keys, create, restore, settings, verify
from tests.support.world import StoppedClock, environment, open_world
from watchword.app.building import open_kit
from watchword.app.settings import read
from watchword.operations.backup.rules import BackupForeign, BackupOutdated, DatabaseNotEmpty
from watchword.operations.backup.service import Backups, Kit
from watchword.plumbing.archives.age import BackupKeyWrong
from watchword.plumbing.db.dumps.contents import DatabaseInUse
from watchword.plumbing.db.dumps.looking import OTHERS
from watchword.records.backups.rules import MANIFEST, BackupAltered, BackupMissing, signed

Harm = Callable[[Path, str, str], None]


@pytest.fixture
def keys() -> Keys:
    return Keys()


def part(backups: Path, name: str, kind: str = "auth_db") -> Path:
    """Return the file of a part, for us to harm."""
    [found] = [
        path
        for path in (backups / name).iterdir()
        if path.name.startswith(kind) and path.suffix == ".age"
    ]
    found.chmod(0o600)
    return found


def manifest(backups: Path, name: str) -> Path:
    path = backups / name / "manifest.json"
    path.chmod(0o600)
    return path


def change_a_byte(backups: Path, _first: str, second: str) -> None:
    path = part(backups, second)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut_short(backups: Path, _first: str, second: str) -> None:
    path = part(backups, second)
    path.write_bytes(path.read_bytes()[:-100])


def take_the_part_of_another(backups: Path, first: str, second: str) -> None:
    shutil.copy(part(backups, first), part(backups, second))


def take_the_part_and_the_manifest_of_another(backups: Path, first: str, second: str) -> None:
    shutil.copy(part(backups, first), part(backups, second))
    shutil.copy(manifest(backups, first), manifest(backups, second))


def take_the_tombstones_of_another(backups: Path, first: str, second: str) -> None:
    shutil.copy(part(backups, first, "tombstones"), part(backups, second, "tombstones"))


def lose_a_part(backups: Path, _first: str, second: str) -> None:
    part(backups, second).unlink()


def say_other_numbers(backups: Path, _first: str, second: str) -> None:
    path = manifest(backups, second)
    told = json.loads(path.read_text())
    told["rows"]["users"] += 1
    path.write_text(json.dumps(told))


def spoil_the_manifest(backups: Path, _first: str, second: str) -> None:
    manifest(backups, second).write_text("{}")


def name_a_file_outside(backups: Path, _first: str, second: str) -> None:
    path = manifest(backups, second)
    path.write_text(path.read_text().replace("auth_db_", "../auth_db_"))


HARMS: list[Harm] = [
    change_a_byte,
    cut_short,
    take_the_part_of_another,
    take_the_part_and_the_manifest_of_another,
    take_the_tombstones_of_another,
    lose_a_part,
    say_other_numbers,
    spoil_the_manifest,
    name_a_file_outside,
]


@pytest.mark.req("N-104", "D-29")
async def test_what_was_changed_cut_short_or_put_together_is_not_restored_and_nothing_is_touched(
    sqlite_url: str, tmp_path: Path, keys: Keys
) -> None:
    given = settings(tmp_path, keys)
    kept, backups = tmp_path / "kept", tmp_path / "backups"
    async with open_world(sqlite_url, tmp_path, **given) as world:
        await world.subscriber()
        first = await create(world)
        world.clock.advance(timedelta(days=1))
        await world.subscriber("bob@example.org")
        second = await create(world)
    shutil.copytree(backups, kept)
    before = digest(tmp_path / "watchword.db")
    for harm in HARMS:
        shutil.rmtree(backups)
        shutil.copytree(kept, backups)
        harm(backups, first.id, second.id)
        async with open_kit(
            read(environment(sqlite_url, **given), cwd=tmp_path), StoppedClock()
        ) as kit:
            with pytest.raises(BackupAltered):
                await restore(kit, keys, second.id, force=True)
        assert digest(tmp_path / "watchword.db") == before, harm.__name__
    shutil.rmtree(backups)
    shutil.copytree(kept, backups)
    async with open_kit(
        read(environment(sqlite_url, **given), cwd=tmp_path), StoppedClock()
    ) as kit:
        for problem, how in (
            (BackupOutdated, {"asked": first.id, "force": True}),
            (DatabaseNotEmpty, {"asked": "latest"}),
            (BackupMissing, {"asked": "2025-01-01", "force": True}),
            (BackupMissing, {"asked": "2", "force": True}),
            (BackupMissing, {"asked": "../" + second.id, "force": True}),
        ):
            with pytest.raises(problem):
                await restore(kit, keys, **how)
        with pytest.raises(BackupKeyWrong):
            await restore(kit, Keys(), force=True)
        assert digest(tmp_path / "watchword.db") == before
        older = await restore(kit, keys, first.id, force=True, older=True)
        assert older.name == first.id


def digest(path: Path) -> str:
    assert not list(path.parent.glob(".watchword.db-*")), "something is left over"
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.req("N-104")
async def test_after_an_older_one_the_newest_is_still_known_when_the_others_are_gone(
    sqlite_url: str, tmp_path: Path, keys: Keys
) -> None:
    given = settings(tmp_path, keys)
    async with open_world(sqlite_url, tmp_path, **given) as world:
        first = await create(world)
        world.clock.advance(timedelta(hours=1))
        second = await create(world)
        shutil.rmtree(tmp_path / "backups" / second.id)
    async with open_kit(
        read(environment(sqlite_url, **given), cwd=tmp_path), StoppedClock()
    ) as kit:
        with pytest.raises(BackupOutdated):
            await restore(kit, keys, first.id)
        await restore(kit, keys, first.id, older=True)
        with pytest.raises(BackupOutdated):
            await restore(kit, keys, first.id)
    async with open_world(sqlite_url, tmp_path, **given) as world:
        world.clock.advance(timedelta(hours=2))
        assert (await create(world)).number == second.number + 1


@pytest.mark.req("N-104")
async def test_a_backup_of_a_clock_that_was_ahead_is_neither_the_latest_nor_in_the_way(
    sqlite_url: str, tmp_path: Path, keys: Keys
) -> None:
    given = settings(tmp_path, keys)
    async with open_world(sqlite_url, tmp_path, **given) as world:
        world.clock.advance(timedelta(days=300))
        ahead = await create(world)
        world.clock.advance(timedelta(days=-300))
        await world.subscriber()
        second = await world.part(Backups).create_when_due()
        assert second is not None, "one that is made in the future is none that was made"
        assert second.number == 2
        assert (await verify(world, keys)).name == second.id
        kit = world.part(Kit)
        assert (await kit.vault.find(f"{ahead.made_at:%Y-%m-%d}")).id == ahead.id
    assert (await restore(kit, keys, force=True)).name == second.id


async def test_another_service_s_backup_is_not_ours(
    sqlite_url: str, tmp_path: Path, keys: Keys
) -> None:
    given = settings(tmp_path, keys)
    other = given | {"PEPPER": "another pepper of another service, 0123456789abcdef"}
    async with open_world(sqlite_url, tmp_path, **given) as world:
        made = await create(world)
    async with open_kit(
        read(environment(sqlite_url, **other), cwd=tmp_path), StoppedClock()
    ) as kit:
        with pytest.raises(BackupAltered):
            await restore(kit, keys, made.id)
    rotated = other | {"PEPPER_VERSION": "2", "PEPPER_PREVIOUS": f"1:{environment('')['PEPPER']}"}
    async with open_kit(
        read(environment(sqlite_url, **rotated), cwd=tmp_path), StoppedClock()
    ) as kit:
        assert (await restore(kit, keys, made.id)).name == made.id


async def test_while_somebody_is_connected_nothing_is_restored(
    database_url: str, tmp_path: Path, keys: Keys
) -> None:
    async with open_world(database_url, tmp_path, **settings(tmp_path, keys)) as world:
        await world.subscriber()
        await create(world)
        kit = world.part(Kit)
        with pytest.raises(DatabaseInUse):
            await restore(kit, keys, force=True)
    assert (await restore(kit, keys, force=True)).kept


ACTIVITY = """
CREATE SCHEMA told;
CREATE TABLE told.pg_stat_activity AS SELECT * FROM pg_catalog.pg_stat_activity LIMIT 0;
INSERT INTO told.pg_stat_activity (datname, pid, usesysid, usename, application_name, backend_type) VALUES
    (current_database(), -1, NULL, NULL, '', NULL),
    (current_database(), -2, NULL, NULL, '', 'autovacuum worker'),
    (current_database(), -3, 10, 'postgres', 'pg_cron', 'background worker'),
    ('another', -4, 10, 'postgres', 'psql', NULL);
SET search_path = told, pg_catalog;
"""
A_CLIENT = (
    "INSERT INTO told.pg_stat_activity (datname, pid, usesysid, usename, application_name, backend_type)"
    " VALUES (current_database(), -5, 11, 'clinic', 'psql', $1)"
)


@pytest.mark.req("G-61")
async def test_what_a_server_does_by_itself_is_nobody_connected_though_its_kind_is_hidden(
    postgres_url: str,
) -> None:
    connection = await asyncpg.connect(postgres_url)
    await connection.execute(ACTIVITY)
    assert await connection.fetch(OTHERS) == []
    for kind in (None, "client backend"):
        await connection.execute(A_CLIENT, kind)
        assert [*map(tuple, await connection.fetch(OTHERS))] == [("clinic, psql",)]
        await connection.execute("DELETE FROM told.pg_stat_activity WHERE pid = -5")
    await connection.close()


@pytest.mark.parametrize("harm", [{"schema": ["before_9999"]}, {"database": "postgresql"}])
async def test_a_backup_of_a_newer_program_or_of_another_kind_is_refused(
    sqlite_url: str, tmp_path: Path, keys: Keys, harm: dict[str, object]
) -> None:
    async with open_world(sqlite_url, tmp_path, **settings(tmp_path, keys)) as world:
        made = await create(world)
        kit = world.part(Kit)
        told = signed(msgspec.structs.replace(made, **harm), kit.vault.peppers)
        await kit.vault.storage.put(f"{made.id}/{MANIFEST}", told)
    with pytest.raises(BackupForeign):
        await restore(kit, keys)
