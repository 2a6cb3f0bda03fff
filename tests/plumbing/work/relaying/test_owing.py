"""What is public is owed to each destination from the commit of its fact on."""

import pytest

from tests.support.rounds import relay_once
from tests.support.shelf import Shelf
from tests.support.worlds import Opener
from watchword.kernel.destinations import Destinations
from watchword.plumbing.db import event_queue
from watchword.plumbing.db.journal import Journal
from watchword.records.subscribers.rules import EmailVerified, UserUpdated


async def test_an_act_is_told_to_every_destination(worlds: Opener) -> None:
    shelves = Shelf("one"), Shelf("two")
    async with worlds(destinations=Destinations(shelves)) as world, world.client() as client:
        alice = await world.subscriber()
        await world.sign_in(client)
        while await relay_once(world):
            pass
    for shelf in shelves:
        (event,) = shelf.events
        assert event["type"] == "id.session.created"
        assert event["subject"] == str(alice.id)
        assert event["source"] == "https://auth.example.test"
        assert event["data"]["methods"] == ["pwd"]
        assert shelf.messages[0].key == alice.id
    assert shelves[0].messages == shelves[1].messages


async def test_what_was_rolled_back_is_owed_to_nobody(worlds: Opener) -> None:
    shelf = Shelf()
    async with worlds(destinations=Destinations((shelf,))) as world:
        alice = await world.subscriber()
        with pytest.raises(ZeroDivisionError):
            async with world.database.transaction() as tx:
                fact = EmailVerified(user_id=alice.id)
                await world.part(Journal).record(tx, fact, world.clock.now())
                raise ZeroDivisionError
        assert not await relay_once(world)
        assert await event_queue.backlogs(world.database) == []
    assert shelf.messages == []


async def test_a_failed_sign_in_is_told_too(worlds: Opener) -> None:
    shelf = Shelf()
    async with worlds(destinations=Destinations((shelf,))) as world, world.client() as client:
        wrong = {"email": "nobody@example.org", "password": "not the one"}
        await client.post(world.path("/auth/login"), json=wrong)
        await relay_once(world)
    (event,) = shelf.events
    assert event["type"] == "id.login.failed"
    assert "subject" not in event
    assert "nobody" not in str(event)


async def test_only_the_types_that_were_asked_for_are_told(worlds: Opener) -> None:
    shelf = Shelf()
    async with worlds(destinations=Destinations((shelf,)), EVENTS_TYPES="id.user.up*") as world:
        alice = await world.subscriber()
        async with world.database.transaction() as tx:
            for fact in (
                EmailVerified(user_id=alice.id),
                UserUpdated(user_id=alice.id, fields="email language"),
            ):
                await world.part(Journal).record(tx, fact, world.clock.now())
        await relay_once(world)
    (event,) = shelf.events
    assert event["data"] == {"user_id": str(alice.id), "fields": ["email", "language"]}


async def test_without_a_destination_nothing_is_written(worlds: Opener) -> None:
    async with worlds() as world, world.client() as client:
        await world.subscriber()
        await world.sign_in(client)
        assert await event_queue.backlogs(world.database) == []
