"""A service sets and checks PINs: right ones, wrong ones, and the lock that is the PIN's alone."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import select, update

from tests.support.facts import facts
from tests.support.world import World
from tests.support.worlds import Opener
from watchword.plumbing.db.statements import statement
from watchword.records.pins.store import enter, pins
from watchword.records.subscribers.rules import DISABLED, LOCKED
from watchword.records.subscribers.service import Subscribers

SET, CHECK = "/api/v1/ussd/pin", "/api/v1/ussd/pin/check"
NUMBER = "+213550123456"
PIN, OTHER = "8391", "0937"


@pytest.fixture
async def gateway(world: World) -> AsyncIterator[httpx2.AsyncClient]:
    """Yield the gateway of a mobile network."""
    token = await world.service_token()
    async with world.client(headers={"Authorization": f"Bearer {token}"}) as client:
        yield client


async def wrong(gateway: httpx2.AsyncClient, pin: str = "0001", **whom: Any) -> httpx2.Response:
    return await gateway.post(CHECK, json={"phone": NUMBER, "pin": pin, **whom})


@pytest.mark.req("M-15")
async def test_a_pin_is_set_and_found_right(world: World, gateway: httpx2.AsyncClient) -> None:
    alice = await world.subscriber(phone=NUMBER)
    done = await gateway.post(SET, json={"phone": NUMBER, "pin": PIN})
    assert (done.status_code, done.json()) == (200, {"status": "pin_set"})
    for whom in ({"phone": NUMBER}, {"userId": str(alice.id)}):
        right = await gateway.post(CHECK, json={**whom, "pin": PIN})
        assert (right.status_code, right.json()) == (
            200,
            {"user_id": str(alice.id), "status": "right"},
        )
    refused = await wrong(gateway)
    assert (refused.status_code, refused.json()["code"]) == (400, "pin_invalid")
    [fact] = await facts(world, "id.ussd.pin.set")
    assert (fact.user_id, fact.facts) == (alice.id, {"by": "gateway"})
    for secret in (PIN, "0001", NUMBER):
        assert not re.search(rf"(?<![0-9a-f]){re.escape(secret)}(?![0-9a-f])", world.log.getvalue())


@pytest.mark.req("M-16")
@pytest.mark.parametrize(
    "spelling",
    [
        {"phone": "0550 12 34 56", "country": "DZ"},
        {"phone": "0550-123-456", "country": "dz"},
        {"phone": "+213 (0) 550 12 34 56"},
        {"phone": "00213550123456", "country": "DZ"},
    ],
)
async def test_any_spelling_of_the_number_finds_its_owner(
    world: World, gateway: httpx2.AsyncClient, spelling: dict[str, str]
) -> None:
    await world.subscriber(phone=NUMBER)
    await gateway.post(SET, json={"phone": NUMBER, "pin": PIN})
    assert (await gateway.post(CHECK, json={**spelling, "pin": PIN})).status_code == 200


@pytest.mark.req("M-15", "K-21")
async def test_three_wrong_pins_lock_the_pin_and_not_the_account(
    world: World, gateway: httpx2.AsyncClient
) -> None:
    alice = await world.subscriber(phone=NUMBER)
    await gateway.post(SET, json={"phone": NUMBER, "pin": PIN})
    codes = [(await wrong(gateway)).json()["code"] for _ in range(3)]
    assert codes == 3 * ["pin_invalid"]
    locked = await wrong(gateway, PIN)
    assert (locked.status_code, locked.json()["code"]) == (429, "pin_locked")
    assert locked.headers["retry-after"] == "900"
    async with world.client() as client:
        await world.sign_in(client)
    [fact] = await facts(world, "id.ussd.pin.locked")
    assert fact.user_id == alice.id

    world.clock.advance(timedelta(minutes=15))
    assert (await wrong(gateway, PIN)).status_code == 200


async def test_each_lock_lasts_twice_as_long_until_the_pin_is_right(
    world: World, gateway: httpx2.AsyncClient
) -> None:
    await world.subscriber(phone=NUMBER)
    await gateway.post(SET, json={"phone": NUMBER, "pin": PIN})
    waits = []
    for _ in range(3):
        for _ in range(3):
            await wrong(gateway)
        waits.append(int((await wrong(gateway)).headers["retry-after"]))
        world.clock.advance(timedelta(seconds=waits[-1]))
    assert waits == [900, 1800, 3600]
    assert (await wrong(gateway, PIN)).status_code == 200
    for _ in range(3):
        await wrong(gateway)
    assert (await wrong(gateway)).headers["retry-after"] == "900"


async def test_many_tries_at_once_are_no_more_than_three(
    world: World, gateway: httpx2.AsyncClient
) -> None:
    await world.subscriber(phone=NUMBER)
    await gateway.post(SET, json={"phone": NUMBER, "pin": PIN})
    answers = await asyncio.gather(*(wrong(gateway, f"{n:04d}") for n in range(12)))
    codes = [answer.json()["code"] for answer in answers]
    assert codes.count("pin_invalid") == 3
    assert set(codes) <= {"pin_invalid", "pin_locked", "rate_limited"}
    assert len(await facts(world, "id.ussd.pin.locked")) == 1


@pytest.mark.req("M-15")
async def test_of_many_right_pins_at_once_none_is_called_a_failure(
    world: World, gateway: httpx2.AsyncClient
) -> None:
    await world.subscriber(phone=NUMBER)
    await gateway.post(SET, json={"phone": NUMBER, "pin": PIN})
    answers = await asyncio.gather(*(wrong(gateway, PIN) for _ in range(12)))
    for answer in answers:
        if answer.status_code != 200:
            assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
            assert answer.headers["retry-after"] == "1"
    assert sum(answer.status_code == 200 for answer in answers) >= 3
    assert await facts(world, "id.ussd.pin.refused") == []
    assert (await wrong(gateway, PIN)).status_code == 200


async def test_tries_that_a_dying_process_left_behind_are_a_lock_that_ends(
    world: World, gateway: httpx2.AsyncClient
) -> None:
    alice = await world.subscriber(phone=NUMBER)
    await gateway.post(SET, json={"phone": NUMBER, "pin": PIN})
    for _ in range(3):
        started, before = world.clock.now(), world.clock.now() - timedelta(minutes=15)
        await enter(world.database, alice.id, 3, started, left_since=before)
    busy = await wrong(gateway, PIN)
    assert (busy.json()["code"], busy.headers["retry-after"]) == ("rate_limited", "1")

    world.clock.advance(timedelta(minutes=1))
    locked = await wrong(gateway, PIN)
    assert (locked.json()["code"], locked.headers["retry-after"]) == ("pin_locked", "840")

    world.clock.advance(timedelta(minutes=14))
    assert (await wrong(gateway)).json()["code"] == "pin_invalid"
    assert (await wrong(gateway, PIN)).status_code == 200


async def test_tries_left_behind_before_they_were_dated_lock_nobody_out(
    world: World, gateway: httpx2.AsyncClient
) -> None:
    await world.subscriber(phone=NUMBER)
    await gateway.post(SET, json={"phone": NUMBER, "pin": PIN})
    await world.database.run(statement(update(pins).values(failures=3)))
    assert (await wrong(gateway, PIN)).status_code == 200


@pytest.mark.req("M-15")
async def test_a_service_changes_a_pin_only_with_the_present_one(
    world: World, gateway: httpx2.AsyncClient
) -> None:
    await world.subscriber(phone=NUMBER)
    await gateway.post(SET, json={"phone": NUMBER, "pin": PIN})
    change = {"phone": NUMBER, "pin": OTHER}
    without = await gateway.post(SET, json=change)
    assert without.status_code == 422
    assert without.json()["errors"][0]["field"] == "currentPin"
    refused = await gateway.post(SET, json={**change, "currentPin": "0001"})
    assert refused.json()["code"] == "pin_invalid"
    assert (await gateway.post(SET, json={**change, "currentPin": PIN})).status_code == 200
    assert (await wrong(gateway, PIN)).status_code == 400
    assert (await wrong(gateway, OTHER)).status_code == 200


@pytest.mark.req("M-13")
@pytest.mark.parametrize(
    "pin", ["0000", "1234", "1987", "5501", "123", "12345", "12a4", "\u0660\u0660\u0660\u0660", ""]
)
async def test_a_weak_pin_and_what_is_none_are_refused(small_worlds: Opener, pin: str) -> None:
    async with small_worlds() as world:
        await world.subscriber(phone=NUMBER)
        token = await world.service_token()
        async with world.client(headers={"Authorization": f"Bearer {token}"}) as gateway:
            refused = await gateway.post(SET, json={"phone": NUMBER, "pin": pin})
    assert refused.status_code == 422
    [error] = refused.json()["errors"]
    assert (error["field"], error["code"] in {"pin_too_easy", "pin_malformed"}) == ("pin", True)


async def test_digits_of_other_scripts_are_the_same_digits(
    world: World, gateway: httpx2.AsyncClient
) -> None:
    await world.subscriber(phone=NUMBER)
    await gateway.post(SET, json={"phone": NUMBER, "pin": "٨٣٩١"})
    assert (await wrong(gateway, PIN)).status_code == 200


async def test_to_a_number_that_nobody_has_proven_every_pin_is_wrong(
    world: World, gateway: httpx2.AsyncClient
) -> None:
    await world.subscriber(phone=NUMBER)
    await gateway.post(SET, json={"phone": NUMBER, "pin": PIN})
    for number in ("+213550987654", "+221770000000"):
        for _ in range(5):
            refused = await wrong(gateway, PIN, phone=number)
            assert (refused.status_code, refused.json()["code"]) == (400, "pin_invalid")
        missing = await gateway.post(SET, json={"phone": number, "pin": OTHER})
        assert missing.status_code == 404


@pytest.mark.parametrize(
    ("status", "code"), [(LOCKED, "account_locked"), (DISABLED, "account_disabled")]
)
async def test_the_right_pin_of_a_closed_account_opens_nothing(
    world: World, gateway: httpx2.AsyncClient, status: str, code: str
) -> None:
    alice = await world.subscriber(phone=NUMBER)
    await gateway.post(SET, json={"phone": NUMBER, "pin": PIN})
    async with world.database.transaction() as tx:
        await world.part(Subscribers).set_status(tx, alice.id, status, world.clock.now())
    assert (await wrong(gateway)).json()["code"] == "pin_invalid"
    assert (await wrong(gateway, PIN)).json()["code"] == code


@pytest.mark.req("M-05")
async def test_a_pin_is_hashed_under_the_pepper_for_its_owner_alone(worlds: Opener) -> None:
    pepper = "PEPPER-another-9d27b6e4085a1c4d9e07f52b8631d0ea94c7b25f8d6e31907ac"
    ours = "PEPPER-f3a9c1d27b6e4085a1c4d9e07f52b8631d0ea94c7b25f8d6e31907ac"
    async with worlds() as world:
        await world.subscriber(phone=NUMBER)
        token = await world.service_token()
        async with world.client(headers={"Authorization": f"Bearer {token}"}) as gateway:
            await gateway.post(SET, json={"phone": NUMBER, "pin": PIN})
        [row] = await world.database.all(statement(select(pins.c.hash)))
        assert row.hash.startswith("$argon2id$")
        assert PIN not in row.hash
    async with worlds(PEPPER=pepper) as world:
        token = await world.service_token("elsewhere")
        async with world.client(headers={"Authorization": f"Bearer {token}"}) as gateway:
            assert (await wrong(gateway, PIN)).json()["code"] == "pin_invalid"
        assert pepper not in world.log.getvalue()
    async with worlds(PEPPER=pepper, PEPPER_VERSION="2", PEPPER_PREVIOUS=f"1:{ours}") as world:
        token = await world.service_token("rotated")
        async with world.client(headers={"Authorization": f"Bearer {token}"}) as gateway:
            assert (await wrong(gateway, PIN)).status_code == 200
        [row] = await world.database.all(statement(select(pins.c.pepper_version)))
        assert row.pepper_version == 2, "made anew under the newest"
        assert not any(each in world.log.getvalue() for each in (pepper, ours)), "nor is it logged"


@pytest.mark.parametrize("path", [SET, CHECK])
async def test_nobody_but_a_service_may_ask(small_world: World, path: str) -> None:
    await small_world.subscriber(phone=NUMBER)
    async with small_world.client() as client:
        await small_world.sign_in(client)
        refused = await client.post(path, json={"phone": NUMBER, "pin": PIN})
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")


@pytest.mark.req("M-16")
@pytest.mark.parametrize(
    ("whom", "fields"),
    [
        ({}, ["phone"]),
        ({"phone": "12"}, ["phone"]),
        ({"phone": "0550123456"}, ["phone"]),
        ({"phone": "0550123456", "country": "ZZ"}, ["phone"]),
        ({"phone": "+213550123456" * 40}, ["phone"]),
        (
            {"phone": NUMBER, "userId": "00000000-0000-7000-8000-000000000001"},
            ["userId", "phone"],
        ),
        ({"userId": "nobody"}, ["userId"]),
        ({"phone": 5}, ["phone"]),
    ],
)
async def test_a_number_that_is_none_is_refused_by_field(
    small_worlds: Opener, whom: dict[str, Any], fields: list[str]
) -> None:
    async with small_worlds() as world:
        token = await world.service_token()
        async with world.client(headers={"Authorization": f"Bearer {token}"}) as gateway:
            refused = await gateway.post(CHECK, json={**whom, "pin": PIN})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_input")
    assert [each["field"] for each in refused.json()["errors"]] == fields


@pytest.mark.req("M-15")
async def test_of_two_first_pins_at_once_one_is_set(
    world: World, gateway: httpx2.AsyncClient
) -> None:
    await world.subscriber(phone=NUMBER)
    wishes = [{"phone": NUMBER, "pin": pin} for pin in (PIN, OTHER)]
    answers = await asyncio.gather(*(gateway.post(SET, json=wish) for wish in wishes))
    assert sorted(answer.status_code for answer in answers) == [200, 400]
    for wish, answer in zip(wishes, answers, strict=True):
        assert (await gateway.post(CHECK, json=wish)).status_code == answer.status_code
