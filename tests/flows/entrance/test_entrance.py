"""A session, by whichever way somebody came in."""

import httpx2
import pytest

from tests.support.facts import facts
from tests.support.world import BASE, NEW_PASSWORD, PASSWORD, World

AUTH = "/api/v1/auth"
ALICE = "alice@example.org"
PHONE, LAPTOP = {"User-Agent": "Firefox/150.0 (Android)"}, {"User-Agent": "Firefox/150.0 (Linux)"}
TOLD = "entrance/new_device"


async def code_of(world: World, client: httpx2.AsyncClient) -> str | None:
    """Ask for a sign-in code and return it."""
    await client.post(f"{AUTH}/otp/request", json={"email": ALICE})
    return (await world.newest(ALICE, "login/sign_in_code")).code


async def test_the_owner_is_told_of_a_device_that_was_never_seen(world: World) -> None:
    await world.subscriber()
    async with world.client(headers=PHONE) as phone, world.client(headers=LAPTOP) as laptop:
        await world.sign_in(phone)
        await world.sign_in(phone)
        assert not await world.letters(ALICE), "the first device is nobody's news"
        await world.sign_in(laptop)
        await world.sign_in(laptop)
    [letter] = await world.letters(ALICE)
    assert letter.template == TOLD
    assert "Firefox, Linux" in letter.text
    assert "https://auth.example.test/account/sessions" in letter.text


@pytest.mark.parametrize(
    ("language", "told"), [("fr", "1 mars 2026, 12:00 UTC"), ("ar", "1 مارس 2026، 12:00 UTC")]
)
async def test_the_owner_is_told_when_in_their_language(
    small_world: World, language: str, told: str
) -> None:
    await small_world.subscriber(language=language)
    for agent in ("Firefox/150.0 (X11; Linux)", "curl/8.0"):
        async with small_world.client(headers={"User-Agent": agent}) as client:
            await small_world.sign_in(client)
    letter = await small_world.newest("alice@example.org", "entrance/new_device")
    assert told in letter.text


async def test_a_code_from_a_new_device_is_told_as_well(world: World) -> None:
    await world.subscriber()
    async with world.client(headers=PHONE) as phone, world.client(headers=LAPTOP) as laptop:
        await world.sign_in(phone)
        body = {"email": ALICE, "code": await code_of(world, laptop)}
        assert (await laptop.post(f"{AUTH}/otp/verify", json=body)).status_code == 200
    assert await world.newest(ALICE, TOLD)


@pytest.mark.parametrize("transport", ["cookie", "token"])
async def test_no_session_is_without_its_fact(world: World, transport: str) -> None:
    alice = await world.subscriber()
    async with world.client(headers={"Origin": BASE}) as client:
        by_password = await world.sign_in(client, transport=transport)
        change = {"currentPassword": PASSWORD, "newPassword": NEW_PASSWORD}
        changed = (await client.post(f"{AUTH}/change-password", json=change)).json()
        code = {"email": ALICE, "code": await code_of(world, client), "transport": transport}
        by_code = (await client.post(f"{AUTH}/otp/verify", json=code)).json()
    noted = await facts(world, "id.session.created")
    assert {fact.user_id for fact in noted} == {alice.id}
    assert {(fact.facts["session_id"], fact.facts["methods"]) for fact in noted} == {
        (by_password["session_id"], "pwd"),
        (changed["session_id"], "pwd"),
        (by_code["session_id"], "otp"),
    }
    given = {told["access_token"] is not None for told in (by_password, changed, by_code)}
    assert given == {transport == "token"}, "a browser has its cookie and gets no token"
