"""What metrics tell of events: tries by their result, what waits, for how long, and what was dead."""

from datetime import timedelta
from uuid import UUID

from tests.support.exposed import Exposed, scrape
from tests.support.rounds import relay_once
from tests.support.shelf import Shelf
from tests.support.world import World
from tests.support.worlds import Opener
from watchword.kernel.destinations import Destinations
from watchword.kernel.ports import NotAccepted
from watchword.operations.metrics.service import Gauges
from watchword.plumbing.db.journal import Journal
from watchword.records.subscribers.rules import EmailVerified


async def happen(world: World, number: int) -> None:
    for each in range(number):
        fact = EmailVerified(user_id=UUID(int=each + 1))
        await world.part(Journal).note(world.database, fact, world.clock.now())


async def looked_at(world: World, gauges: Gauges) -> Exposed:
    await gauges.look()
    return await scrape(world)


def owed(told: Exposed) -> tuple[float, float, float]:
    """Return how many wait, for how many seconds the oldest of them, and how many are dead."""
    names = ("pending", "oldest_seconds", "dead")
    pending, oldest, dead = (
        told.value(f"event_outbox_{each}", destination="shelf") for each in names
    )
    return pending, oldest, dead


async def test_what_waits_is_a_gauge_by_destination_and_so_is_for_how_long(worlds: Opener) -> None:
    shelf = Shelf()
    async with worlds(destinations=Destinations((shelf,))) as world:
        gauges = world.house.part(Gauges)
        assert owed(await looked_at(world, gauges)) == (0, 0, 0)
        shelf.away = True
        await happen(world, 3)
        world.clock.advance(timedelta(seconds=90))
        await relay_once(world)
        assert owed(await looked_at(world, gauges)) == (3, 90, 0)
        shelf.away = False
        while await relay_once(world):
            pass
        assert owed(await looked_at(world, gauges)) == (0, 0, 0)


async def test_tries_are_counted_by_transport_type_and_result(worlds: Opener) -> None:
    shelf, refusals = Shelf(), iter([NotAccepted("no"), NotAccepted("never", lasting=True), None])
    shelf.trouble = lambda _message: next(refusals)
    async with worlds(destinations=Destinations((shelf,))) as world:
        gauges = world.house.part(Gauges)
        await happen(world, 3)
        await relay_once(world)
        told = await looked_at(world, gauges)
    about = {"transport": "fake", "type": EmailVerified.type}
    for result in ("published", "delayed", "dead"):
        counted = told.value("events_published_total", **about, result=result)
        assert counted == 1, result
    assert owed(told) == (1, 0, 1)
