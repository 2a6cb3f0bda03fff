"""Backups that nobody has to ask for: once for each time, kept as long as said, told in metrics."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.backups import Keys, create, settings, unheard, verify
from tests.support.exposed import scrape
from tests.support.facts import facts
from tests.support.program import watchword
from tests.support.world import START, environment
from tests.support.worlds import Opener
from watchword.kernel.ports import ColdStorage
from watchword.operations.backup.rules import HELD, RETRY
from watchword.operations.backup.service import Backups, Kit, Verifier
from watchword.operations.metrics.service import Gauges
from watchword.plumbing.archives.age import BackupKeyWrong
from watchword.records.backups.rules import BackupStorageUnavailable


@pytest.fixture
def keys() -> Keys:
    return Keys()


class NoDeletion:
    """A storage whose key may do all but delete."""

    def __init__(self, storage: ColdStorage) -> None:
        self._storage = storage

    def __getattr__(self, name: str) -> Any:
        return getattr(self._storage, name)

    async def delete(self, name: str) -> None:
        raise PermissionError(f"S3 answered 403 to {name}")


def names(folder: Path) -> list[str]:
    """Return which backups there are."""
    return sorted(path.name for path in (folder / "backups").iterdir() if path.is_dir())


@pytest.mark.req("G-59", "G-06")
async def test_a_backup_a_day_is_kept_for_a_week(
    small_worlds: Opener, tmp_path: Path, keys: Keys
) -> None:
    async with small_worlds(**settings(tmp_path, keys)) as world:
        backups = world.part(Backups)
        for _ in range(9):
            assert await backups.create_when_due() is not None
            assert await backups.create_when_due() is None
            world.clock.advance(timedelta(days=1))
        assert len(names(tmp_path)) == 8
        world.clock.advance(timedelta(days=30))
        assert await backups.prune(really=False) == names(tmp_path)[:-1]
        await backups.prune(really=True)
        assert len(names(tmp_path)) == 1
    assert (tmp_path / "backups/latest").read_text().strip() == names(tmp_path)[0]


@pytest.mark.req("G-59")
async def test_a_backup_is_made_although_older_ones_may_not_be_thrown_away(
    small_worlds: Opener, tmp_path: Path, keys: Keys
) -> None:
    async with small_worlds(**settings(tmp_path, keys)) as world:
        kit = world.part(Kit)
        barred = replace(kit.vault, storage=NoDeletion(kit.vault.storage))
        backups = replace(world.part(Backups), kit=replace(kit, vault=barred))
        await backups.create(unheard)
        world.clock.advance(timedelta(days=30))
        made = await backups.create_when_due()
        assert made is not None
        assert made.number == 2
        assert await backups.create_when_due() is None, "nothing is tried again"
        assert len(names(tmp_path)) == 2
        assert await facts(world, "backup.failed") == []
        assert "let whoever makes them delete them" in world.log.getvalue()
        with pytest.raises(BackupStorageUnavailable):
            await backups.prune(really=True)


async def test_of_two_processes_one_makes_the_backup_of_a_time(
    worlds: Opener, tmp_path: Path, keys: Keys
) -> None:
    given = settings(tmp_path, keys)
    async with worlds(**given) as one, worlds(**given) as other:
        made = await asyncio.gather(
            *(each.part(Backups).create_when_due() for each in (one, other))
        )
        assert [each is None for each in sorted(made, key=lambda each: each is None)] == [
            False,
            True,
        ]
        async with one.database.exclusively(HELD):
            assert await other.part(Backups).create(unheard) is None
        assert await one.part(Backups).create_when_due() is None
    assert len(names(tmp_path)) == 1


async def test_one_that_failed_is_tried_again_after_a_while_and_counted(
    small_worlds: Opener, tmp_path: Path, keys: Keys
) -> None:
    (tmp_path / "backups").write_text("a file")
    async with small_worlds(**settings(tmp_path, keys)) as world:
        with pytest.raises(Exception, match="backups"):
            await world.part(Backups).create_when_due()
        assert await world.part(Backups).create_when_due() is None
        (tmp_path / "backups").unlink()
        world.clock.advance(RETRY)
        assert await world.part(Backups).create_when_due() is not None
        [failed] = await facts(world, "backup.failed")
        assert failed.facts["by"] == "schedule"
        async with world.client() as client:
            assert "backup_failures_total 1.0" in (await client.get("/metrics")).text


@pytest.mark.req("N-105")
async def test_metrics_tell_when_how_large_and_whether_it_was_good(
    small_worlds: Opener, tmp_path: Path, keys: Keys
) -> None:
    given = settings(tmp_path, keys)
    async with small_worlds(**given) as world:
        gauges = world.house.part(Gauges)
        await gauges.look()
        told = await scrape(world)
        assert told.value("backup_last_success_timestamp_seconds") == 0
        assert told.shows("backup_last_success_timestamp_seconds")
        assert not told.shows("backup_last_verify_good")
        made = await create(world)
        await verify(world, keys)
        await gauges.look()
        told = await scrape(world)
        assert told.value("backup_last_success_timestamp_seconds") == START.timestamp()
        assert told.value("backup_last_size_bytes") == made.size
        assert told.value("backup_last_verify_timestamp_seconds") == START.timestamp()
        assert told.value("backup_last_verify_good") == 1
        change(tmp_path / "backups" / made.id / made.parts[0].name)
        assert not (await verify(world, keys)).whole
        world.clock.advance(timedelta(seconds=1))
        await gauges.look()
        assert (await scrape(world)).value("backup_last_verify_good") == 0


def change(path: Path) -> None:
    """Change the last byte of a file."""
    path.chmod(0o600)
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


@pytest.mark.req("D-33")
async def test_where_the_identity_is_given_the_newest_is_verified_by_the_clock(
    small_worlds: Opener, tmp_path: Path, keys: Keys
) -> None:
    given = settings(tmp_path, keys, BACKUP_IDENTITY=str(keys.pair))
    async with small_worlds(**given) as world:
        verifier = world.part(Verifier)
        assert await verifier.verify_when_due() is None
        await create(world)
        verdict = await verifier.verify_when_due()
        assert verdict is not None
        assert verdict.whole
        assert await verifier.verify_when_due() is None
        [fact] = await facts(world, "backup.verified")
        assert (fact.facts["whole"], fact.facts["by"]) == (True, "schedule")


async def test_who_cannot_even_try_to_verify_does_so_again_after_a_while(
    small_worlds: Opener, tmp_path: Path, keys: Keys
) -> None:
    given = settings(tmp_path, keys, BACKUP_IDENTITY=str(Keys().pair))
    async with small_worlds(**given) as world:
        await create(world)
        verifier = world.part(Verifier)
        for _ in range(2):
            with pytest.raises(BackupKeyWrong):
                await verifier.verify_when_due()
            assert await verifier.verify_when_due() is None, "not every minute"
            world.clock.advance(RETRY)
        assert await facts(world, "backup.verified") == []


@pytest.mark.req("G-06", "G-59")
def test_the_worker_lists_backups_with_their_times(tmp_path: Path) -> None:
    environ = environment(f"sqlite:///{tmp_path}/w.db")
    told = watchword("worker", "--list", "--json", cwd=tmp_path, environ=environ)
    listed = {each["name"]: each for each in json.loads(told.stdout)}
    assert listed["backup-database-and-configuration"]["when"] == "0 2 * * *"
    assert listed["backup-verify"]["when"] == "0 5 * * 0"
