"""Guesses at codes count for the address, at whichever door and from whichever network they come."""

import asyncio
from datetime import timedelta

import httpx2
import pytest

from tests.support.browser import browser
from tests.support.counting import statements
from tests.support.facts import facts
from tests.support.world import NEW_PASSWORD, World
from tests.support.worlds import Opener

AUTH = "/api/v1/auth"
ALICE, NOBODY = "alice@example.org", "nobody@example.org"
LOCKED = "lockout/account_locked"
ORIGIN = {"Origin": "https://auth.example.test"}
WRONG = "000000"
DOORS = ("otp/verify", "verify-email", "reset-password")


async def guess(
    world: World, number: int, door: str = "otp/verify", address: str = ALICE, code: str = WRONG
) -> httpx2.Response:
    """Try a code at a door, from a network of its own; without a code, a wrong one."""
    body = {"email": address, "code": code}
    if door == "reset-password":
        body["password"] = NEW_PASSWORD
    async with world.client(f"198.51.{number}.9") as stranger:
        return await stranger.post(f"{AUTH}/{door}", json=body)


async def lock(world: World, address: str = ALICE) -> None:
    """Make as many wrong guesses as an address bears; its owner has the letter about it."""
    for number in range(5):
        assert (await guess(world, number, address=address)).status_code == 400
    await world.deliver()


@pytest.mark.req("K-20")
@pytest.mark.parametrize("address", [ALICE, NOBODY])
async def test_a_new_network_for_each_guess_is_no_way_around_the_count(
    world: World, address: str
) -> None:
    await world.subscriber()
    await lock(world, address)
    for door in DOORS:
        refused = await guess(world, 100, door, address)
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_attempts")
        assert refused.headers["retry-after"] == "900"
    world.clock.advance(timedelta(minutes=15))
    assert (await guess(world, 101, address=address)).status_code == 400


async def test_a_new_code_each_time_is_no_way_around_it_either(world: World) -> None:
    await world.subscriber()
    for number in range(5):
        async with world.client(f"203.0.113.{number}") as stranger:
            await stranger.post(f"{AUTH}/otp/request", json={"email": ALICE})
        await guess(world, number)
    await world.deliver()
    async with world.client() as owner:
        await owner.post(f"{AUTH}/otp/request", json={"email": ALICE})
    right = await world.code(ALICE)
    assert (await guess(world, 100, code=right)).status_code == 429


async def test_guesses_at_all_doors_count_together(world: World) -> None:
    await world.subscriber()
    for number, door in enumerate((*DOORS, *DOORS[:2])):
        assert (await guess(world, number, door)).status_code == 400, door
    for door in DOORS:
        assert (await guess(world, 100, door)).status_code == 429, door


@pytest.mark.parametrize("bound", [3, 5])
async def test_of_twenty_guesses_at_once_no_more_are_judged_than_the_bound(
    worlds: Opener, bound: int
) -> None:
    async with worlds(MAX_LOGIN_ATTEMPTS=str(bound), MAX_OTP_ATTEMPTS="10") as world:
        await world.subscriber()
        async with world.client() as owner:
            await owner.post(f"{AUTH}/otp/request", json={"email": ALICE})
        answers = await asyncio.gather(*(guess(world, number) for number in range(20)))
        told = [answer.status_code for answer in answers]
        assert (told.count(400), told.count(429)) == (bound, 20 - bound)
        assert len(await facts(world, "otp.validated")) == bound
        assert len(await facts(world, "codes.refused")) == 1


async def test_wrong_codes_shut_nobody_out_of_their_password_nor_of_the_link(world: World) -> None:
    await world.subscriber()
    await lock(world)
    async with world.client() as owner:
        await world.sign_in(owner)
        await owner.post(f"{AUTH}/otp/request", json={"email": ALICE})
        token = await world.token(ALICE)
        opened = await owner.post(f"{AUTH}/otp/verify", json={"token": token})
        assert opened.status_code == 200
    assert (await guess(world, 100)).status_code == 400, "the link forgave the guesses"


@pytest.mark.parametrize("signed_in", [False, True])
async def test_the_owner_is_told_once_that_codes_are_refused_and_ends_it_by_the_link(
    world: World, *, signed_in: bool
) -> None:
    alice = await world.subscriber()
    async with browser(world) as owner:
        if signed_in:
            await world.sign_in(owner.client)
            change = f"{AUTH}/change-email"
            await owner.client.post(change, json={"newEmail": "new@example.org"})

        async def wrong(number: int) -> int:
            if not signed_in:
                return (await guess(world, number)).status_code
            answer = await owner.client.post(f"{change}/confirm", json={"code": WRONG})
            return answer.status_code

        assert [await wrong(number) for number in range(7)] == [400] * 5 + [429] * 2
        assert [each.template for each in await world.letters(ALICE)].count(LOCKED) == 1
        token = await world.token(ALICE, LOCKED)
        await owner.open(f"/unlock?token={token}")
        await owner.send("/unlock", token=token)
        assert "Your account is unlocked" in owner.text
        assert await wrong(100) == 400
    [noted] = await facts(world, "codes.refused")
    assert noted.user_id == alice.id
    assert not await facts(world, "id.account.locked")


async def test_an_address_without_an_account_costs_the_same_and_nobody_is_told(
    world: World,
) -> None:
    await world.subscriber()
    ran = {}
    for address in (ALICE, NOBODY):
        for number in range(4):
            await guess(world, number, address=address)
        with statements(world) as words:
            last = await guess(world, 100, address=address)
        done = [word for word in words if word not in {"BEGIN", "COMMIT"}]
        ran[address] = (last.status_code, last.json()["code"], done)
    assert ran[ALICE] == ran[NOBODY]
    assert not await world.letters(NOBODY)


async def test_a_known_device_signs_in_by_code_though_strangers_guess(world: World) -> None:
    await world.subscriber()
    async with world.client(headers=ORIGIN) as owner:
        await world.sign_in(owner, transport="cookie")
        await lock(world)
        await owner.post(f"{AUTH}/otp/request", json={"email": ALICE})
        right = await world.code(ALICE)
        assert (await guess(world, 100, code=right)).status_code == 429
        body = {"email": ALICE, "code": right}
        assert (await owner.post(f"{AUTH}/otp/verify", json=body)).status_code == 200


async def test_whoever_is_signed_in_has_a_count_of_their_own(world: World) -> None:
    await world.subscriber()
    await lock(world)
    async with world.client() as owner:
        await world.sign_in(owner)
        confirm = f"{AUTH}/change-email/confirm"
        await owner.post(f"{AUTH}/change-email", json={"newEmail": "new@example.org"})
        assert (await owner.post(confirm, json={"code": WRONG})).status_code == 400
        right = await world.code("new@example.org")
        assert (await owner.post(confirm, json={"code": right})).status_code == 200

        for _ in range(5):
            assert (await owner.post(confirm, json={"code": WRONG})).status_code == 400
        assert (await owner.post(confirm, json={"code": WRONG})).status_code == 429


async def test_a_right_code_forgets_the_wrong_ones(world: World) -> None:
    await world.subscriber()
    for turn in range(3):
        async with world.client(f"203.0.113.{turn}") as owner:
            await owner.post(f"{AUTH}/otp/request", json={"email": ALICE})
        for number in range(2):
            assert (await guess(world, 10 * turn + number)).status_code == 400
        signed_in = await guess(world, 10 * turn + 9, code=await world.code(ALICE))
        assert signed_in.status_code == 200


async def test_a_reset_by_the_link_forgives_wrong_codes(world: World) -> None:
    await world.subscriber()
    await lock(world)
    async with world.client() as owner:
        await owner.post(f"{AUTH}/forgot-password", json={"email": ALICE})
        token = await world.token(ALICE)
        body = {"token": token, "password": NEW_PASSWORD}
        assert (await owner.post(f"{AUTH}/reset-password", json=body)).status_code == 200
    assert (await guess(world, 100)).status_code == 400


@pytest.mark.parametrize("slip", ["12345", "1234567", "abcdef", "", "12 34 5", "٣" * 5, "²" * 6])
async def test_what_cannot_be_a_code_names_the_field_and_is_no_guess(
    world: World, slip: str
) -> None:
    await world.subscriber()
    async with world.client() as owner:
        await owner.post(f"{AUTH}/otp/request", json={"email": ALICE})
    told = {
        (address, door): (await guess(world, number, door, address, slip)).json()
        for number in range(2)
        for address in (ALICE, NOBODY)
        for door in (*DOORS, "password-reset/verify", "ussd-pin-reset/verify")
    }
    for said in told.values():
        assert [(each["field"], each["code"]) for each in said["errors"]] == [
            ("code", "code_malformed")
        ]
    assert len({said["detail"] for said in told.values()}) == 1
    assert not await facts(world, "otp.validated")
    right = await world.code(ALICE)
    assert (await guess(world, 100, code=right)).status_code == 200


async def test_slips_count_for_the_network_as_guesses_do(small_worlds: Opener) -> None:
    async with small_worlds(RATE_LIMIT_AUTH="2/900000") as world, world.client() as stranger:
        body = {"email": NOBODY, "code": "abcdef"}
        told = [await stranger.post(f"{AUTH}/otp/verify", json=body) for _ in range(3)]
        assert [answer.status_code for answer in told] == [422, 422, 429]
