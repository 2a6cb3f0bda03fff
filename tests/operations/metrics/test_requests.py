"""What is told of requests, sign-ins and sessions."""

import pytest

from tests.support.exposed import scrape
from tests.support.watched import watched
from tests.support.world import World
from tests.support.worlds import Opener
from watchword.operations.metrics.service import Gauges

AUTH = "/api/v1/auth"
ALICE = "alice@example.org"


@pytest.mark.req("R-49", "R-50")
async def test_every_request_is_counted_and_timed_by_route(small_world: World) -> None:
    async with small_world.client() as client, watched(small_world) as told:
        for path in ("/live", f"{AUTH}/me", "/somewhere/else", "/verify-email?token=wwt_1_nothing"):
            await client.get(path)
    asked = {"method": "GET", "status": "200", "route": "/live"}
    assert told.rise("http_requests_total", **asked) == 1
    assert told.rise("http_request_duration_seconds_count", **asked) == 1
    assert told.rise("http_requests_total", status="401", route=f"{AUTH}/me") == 1
    assert told.rise("http_requests_total", status="404", route="unmatched") == 1
    routes = told.after.labels("http_requests_total", "route")
    assert not [route for route in routes if "else" in route or "token" in route]
    bounds = told.after.labels("http_request_duration_seconds_bucket", "le")
    wanted = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, float("inf")]
    assert [float(bound) for bound in bounds] == wanted
    shares = [
        told.after.value("http_request_duration_seconds_bucket", **asked, le=bound)
        for bound in bounds
    ]
    assert shares == sorted(shares)
    assert shares[-1] == 1


@pytest.mark.req("R-53")
async def test_sign_ins_refusals_locks_and_limits_are_counted(small_worlds: Opener) -> None:
    async with small_worlds(RATE_LIMIT_AUTH="7/60000") as world, world.client() as alice:
        await world.subscriber()
        async with watched(world) as told:
            await world.sign_in(alice)
            for _ in range(7):
                body = {"email": ALICE, "password": "not this one"}
                await alice.post(f"{AUTH}/login", json=body)
    assert told.rise("login_attempts_total", method="password", reason="none") == 1
    refused = {"method": "password", "reason": "invalid_credentials"}
    assert told.rise("login_attempts_total", **refused) == 5
    assert told.rise("login_attempts_failed_total", **refused) == 5
    assert told.rise("account_lockouts_total") == 1
    assert told.rise("rate_limit_hits_total", route="/auth/login", rule="auth") == 1


@pytest.mark.req("N-63", "R-52", "K-35", "D-15")
async def test_living_sessions_are_a_gauge_under_both_its_names(small_world: World) -> None:
    await small_world.subscriber()
    gauges = small_world.house.part(Gauges)
    seen = []
    async with small_world.client() as phone, small_world.client() as desk:
        for step in ("in", "in", "out"):
            if step == "in":
                await small_world.sign_in(phone if not seen else desk)
            else:
                assert (await phone.post(f"{AUTH}/logout")).status_code < 300
            await gauges.look()
            exposed = await scrape(small_world)
            seen.append(exposed.value("active_auth_sessions"))
            assert exposed.value("active_sessions_total") == seen[-1]
    assert seen == [1, 2, 1]


async def test_requests_under_way_are_a_gauge_the_scrape_among_them(small_world: World) -> None:
    assert (await scrape(small_world)).value("http_requests_in_flight") == 1
