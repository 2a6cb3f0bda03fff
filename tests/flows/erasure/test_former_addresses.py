"""What stands under an address that an account once had, or a number it never proved, is its owner's."""

from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from tests.support.world import SECRET, World
from tests.support.worlds import Opener
from watchword.flows.erasure.service import Erasing
from watchword.plumbing.contact import email_address
from watchword.plumbing.db.statements import statement
from watchword.records.dispatches.store import dispatches
from watchword.records.former_addresses.store import former_addresses
from watchword.records.subscribers.rules import Subscriber
from watchword.records.suppressions.rules import SuppressionReason
from watchword.records.suppressions.service import Suppressions
from watchword.records.suppressions.store import suppressions

ALICE, NEW = "alice@example.org", "alice@new.example.org"
CHANGE, EXPORT, ME = "/api/v1/auth/change-email", "/api/v1/me/export", "/api/v1/auth/me"
NUMBER, OTHER = "+213550123456", "+213550999999"


async def rows(world: World, table: Any) -> list[Any]:
    return list(await world.database.all(statement(select(table))))


async def moves(world: World, client: httpx2.AsyncClient) -> Subscriber:
    """Have Alice move to another mailbox because the old one bounces."""
    alice = await world.subscriber()
    await world.sign_in(client)
    await client.post(CHANGE, json={"newEmail": NEW})
    token = await world.token(NEW, "address_change/confirm")
    await client.post(f"{CHANGE}/confirm", json={"token": token})
    await suppress(world, ALICE)
    return alice


async def suppress(world: World, address: str) -> None:
    async with world.database.transaction() as tx:
        reason, now = SuppressionReason.BOUNCE, world.clock.now()
        await world.part(Suppressions).add(tx, email_address(address), reason, "test", now)


@pytest.mark.req("N-53", "N-55")
async def test_an_address_that_was_given_up_is_told_and_erased(world: World) -> None:
    async with world.client() as client:
        alice = await moves(world, client)
        told = (await client.get(EXPORT)).json()
    assert [each["address"] for each in told["former_addresses"]] == [ALICE]
    assert [each["address"] for each in told["suppressions"]] == [ALICE]
    assert {each["template"] for each in told["messages"]} == {
        "address_change/notice",
        "address_change/confirm",
    }
    await world.part(Erasing).erase(alice.id, "operator")
    for table in (suppressions, former_addresses, dispatches):
        assert await rows(world, table) == [], table.name


@pytest.mark.req("N-53", "N-55")
async def test_what_left_before_the_pepper_changed_is_told_and_erased_too(worlds: Opener) -> None:
    async with worlds() as world, world.client() as client:
        alice = await moves(world, client)
    first = SECRET.format(name="PEPPER")
    second = {"PEPPER": SECRET.format(name="NEWER"), "PEPPER_VERSION": "2"}
    async with worlds(**second, PEPPER_PREVIOUS=f"1:{first}") as world, world.client() as client:
        await world.sign_in(client, NEW)
        told = (await client.get(EXPORT)).json()
        assert "address_change/notice" in {each["template"] for each in told["messages"]}
        await world.part(Erasing).erase(alice.id, "operator")
        assert await rows(world, dispatches) == []


@pytest.mark.req("N-53", "N-55")
async def test_what_stands_under_the_address_of_another_account_is_that_ones(world: World) -> None:
    async with world.client() as client:
        alice = await moves(world, client)
        await world.subscriber()  # whose mailbox it is now
        told = (await client.get(EXPORT)).json()
    assert told["suppressions"] == []
    await world.part(Erasing).erase(alice.id, "operator")
    assert [each.address for each in await rows(world, suppressions)] == [ALICE]


async def test_an_address_to_which_nobody_moved_in_the_end_is_not_the_owners(world: World) -> None:
    async with world.client() as client:
        await moves(world, client)
        undo = await world.token(ALICE, "address_change/notice")
        await client.post(f"{CHANGE}/undo", json={"token": undo})
    assert NEW not in {each.address_key for each in await rows(world, former_addresses)}


@pytest.mark.req("N-55")
@pytest.mark.parametrize("proven", [True, False])
async def test_texts_to_a_number_go_with_the_account_unless_another_has_proven_it(
    world: World, *, proven: bool
) -> None:
    alice = await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        await client.patch(ME, json={"phone": NUMBER})
        await client.post("/api/v1/auth/phone/code")
        await world.texted(NUMBER)
    if proven:
        await world.subscriber("bob@example.org", phone=NUMBER)
    await world.part(Erasing).erase(alice.id, "operator")
    left = [each.channel for each in await rows(world, dispatches)]
    assert left == (["text"] if proven else [])


async def test_a_proven_number_that_was_exchanged_is_told(world: World) -> None:
    await world.subscriber(phone=NUMBER)
    async with world.client() as client:
        await world.sign_in(client)
        await client.patch(ME, json={"phone": OTHER})
        told = (await client.get(EXPORT)).json()
    assert [each["address"] for each in told["former_addresses"]] == [NUMBER]
