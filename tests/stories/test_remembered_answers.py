"""Who is signed in is remembered for some seconds, without a query, and forgotten at once when it changes."""

import asyncio
from dataclasses import fields

import httpx2
import pytest

from tests.support.counting import statements
from tests.support.world import World
from watchword.flows.session_check.service import SessionCheck
from watchword.kernel.ports import Caller

ME = "/api/v1/auth/me"
_TRIES = 100


async def ask(world: World, client: httpx2.AsyncClient) -> list[str]:
    """Ask who one is; return what the database was asked for it."""
    with statements(world) as ran:
        assert (await client.get(ME)).status_code == 200
    return [word for word in ran if word == "SELECT"]


@pytest.mark.req("N-96", "D-42")
async def test_the_second_answer_costs_no_query_and_a_change_is_told_at_once(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        for _ in range(_TRIES):  # until news is proven to arrive
            if not await ask(world, client):
                break
            await asyncio.sleep(0.05)
        assert await ask(world, client) == []
        changed = await client.patch("/api/v1/me", json={"firstName": "Alix"})
        assert changed.status_code == 200
        assert (await client.get(ME)).json()["first_name"] == "Alix"


@pytest.mark.req("D-42")
async def test_what_is_remembered_holds_no_password(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        recent = world.part(SessionCheck).recent
        for _ in range(_TRIES):
            await client.get(ME)
            if recent._kept:
                break
            await asyncio.sleep(0.05)
        ((_, (known, _), _),) = recent._kept.values()
    assert not [field.name for field in fields(Caller) if "hash" in field.name]
    for kept in (repr(known.caller), known.body.decode()):
        assert "argon2" not in kept
        assert "password" not in kept
