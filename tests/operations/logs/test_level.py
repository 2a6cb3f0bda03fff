"""Another level of the log, without a restart."""

import json
import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.facts import facts
from tests.support.running import ask, ports, started, until, wait_until_ready
from tests.support.world import World, environment
from tests.support.worlds import Opener
from watchword.operations.logs.jobs import heed
from watchword.operations.logs.service import LogLevel
from watchword.plumbing.logs import logger
from watchword.plumbing.logs.logger import log

ROOT, LEVEL = "root@example.org", "/api/v1/admin/log-level"


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Leave the level as it was."""
    yield
    logger.configure()


@pytest.mark.req("R-73")
async def test_an_administrator_sets_the_level_and_the_trail_knows_who(world: World) -> None:
    root = await world.subscriber(ROOT, role="admin")
    async with world.client() as client:
        await world.sign_in(client, ROOT)
        log().debug("not said")
        answer = await client.put(LEVEL, json={"level": "debug"})
        log().debug("said")
    assert (answer.status_code, answer.json()) == (200, {"level": "debug"})
    assert '"not said"' not in world.log.getvalue()
    assert '"message":"said"' in world.log.getvalue()
    [fact] = await facts(world, "log.level_set")
    assert fact.facts == {"level": "debug", "by": str(root.id)}


async def test_other_processes_take_it_once_and_one_that_starts_later_does_not(
    worlds: Opener,
) -> None:
    async with worlds() as one, worlds() as other:
        one.clock.advance(timedelta(seconds=1))
        await one.subscriber(ROOT, role="admin")
        async with one.client() as client:
            await one.sign_in(client, ROOT)
            await client.put(LEVEL, json={"level": "error"})
        logger.set_level("info")
        await heed(other.house)
        assert not logger.tells("info")
        logger.set_level("info")
        await heed(other.house)
        assert logger.tells("info")
        other.part(LogLevel).heeded.last = None
        other.part(LogLevel).heeded.since += timedelta(seconds=2)
        await heed(other.house)
        assert logger.tells("info")


async def test_nobody_but_an_administrator_sets_it_and_only_to_what_there_is(world: World) -> None:
    await world.subscriber()
    await world.subscriber(ROOT, role="admin")
    async with world.client() as client, world.client() as admin:
        assert (await client.put(LEVEL, json={"level": "debug"})).status_code == 401
        await world.sign_in(client)
        assert (await client.put(LEVEL, json={"level": "debug"})).status_code == 403
        await world.sign_in(admin, ROOT)
        assert (await admin.put(LEVEL, json={"level": "all"})).status_code == 422


@pytest.mark.req("R-73")
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_hangup_makes_every_process_take_the_level_as_it_is_told_now(
    sqlite_url: str, tmp_path: Path, workers: str
) -> None:
    told = tmp_path / "level"
    told.write_text("error")
    more = {"LOG_LEVEL_FILE": str(told), "WEB_CONCURRENCY": workers, "HOST": "127.0.0.1"}
    environ = environment(sqlite_url, **ports(), **more)
    base = f"http://127.0.0.1:{environ['PORT']}"
    with started(tmp_path, "serve", **environ) as service:
        wait_until_ready(base)
        assert ask(f"{base}/live")[0] == 200
        assert '"message":"request"' not in service.said
        told.write_text("info")
        os.kill(service.process.pid, signal.SIGHUP)
        until(
            lambda: service.said.count('"message":"log level"') == int(workers),
            "every process took it",
        )
        assert ask(f"{base}/live")[0] == 200
        service.wait_for('"message":"request"')
        told.write_text("loud")
        os.kill(service.process.pid, signal.SIGHUP)
        [refused] = {
            json.loads(line)["faults"]
            for line in service.wait_for(r"\{[^\n]*the settings are refused now[^\n]*\}")[
                0
            ].splitlines()
        }
        assert refused == "LOG_LEVEL"
        assert ask(f"{base}/live")[0] == 200
        assert service.stop() == 0
