"""An account bears so many guesses: it locks, for longer each time, and whatever is under way counts."""

import asyncio
from datetime import timedelta

import pytest

from tests.support.browser import browser
from tests.support.facts import facts
from tests.support.world import NEW_PASSWORD, PASSWORD, World
from watchword.records.guesses.rules import PASSWORD as BY_PASSWORD
from watchword.records.guesses.service import Guesses

LOGIN = "/api/v1/auth/login"
ALICE = {"email": "alice@example.org", "password": PASSWORD}


async def under_way(world: World) -> bytes:
    """Begin a guess as a stranger does, and never end it; return its key."""
    guesses = world.part(Guesses)
    key = guesses.key(BY_PASSWORD, ALICE["email"])
    await guesses.enter(world.database, key, world.clock.now())
    return key


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


@pytest.mark.req("R-39")
async def test_of_many_right_passwords_at_once_none_is_called_a_failure(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        answers = await asyncio.gather(*(client.post(LOGIN, json=ALICE) for _ in range(20)))
        for answer in answers:
            if answer.status_code != 200:
                assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
                assert answer.headers["retry-after"] == "1"
        assert sum(answer.status_code == 200 for answer in answers) >= 5
        assert (await client.post(LOGIN, json=ALICE)).status_code == 200
    assert await facts(world, "guess.refused") == []


async def test_one_guess_more_than_may_be_under_way_is_told_to_come_again_in_a_moment(
    world: World,
) -> None:
    await world.subscriber()
    for _ in range(5):
        await under_way(world)
    async with world.client() as client, browser(world) as alice:
        refused = await client.post(LOGIN, json=ALICE)
        assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
        assert refused.headers["retry-after"] == "1"
        await alice.open("/login")
        page = await alice.send("/login", **ALICE, return_to="")
        assert (page.status_code, page.headers["retry-after"]) == (429, "1")
    assert await facts(world, "guess.refused") == []
    assert await facts(world, "id.login.failed") == []


async def test_guesses_that_a_dead_process_left_lock_nobody_out_for_longer_than_a_lock_lasts(
    world: World,
) -> None:
    await world.subscriber()
    async with world.client() as client:
        for _ in range(4):
            await client.post(LOGIN, json={**ALICE, "password": NEW_PASSWORD})
        await under_way(world)
        told = []
        for minutes in (10, 4, 1):
            refused = await client.post(LOGIN, json=ALICE)
            told.append((refused.json()["code"], refused.headers["retry-after"]))
            world.clock.advance(timedelta(minutes=minutes))
        assert told == [
            ("rate_limited", "1"),  # they may still be compared
            ("too_many_attempts", "300"),
            ("too_many_attempts", "60"),
        ]
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


async def test_a_known_device_is_not_locked_out_by_strangers(world: World) -> None:
    await world.subscriber()
    async with world.client() as owner, world.client("198.51.100.9") as stranger:
        first = await owner.post(LOGIN, json={**ALICE, "transport": "cookie"})
        assert first.status_code == 200
        for _ in range(5):
            await stranger.post(LOGIN, json={**ALICE, "password": NEW_PASSWORD})
        assert (await stranger.post(LOGIN, json=ALICE)).status_code == 429
        assert (await owner.post(LOGIN, json=ALICE)).status_code == 200
