"""Health: part by part, and no more than strangers may know."""

import json
import urllib.request
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from tests.support.feedback import write
from tests.support.ports import free_port
from tests.support.program import serving
from tests.support.proxy import wire_to
from tests.support.world import PASSWORD, World, environment, open_world
from tests.support.worlds import Opener
from watchword.kernel.ports import NotAccepted

AUTH, EMAIL = "/api/health/auth", "/api/health/email"
ALICE = "alice@example.org"


@pytest.mark.req("N-66")
@pytest.mark.needs("valkey")
async def test_all_is_well_while_database_redis_and_a_carrier_are(
    small_worlds: Opener, valkey_url: str
) -> None:
    async with small_worlds(REDIS_URL=valkey_url) as world, world.client() as client:
        for _ in range(2):
            await client.post("/api/v1/auth/otp/request", json={"email": ALICE})
        await client.post("/api/v1/auth/otp/request", json={"email": "bob@example.org"})
        answer = await client.get(AUTH)
        now = world.clock.now().isoformat()
    told = answer.json()
    assert (answer.status_code, told["status"], told["timestamp"]) == (200, "healthy", now)
    assert told["checks"] == {
        "database": True,
        "migrations": True,
        "redis": True,
        "email_providers": {"fake": {"available": True}},
        "otp_service": {"active_otps": 2},
    }
    assert told["reasons"] == {}


@pytest.mark.req("N-66")
@pytest.mark.needs("valkey")
async def test_without_redis_where_it_is_required_sign_in_is_degraded(
    small_worlds: Opener, valkey_url: str
) -> None:
    async with (
        wire_to(valkey_url) as wire,
        small_worlds(REDIS_URL=wire.url, REDIS_REQUIRED="true") as world,
        world.client() as client,
    ):
        assert (await client.get(AUTH)).status_code == 200
        wire.shut()
        answer = await client.get(AUTH)
        wire.reopen()
    told = answer.json()
    assert (answer.status_code, told["status"]) == (503, "degraded")
    assert told["checks"]["redis"] is False
    assert told["redis"] == "down"


@pytest.mark.req("N-66")
@pytest.mark.needs("postgres")
async def test_without_its_database_it_is_unhealthy(postgres_url: str, tmp_path: Path) -> None:
    async with wire_to(postgres_url) as wire, open_world(wire.url, tmp_path) as world:
        wire.shut()
        async with world.client() as client:
            answer = await client.get(AUTH)
        wire.reopen()
    told = answer.json()
    assert (answer.status_code, told["status"]) == (503, "unhealthy")
    assert told["checks"]["database"] is False
    assert told["reasons"]["database"] == "DatabaseUnavailable"


@pytest.mark.req("N-66", "D-25")
async def test_a_carrier_that_is_down_is_named_and_what_it_says_is_not(small_world: World) -> None:
    async with small_world.client() as client:
        well = await client.get(EMAIL)
        small_world.mailbox.well = False
        small_world.clock.advance(timedelta(seconds=15))  # carriers are told as they were just seen
        letters, sign_in, whole = [await client.get(path) for path in (EMAIL, AUTH, "/health")]
    assert (well.status_code, well.json()["status"]) == (200, "healthy")
    assert well.json()["checks"]["email_providers"] == {"fake": {"available": True}}
    for answer, status in ((letters, 503), (sign_in, 503), (whole, 200)):
        assert (answer.status_code, answer.json()["status"]) == (status, "degraded")
        assert answer.json()["checks"]["email_providers"] == {"fake": {"available": False}}
        assert answer.json()["reasons"] == {"email_providers": "unavailable"}
        assert "unwell" not in answer.text, "what the carrier says is not repeated"


async def test_of_each_carrier_the_last_letter_it_took_and_the_last_it_did_not_are_told(
    world: World,
) -> None:
    now = world.clock.now().isoformat()
    await write(world)
    async with world.client() as client:
        taken = await client.get(EMAIL)
        world.clock.advance(timedelta(seconds=1))
        world.mailbox.trouble = NotAccepted("refused with 401")
        await write(world)
        refused = await client.get(EMAIL)
    told = {"available": True, "last_taken_at": now, "last_refused_at": None, "last_refusal": None}
    assert taken.json()["checks"]["email_providers"] == {"fake": told}
    told["last_refused_at"] = world.clock.now().isoformat()
    told["last_refusal"] = "refused with 401"
    assert refused.json()["checks"]["email_providers"] == {"fake": told}
    assert ALICE not in refused.text


@pytest.mark.req("A-44")
@pytest.mark.needs("valkey")
async def test_the_connection_to_redis_is_shown(small_worlds: Opener, valkey_url: str) -> None:
    async with small_worlds(REDIS_URL=valkey_url) as world, world.client() as client:
        assert (await client.get("/api/health")).json()["redis"] == "ok"


@pytest.mark.req("A-42")
@pytest.mark.needs("valkey")
async def test_a_wrong_password_of_redis_is_named(small_worlds: Opener, valkey_url: str) -> None:
    parts = urlsplit(valkey_url)
    where = parts.netloc.rpartition("@")[2]
    wrong = urlunsplit(parts._replace(netloc=f":not-the-password@{where}"))
    async with small_worlds(REDIS_URL=wrong) as world, world.client() as client:
        answer = await client.get("/health")
    assert answer.json()["redis"] == "degraded"
    assert "AuthenticationError" in answer.json()["reasons"]["redis"]
    assert "not-the-password" not in answer.text


@pytest.mark.req("D-25")
async def test_by_setting_strangers_learn_the_status_alone(small_worlds: Opener) -> None:
    async with small_worlds(HEALTH_DETAIL="false") as world, world.client() as client:
        for path in ("/health", "/auth/health", "/api/health", AUTH, EMAIL):
            assert (await client.get(path)).json() == {"status": "healthy"}


@pytest.mark.req("D-25")
@pytest.mark.parametrize(("sent", "told"), [("the-token", True), ("another", False), ("", False)])
async def test_whoever_holds_the_token_is_an_operator(
    small_worlds: Opener, sent: str, told: bool
) -> None:
    headers = {"Authorization": f"Bearer {sent}"}
    async with (
        small_worlds(HEALTH_DETAIL="false", METRICS_TOKEN="the-token") as world,
        world.client() as client,
    ):
        assert ("checks" in (await client.get("/health", headers=headers)).json()) is told


@pytest.mark.req("D-25")
@pytest.mark.parametrize(("sent", "told"), [("the-token", {"reason"}), ("", set())])
async def test_why_it_is_not_ready_is_for_operators(
    small_worlds: Opener, sent: str, told: set[str]
) -> None:
    headers = {"Authorization": f"Bearer {sent}"}
    async with small_worlds(HEALTH_DETAIL="false", METRICS_TOKEN="the-token") as world:
        await world.database.close()
        async with world.client(headers=headers) as client:
            answer = await client.get("/ready")
    assert answer.status_code == 503
    assert set(answer.json()) - {"status"} == told


@pytest.mark.req("D-25")
async def test_without_a_token_nobody_is_an_operator_by_sending_none(small_worlds: Opener) -> None:
    async with small_worlds(HEALTH_DETAIL="false") as world, world.client() as client:
        answer = await client.get("/health", headers={"Authorization": "Bearer "})
    assert answer.json() == {"status": "healthy"}


@pytest.mark.req("D-25")
def test_the_inner_port_tells_everything_all_the_same(sqlite_url: str, tmp_path: Path) -> None:
    port, inner = free_port(), free_port()
    environ = environment(
        sqlite_url,
        HOST="127.0.0.1",
        PORT=str(port),
        METRICS_PORT=str(inner),
        HEALTH_DETAIL="false",
        WEB_CONCURRENCY="1",
    )
    with serving(f"http://127.0.0.1:{port}", cwd=tmp_path, environ=environ):
        outside, inside = (_read(f"http://127.0.0.1:{each}/health") for each in (port, inner))
    assert outside == {"status": "healthy"}
    assert inside["checks"]["otp_service"] == {"active_otps": 0}


@pytest.mark.req("D-25")
async def test_what_a_broken_part_says_goes_nowhere(small_world: World) -> None:
    await small_world.database.close()
    async with small_world.client() as client:
        answer = await client.get("/health")
    assert answer.status_code == 503
    assert answer.json()["reasons"]["database"] == "ProgrammingError"
    for word in ("closed", "sqlite", PASSWORD):
        assert word not in answer.text.casefold()


def _read(url: str) -> dict[str, object]:
    with urllib.request.urlopen(url) as answer:
        told: dict[str, object] = json.loads(answer.read())
        return told
