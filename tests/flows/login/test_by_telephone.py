"""Signing in with a telephone number in the mailbox's place."""

from typing import Any

import pytest

from tests.support.browser import browser
from tests.support.counting import statements
from tests.support.world import PASSWORD, World

LOGIN = "/api/v1/auth/login"
NUMBER, OTHER, ALICE = "+213550123456", "+213550987654", "alice@example.org"


@pytest.mark.req("M-16")
@pytest.mark.parametrize("whose", [{"phone": NUMBER}, {"phone": "0550 12 34 56", "country": "DZ"}])
async def test_a_proven_number_signs_in(world: World, whose: dict[str, str]) -> None:
    await world.subscriber(phone=NUMBER)
    async with world.client() as client:
        right = await client.post(LOGIN, json={**whose, "password": PASSWORD})
        wrong = await client.post(LOGIN, json={**whose, "password": "not this one at all"})
    assert right.json()["user"]["email"] == ALICE
    assert (wrong.status_code, wrong.json()["code"]) == (401, "invalid_credentials")


async def test_a_number_that_is_not_proven_signs_nobody_in(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        await client.patch("/api/v1/auth/me", json={"phone": NUMBER})
        refused = await client.post(LOGIN, json={"phone": NUMBER, "password": PASSWORD})
    assert (refused.status_code, refused.json()["code"]) == (401, "invalid_credentials")


@pytest.mark.req("D-37")
async def test_known_and_unknown_numbers_cost_the_same(world: World) -> None:
    await world.subscriber(phone=NUMBER)
    told = []
    async with world.client(headers={"X-Request-Id": "same"}) as client:
        await client.post(LOGIN, json={"phone": "+213550000009", "password": PASSWORD})
        for number in (NUMBER, OTHER):
            seen: list[Any] = []
            for _ in range(6):
                with statements(world) as ran:
                    answer = await client.post(LOGIN, json={"phone": number, "password": "wrong"})
                seen.append((answer.status_code, answer.content, len(ran)))
            told.append(seen)
    assert told[0] == told[1]
    assert told[0][-1][0] == 429


async def test_guesses_by_number_and_by_mailbox_add_up(world: World) -> None:
    await world.subscriber(phone=NUMBER)
    async with world.client() as client:
        for _ in range(5):
            await client.post(LOGIN, json={"phone": NUMBER, "password": "wrong"})
        refused = await client.post(LOGIN, json={"email": ALICE, "password": PASSWORD})
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_attempts")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["email"]),
        ({"email": ALICE, "phone": NUMBER}, ["email", "phone"]),
        ({"phone": "0550123456"}, ["phone"]),
        ({"phone": "x"}, ["phone"]),
    ],
)
async def test_what_names_nobody_is_refused_by_field(
    small_world: World, body: dict[str, str], fields: list[str]
) -> None:
    async with small_world.client() as client:
        refused = await client.post(LOGIN, json={**body, "password": PASSWORD})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_input")
    assert [each["field"] for each in refused.json()["errors"]] == fields


async def test_somebody_signs_in_on_the_page_by_number(world: World) -> None:
    await world.subscriber(phone=NUMBER)
    async with browser(world) as alice:
        await alice.open("/login")
        page = await alice.send("/login", email="12345", password=PASSWORD, return_to="")
        assert 'href="#email"' in page.text
        await alice.send("/login", email="+213 550 12 34 56", password=PASSWORD, return_to="")
        assert alice.path == "/account"
