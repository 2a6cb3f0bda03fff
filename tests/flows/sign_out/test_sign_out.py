"""Signing out: here, everywhere, with whatever one has left."""

from datetime import timedelta

import pytest

from tests.support.browser import browser
from tests.support.facts import facts
from tests.support.world import World

LOGOUT, ALL, ME = "/api/v1/auth/logout", "/api/v1/auth/logout-all", "/api/v1/auth/me"
REFRESH, CSRF = "/api/v1/auth/refresh", "/api/v1/auth/csrf"


@pytest.mark.req("A-33", "D-43")
async def test_an_api_client_signs_out_and_its_tokens_are_dead(world: World) -> None:
    alice = await world.subscriber()
    async with world.client() as client:
        told = await world.sign_in(client)
        out = await client.post(LOGOUT)
        assert (out.status_code, out.content) == (204, b"")
        assert (await client.get(ME)).status_code == 401
        dead = await client.post(REFRESH, json={"refreshToken": told["refresh_token"]})
        assert dead.status_code == 401
        assert (await client.post(LOGOUT)).status_code == 204, "signing out twice does no harm"
    [fact] = await facts(world, "id.session.revoked")
    assert (fact.user_id, fact.facts["reason"]) == (alice.id, "signed_out")


async def test_a_refresh_token_is_enough_to_sign_out(world: World) -> None:
    await world.subscriber()
    async with world.client() as client, world.client() as late:
        told = await world.sign_in(client)
        out = await late.post(LOGOUT, json={"refreshToken": told["refresh_token"]})
        assert out.status_code == 204
        assert (await client.get(ME)).status_code == 401


@pytest.mark.parametrize("token", ["rubbish", "wwr_1_" + "0" * 49, ""])
async def test_an_unknown_refresh_token_is_signed_out_already(
    small_world: World, token: str
) -> None:
    async with small_world.client() as client:
        assert (await client.post(LOGOUT, json={"refreshToken": token})).status_code == 204


@pytest.mark.req("N-89")
async def test_a_browser_signs_out_and_loses_its_cookie(world: World) -> None:
    await world.subscriber()
    async with world.client(headers={"Origin": "https://auth.example.test"}) as laptop:
        await world.sign_in(laptop, transport="cookie")
        cookie = laptop.cookies["__Host-watchword-session"]
        assert (await laptop.post(LOGOUT)).status_code == 204
        assert "__Host-watchword-session" not in laptop.cookies
        kept = {"Cookie": f"__Host-watchword-session={cookie}"}
        assert (await laptop.get(ME, headers=kept)).status_code == 401


@pytest.mark.req("N-88")
async def test_another_site_cannot_sign_a_browser_out(world: World) -> None:
    await world.subscriber()
    async with world.client() as laptop:
        await world.sign_in(laptop, transport="cookie")
        for headers in ({}, {"Origin": "https://evil.example"}):
            refused = await laptop.post(LOGOUT, headers=headers)
            assert (refused.status_code, refused.json()["code"]) == (403, "csrf_refused")
        assert (await laptop.get(ME)).status_code == 200


@pytest.mark.req("N-88", "G-20")
async def test_the_csrf_token_of_ones_own_session_opens_the_door(world: World) -> None:
    await world.subscriber()
    async with world.client() as laptop, world.client() as thief:
        await world.sign_in(laptop, transport="cookie")
        mine = (await laptop.get(CSRF)).json()["csrf_token"]
        theirs = (await thief.get(CSRF)).json()["csrf_token"]
        assert mine != theirs
        assert "__Host-watchword-visitor" in thief.cookies
        assert (await thief.get(CSRF)).json()["csrf_token"] == theirs
        foreign = await laptop.post(LOGOUT, headers={"X-CSRF-Token": theirs})
        assert foreign.status_code == 403
        own = await laptop.post(LOGOUT, headers={"X-CSRF-Token": mine})
        assert own.status_code == 204


@pytest.mark.req("N-90")
async def test_signing_out_everywhere_ends_every_session_of_the_account_only(
    world: World,
) -> None:
    await world.subscriber()
    await world.subscriber("bob@example.org")
    async with world.client() as phone, world.client() as laptop, world.client() as bob:
        await world.sign_in(phone)
        await world.sign_in(laptop, transport="cookie")
        await world.sign_in(bob, "bob@example.org")
        assert (await phone.post(ALL)).status_code == 204
        assert (await phone.get(ME)).status_code == 401
        assert (await laptop.get(ME)).status_code == 401
        assert (await bob.get(ME)).status_code == 200
        assert (await phone.post(ALL)).status_code == 401
    assert len(await facts(world, "id.session.revoked")) == 2


async def test_an_expired_access_token_and_a_body_that_is_none_are_taken(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        world.clock.advance(timedelta(minutes=15))
        assert (await client.post(LOGOUT)).status_code == 204
        assert (await client.post(LOGOUT, json=[])).status_code == 400
        assert (await client.post(LOGOUT, json={"all": True})).status_code == 422


async def test_on_the_page_one_click_signs_out(world: World) -> None:
    await world.subscriber()
    async with browser(world) as alice:
        await alice.sign_in()
        await alice.send("/sign-out")
        assert alice.path == "/signed-out"
        assert "You are signed out" in alice.text
        await alice.open("/account")
        assert alice.path == "/login"
