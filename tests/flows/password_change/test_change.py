"""Changing the password while signed in."""

import asyncio

import pytest

from tests.support.browser import browser
from tests.support.facts import facts
from tests.support.world import NEW_PASSWORD, PASSWORD, World

CHANGE, ME, LOGIN = "/api/v1/auth/change-password", "/api/v1/auth/me", "/api/v1/auth/login"
ALICE = "alice@example.org"
BODY = {"currentPassword": PASSWORD, "newPassword": NEW_PASSWORD}
ORIGIN = {"Origin": "https://auth.example.test"}


@pytest.mark.req("A-33")
async def test_an_api_client_changes_the_password_and_goes_on_with_new_tokens(
    world: World,
) -> None:
    alice = await world.subscriber()
    async with world.client() as phone, world.client() as other:
        old = await world.sign_in(phone)
        await world.sign_in(other)
        changed = await phone.post(CHANGE, json=BODY)
        told = changed.json()
        assert (changed.status_code, told["status"]) == (200, "password_changed")
        assert told["session_id"] != old["session_id"]
        assert (await phone.get(ME)).status_code == 401, "the old access token is dead"
        assert (await other.get(ME)).status_code == 401, "and so is every other session"
        dead = await phone.post("/api/v1/auth/refresh", json={"refreshToken": old["refresh_token"]})
        assert dead.status_code == 401
        phone.headers["Authorization"] = f"Bearer {told['access_token']}"
        assert (await phone.get(ME)).json()["session"]["id"] == told["session_id"]
        fresh = await phone.post(
            "/api/v1/auth/refresh", json={"refreshToken": told["refresh_token"]}
        )
        assert fresh.status_code == 200
        right = await other.post(LOGIN, json={"email": ALICE, "password": NEW_PASSWORD})
        wrong = await other.post(LOGIN, json={"email": ALICE, "password": PASSWORD})
    assert (right.status_code, wrong.status_code) == (200, 401)
    assert (await facts(world, "id.password.changed"))[0].user_id == alice.id
    letter = await world.newest(ALICE, "password_change/password_changed")
    assert "/forgot-password" in letter.text


async def test_a_browser_goes_on_with_a_new_cookie(world: World) -> None:
    await world.subscriber()
    async with world.client(headers=ORIGIN) as laptop:
        await world.sign_in(laptop, transport="cookie")
        before = laptop.cookies["__Host-watchword-session"]
        changed = await laptop.post(CHANGE, json=BODY)
        assert changed.status_code == 200
        assert changed.json()["access_token"] is None
        after = laptop.cookies["__Host-watchword-session"]
        assert after != before
        assert (await laptop.get(ME)).status_code == 200
        laptop.cookies.set("__Host-watchword-session", before, domain="auth.example.test")
    async with world.client(headers=ORIGIN) as thief:
        thief.headers["Cookie"] = f"__Host-watchword-session={before}"
        assert (await thief.get(ME)).status_code == 401


async def test_a_wrong_current_password_changes_nothing(world: World) -> None:
    alice = await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        wrong = await client.post(CHANGE, json={**BODY, "currentPassword": "wrong horse wrong"})
        assert wrong.status_code == 422
        assert wrong.json()["errors"][0]["code"] == "wrong_password"
        assert (await client.get(ME)).status_code == 200
    [noted] = await facts(world, "id.login.failed")
    assert (noted.user_id, noted.facts["method"]) == (alice.id, "password_change")


async def test_a_known_device_may_change_the_password_though_strangers_guess(world: World) -> None:
    await world.subscriber()
    async with world.client(headers=ORIGIN) as owner, world.client() as stranger:
        await world.sign_in(owner, transport="cookie")
        for _ in range(5):
            await stranger.post(LOGIN, json={"email": ALICE, "password": "wrong horse wrong"})
        assert (await owner.post(CHANGE, json=BODY)).status_code == 200
        login = {"email": ALICE, "password": NEW_PASSWORD, "transport": "cookie"}
        assert (await owner.post(LOGIN, json=login)).status_code == 200, "and is known anew"


async def test_a_weak_password_is_refused_before_anything_is_guessed(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        for _ in range(6):
            weak = await client.post(CHANGE, json={**BODY, "newPassword": "short"})
            assert weak.json()["errors"][0]["field"] == "newPassword"
        assert (await client.post(CHANGE, json=BODY)).status_code == 200


async def test_of_parallel_changes_one_wins(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        answers = await asyncio.gather(
            *(
                client.post(CHANGE, json={**BODY, "newPassword": f"{NEW_PASSWORD} {n}"})
                for n in range(4)
            )
        )
        winners = [n for n, answer in enumerate(answers) if answer.status_code == 200]
        assert len(winners) == 1
        assert {a.status_code for a in answers} <= {200, 401, 409, 422}
        body = {"email": ALICE, "password": f"{NEW_PASSWORD} {winners[0]}"}
        assert (await client.post(LOGIN, json=body)).status_code == 200


async def test_tickets_from_before_are_void(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        await client.post("/api/v1/auth/forgot-password", json={"email": ALICE})
        token = await world.token(ALICE, "password_reset/password_reset")
        await client.post(CHANGE, json=BODY)
        late = {"token": token, "password": "another long sentence"}
        reset = await client.post("/api/v1/auth/reset-password", json=late)
    assert (reset.status_code, reset.json()["code"]) == (400, "token_used")


async def test_nobody_changes_a_password_without_being_signed_in(small_world: World) -> None:
    async with small_world.client() as client:
        assert (await client.post(CHANGE, json=BODY)).status_code == 401


async def test_another_site_cannot_make_a_browser_do_it(small_world: World) -> None:
    await small_world.subscriber()
    async with small_world.client() as laptop:
        await small_world.sign_in(laptop, transport="cookie")
        for headers in ({}, {"Origin": "https://evil.example"}):
            answer = await laptop.post(CHANGE, json=BODY, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (403, "csrf_refused")


async def test_on_the_page_the_password_changes_and_the_browser_stays(world: World) -> None:
    await world.subscriber()
    async with browser(world) as alice:
        await alice.sign_in()
        page = await alice.open("/account/security")
        assert 'autocomplete="current-password"' in page.text
        wrong = await alice.send(
            "/account/security", currentPassword="wrong horse wrong", newPassword=NEW_PASSWORD
        )
        assert wrong.status_code == 422
        assert 'href="#currentPassword"' in wrong.text
        assert "This is not your current password." in alice.text
        await alice.send("/account/security", currentPassword=PASSWORD, newPassword=NEW_PASSWORD)
        assert "Your password is changed" in alice.text
        assert (await alice.open("/account")).status_code == 200


async def test_somebody_without_a_password_is_led_to_choose_one(small_world: World) -> None:
    await small_world.subscriber(password=None)
    async with browser(small_world) as alice:
        await alice.open("/login/code")
        await alice.send("/login/code", email=ALICE)
        code = await small_world.code(ALICE)
        await alice.send("/login/code/verify", email=ALICE, code=code, purpose="sign_in")
        await alice.open("/account/security")
    assert "has no password yet" in alice.text
    assert 'href="/forgot-password"' in alice.page.text
