"""An account that refuses guesses: its owner is told, and opens it."""

import httpx2
import pytest

from tests.support.browser import browser
from tests.support.facts import facts
from tests.support.world import NEW_PASSWORD, PASSWORD, World

AUTH = "/api/v1/auth"
ALICE = "alice@example.org"
LETTER = "lockout/account_locked"
WRONG = "wrong horse wrong"
LAST_GUESS = {
    "login": {"email": ALICE, "password": WRONG},
    "change-password": {"currentPassword": WRONG, "newPassword": NEW_PASSWORD},
    "change-email": {"newEmail": "alice@new.example.org", "password": WRONG},
}


async def sign_in_status(client: httpx2.AsyncClient) -> int:
    answer = await client.post(f"{AUTH}/login", json={"email": ALICE, "password": PASSWORD})
    return answer.status_code


async def locked_out(world: World) -> str:
    """Guess until the account refuses, and return the token of the letter."""
    async with world.client() as stranger:
        for _ in range(5):
            await stranger.post(f"{AUTH}/login", json=LAST_GUESS["login"])
    return await world.token(ALICE, LETTER)


@pytest.mark.req("R-39", "K-21")
async def test_the_owner_of_a_locked_account_takes_the_lock_off_by_mail(world: World) -> None:
    alice = await world.subscriber()
    token = await locked_out(world)
    async with browser(world) as owner:
        page = await owner.open(f"/unlock?token={token}")
        assert page.status_code == 200
        assert await sign_in_status(owner.client) == 429, "looking unlocks nothing"
        await owner.send("/unlock", token=token)
        assert "Your account is unlocked" in owner.text
        assert await sign_in_status(owner.client) == 200
    [noted] = await facts(world, "id.account.unlocked")
    assert noted.user_id == alice.id


@pytest.mark.req("R-39")
@pytest.mark.parametrize("door", LAST_GUESS)
async def test_the_owner_is_told_whichever_door_the_last_guess_was_at(
    world: World, door: str
) -> None:
    alice = await world.subscriber()
    async with world.client() as thief, world.client() as stranger:
        await world.sign_in(thief)
        for _ in range(4):
            await stranger.post(f"{AUTH}/login", json=LAST_GUESS["login"])
        await thief.post(f"{AUTH}/{door}", json=LAST_GUESS[door])
    assert await world.newest(ALICE, LETTER)
    [noted] = await facts(world, "id.account.locked")
    assert noted.user_id == alice.id


@pytest.mark.parametrize("opened", ["elsewhere", "here"])
async def test_a_device_that_locked_itself_is_let_in_again(world: World, opened: str) -> None:
    await world.subscriber()
    async with browser(world) as known, browser(world, "198.51.100.9") as other:
        await world.sign_in(known.client, transport="cookie")
        for _ in range(5):
            await known.client.post(f"{AUTH}/login", json=LAST_GUESS["login"])
        token = await world.token(ALICE, LETTER)
        assert await sign_in_status(known.client) == 429
        assert await sign_in_status(other.client) == 200, "strangers have a count of their own"
        if opened == "here":  # the link that only knows of the other count is newer
            token = await locked_out(world)
        reader = known if opened == "here" else other
        await reader.open(f"/unlock?token={token}")
        await reader.send("/unlock", token=token)
        assert await sign_in_status(known.client) == 200
        assert await sign_in_status(other.client) == 200


async def test_a_link_that_is_spent_or_rubbish_shows_another_way_in(small_world: World) -> None:
    await small_world.subscriber()
    token = await locked_out(small_world)
    async with browser(small_world) as owner:
        await owner.open(f"/unlock?token={token}")
        await owner.send("/unlock", token=token)
        for dead in (token, "rubbish", ""):
            page = await owner.open(f"/unlock?token={dead}")
            assert page.status_code == 400
            assert 'href="/forgot-password"' in page.text
