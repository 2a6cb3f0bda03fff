"""Choosing a new password with a link from the mailbox."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.support.facts import facts
from tests.support.world import NEW_PASSWORD, PASSWORD, World
from watchword.plumbing.db.columns import metadata
from watchword.plumbing.db.statements import statement
from watchword.records.subscribers.rules import DISABLED, LOCKED, PENDING
from watchword.records.subscribers.service import Subscribers
from watchword.records.tickets.rules import Purpose
from watchword.records.tickets.service import Tickets

FORGOT, RESET = "/api/v1/auth/forgot-password", "/api/v1/auth/reset-password"
LOGIN, ME = "/api/v1/auth/login", "/api/v1/auth/me"
ALICE = "alice@example.org"


async def link(world: World, email: str = ALICE) -> str:
    """Ask for a link and return its token."""
    async with world.client() as client:
        await client.post(FORGOT, json={"email": email})
    return await world.token(email, "password_reset/password_reset")


@pytest.mark.req("A-01", "A-30")
async def test_the_new_password_holds_and_the_old_one_does_not(world: World) -> None:
    alice = await world.subscriber()
    token = await link(world)
    async with world.client() as client:
        done = await client.post(RESET, json={"token": token, "password": NEW_PASSWORD})
        assert (done.status_code, done.json()) == (200, {"status": "password_reset"})
        assert "set-cookie" not in done.headers, "a reset signs nobody in"
        old = await client.post(LOGIN, json={"email": ALICE, "password": PASSWORD})
        assert old.status_code == 401
        new = await client.post(LOGIN, json={"email": ALICE, "password": NEW_PASSWORD})
        assert new.status_code == 200
    assert await world.newest(ALICE, "password_reset/password_reset_done")
    [fact] = await facts(world, "id.password.reset.completed")
    assert (fact.user_id, fact.facts) == (alice.id, {"channel": "email", "country": ""})


@pytest.mark.req("A-30")
async def test_every_session_and_every_refresh_token_ends(world: World) -> None:
    await world.subscriber()
    token = await link(world)
    async with world.client() as phone, world.client() as laptop, world.client() as stranger:
        told = await world.sign_in(phone)
        await world.sign_in(laptop, transport="cookie")
        await stranger.post(RESET, json={"token": token, "password": NEW_PASSWORD})
        assert (await phone.get(ME)).status_code == 401
        assert (await laptop.get(ME)).status_code == 401
        refresh = {"refreshToken": told["refresh_token"]}
        assert (await phone.post("/api/v1/auth/refresh", json=refresh)).status_code == 401


@pytest.mark.req("A-48", "A-55")
async def test_a_link_works_once(world: World) -> None:
    await world.subscriber()
    reset = {"token": await link(world), "password": NEW_PASSWORD}
    async with world.client() as client:
        assert (await client.post(RESET, json=reset)).status_code == 200
        again = await client.post(RESET, json=reset)
    assert (again.status_code, again.json()["code"]) == (400, "token_used")


@pytest.mark.req("A-48")
async def test_of_twenty_parallel_uses_of_one_link_one_wins(world: World) -> None:
    await world.subscriber()
    token = await link(world)
    async with world.client() as client:
        answers = await asyncio.gather(
            *(
                client.post(RESET, json={"token": token, "password": f"{NEW_PASSWORD} {n}"})
                for n in range(20)
            )
        )
        assert sorted(a.status_code for a in answers) == [200] + 19 * [400]
        assert {a.json()["code"] for a in answers if a.status_code == 400} == {"token_used"}
        winner = next(n for n, a in enumerate(answers) if a.status_code == 200)
        body = {"email": ALICE, "password": f"{NEW_PASSWORD} {winner}"}
        assert (await client.post(LOGIN, json=body)).status_code == 200


@pytest.mark.req("A-01", "A-55")
async def test_a_link_expires_at_sixty_minutes_and_not_before(world: World) -> None:
    await world.subscriber()
    token = await link(world)
    async with world.client() as client:
        world.clock.advance(timedelta(minutes=60) - timedelta(microseconds=1))
        weak = await client.post(RESET, json={"token": token, "password": "short"})
        assert weak.status_code == 422, "still good a moment before"
        world.clock.advance(timedelta(microseconds=1))
        late = await client.post(RESET, json={"token": token, "password": NEW_PASSWORD})
        assert (late.status_code, late.json()["code"]) == (400, "token_expired")


@pytest.mark.req("A-55")
@pytest.mark.parametrize("token", ["", "rubbish", "wwt_1_" + "x" * 49, "wwt_99_" + "0" * 49])
async def test_what_is_no_token_is_refused(small_world: World, token: str) -> None:
    async with small_world.client() as client:
        answer = await client.post(RESET, json={"token": token, "password": NEW_PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (400, "token_invalid")


@pytest.mark.parametrize("password", ["short", "passwordpassword", "alice@example.org", "a" * 513])
async def test_a_refused_password_leaves_the_link_as_it_was(world: World, password: str) -> None:
    await world.subscriber()
    token = await link(world)
    async with world.client() as client:
        weak = await client.post(RESET, json={"token": token, "password": password})
        assert (weak.status_code, weak.json()["errors"][0]["field"]) == (422, "password")
        good = await client.post(RESET, json={"token": token, "password": NEW_PASSWORD})
        assert good.status_code == 200


@pytest.mark.parametrize("purpose", [p for p in Purpose if p is not Purpose.PASSWORD_RESET])
async def test_a_ticket_of_another_purpose_is_nothing_here(
    small_world: World, purpose: Purpose
) -> None:
    alice = await small_world.subscriber()
    ticket = await small_world.part(Tickets).issue(
        small_world.database,
        purpose=purpose,
        address=ALICE,
        user_id=alice.id,
        lifetime=timedelta(hours=1),
        now=small_world.clock.now(),
    )
    async with small_world.client() as client:
        reset = {"token": ticket.token.reveal(), "password": NEW_PASSWORD}
        answer = await client.post(RESET, json=reset)
    assert (answer.status_code, answer.json()["code"]) == (400, "token_invalid")


async def test_a_reset_link_is_nothing_at_the_other_doors(world: World) -> None:
    await world.subscriber()
    token = await link(world)
    async with world.client() as client:
        for door in ("verify-email", "change-email/confirm", "change-email/undo"):
            answer = await client.post(f"/api/v1/auth/{door}", json={"token": token})
            assert (answer.status_code, answer.json()["code"]) == (400, "token_invalid"), door
        good = await client.post(RESET, json={"token": token, "password": NEW_PASSWORD})
        assert good.status_code == 200, "trying elsewhere has spent nothing"


async def test_a_pending_account_becomes_active_by_the_proof_of_its_mailbox(world: World) -> None:
    await world.subscriber(status=PENDING)
    token = await link(world)
    async with world.client() as client:
        await client.post(RESET, json={"token": token, "password": NEW_PASSWORD})
        await world.sign_in(client, password=NEW_PASSWORD)
        me = (await client.get(ME)).json()
    assert (me["status"], me["email_verified"]) == ("active", True)
    assert len(await facts(world, "id.user.email_verified")) == 1


@pytest.mark.parametrize("status", [LOCKED, DISABLED])
async def test_a_lock_by_an_administrator_outlives_a_link(world: World, status: str) -> None:
    alice = await world.subscriber()
    token = await link(world)
    async with world.database.transaction() as tx:
        await world.part(Subscribers).set_status(tx, alice.id, status, world.clock.now())
    async with world.client() as client:
        answer = await client.post(RESET, json={"token": token, "password": NEW_PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (403, f"account_{status}")


@pytest.mark.req("R-39")
async def test_a_reset_takes_the_lock_of_wrong_guesses_off(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        for _ in range(5):
            await client.post(LOGIN, json={"email": ALICE, "password": "wrong horse wrong"})
        locked = await client.post(LOGIN, json={"email": ALICE, "password": PASSWORD})
        assert locked.status_code == 429
        token = await link(world)
        await client.post(RESET, json={"token": token, "password": NEW_PASSWORD})
        body = {"email": ALICE, "password": NEW_PASSWORD}
        assert (await client.post(LOGIN, json=body)).status_code == 200


async def test_a_sign_in_code_from_before_is_void_after_a_reset(world: World) -> None:
    await world.subscriber()
    token = await link(world)
    async with world.client() as client:
        await client.post("/api/v1/auth/otp/request", json={"email": ALICE})
        code = await world.code(ALICE)
        await client.post(RESET, json={"token": token, "password": NEW_PASSWORD})
        late = await client.post("/api/v1/auth/otp/verify", json={"email": ALICE, "code": code})
    assert (late.status_code, late.json()["code"]) == (400, "code_invalid")


@pytest.mark.req("A-02", "A-48")
async def test_no_table_knows_the_token(world: World) -> None:
    await world.subscriber()
    token = await link(world)
    assert len(token.rpartition("_")[2]) == 49, "256 bits and a checksum"
    for table in metadata.sorted_tables:
        for row in await world.database.all(statement(select(table))):
            assert token not in repr(tuple(row)), table.name
    assert token not in world.log.getvalue()
