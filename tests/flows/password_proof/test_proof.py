"""A password is a guess until it is proven: counted, noted and compared alike at every door."""

import asyncio
from datetime import timedelta

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
from watchword.records.guesses.rules import PASSWORD as BY_PASSWORD
from watchword.records.guesses.service import Guesses

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


@pytest.mark.req("R-39")
async def test_five_wrong_guesses_refuse_the_right_password_for_a_quarter_of_an_hour(
    world: World,
) -> None:
    await world.subscriber()
    async with world.client() as client:
        for _ in range(5):
            wrong = await client.post(LOGIN, json={**ALICE, "password": NEW_PASSWORD})
            assert wrong.status_code == 401
        refused = await client.post(LOGIN, json=ALICE)
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_attempts")
        assert refused.headers["retry-after"] == "900"
        world.clock.advance(timedelta(minutes=15))
        assert (await client.post(LOGIN, json=ALICE)).status_code == 200


@pytest.mark.req("R-39")
async def test_an_address_without_an_account_locks_just_the_same(world: World) -> None:
    async with world.client() as client:
        for _ in range(5):
            await client.post(LOGIN, json={**ALICE, "email": "nobody@example.org"})
        refused = await client.post(LOGIN, json={**ALICE, "email": "nobody@example.org"})
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "900")


async def test_locks_grow_each_time_anew(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        waits = []
        for _ in range(3):
            for _ in range(5):
                await client.post(LOGIN, json={**ALICE, "password": NEW_PASSWORD})
            refused = await client.post(LOGIN, json=ALICE)
            waits.append(int(refused.headers["retry-after"]))
            world.clock.advance(timedelta(seconds=waits[-1]))
    assert waits == [900, 1800, 3600]


async def test_parallel_guesses_never_get_more_tries_than_one_after_the_other(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        wrong = {**ALICE, "password": NEW_PASSWORD}
        answers = await asyncio.gather(*(client.post(LOGIN, json=wrong) for _ in range(20)))
    judged = [answer for answer in answers if answer.status_code == 401]
    assert len(judged) == 5
    assert {answer.status_code for answer in answers} == {401, 429}


async def test_guesses_that_a_dead_process_left_lock_nobody_out_for_longer_than_a_lock_lasts(
    world: World,
) -> None:
    await world.subscriber()
    async with world.client() as client:
        for _ in range(4):
            await client.post(LOGIN, json={**ALICE, "password": NEW_PASSWORD})
        await under_way(world)
        waits = []
        for minutes in (10, 4, 1):
            refused = await client.post(LOGIN, json=ALICE)
            waits.append(refused.headers["retry-after"])
            world.clock.advance(timedelta(minutes=minutes))
        assert waits == ["900", "300", "60"]
        assert (await client.post(LOGIN, json=ALICE)).status_code == 200


async def test_guesses_that_a_dead_process_left_make_the_next_lock_no_shorter(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        for _ in range(5):
            await under_way(world)
        world.clock.advance(timedelta(minutes=15))
        for _ in range(5):
            wrong = await client.post(LOGIN, json={**ALICE, "password": NEW_PASSWORD})
            assert wrong.status_code == 401
        refused = await client.post(LOGIN, json=ALICE)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1800")


async def test_a_guess_that_is_taken_back_makes_room_though_others_were_refused_meanwhile(
    world: World,
) -> None:
    await world.subscriber()
    async with world.client() as client:
        for _ in range(5):
            key = await under_way(world)
        for _ in range(3):
            assert (await client.post(LOGIN, json=ALICE)).status_code == 429
        await world.part(Guesses).excuse(world.database, key)
        assert (await client.post(LOGIN, json=ALICE)).status_code == 200


async def under_way(world: World) -> bytes:
    """Begin a guess as a stranger does, and never end it; return its key."""
    guesses = world.part(Guesses)
    key = guesses.key(BY_PASSWORD, ALICE["email"])
    await guesses.enter(world.database, key, world.clock.now())
    return key


async def test_a_known_device_is_not_locked_out_by_strangers(world: World) -> None:
    await world.subscriber()
    async with world.client() as owner, world.client("198.51.100.9") as stranger:
        first = await owner.post(LOGIN, json={**ALICE, "transport": "cookie"})
        assert first.status_code == 200
        for _ in range(5):
            await stranger.post(LOGIN, json={**ALICE, "password": NEW_PASSWORD})
        assert (await stranger.post(LOGIN, json=ALICE)).status_code == 429
        assert (await owner.post(LOGIN, json=ALICE)).status_code == 200


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
