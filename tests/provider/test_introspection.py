"""Other services ask whether a token or a session is good (RFC 7662)."""

from collections.abc import AsyncIterator

import httpx2
import pytest

from tests.support.world import World
from watchword.records.services.service import Services

PATH = "/api/v1/auth/introspect"
LOGIN = "/api/v1/auth/login"


@pytest.fixture
async def clinic(world: World) -> AsyncIterator[httpx2.AsyncClient]:
    """Yield a client that holds a service token."""
    async with world.database.transaction() as tx:
        token = await world.part(Services).add(tx, "clinic", world.clock.now())
    async with world.client(headers={"Authorization": f"Bearer {token.reveal()}"}) as client:
        yield client


async def test_a_service_learns_whose_a_good_token_is(
    world: World, clinic: httpx2.AsyncClient
) -> None:
    alice = await world.subscriber()
    async with world.client() as client:
        told = await world.sign_in(client)
    for how in (
        {"data": {"token": told["access_token"]}},
        {"json": {"token": told["access_token"]}},
    ):
        answer = await clinic.post(PATH, **how)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        said = answer.json()
        assert (said["active"], said["sub"], said["sid"]) == (
            True,
            str(alice.id),
            told["session_id"],
        )
        assert said["token_type"] == "Bearer"
        assert said["exp"] - said["iat"] == told["expires_in"] == 900
        assert said["iat"] == int(world.clock.now().timestamp())


async def test_a_service_may_ask_about_a_browsers_session(
    world: World, clinic: httpx2.AsyncClient
) -> None:
    await world.subscriber()
    async with world.client() as browser:
        await world.sign_in(browser, transport="cookie")
        value = browser.cookies["__Host-watchword-session"]
        assert (await clinic.post(PATH, data={"token": value})).json()["active"] is True
        csrf = (await browser.get("/api/v1/auth/csrf")).json()["csrf_token"]
        await browser.post("/api/v1/auth/logout", headers={"X-CSRF-Token": csrf})
        assert (await clinic.post(PATH, data={"token": value})).json() == {"active": False}


@pytest.mark.parametrize("rubbish", ["", "x", "eyJ.a.b", "wws_1_" + "0" * 49])
async def test_of_what_is_no_good_a_service_learns_only_that(
    clinic: httpx2.AsyncClient, rubbish: str
) -> None:
    answer = await clinic.post(PATH, data={"token": rubbish, "token_type_hint": "access_token"})
    assert (answer.status_code, answer.json()) == (200, {"active": False})


async def test_only_a_service_may_ask(world: World, clinic: httpx2.AsyncClient) -> None:
    await world.subscriber()
    async with world.client() as client:
        assert (await client.post(PATH, data={"token": "x"})).status_code == 401
        told = await world.sign_in(client)
        mine = {"token": told["access_token"]}
        assert (await client.post(PATH, data=mine)).status_code == 401, "a person is no service"
    async with world.database.transaction() as tx:
        await world.part(Services).revoke(tx, "clinic", world.clock.now())
    assert (await clinic.post(PATH, data=mine)).status_code == 401, "a revoked service is none"
