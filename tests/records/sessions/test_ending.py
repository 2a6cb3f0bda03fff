"""Whoever ends a session before its time, it is told of each."""

from collections.abc import Awaitable, Callable

import pytest
from httpx2 import AsyncClient
from sqlalchemy import select

from tests.support.facts import facts
from tests.support.world import NEW_PASSWORD, PASSWORD, World
from watchword.flows.administration.rules import Act
from watchword.flows.administration.service import Administration
from watchword.plumbing.db.statements import statement
from watchword.records.sessions.store import sessions

AUTH = "/api/v1/auth"
ALICE = "alice@example.org"
ENDED = statement(select(sessions.c.id).where(sessions.c.ended_at.is_not(None)))


async def reset(world: World, client: AsyncClient) -> None:
    await client.post(f"{AUTH}/forgot-password", json={"email": ALICE})
    code = (await world.newest(ALICE, "password_reset/password_reset")).code
    body = {"email": ALICE, "code": code, "password": NEW_PASSWORD}
    assert (await client.post(f"{AUTH}/reset-password", json=body)).status_code == 200


async def change(_world: World, client: AsyncClient) -> None:
    body = {"currentPassword": PASSWORD, "newPassword": NEW_PASSWORD}
    assert (await client.post(f"{AUTH}/change-password", json=body)).status_code == 200


async def sign_out_everywhere(_world: World, client: AsyncClient) -> None:
    assert (await client.post(f"{AUTH}/logout-all")).status_code == 204


async def lock(world: World, _client: AsyncClient) -> None:
    administration = world.part(Administration)
    alice = (await facts(world, "id.session.created"))[0].user_id
    await administration.act(Act.LOCK, alice, by="console")


@pytest.mark.parametrize(
    ("act", "reasons", "by"),
    [
        (reset, {"credential_changed"}, "owner"),
        (change, {"credential_changed", "replaced"}, "owner"),
        (sign_out_everywhere, {"signed_out"}, "owner"),
        (lock, {"by_admin"}, "console"),
    ],
)
async def test_whoever_ends_sessions_tells_of_each(
    world: World,
    act: Callable[[World, AsyncClient], Awaitable[None]],
    reasons: set[str],
    by: str,
) -> None:
    alice = await world.subscriber()
    async with world.client() as phone, world.client() as laptop:
        for client in (phone, laptop):
            await world.sign_in(client)
        await act(world, phone)
    told = await facts(world, "id.session.revoked")
    ended = {str(row.id) for row in await world.database.all(ENDED)}
    assert len(ended) == 2
    assert {each.facts["session_id"] for each in told} == ended
    assert {each.facts["reason"] for each in told} == reasons
    assert {(each.user_id, each.facts["by"]) for each in told} == {(alice.id, by)}


async def test_who_ends_none_tells_of_none(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await reset(world, client)
    assert await facts(world, "id.session.revoked") == []
