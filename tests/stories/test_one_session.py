"""A session is one row, whatever carries it: a cookie, or an access token with its refresh tokens."""

from uuid import UUID

import jwt
import pytest
from sqlalchemy import select

from tests.support.world import World
from watchword.plumbing.db.statements import statement
from watchword.records.refresh_tokens.store import refresh_tokens
from watchword.records.sessions.store import sessions

AUTH = "/api/v1/auth"
COOKIE = "__Host-watchword-session"
SESSIONS = statement(select(sessions.c.id, sessions.c.transport, sessions.c.digest))
REFRESHES = statement(select(refresh_tokens.c.session_id))


@pytest.mark.req("K-08")
async def test_a_program_has_tokens_of_one_row(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        told = await world.sign_in(client)
        again = await client.post(f"{AUTH}/refresh", json={"refreshToken": told["refresh_token"]})
        assert client.cookies.get(COOKIE) is None
    [row] = await world.database.all(SESSIONS)
    assert (row.transport, row.digest) == ("token", None)
    for token in (told["access_token"], again.json()["access_token"]):
        claims = jwt.decode(token, options={"verify_signature": False})
        assert UUID(claims["sid"]) == row.id
    assert {each.session_id for each in await world.database.all(REFRESHES)} == {row.id}


@pytest.mark.req("K-08")
async def test_a_browser_has_an_opaque_cookie_of_one_row(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        told = await world.sign_in(client, transport="cookie")
        cookie = client.cookies[COOKIE]
    [row] = await world.database.all(SESSIONS)
    assert (str(row.id), row.transport) == (told["session_id"], "cookie")
    assert cookie.startswith("wws_1_")
    assert cookie.encode() not in bytes(row.digest)
    assert told["access_token"] is None
    assert await world.database.all(REFRESHES) == []
