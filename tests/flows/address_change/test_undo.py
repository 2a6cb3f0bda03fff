"""The old mailbox takes a change of address back."""

import asyncio
from datetime import timedelta

import httpx2
import pytest

from tests.support.browser import browser
from tests.support.facts import facts
from tests.support.world import NEW_PASSWORD, PASSWORD, World
from watchword.flows.administration.rules import Act
from watchword.flows.administration.service import Administration
from watchword.flows.erasure.service import Erasing
from watchword.records.subscribers.rules import PENDING

CHANGE = "/api/v1/auth/change-email"
CONFIRM, UNDO, ME = f"{CHANGE}/confirm", f"{CHANGE}/undo", "/api/v1/auth/me"
LOGIN, RESET = "/api/v1/auth/login", "/api/v1/auth/reset-password"
ALICE, THIEF, THIRD = "alice@example.org", "thief@example.org", "thief@third.example.org"


async def move(world: World, client: httpx2.AsyncClient, old: str, new: str) -> str:
    """Move the account to another address; return the undo token of the old mailbox."""
    assert (await client.post(CHANGE, json={"newEmail": new})).status_code == 202
    undo = await world.token(old, "address_change/notice")
    confirm = await world.token(new, "address_change/confirm")
    assert (await client.post(CONFIRM, json={"token": confirm})).status_code == 200
    return undo


async def test_the_owner_gets_the_account_back_from_a_thief(world: World) -> None:
    alice = await world.subscriber()
    async with world.client() as thief, world.client() as owner:
        await world.sign_in(thief)
        undo = await move(world, thief, ALICE, THIEF)
        done = await owner.post(UNDO, json={"token": undo})
        assert (done.status_code, done.json()) == (
            200,
            {"email": ALICE, "status": "email_restored"},
        )
        assert (await thief.get(ME)).status_code == 401, "every session has ended"
        for address in (ALICE, THIEF):
            known = await thief.post(LOGIN, json={"email": address, "password": PASSWORD})
            assert known.status_code == 401, "the password that the thief knows is gone"
        token = await world.token(ALICE, "address_change/undone")
        reset = await owner.post(RESET, json={"token": token, "password": NEW_PASSWORD})
        assert reset.status_code == 200
        await world.sign_in(owner, password=NEW_PASSWORD)
        assert (await owner.get(ME)).json()["email"] == ALICE
    [fact] = await facts(world, "email_change.undone")
    assert fact.user_id == alice.id


async def test_a_thief_cannot_have_the_account_erased_against_the_owner(world: World) -> None:
    alice = await world.subscriber()
    async with world.client() as thief, world.client() as owner:
        await world.sign_in(thief)
        undo = await move(world, thief, ALICE, THIEF)
        assert (await thief.request("DELETE", "/api/v1/me")).json()["status"] == "erasing"
        theirs = await world.token(THIEF, "erasure/erasure_asked")
        assert (await owner.post(UNDO, json={"token": undo})).status_code == 200
        gone = await thief.post("/api/v1/auth/erasure/undo", json={"token": theirs})
        assert (gone.status_code, gone.json()["code"]) == (400, "token_used")
        token = await world.token(ALICE, "address_change/undone")
        reset = await owner.post(RESET, json={"token": token, "password": NEW_PASSWORD})
        assert reset.status_code == 200
        world.clock.advance(timedelta(days=15))
        assert await world.part(Erasing).erase_due() == 0
        await world.sign_in(owner, password=NEW_PASSWORD)
    [undone] = await facts(world, "id.user.erasure_undone")
    assert undone.user_id == alice.id


async def test_the_letter_after_an_undo_carries_a_code_for_the_new_password_too(
    world: World,
) -> None:
    await world.subscriber()
    async with world.client() as thief, browser(world) as owner:
        await world.sign_in(thief)
        undo = await move(world, thief, ALICE, THIEF)
        await owner.open(f"/change-email/undo?token={undo}")
        page = await owner.send("/change-email/undo", token=undo)
        assert 'href="/reset-password/code"' in page.text
        code = (await world.newest(ALICE, "address_change/undone")).code or ""
        await owner.open("/reset-password/code")
        form = {"email": ALICE, "code": code, "password": NEW_PASSWORD}
        await owner.send("/reset-password/code", **form)
        assert "Your password is changed" in owner.text


async def test_a_change_that_is_only_asked_for_is_taken_back_as_well(world: World) -> None:
    await world.subscriber()
    async with world.client() as thief, world.client() as owner:
        await world.sign_in(thief)
        await thief.post(CHANGE, json={"newEmail": THIEF})
        confirm = await world.token(THIEF, "address_change/confirm")
        undo = await world.token(ALICE, "address_change/notice")
        assert (await owner.post(UNDO, json={"token": undo})).status_code == 200
        late = await thief.post(CONFIRM, json={"token": confirm})
    assert (late.status_code, late.json()["code"]) == (400, "token_used")


async def test_the_undo_link_lives_seven_days_and_works_once(world: World) -> None:
    await world.subscriber()
    async with world.client() as thief, world.client() as owner:
        await world.sign_in(thief)
        undo = await move(world, thief, ALICE, THIEF)
        world.clock.advance(timedelta(days=7) - timedelta(microseconds=1))
        assert (await owner.post(UNDO, json={"token": undo})).status_code == 200
        again = await owner.post(UNDO, json={"token": undo})
        assert (again.status_code, again.json()["code"]) == (400, "token_used")


async def test_the_undo_link_is_dead_after_seven_days(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        undo = await move(world, client, ALICE, THIEF)
        world.clock.advance(timedelta(days=7))
        late = await client.post(UNDO, json={"token": undo})
    assert (late.status_code, late.json()["code"]) == (400, "token_expired")


async def test_of_parallel_undos_one_wins(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        undo = await move(world, client, ALICE, THIEF)
        answers = await asyncio.gather(
            *(client.post(UNDO, json={"token": undo}) for _ in range(10))
        )
    assert sorted(answer.status_code for answer in answers) == [200] + 9 * [400]


async def test_a_thief_who_moves_on_cannot_move_back_against_the_owner(world: World) -> None:
    await world.subscriber()
    async with world.client() as thief, world.client() as owner:
        await world.sign_in(thief)
        first = await move(world, thief, ALICE, THIEF)
        world.clock.advance(timedelta(minutes=1))
        second = await move(world, thief, THIEF, THIRD)
        moved_back = await thief.post(UNDO, json={"token": second})
        assert moved_back.json()["email"] == THIEF
        back = await owner.post(UNDO, json={"token": first})
        assert (back.status_code, back.json()["email"]) == (200, ALICE), "the oldest undo holds"


async def test_the_owners_undo_takes_the_thiefs_undo_with_it(world: World) -> None:
    await world.subscriber()
    async with world.client() as thief, world.client() as owner:
        await world.sign_in(thief)
        first = await move(world, thief, ALICE, THIEF)
        world.clock.advance(timedelta(minutes=1))
        second = await move(world, thief, THIEF, THIRD)
        assert (await owner.post(UNDO, json={"token": first})).status_code == 200
        late = await thief.post(UNDO, json={"token": second})
    assert (late.status_code, late.json()["code"]) == (400, "token_used")


@pytest.mark.parametrize("way", ["reset", "change"])
async def test_a_thief_cannot_void_the_undo_by_a_new_password(world: World, way: str) -> None:
    await world.subscriber()
    async with world.client() as thief, world.client() as owner:
        await world.sign_in(thief)
        undo = await move(world, thief, ALICE, THIEF)
        if way == "reset":
            await thief.post("/api/v1/auth/forgot-password", json={"email": THIEF})
            token = await world.token(THIEF, "password_reset/password_reset")
            body = {"token": token, "password": NEW_PASSWORD}
            assert (await thief.post(RESET, json=body)).status_code == 200
        else:
            body = {"currentPassword": PASSWORD, "newPassword": NEW_PASSWORD}
            changed = await thief.post("/api/v1/auth/change-password", json=body)
            assert changed.status_code == 200
        back = await owner.post(UNDO, json={"token": undo})
        assert (back.status_code, back.json()["email"]) == (200, ALICE)


@pytest.mark.parametrize("acts", [["lock"], ["lock", "unlock"], ["disable"], ["disable", "enable"]])
async def test_an_administrator_who_stops_the_thief_leaves_the_owner_the_undo(
    world: World, acts: list[str]
) -> None:
    alice = await world.subscriber()
    administration = world.part(Administration)
    async with world.client() as thief, world.client() as owner:
        await world.sign_in(thief)
        undo = await move(world, thief, ALICE, THIEF)
        for act in acts:
            stopped = await administration.act(Act(act), alice.id, "console")
        back = await owner.post(UNDO, json={"token": undo})
        assert (back.status_code, back.json()["email"]) == (200, ALICE)
    restored = await administration.show(alice.id)
    assert (restored.email, restored.status) == (ALICE, stopped.status), "and nothing is unlocked"


async def test_nobody_blocks_an_undo_by_registering_the_old_address(world: World) -> None:
    await world.subscriber()
    async with world.client() as thief, world.client() as owner:
        await world.sign_in(thief)
        undo = await move(world, thief, ALICE, THIEF)
        await world.subscriber(ALICE, status=PENDING)
        back = await owner.post(UNDO, json={"token": undo})
        assert (back.status_code, back.json()["email"]) == (200, ALICE)


async def test_an_undo_that_meets_a_proven_account_says_so_and_stays_good(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        undo = await move(world, client, ALICE, THIEF)
        await world.subscriber(ALICE)
        for _ in range(2):
            taken = await client.post(UNDO, json={"token": undo})
            assert (taken.status_code, taken.json()["code"]) == (409, "email_taken")
        assert (await client.get(ME)).status_code == 200, "nothing was done by halves"
