"""The relay: in order for each account, at least once, whatever becomes of a destination."""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from uuid import UUID

import pytest

from tests.support.rounds import relay_once
from tests.support.shelf import Shelf, Trouble
from tests.support.world import World
from tests.support.worlds import Opener
from watchword.kernel.destinations import Destinations, EventMessage
from watchword.kernel.ports import NotAccepted, OutOfReach
from watchword.plumbing.db import event_queue
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.logs import logger
from watchword.plumbing.work.relaying import Relay, Relays
from watchword.records.subscribers.rules import EmailVerified, UserUpdated

ALICE = UUID("019a0000-0000-7000-8000-00000000000a")
BOB = UUID("019a0000-0000-7000-8000-00000000000b")
ALL_SECONDS = 30.0


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
async def world(worlds: Opener, shelf: Shelf) -> AsyncIterator[World]:
    async with worlds(destinations=Destinations((shelf,)), EVENTS_MAX_TRIES="3") as opened:
        yield opened


@pytest.fixture
def said() -> Iterator[Callable[[], list[dict[str, str]]]]:
    """Return what the log says; in the end it says it to nobody."""
    stream = io.StringIO()
    logger.configure(stream=stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logger.configure(stream=io.StringIO())


async def happen(world: World, *fields: str, whose: UUID = ALICE) -> None:
    """Let things happen to an account, each in its own transaction."""
    for each in fields:
        fact = UserUpdated(user_id=whose, fields=each)
        await world.part(Journal).note(world.database, fact, world.clock.now())


async def rounds(world: World, number: int = 10) -> None:
    """Let the relay work, without a rest."""
    for _ in range(number):
        await relay_once(world)


def told(shelf: Shelf, whose: UUID = ALICE) -> list[str]:
    """Return what was told of an account."""
    subject = str(whose)
    return [each["data"]["fields"][0] for each in shelf.events if each["subject"] == subject]


def refuses(*fields: str, lasting: bool = False) -> Trouble:
    """Return trouble with events that tell of these fields."""

    def trouble(message: EventMessage) -> Trouble:
        wrong = not set(json.loads(message.body)["data"]["fields"]).isdisjoint(fields)
        return NotAccepted("no", lasting=lasting) if wrong else None

    return trouble


async def test_events_of_an_account_keep_their_order(world: World, shelf: Shelf) -> None:
    names = [f"field{number}" for number in range(250)]
    await happen(world, *names)
    await rounds(world)
    assert told(shelf) == names


async def test_what_is_true_by_one_commit_keeps_its_order_too(world: World, shelf: Shelf) -> None:
    names = [f"field{number}" for number in range(70)]  # more than go in one statement
    async with world.database.transaction() as tx:
        for each in names:
            fact = UserUpdated(user_id=ALICE, fields=each)
            await world.part(Journal).record(tx, fact, world.clock.now())
    await rounds(world)
    assert told(shelf) == names


async def test_while_a_destination_is_away_nothing_is_lost_or_counted(
    world: World, shelf: Shelf
) -> None:
    shelf.away = True
    await happen(world, "one", "two")
    await rounds(world)
    assert shelf.events == []
    (backlog,) = await event_queue.backlogs(world.database)
    assert (backlog.waiting, backlog.dead) == (2, 0)
    shelf.away = False
    await rounds(world)
    assert told(shelf) == ["one", "two"]
    assert await event_queue.backlogs(world.database) == []


async def test_an_event_that_is_refused_holds_up_its_account_alone(
    world: World, shelf: Shelf
) -> None:
    shelf.trouble = refuses("bad")
    await happen(world, "bad", "after")
    await happen(world, "other", whose=BOB)
    await rounds(world)
    assert told(shelf) == []
    assert told(shelf, BOB) == ["other"]
    shelf.trouble = lambda _message: None
    world.clock.advance(timedelta(seconds=5))
    await rounds(world)
    assert told(shelf) == ["bad", "after"]


async def test_what_is_refused_too_often_is_dead_and_the_others_go_on(
    world: World, shelf: Shelf
) -> None:
    shelf.trouble = refuses("bad")
    await happen(world, "bad", "after")
    for _ in range(3):
        await rounds(world)
        world.clock.advance(timedelta(minutes=1))
    await rounds(world)
    assert told(shelf) == ["after"]
    (dead,) = await event_queue.dead(world.database, None, 10)
    assert (dead.type, dead.attempts, dead.reason) == ("id.user.updated", 3, "no")


async def test_what_is_refused_for_good_is_dead_at_once_and_can_be_retried(
    world: World, shelf: Shelf
) -> None:
    shelf.trouble = refuses("bad", lasting=True)
    await happen(world, "bad", "after")
    await rounds(world)
    assert told(shelf) == ["after"]
    shelf.trouble = lambda _message: None
    async with world.database.transaction() as tx:
        assert await event_queue.retry(tx, "shelf") == 1
    await rounds(world)
    assert told(shelf) == ["after", "bad"]


async def test_an_event_that_breaks_the_connection_is_found_out(world: World, shelf: Shelf) -> None:
    """It takes others with it, again and again, and yet they arrive and it is dead."""
    poison = b"poison"

    def trouble(message: EventMessage) -> Trouble:
        return OutOfReach("broken") if poison in message.body else None

    shelf.trouble = trouble
    await happen(world, "poison", "after")
    for number in range(10):  # alone it could not be told from an outage
        await happen(world, f"field{number}", whose=UUID(int=number + 1))
        await rounds(world)
        world.clock.advance(timedelta(minutes=1))
    assert len(shelf.events) == 11
    assert told(shelf) == ["after"]
    (dead,) = await event_queue.dead(world.database, None, 10)
    assert dead.reason == "broken"


def stumbles(message: EventMessage) -> Trouble:
    """Have a fault of ours with one event."""
    if b"poison" in message.body:
        raise LookupError
    return None


async def test_a_fault_of_ours_costs_nothing_of_what_went_well_beside_it(
    world: World, shelf: Shelf, said: Callable[[], list[dict[str, str]]]
) -> None:
    shelf.trouble = stumbles
    for number in range(10):
        await happen(world, f"field{number}", whose=UUID(int=number + 1))
    await happen(world, "poison")
    assert await relay_once(world) is False
    assert len(shelf.events) == 10
    (backlog,) = await event_queue.backlogs(world.database)
    assert (backlog.waiting, backlog.dead) == (1, 0)
    lines = {each["message"]: each for each in said()}
    assert lines["destination away"]["reason"] == "LookupError"
    assert "in stumbles" in lines["relay failed"]["stack"]


async def test_an_event_with_which_we_stumble_is_found_out(world: World, shelf: Shelf) -> None:
    shelf.trouble = stumbles
    await happen(world, "poison", "after")
    for number in range(10):
        await happen(world, f"field{number}", whose=UUID(int=number + 1))
        await rounds(world)
        world.clock.advance(timedelta(minutes=1))
    assert len(shelf.events) == 11
    assert told(shelf) == ["after"]
    (dead,) = await event_queue.dead(world.database, None, 10)
    assert dead.reason == "LookupError"


async def test_one_destination_does_not_wait_for_another(worlds: Opener) -> None:
    well, away = Shelf("well"), Shelf("away")
    away.away = True
    async with worlds(destinations=Destinations((well, away))) as world:
        await happen(world, "one")
        await rounds(world)
        assert told(well) == ["one"]
        (backlog,) = await event_queue.backlogs(world.database)
        assert (backlog.destination, backlog.waiting) == ("away", 1)


async def test_an_earlier_event_of_a_later_commit_is_not_passed_over(
    worlds: Opener, shelf: Shelf
) -> None:
    """The number of a row is drawn before its commit: a smaller one may appear after a greater one."""
    async with worlds(destinations=Destinations((shelf,))) as world:
        if world.database.dialect == "sqlite":
            return  # one writer: numbers appear in their order
        journal, now = world.part(Journal), world.clock.now()
        async with world.database.transaction() as slow:
            for _ in range(80):  # more than go together: the first ones are written now
                await journal.record(slow, EmailVerified(user_id=BOB), now)
            await happen(world, "quick")
            await rounds(world)
            assert told(shelf) == ["quick"]
        await rounds(world)
        assert len(shelf.events) == 81


async def test_a_relay_that_rests_begins_no_round(world: World, shelf: Shelf) -> None:
    await happen(world, "one")
    world.part(Relays).rest()
    await world.part(Relays).run()
    assert shelf.events == []


def cancels(message: EventMessage) -> Trouble:
    """End one event as a library does whose line is silent."""
    if b"silent" in message.body:
        raise asyncio.CancelledError
    return None


async def test_what_a_library_cancels_by_itself_is_an_outage(world: World, shelf: Shelf) -> None:
    shelf.trouble = cancels
    await happen(world, "other", whose=BOB)
    await happen(world, "silent")
    assert await relay_once(world) is False
    shelf.trouble = lambda _message: None
    await rounds(world)
    assert [each["data"]["fields"][0] for each in shelf.events] == ["other", "silent"]


@pytest.mark.parametrize("end", [asyncio.CancelledError, LookupError])
async def test_a_relay_that_ended_unasked_is_told_of_and_begins_anew(
    world: World,
    shelf: Shelf,
    said: Callable[[], list[dict[str, str]]],
    monkeypatch: pytest.MonkeyPatch,
    end: type[BaseException],
) -> None:
    run, ends = Relay.run, [end()]

    async def ending(relay: Relay, stop: asyncio.Event) -> None:
        if ends:
            raise ends.pop()
        await run(relay, stop)

    monkeypatch.setattr(Relay, "run", ending)
    await happen(world, "one")
    relaying = asyncio.create_task(world.part(Relays).run())
    try:
        async with asyncio.timeout(ALL_SECONDS):
            while not shelf.events:
                await asyncio.sleep(0.01)
            world.part(Relays).rest()
            await relaying
    finally:
        relaying.cancel()
        await asyncio.gather(relaying, return_exceptions=True)
    assert told(shelf) == ["one"]
    (failed,) = [each for each in said() if each["message"] == "relay failed"]
    assert end.__name__ in failed["stack"]


async def test_a_relay_that_is_cancelled_in_the_midst_of_a_round_ends(
    world: World, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached = asyncio.Event()

    async def publish(_message: EventMessage) -> None:
        reached.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(shelf, "publish", publish)
    await happen(world, "one")
    relaying = asyncio.create_task(world.part(Relays).run())
    async with asyncio.timeout(ALL_SECONDS):
        await reached.wait()
        relaying.cancel()
        with pytest.raises(asyncio.CancelledError):
            await relaying


async def test_only_one_process_relays(worlds: Opener, shelf: Shelf) -> None:
    other = Shelf()
    async with (
        worlds(destinations=Destinations((shelf,))) as world,
        worlds(destinations=Destinations((other,))) as second,
        world.database.exclusively("events") as first,
        second.database.exclusively("events") as next_one,
    ):
        assert first is not None
        assert next_one is None


async def test_a_lock_is_free_when_its_holder_is_gone(worlds: Opener) -> None:
    async with worlds() as world, worlds() as second:
        async with world.database.exclusively("events") as first:
            assert first is not None
        async with second.database.exclusively("events") as next_one:
            assert next_one is not None
