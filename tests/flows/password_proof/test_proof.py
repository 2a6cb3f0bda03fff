"""A password is a guess until it is proven: counted, noted and compared alike at every door."""

import httpx2
import pytest

from tests.support.counting import statements
from tests.support.facts import facts
from tests.support.world import NEW_PASSWORD, PASSWORD, World
from tests.support.worlds import Opener
from watchword.kernel.ports import Visitor
from watchword.kernel.secret import Secret
from watchword.plumbing.hashing.pool import HashPool
from watchword.plumbing.ports import PasswordProof

AUTH = "/api/v1/auth"
LOGIN = f"{AUTH}/login"
ALICE = {"email": "alice@example.org", "password": PASSWORD}
WRONG = "wrong horse wrong"
ORIGIN = {"Origin": "https://auth.example.test"}
NOTED = {"login": "password", "change-password": "password_change", "change-email": "email_change"}


async def guess(client: httpx2.AsyncClient, door: str, password: str) -> httpx2.Response:
    """Try a password at a door that asks for one."""
    bodies = {
        "login": {"email": "alice@example.org", "password": password},
        "change-password": {"currentPassword": password, "newPassword": NEW_PASSWORD},
        "change-email": {"newEmail": "alice@new.example.org", "password": password},
    }
    return await client.post(f"{AUTH}/{door}", json=bodies[door])


@pytest.mark.parametrize("door", NOTED)
async def test_a_wrong_guess_is_noted_with_the_door_it_was_at(world: World, door: str) -> None:
    alice = await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        assert (await guess(client, door, WRONG)).status_code in {401, 422}
    [noted] = await facts(world, "id.login.failed")
    assert (noted.user_id, noted.facts["method"]) == (alice.id, NOTED[door])


@pytest.mark.req("R-39")
async def test_guesses_at_all_doors_count_together(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        for door in ("change-password", "change-password", "change-email", "login", "login"):
            assert (await guess(client, door, WRONG)).status_code in {401, 422}
        for door in NOTED:
            refused = await guess(client, door, PASSWORD)
            assert (refused.status_code, refused.json()["code"]) == (429, "too_many_attempts")
            assert int(refused.headers["retry-after"]) == 900
        assert (await client.get(f"{AUTH}/me")).status_code == 200, "the session itself goes on"


@pytest.mark.parametrize("door", NOTED)
async def test_a_known_device_gets_in_at_every_door_though_strangers_guess(
    world: World, door: str
) -> None:
    await world.subscriber()
    async with world.client(headers=ORIGIN) as owner, world.client("198.51.100.9") as stranger:
        await world.sign_in(owner, transport="cookie")
        for _ in range(5):
            await guess(stranger, "login", WRONG)
        assert (await guess(stranger, "login", PASSWORD)).status_code == 429
        assert (await guess(owner, door, PASSWORD)).status_code in {200, 202}


async def test_a_right_password_settles_the_count_though_a_limit_refuses_the_rest(
    worlds: Opener,
) -> None:
    async with worlds(RATE_LIMIT_LETTERS="1/3600000") as world, world.client() as client:
        await world.subscriber()
        await world.sign_in(client)
        assert (await guess(client, "change-email", PASSWORD)).status_code == 202
        for _ in range(2):
            for _ in range(4):
                assert (await guess(client, "change-email", WRONG)).status_code == 422
            limited = await guess(client, "change-email", PASSWORD)
            assert (limited.status_code, limited.json()["code"]) == (429, "rate_limited")


async def test_whoever_is_signed_in_proves_no_other_account_than_their_own(world: World) -> None:
    alice = await world.subscriber()
    bob = await world.subscriber("bob@example.org", NEW_PASSWORD)
    nowhere = Visitor(
        address="203.0.113.7", network="203.0.113.7", user_agent="", language="en", request_id="x"
    )
    told = [
        await world.part(PasswordProof).prove(
            "bob@example.org",
            Secret(NEW_PASSWORD),
            owner=owner,
            door="email_change",
            visitor=nowhere,
            now=world.clock.now(),
        )
        for owner in (bob.id, alice.id)
    ]
    assert [proven is not None for proven in told] == [True, False]
    [noted] = await facts(world, "id.login.failed")
    assert noted.user_id == alice.id


async def test_a_right_password_costs_no_more_statements_than_it_did(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await guess(client, "login", PASSWORD)
        with statements(world) as ran:
            assert (await guess(client, "login", PASSWORD)).status_code == 200
    assert len([word for word in ran if word not in {"BEGIN", "COMMIT"}]) <= 8, ran


async def test_a_full_hash_queue_says_503_and_counts_no_guess(small_worlds: Opener) -> None:
    async with small_worlds() as world:
        await world.subscriber()
        pool = world.part(HashPool)
        pool._busy = pool.room
        async with world.client() as client:
            for _ in range(6):
                busy = await client.post(LOGIN, json=ALICE)
                assert (busy.status_code, busy.json()["code"]) == (503, "overloaded")
                assert int(busy.headers["retry-after"]) >= 1
            pool._busy = 0
            assert (await client.post(LOGIN, json=ALICE)).status_code == 200
