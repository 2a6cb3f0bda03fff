"""Without Redis the service goes on alone: people sign in, limits hold, and it says so."""

import asyncio
import json

import pytest

from tests.support.ports import free_port
from tests.support.proxy import wire_to
from tests.support.quiet import quiet
from tests.support.worlds import Opener
from watchword.plumbing.metrics.counting import Metrics


@pytest.mark.req("A-13", "K-04")
async def test_without_redis_people_sign_in_and_limits_hold(small_worlds: Opener) -> None:
    redis = f"redis://127.0.0.1:{free_port()}/0"
    async with small_worlds(REDIS_URL=redis, RATE_LIMIT_AUTH="4/900000") as world:
        await world.subscriber()
        async with world.client() as client:
            first = await world.sign_in(client)
            wrong = {"email": "alice@example.org", "password": "not this one at all"}
            codes = [
                (await client.post(world.path("/auth/login"), json=wrong)).status_code
                for _ in range(4)
            ]
            health = await client.get("/health")
            ready = await client.get("/ready")
        said = [json.loads(line) for line in world.log.getvalue().splitlines()]

    assert first["access_token"]
    assert codes[-1] == 429
    assert (health.status_code, ready.status_code) == (200, 200)
    assert health.json()["redis"] == "degraded"
    assert [line["level"] for line in said if "redis is away" in line["message"]] == ["warn"]


@pytest.mark.req("K-04")
async def test_where_redis_is_required_the_service_is_not_ready_without_it(
    small_worlds: Opener,
) -> None:
    redis = f"redis://127.0.0.1:{free_port()}/0"
    async with small_worlds(REDIS_URL=redis, REDIS_REQUIRED="true") as world, world.client() as c:
        ready, live = await c.get("/ready"), await c.get("/live")

    assert (ready.status_code, live.status_code) == (503, 200)
    assert "redis" in ready.json()["reason"]


@pytest.mark.needs("valkey")
@pytest.mark.parametrize(("waits", "counted_here"), [("60000", 0), ("50", 1)])
async def test_a_request_waits_for_redis_as_long_as_it_is_told(
    small_worlds: Opener, valkey_url: str, waits: str, counted_here: int
) -> None:
    async with (
        wire_to(valkey_url) as wire,
        small_worlds(REDIS_URL=wire.url, REDIS_TIMEOUT_MS=waits) as world,
        world.client() as client,
    ):
        wire.freeze()
        asking = asyncio.create_task(client.get(world.path("/auth/csrf")))
        await quiet(0.5)
        wire.thaw()
        assert (await asking).status_code == 200
        failed = world.part(Metrics).redis_failures.collect()[0].samples
    assert [each.value for each in failed if each.name.endswith("_total")] == [counted_here]
