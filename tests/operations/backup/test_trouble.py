"""Trouble with the server while a backup is made: it is waited for, or told as what it is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.backups import Keys, create, settings, unheard
from tests.support.exposed import scrape
from tests.support.facts import facts
from tests.support.services.postgres import Postgres
from tests.support.world import environment, open_world
from watchword.app.building import open_kit
from watchword.app.settings import read
from watchword.kernel.clock import SystemClock
from watchword.operations.backup.service import Backups, Kit
from watchword.plumbing.db.dumps.contents import Dump, DumpFailed

HURRY = ("idle_in_transaction_session_timeout = '1s'", "statement_timeout = '1ms'")
HANG_UP = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'"


@pytest.fixture
def keys() -> Keys:
    return Keys()


def name_of(url: str) -> str:
    return urlsplit(url).path[1:]


async def test_a_dump_may_take_longer_than_the_server_lets_others_idle(
    postgres_url: str, postgres_server: Postgres, tmp_path: Path, keys: Keys
) -> None:
    for each in HURRY:
        postgres_server.execute(f"ALTER DATABASE {name_of(postgres_url)} SET {each}")
    given = read(environment(postgres_url, **settings(tmp_path, keys)), cwd=tmp_path)
    async with open_kit(given, SystemClock()) as kit, kit.dumps.moment() as dump:
        await asyncio.sleep(1.5)
        with dump.read() as source:
            assert source.read().startswith(b"PGDMP")


@dataclass(frozen=True)
class HungUpOn:
    """Dumps whose server ends all connections when a moment of it is held."""

    dumps: Any
    server: Postgres

    def __getattr__(self, name: str) -> Any:
        return getattr(self.dumps, name)

    @asynccontextmanager
    async def moment(self) -> AsyncIterator[Dump]:
        """Hold a moment that ends before its time."""
        async with self.dumps.moment() as dump:
            hang_up = HANG_UP.format(name=name_of(self.dumps.url.reveal()))
            await asyncio.to_thread(self.server.execute, hang_up)
            yield dump


async def test_a_server_that_hangs_up_in_the_midst_of_a_dump_is_a_backup_that_failed(
    postgres_url: str, postgres_server: Postgres, tmp_path: Path, keys: Keys
) -> None:
    async with open_world(postgres_url, tmp_path, **settings(tmp_path, keys)) as world:
        dumps: Any = HungUpOn(world.part(Kit).dumps, postgres_server)
        kit = replace(world.part(Kit), dumps=dumps)
        with pytest.raises(DumpFailed):
            await replace(world.part(Backups), kit=kit).create(unheard)
        [fact] = await facts(world, "backup.failed")
        assert fact.facts["reason"] == "backup_failed"
        assert (await scrape(world)).value("backup_failures_total") == 1
        await create(world)
