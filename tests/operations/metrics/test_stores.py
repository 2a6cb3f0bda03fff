"""What is told of the database and of Redis."""

import contextlib
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.support.exposed import scrape
from tests.support.ports import free_port
from tests.support.proxy import wire_to
from tests.support.watched import watched
from tests.support.world import World, open_world
from tests.support.worlds import Opener
from watchword.operations.metrics.service import Gauges
from watchword.records.sessions.store import ACTIVE

AUTH = "/api/v1/auth"
ALICE = "alice@example.org"


@pytest.mark.req("R-51")
async def test_what_counts_trouble_is_there_as_nought_from_the_start(small_world: World) -> None:
    exposed = await scrape(small_world)
    for name in ("database_connections_failed_total", "redis_connections_failed_total"):
        assert exposed.shows(name)
        assert exposed.value(name) == 0
    assert exposed.value("app_info", profile="generic") == 1


@pytest.mark.req("R-51")
@pytest.mark.needs("postgres")
async def test_a_database_that_is_gone_counts_as_failed_connections(
    postgres_url: str, tmp_path: Path
) -> None:
    async with wire_to(postgres_url) as wire, open_world(wire.url, tmp_path) as world:
        gauges = world.house.part(Gauges)
        await gauges.look()
        assert (await scrape(world)).value("database_up") == 1
        async with world.client() as anyone, watched(world) as told:
            wire.shut()
            body = {"email": ALICE, "password": "whatever it is"}
            refused = await anyone.post(f"{AUTH}/login", json=body)
            assert refused.status_code == 503
            await gauges.look()
        assert told.rise("database_connections_failed_total") >= 1
        assert told.after.value("database_up") == 0
        wire.reopen()


@pytest.mark.req("N-75")
@pytest.mark.needs("postgres")
async def test_connections_to_the_database_are_a_gauge_beside_what_there_may_be(
    postgres_url: str, tmp_path: Path
) -> None:
    async with (
        open_world(postgres_url, tmp_path, DB_POOL_MIN="1", DB_POOL_MAX="7") as world,
        contextlib.AsyncExitStack() as held,
    ):
        for _ in range(3):
            tx = await held.enter_async_context(world.database.transaction())
            await tx.first(ACTIVE, now=world.clock.now())
        exposed = await scrape(world)
        assert 3 <= exposed.value("auth_database_connections") <= 7
        assert exposed.value("database_pool_size") == 7


@pytest.mark.needs("postgres")
async def test_metrics_are_told_while_the_database_is_away(
    postgres_url: str, tmp_path: Path
) -> None:
    async with (
        wire_to(postgres_url) as wire,
        open_world(wire.url, tmp_path, METRICS_TOKEN="only-prometheus") as world,
        world.client() as prometheus,
    ):
        wire.shut()
        headers = {"Authorization": "Bearer only-prometheus"}
        assert (await prometheus.get("/metrics", headers=headers)).status_code == 200
        wire.reopen()


@pytest.mark.req("R-51")
async def test_a_redis_that_is_gone_counts_as_failed_connections(small_worlds: Opener) -> None:
    gone = f"redis://127.0.0.1:{free_port()}/0"
    async with small_worlds(REDIS_URL=gone) as world, world.client() as anyone:
        async with watched(world) as told:
            asked = await anyone.post(f"{AUTH}/otp/request", json={"email": ALICE})
            assert asked.status_code == 202
        assert told.rise("redis_connections_failed_total") >= 1


@pytest.mark.req("R-51", "K-04")
async def test_a_redis_that_is_gone_counts_though_nobody_comes(small_worlds: Opener) -> None:
    gone = f"redis://127.0.0.1:{free_port()}/0"
    async with small_worlds(REDIS_URL=gone) as world, watched(world) as told:
        await world.house.part(Gauges).look()
    assert told.rise("redis_connections_failed_total") >= 1
    assert told.after.value("redis_up") == 0


@pytest.mark.req("A-49")
@pytest.mark.needs("valkey")
async def test_whether_redis_answers_and_how_much_memory_it_takes_are_gauges(
    small_worlds: Opener, valkey_url: str
) -> None:
    async with wire_to(valkey_url) as wire, small_worlds(REDIS_URL=wire.url) as world:
        gauges = world.house.part(Gauges)
        assert not (await scrape(world)).shows("redis_up")
        await gauges.look()
        well = await scrape(world)
        assert well.value("redis_up") == 1
        assert well.value("redis_memory_used_bytes") > 100_000
        wire.shut()
        await gauges.look()
        away = await scrape(world)
        assert away.value("redis_up") == 0
        assert not away.shows("redis_memory_used_bytes")


@pytest.mark.req("A-49")
@pytest.mark.needs("valkey")
async def test_a_redis_that_knows_no_tls_is_not_spoken_to_where_tls_is_asked_for(
    small_worlds: Opener, valkey_url: str
) -> None:
    where = urlsplit(valkey_url)
    told = {
        "REDIS_HOST": str(where.hostname),
        "REDIS_PORT": str(where.port),
        "REDIS_PASSWORD": unquote(where.password or ""),
    }
    for tls, up in (("true", 0), ("false", 1)):
        async with small_worlds(**told, REDIS_TLS=tls) as world:
            await world.house.part(Gauges).look()
            assert (await scrape(world)).value("redis_up") == up


async def test_without_redis_nobody_is_told_that_it_is_down(small_world: World) -> None:
    await small_world.house.part(Gauges).look()
    assert not (await scrape(small_world)).shows("redis_up")
