"""Refreshing: one token, one successor."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from tests.support.world import World

REFRESH, ME = "/api/v1/auth/refresh", "/api/v1/auth/me"


async def refresh(client: httpx2.AsyncClient, token: str) -> httpx2.Response:
    """Ask for the next tokens."""
    return await client.post(REFRESH, json={"refreshToken": token})


async def signed_in(world: World, client: httpx2.AsyncClient) -> dict[str, Any]:
    """Sign in a new subscriber."""
    await world.subscriber()
    return await world.sign_in(client)


@pytest.mark.req("A-33", "R-33", "D-43")
async def test_a_refresh_token_becomes_an_access_token_and_its_successor(world: World) -> None:
    async with world.client() as client:
        first = await signed_in(world, client)
        answer = await refresh(client, first["refresh_token"])
        assert answer.status_code == 200
        told = answer.json()
        assert told["refresh_token"] != first["refresh_token"]
        assert told["session_id"] == first["session_id"]
        assert told["refresh_expires_in"] == 7 * 86400
        client.headers["Authorization"] = f"Bearer {told['access_token']}"
        assert (await client.get(ME)).status_code == 200


async def test_a_retry_within_ten_seconds_gets_the_identical_successor(world: World) -> None:
    async with world.client() as client:
        first = await signed_in(world, client)
        answers = [await refresh(client, first["refresh_token"])]
        world.clock.advance(timedelta(seconds=9))
        answers.append(await refresh(client, first["refresh_token"]))
        assert len({answer.json()["refresh_token"] for answer in answers}) == 1


async def test_parallel_refreshes_of_several_tabs_agree_on_one_successor(world: World) -> None:
    async with world.client() as client:
        first = await signed_in(world, client)
        answers = await asyncio.gather(
            *(refresh(client, first["refresh_token"]) for _ in range(12))
        )
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.json()["refresh_token"] for answer in answers}) == 1


@pytest.mark.req("A-33", "D-43")
async def test_a_reuse_after_ten_seconds_ends_the_session_and_tells_its_owner(
    world: World,
) -> None:
    async with world.client() as client:
        first = await signed_in(world, client)
        successor = (await refresh(client, first["refresh_token"])).json()["refresh_token"]
        world.clock.advance(timedelta(seconds=11))
        reused = await refresh(client, first["refresh_token"])
        assert (reused.status_code, reused.json()["code"]) == (401, "refresh_token_reused")
        assert (await refresh(client, successor)).status_code == 401
        assert (await client.get(ME)).status_code == 401
    assert (await world.newest("alice@example.org")).template == "token_refresh/token_reused"


@pytest.mark.req("A-33")
async def test_a_reuse_after_the_successor_was_used_is_a_theft_however_soon(world: World) -> None:
    async with world.client() as client:
        first = await signed_in(world, client)
        second = (await refresh(client, first["refresh_token"])).json()["refresh_token"]
        third = (await refresh(client, second)).json()["refresh_token"]
        assert (await refresh(client, first["refresh_token"])).status_code == 401
        assert (await refresh(client, third)).status_code == 401


async def test_another_client_cannot_pass_for_a_retry(world: World) -> None:
    async with world.client() as client, world.client(headers={"User-Agent": "thief"}) as thief:
        first = await signed_in(world, client)
        await refresh(client, first["refresh_token"])
        assert (await refresh(thief, first["refresh_token"])).json()[
            "code"
        ] == "refresh_token_reused"


async def test_a_refresh_token_lives_seven_days(world: World) -> None:
    async with world.client() as client:
        first = await signed_in(world, client)
        world.clock.advance(timedelta(days=7))
        late = await refresh(client, first["refresh_token"])
        assert (late.status_code, late.json()["code"]) == (401, "refresh_token_invalid")


async def test_a_session_that_is_refreshed_still_ends_at_its_absolute_age(world: World) -> None:
    async with world.client() as client:
        token = (await signed_in(world, client))["refresh_token"]
        for _ in range(15):
            world.clock.advance(timedelta(days=6))
            answer = await refresh(client, token)
            if answer.status_code == 401:
                break
            token = answer.json()["refresh_token"]
        assert answer.status_code == 401


@pytest.mark.parametrize("rubbish", ["", "wwr_1_short", "wws_1_" + "A" * 49, "x" * 5000, "\u202e"])
async def test_rubbish_is_refused(world: World, rubbish: str) -> None:
    async with world.client() as client:
        refused = await refresh(client, rubbish)
        assert (refused.status_code, refused.json()["code"]) == (401, "refresh_token_invalid")
