"""The names that Molam's dashboards know, with bounded labels."""

import pytest

from tests.support.exposed import scrape
from tests.support.watched import watched
from tests.support.world import World
from tests.support.worlds import Opener
from watchword.plumbing.metrics.counting import Metrics

AUTH = "/api/v1/auth"
ALICE = "alice@example.org"


@pytest.mark.req("M-32", "M-33", "K-32")
async def test_molams_dashboards_find_their_own_names(small_worlds: Opener) -> None:
    profile = {"APP_PROFILE": "molam", "RATE_LIMIT_AUTH": "2/60000"}
    async with small_worlds(**profile) as world, world.client() as alice:
        await world.subscriber()
        async with watched(world) as told:
            await alice.post(f"{AUTH}/otp/request", json={"email": ALICE})
            code = await world.code(ALICE)
            wrong = {"email": ALICE, "code": f"{(int(code) + 1) % 10**6:06d}"}
            assert (await alice.post(f"{AUTH}/otp/verify", json=wrong)).status_code == 400
            await alice.post(f"{AUTH}/forgot-password", json={"email": ALICE})
            for _ in range(9):
                body = {"email": "nobody@example.org", "password": "not this one"}
                await alice.post(f"{AUTH}/login", json=body)
    assert told.rise("molam_id_otp_failures_total") == 1
    assert told.rise("molam_id_request_duration_seconds_count", status="400") == 1
    assert told.rise("molam_id_password_reset_requests_total", country="unknown") == 1
    limited = told.rise("rate_limit_hits_total", route="/auth/login", rule="auth")
    assert told.rise("molam_id_rate_limited_total", route="/auth/login") == limited > 0
    assert told.after.shows("http_requests_total")


@pytest.mark.req("M-34")
async def test_resets_are_counted_by_countries_that_there_are_and_no_others(
    small_worlds: Opener,
) -> None:
    async with small_worlds(APP_PROFILE="molam") as world:
        metrics = world.part(Metrics)
        made_up = [f"{letter}{digit}" for letter in "ABCDEFGHIJ" for digit in range(100)]
        async with watched(world) as told:
            for country in ("SN", "DZ", "", "sn", *made_up):
                metrics.resets.labels("sms", country).inc()
                metrics.pin_resets.labels("ussd", country).inc()
            metrics.pin_resets.labels("pigeon", "SN").inc()
    countries = "molam_id_password_reset_requests_total"
    assert set(told.after.labels(countries, "country")) == {"SN", "DZ", "unknown"}
    assert told.rise(countries, country="SN") == 1
    channels = "molam_id_pin_reset_requests_total"
    assert set(told.after.labels(channels, "channel")) == {"ussd", "unknown"}
    assert told.rise(channels, channel="unknown") == 1


@pytest.mark.req("M-34")
async def test_requests_over_a_limit_are_counted_by_routes_that_there_are(
    small_worlds: Opener,
) -> None:
    few = {"APP_PROFILE": "molam", "RATE_LIMIT_API": "1/60000", "RATE_LIMIT_PAGE": "1/60000"}
    async with small_worlds(**few) as world, world.client() as stranger:
        for number in range(20):
            await stranger.get(f"/api/v1/made-up/{number}")
            await stranger.get(f"/made-up/{number}")
            await stranger.get(f"/api/v1/me/sessions/{number}")
        routes = (await scrape(world)).labels("molam_id_rate_limited_total", "route")
    assert not [route for route in routes if any(sign.isdigit() for sign in route)]


async def test_elsewhere_nobody_meets_molams_names(small_world: World) -> None:
    async with small_world.client() as anyone:
        assert "molam_id" not in (await anyone.get("/metrics")).text
