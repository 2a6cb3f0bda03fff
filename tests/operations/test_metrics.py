"""What Prometheus reads of the whole service; the names are the reference's."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx2
import pytest

from tests.support.exposed import Exposed, scrape
from tests.support.proxy import wire_to
from tests.support.services.kept import free_port
from tests.support.world import World, open_world
from tests.support.worlds import Opener
from watchword.kernel.ports import NotAccepted
from watchword.operations.metrics.service import Gauges
from watchword.plumbing.metrics.counting import Metrics
from watchword.records.sessions.store import ACTIVE
from watchword.records.tickets.rules import TicketSettings

AUTH = "/api/v1/auth"
ALICE = "alice@example.org"
SIGN_IN = {"purpose": "sign_in"}


class Watched:
    """Two scrapes and what happened in between."""

    def __init__(self, before: Exposed) -> None:
        self.before = self.after = before

    def rise(self, name: str, **labels: str) -> float:
        """Return by how much a counter rose."""
        return self.after.value(name, **labels) - self.before.value(name, **labels)


@contextlib.asynccontextmanager
async def watched(world: World) -> AsyncIterator[Watched]:
    """Scrape before the block and after it."""
    told = Watched(await scrape(world))
    yield told
    told.after = await scrape(world)


async def guess(client: httpx2.AsyncClient, code: str) -> int:
    body = {"email": ALICE, "code": code}
    return (await client.post(f"{AUTH}/otp/verify", json=body)).status_code


def other(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


@pytest.mark.req("N-61", "N-62", "N-64", "N-68")
async def test_a_code_is_counted_when_it_is_made_sent_guessed_and_used(small_world: World) -> None:
    await small_world.subscriber()
    async with small_world.client() as alice, watched(small_world) as told:
        await alice.post(f"{AUTH}/otp/request", json={"email": ALICE})
        code = await small_world.code(ALICE)
        assert await guess(alice, other(code)) == 400
        assert await guess(alice, code) == 200
    assert told.rise("otp_generated_total", **SIGN_IN, channel="email") == 1
    assert told.rise("otp_validated_total", **SIGN_IN, result="failed") == 1
    assert told.rise("otp_validated_total", **SIGN_IN, result="success") == 1
    sent = {"provider": "fake", "template": "otp_verification", "result": "sent"}
    assert told.rise("emails_sent_total", **sent) == 1
    assert told.rise("login_attempts_total", method="otp", reason="none") == 1
    assert told.rise("login_attempts_failed_total", method="otp", reason="code_invalid") == 1


@pytest.mark.req("N-61")
async def test_only_a_code_that_a_letter_carries_is_counted(small_world: World) -> None:
    await small_world.subscriber()
    await small_world.subscriber("closed@example.org", status="disabled")
    async with small_world.client() as alice, watched(small_world) as told:
        await small_world.sign_in(alice)
        for email in (ALICE, "closed@example.org", "nobody@example.org"):
            for door in ("otp/request", "forgot-password", "resend-verification"):
                await alice.post(f"{AUTH}/{door}", json={"email": email})
        for wanted in ("alice@new.example.org", "closed@example.org"):
            await alice.post(f"{AUTH}/change-email", json={"newEmail": wanted})
        for _ in range(5):
            body = {"email": ALICE, "password": "wrong horse wrong"}
            await alice.post(f"{AUTH}/login", json=body)
    for purpose, codes in {
        "sign_in": 1,
        "password_reset": 1,
        "email_change": 1,
        "verify_email": 0,
        "email_change_undo": 0,
        "unlock": 0,
    }.items():
        counted = told.rise("otp_generated_total", purpose=purpose, channel="email")
        assert counted == codes, purpose


@pytest.mark.req("N-62")
async def test_a_guess_that_comes_too_late_or_once_too_often_is_counted_as_such(
    world: World,
) -> None:
    await world.subscriber()
    async with world.client() as alice, watched(world) as told:
        await alice.post(f"{AUTH}/otp/request", json={"email": ALICE})
        code = await world.code(ALICE)
        for _ in range(3):
            await guess(alice, other(code))
        assert await guess(alice, code) == 400
        await alice.post(f"{AUTH}/otp/request", json={"email": ALICE})
        late = await world.code(ALICE)
        world.clock.advance(world.part(TicketSettings).code_lifetime)
        assert await guess(alice, late) == 400
    results = {
        result: told.rise("otp_validated_total", **SIGN_IN, result=result)
        for result in ("success", "failed", "blocked", "expired")
    }
    assert results == {"success": 0, "failed": 3, "blocked": 1, "expired": 1}


@pytest.mark.req("N-63", "R-52", "K-35", "D-15")
async def test_living_sessions_are_a_gauge_under_both_its_names(small_world: World) -> None:
    await small_world.subscriber()
    gauges = Gauges(small_world.house)
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


@pytest.mark.req("N-65")
async def test_the_seconds_of_a_delivery_fall_into_these_buckets(small_world: World) -> None:
    async with small_world.client() as client:
        await client.post(f"{AUTH}/otp/request", json={"email": ALICE})
    await small_world.deliver()
    exposed = await scrape(small_world)
    bounds = exposed.labels("email_delivery_duration_seconds_bucket", "le")
    assert [float(bound) for bound in bounds] == [0.1, 0.5, 1, 2, 5, 10, float("inf")]
    assert exposed.labels("email_delivery_duration_seconds_bucket", "provider") == ["fake"]
    assert exposed.value("email_delivery_duration_seconds_count", provider="fake") == 1


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


async def test_resets_are_counted_whoever_asks(small_world: World) -> None:
    async with small_world.client() as anyone, watched(small_world) as told:
        await anyone.post(f"{AUTH}/forgot-password", json={"email": "nobody@example.org"})
    assert told.rise("password_reset_requests_total", channel="email", country="unknown") == 1


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
        gauges = Gauges(world.house)
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


@pytest.mark.req("R-51")
async def test_a_redis_that_is_gone_counts_as_failed_connections(small_worlds: Opener) -> None:
    gone = f"redis://127.0.0.1:{free_port()}/0"
    async with small_worlds(REDIS_URL=gone) as world, world.client() as anyone:
        async with watched(world) as told:
            asked = await anyone.post(f"{AUTH}/otp/request", json={"email": ALICE})
            assert asked.status_code == 202
        assert told.rise("redis_connections_failed_total") >= 1


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


@pytest.mark.req("A-49")
@pytest.mark.needs("valkey")
async def test_whether_redis_answers_and_how_much_memory_it_takes_are_gauges(
    small_worlds: Opener, valkey_url: str
) -> None:
    async with wire_to(valkey_url) as wire, small_worlds(REDIS_URL=wire.url) as world:
        gauges = Gauges(world.house)
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
            await Gauges(world.house).look()
            assert (await scrape(world)).value("redis_up") == up


async def test_without_redis_nobody_is_told_that_it_is_down(small_world: World) -> None:
    await Gauges(small_world.house).look()
    assert not (await scrape(small_world)).shows("redis_up")


async def test_whether_the_carrier_answers_is_a_gauge(small_world: World) -> None:
    gauges, seen = Gauges(small_world.house), []
    for small_world.mailbox.well in (True, False):
        await gauges.look_at_carriers()
        told = await scrape(small_world)
        assert told.shows("email_provider_up")
        seen.append(told.value("email_provider_up", provider="fake"))
    assert seen == [1, 0]


async def test_a_letter_that_is_given_up_is_counted(small_world: World) -> None:
    async with small_world.client() as anyone, watched(small_world) as told:
        await anyone.post(f"{AUTH}/forgot-password", json={"email": ALICE})
        small_world.mailbox.trouble = NotAccepted("no such mailbox", lasting=True)
        await small_world.deliver()
    assert told.before.shows("email_queue_dead_total")
    assert told.rise("email_queue_dead_total") == 1


async def test_requests_under_way_are_a_gauge_the_scrape_among_them(small_world: World) -> None:
    assert (await scrape(small_world)).value("http_requests_in_flight") == 1


@pytest.mark.req("D-26")
async def test_with_a_token_metrics_are_told_to_who_sends_it_and_to_nobody_else(
    small_worlds: Opener,
) -> None:
    told = [
        ({}, 401),
        ({"Authorization": "Bearer guessed"}, 401),
        ({"Authorization": "Basic only-prometheus"}, 401),
        ({"Authorization": "Bearer only-prometheus"}, 200),
    ]
    async with small_worlds(METRICS_TOKEN="only-prometheus") as world, world.client() as anyone:
        for headers, status in told:
            answer = await anyone.get("/metrics", headers=headers)
            assert answer.status_code == status
            assert ("app_info" in answer.text) == (status == 200)


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


@pytest.mark.req("M-32", "M-33", "K-32")
async def test_molams_dashboards_find_their_own_names(small_worlds: Opener) -> None:
    profile = {"APP_PROFILE": "molam", "RATE_LIMIT_AUTH": "2/60000"}
    async with small_worlds(**profile) as world, world.client() as alice:
        await world.subscriber()
        async with watched(world) as told:
            await alice.post(f"{AUTH}/otp/request", json={"email": ALICE})
            code = await world.code(ALICE)
            assert await guess(alice, other(code)) == 400
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


@pytest.mark.req("R-42", "G-23")
@pytest.mark.parametrize(
    "told", [{"METRICS_ENABLED": "false"}, {"ENABLE_METRICS": "false"}, {"METRICS_PORT": "9090"}]
)
async def test_metrics_are_not_served_where_they_are_off_or_have_a_port_of_their_own(
    small_worlds: Opener, told: dict[str, str]
) -> None:
    async with small_worlds(**told) as world, world.client() as anyone:
        assert (await anyone.get("/metrics")).status_code == 404
