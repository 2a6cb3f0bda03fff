"""Somebody had the account for an hour: what they leave in it lets nobody in once its owner has it back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx2
import pytest

from tests.support.world import NEW_PASSWORD, PASSWORD, World
from tests.support.worlds import Opener
from watchword.flows.data_export.service import DataExport
from watchword.kernel.secret import Secret
from watchword.records.pins.service import Pins

AUTH, ADMIN = "/api/v1/auth", "/api/v1/admin/users"
ALICE, THIEF, ROOT = "alice@example.org", "thief@example.net", "root@example.org"
NUMBER = "+213550123456"
RESTED = timedelta(hours=25)


@asynccontextmanager
async def stolen(world: World) -> AsyncIterator[tuple[httpx2.AsyncClient, httpx2.AsyncClient]]:
    """Yield a thief's browser that is signed in, and the owner's that is not."""
    async with world.client() as thief, world.client("198.51.100.9") as owner:
        await world.sign_in(thief)
        yield thief, owner


async def prove_number(world: World, thief: httpx2.AsyncClient) -> None:
    """Give the account a number, and prove it."""
    assert (await thief.patch("/api/v1/me", json={"phone": NUMBER})).status_code == 200
    assert (await thief.post(f"{AUTH}/phone/code")).status_code == 202
    proof = {"code": await world.texted(NUMBER)}
    assert (await thief.post(f"{AUTH}/phone/verify", json=proof)).status_code == 200


async def move(world: World, thief: httpx2.AsyncClient) -> str:
    """Move the account to the thief's mailbox; return the token that undoes it."""
    assert (await thief.post(f"{AUTH}/change-email", json={"newEmail": THIEF})).status_code == 202
    link = {"token": await world.token(THIEF)}
    undo = await world.token(ALICE, "address_change/notice")
    assert (await thief.post(f"{AUTH}/change-email/confirm", json=link)).status_code == 200
    return undo


async def resets_by_number(world: World) -> bool:
    """Tell whether that number still leads to a new password, a day later."""
    world.clock.advance(RESTED)
    texts = len(world.telephone.texts)
    async with world.client("192.0.2.77") as anywhere:
        await anywhere.post(f"{AUTH}/password-reset/request", json={"phone": NUMBER})
    await world.deliver()
    return len(world.telephone.texts) > texts


@pytest.mark.req("M-11")
async def test_a_number_that_a_thief_proved_is_worth_nothing_after_a_reset_by_mail(
    world: World,
) -> None:
    await world.subscriber()
    async with stolen(world) as (thief, owner):
        await prove_number(world, thief)
        await owner.post(f"{AUTH}/forgot-password", json={"email": ALICE})
        token = await world.token(ALICE, "password_reset/password_reset")
        reset = {"token": token, "password": NEW_PASSWORD}
        assert (await owner.post(f"{AUTH}/reset-password", json=reset)).status_code == 200
        assert not await resets_by_number(world)


async def test_a_number_that_a_thief_proved_is_worth_nothing_after_another_password(
    world: World,
) -> None:
    await world.subscriber()
    async with stolen(world) as (thief, owner):
        await prove_number(world, thief)
        await world.sign_in(owner)
        change = {"currentPassword": PASSWORD, "newPassword": NEW_PASSWORD}
        assert (await owner.post(f"{AUTH}/change-password", json=change)).status_code == 200
        assert not await resets_by_number(world)


async def test_a_number_that_was_proven_long_ago_stays_proven(world: World) -> None:
    await world.subscriber()
    async with stolen(world) as (owner, _):
        await prove_number(world, owner)
        world.clock.advance(RESTED)
        await world.sign_in(owner)
        change = {"currentPassword": PASSWORD, "newPassword": NEW_PASSWORD}
        assert (await owner.post(f"{AUTH}/change-password", json=change)).status_code == 200
        assert await resets_by_number(world)


async def test_an_undone_change_of_address_leaves_neither_number_nor_pin(world: World) -> None:
    alice = await world.subscriber()
    async with stolen(world) as (thief, owner):
        undo = await move(world, thief)
        await prove_number(world, thief)
        pins = world.part(Pins)
        pin = await pins.hash(alice.id, Secret("8391"))
        async with world.database.transaction() as tx:
            await pins.replace(tx, alice.id, pin, world.clock.now())
        undone = await owner.post(f"{AUTH}/change-email/undo", json={"token": undo})
        assert undone.status_code == 200
        assert not await pins.has_one(world.database, alice.id)
        assert not await resets_by_number(world)


async def test_a_lock_of_the_account_leaves_its_owner_the_way_back(world: World) -> None:
    alice = await world.subscriber()
    await world.subscriber(ROOT, role="admin")
    async with stolen(world) as (thief, owner), world.client() as support:
        undo = await move(world, thief)
        assert (await thief.request("DELETE", "/api/v1/me")).status_code == 202
        await world.sign_in(support, ROOT)
        assert (await support.post(f"{ADMIN}/{alice.id}/lock")).status_code == 200
        undone = await owner.post(f"{AUTH}/change-email/undo", json={"token": undo})
        assert undone.status_code == 200, undone.text
        told = (await support.get(f"{ADMIN}/{alice.id}")).json()
    assert (told["email"], told["status"]) == (ALICE, "locked")


async def test_an_erased_account_is_listed_shown_and_exported_as_what_is_left_of_it(
    worlds: Opener,
) -> None:
    async with worlds(ERASURE_GRACE_DAYS="0") as world, world.client() as client:
        alice = await world.subscriber()
        await world.subscriber(ROOT, role="admin")
        await world.sign_in(client)
        await client.request("DELETE", "/api/v1/me")
        await world.sign_in(client, ROOT)
        for path in (ADMIN, f"{ADMIN}?status=erased", f"{ADMIN}/{alice.id}"):
            answer = await client.get(path)
            assert answer.status_code == 200, answer.text
            assert str(alice.id) in answer.text
        assert await world.part(DataExport).document(alice.id, "json", "console")
