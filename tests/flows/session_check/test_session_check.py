"""Who is this? And, soon after a session ended anywhere: nobody."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import httpx2
import pytest

from tests.support.counting import statements
from tests.support.world import World
from tests.support.worlds import Opener
from watchword.flows.session_check.service import SessionCheck
from watchword.kernel.ids import SessionId
from watchword.plumbing.db.changes import Changes
from watchword.records.sessions.rules import SIGNED_OUT
from watchword.records.sessions.service import Sessions
from watchword.records.subscribers.service import Subscribers

ME = "/api/v1/auth/me"
PATIENCE = 30.0  # seconds


async def until_remembered(world: World, client: httpx2.AsyncClient, times: int = 1) -> None:
    """Ask so often until the news is proven to arrive, and no answer costs a query."""
    async with asyncio.timeout(PATIENCE):
        while True:
            with statements(world) as asked:
                for _ in range(times):
                    assert (await client.get(ME)).status_code == 200
            if not asked:
                return
            await asyncio.sleep(0.1)


@pytest.mark.req("A-33", "N-45")
async def test_me_tells_the_same_by_token_by_cookie_and_at_both_paths(world: World) -> None:
    await world.subscriber()
    async with world.client() as program, world.client() as browser:
        await world.sign_in(program)
        await world.sign_in(browser, transport="cookie")
        by_token, by_cookie = (await program.get(ME)).json(), (await browser.get(ME)).json()
        in_full = (await program.get("/api/v1/me")).json()
        assert in_full == by_token | {"consent_renewal_required": False}
    assert by_token.pop("session")["transport"] == "token"
    assert by_cookie.pop("session")["transport"] == "cookie"
    assert by_token == by_cookie
    assert by_token["email"] == "alice@example.org"


async def test_nobody_is_told_nothing(world: World) -> None:
    async with world.client() as client:
        for headers in (
            {},
            {"Authorization": "Bearer rubbish"},
            {"Authorization": "Basic YTpi"},
            {"Cookie": "__Host-watchword-session=wws_1_x"},
        ):
            answer = await client.get(ME, headers=headers)
            assert answer.status_code == 401
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["code"] == "unauthenticated"
            assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.req("N-04", "N-90")
async def test_a_browser_session_lives_as_long_as_its_setting_says(worlds: Opener) -> None:
    async with worlds(SESSION_DURATION="2000") as world, world.client() as client:
        await world.subscriber()
        await world.sign_in(client, transport="cookie")
        assert (await client.get(ME)).status_code == 200
        world.clock.advance(timedelta(seconds=2))  # no later, though it is remembered for five
        assert (await client.get(ME)).status_code == 401


async def test_a_browser_session_ends_when_it_goes_unused(worlds: Opener) -> None:
    async with worlds(SESSION_IDLE="30m") as world, world.client() as client:
        await world.subscriber()
        await world.sign_in(client, transport="cookie")
        for _ in range(3):
            world.clock.advance(timedelta(minutes=29))
            world.part(SessionCheck).recent.forget("")
            assert (await client.get(ME)).status_code == 200
            await world.part(SessionCheck).flush()
        world.clock.advance(timedelta(minutes=30))
        assert (await client.get(ME)).status_code == 401


async def test_a_value_is_good_at_its_own_door_only_however_lately_it_was_seen(
    world: World,
) -> None:
    await world.subscriber()
    async with world.client() as browser, world.client() as program, world.client() as mixed:
        await world.sign_in(browser, transport="cookie")
        token = (await world.sign_in(program))["access_token"]
        cookie = browser.cookies["__Host-watchword-session"]
        for client in (browser, program):
            assert (await client.get(ME)).status_code == 200
        as_token = {"Authorization": f"Bearer {cookie}"}
        as_cookie = {"Cookie": f"__Host-watchword-session={token}"}
        for headers in (as_token, as_cookie):
            assert (await mixed.get(ME, headers=headers)).status_code == 401


@pytest.mark.req("R-33", "G-14")
async def test_an_access_token_ends_after_a_quarter_of_an_hour_even_when_remembered(
    world: World,
) -> None:
    async with world.client() as client:
        await world.subscriber()
        await world.sign_in(client)
        assert (await client.get(ME)).status_code == 200
        world.clock.advance(timedelta(minutes=15))
        assert (await client.get(ME)).status_code == 401


@pytest.mark.req("D-42")
async def test_a_session_ended_by_another_process_is_refused_within_a_second(
    worlds: Opener,
) -> None:
    async with worlds() as here, worlds() as there:
        alice = await here.subscriber()
        async with here.client() as client:
            told = await here.sign_in(client)
            await until_remembered(here, client)
            async with there.database.transaction() as tx:
                await there.part(Sessions).end(
                    tx,
                    SessionId(UUID(told["session_id"])),
                    alice.id,
                    SIGNED_OUT,
                    None,
                    there.clock.now(),
                )
            async with asyncio.timeout(PATIENCE):
                while (await client.get(ME)).status_code == 200:
                    await asyncio.sleep(0.02)


@pytest.mark.req("D-42")
async def test_an_account_disabled_by_another_process_is_refused_within_a_second(
    worlds: Opener,
) -> None:
    async with worlds() as here, worlds() as there:
        alice = await here.subscriber()
        async with here.client() as client:
            await here.sign_in(client)
            await until_remembered(here, client)
            async with there.database.transaction() as tx:
                await there.part(Subscribers).set_status(
                    tx, alice.id, "disabled", there.clock.now()
                )
            async with asyncio.timeout(PATIENCE):
                while (await client.get(ME)).status_code == 200:
                    await asyncio.sleep(0.02)


async def test_remembered_answers_cost_no_query(worlds: Opener) -> None:
    async with worlds() as world, world.client() as client:
        await world.subscriber()
        await world.sign_in(client)
        await until_remembered(world, client, times=5)


async def test_nothing_is_remembered_while_the_news_may_not_arrive(worlds: Opener) -> None:
    async with worlds() as world, world.client() as client:
        await world.subscriber()
        token = (await world.sign_in(client))["access_token"]
        await until_remembered(world, client)
        deaf = replace(world.part(SessionCheck), changes=Changes())
        with statements(world) as asked:
            assert await deaf.known_by_token(token) is not None
            assert await deaf.known_by_token(token) is not None
    assert asked == ["SELECT", "SELECT"]
