"""The ledger of resets: a reset goes from step to step, one way, and the journal tells each step once."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from tests.support.facts import facts
from tests.support.resets import resets_of
from tests.support.world import World
from watchword.kernel.ports import Visitor
from watchword.plumbing.contact import EMAIL, SMS
from watchword.records.resets.rules import NUMBER_CHANGED, WRONG_CODES, Way, What
from watchword.records.resets.service import Resets

VISITOR = Visitor(
    address="192.0.2.7", network="192.0.2.7", user_agent="", language="en", request_id="r"
)
LIFETIME = timedelta(minutes=5)
STEPS = ("requested", "verified", "completed", "blocked")


async def alices(world: World, channel: str = SMS) -> Way:
    alice = await world.subscriber()
    return Way(what=What.PIN, user_id=alice.id, channel=channel, country="DZ")


async def ask(world: World, way: Way, blocked: str | None = None) -> UUID:
    resets, now = world.part(Resets), world.clock.now()
    async with world.database.transaction() as tx:
        return await resets.ask(tx, way, LIFETIME, VISITOR, now, blocked)


async def verify(world: World, way: Way, reset: str | None) -> None:
    assert way.user_id is not None
    resets, now = world.part(Resets), world.clock.now()
    async with world.database.transaction() as tx:
        await resets.verify(tx, way.what, way.user_id, reset, VISITOR, now)


async def complete(world: World, way: Way, reset: str | None) -> None:
    resets, now = world.part(Resets), world.clock.now()
    async with world.database.transaction() as tx:
        await resets.complete(tx, way, reset, VISITOR, now)


async def block(world: World, way: Way, reset: str | None) -> None:
    resets, now = world.part(Resets), world.clock.now()
    async with world.database.transaction() as tx:
        await resets.block(tx, way.what, way.user_id, reset, WRONG_CODES, VISITOR, now)


async def statuses(world: World, way: Way) -> list[str]:
    return [row.status for row in await resets_of(world, way.user_id)]


async def told(world: World) -> dict[str, int]:
    return {step: len(await facts(world, f"id.ussd.pin.reset.{step}")) for step in STEPS}


async def test_a_reset_goes_from_step_to_step_and_each_is_told_once(world: World) -> None:
    way = await alices(world)
    reset = str(await ask(world, way))
    for _ in range(2):
        await verify(world, way, reset)
    assert await statuses(world, way) == ["verified"]
    await complete(world, way, reset)

    assert await statuses(world, way) == ["completed"]
    assert await told(world) == {"requested": 1, "verified": 1, "completed": 1, "blocked": 0}


async def test_what_is_verified_is_blocked_no_more(world: World) -> None:
    way = await alices(world)
    reset = str(await ask(world, way))
    await verify(world, way, reset)
    await block(world, way, reset)

    assert await statuses(world, way) == ["verified"]
    assert (await told(world))["blocked"] == 0


async def test_what_is_blocked_is_verified_no_more_and_says_why(world: World) -> None:
    way = await alices(world)
    reset = str(await ask(world, way))
    for _ in range(2):
        await block(world, way, reset)
    await verify(world, way, reset)

    assert await statuses(world, way) == ["blocked"]
    [fact] = await facts(world, "id.ussd.pin.reset.blocked")
    assert fact.facts == {"channel": SMS, "country": "DZ", "reason": WRONG_CODES}


async def test_a_reset_that_may_not_go_on_is_blocked_from_the_first(world: World) -> None:
    way = await alices(world)
    await ask(world, way, NUMBER_CHANGED)

    assert await statuses(world, way) == ["blocked"]
    assert await told(world) == {"requested": 1, "verified": 0, "completed": 0, "blocked": 1}


async def test_who_asks_anew_by_the_same_way_leaves_the_earlier_reset_behind(world: World) -> None:
    way = await alices(world)
    await ask(world, way)
    await ask(world, replace(way, channel=EMAIL))
    await ask(world, way)

    assert sorted(await statuses(world, way)) == ["expired", "requested", "requested"]


async def test_nobody_has_a_row_of_its_own_each_time(world: World) -> None:
    nobody = Way(what=What.PIN, user_id=None, channel=SMS, country="DZ")
    await ask(world, nobody)
    await ask(world, nobody)

    assert await statuses(world, nobody) == ["requested", "requested"]


async def test_a_grant_has_its_own_time_and_then_the_reset_expires(world: World) -> None:
    way, resets = await alices(world), world.part(Resets)
    reset = str(await ask(world, way))
    world.clock.advance(LIFETIME - timedelta(seconds=1))
    assert await resets.expire(world.database, world.clock.now()) == 0
    await verify(world, way, reset)
    world.clock.advance(resets.settings.grant_lifetime - timedelta(seconds=1))
    assert await resets.expire(world.database, world.clock.now()) == 0
    world.clock.advance(timedelta(seconds=1))

    assert await resets.expire(world.database, world.clock.now()) == 1
    assert await statuses(world, way) == ["expired"]


@pytest.mark.parametrize("reset", [None, "", "no id at all", str(UUID(int=0))])
async def test_a_new_secret_is_told_of_whether_or_not_its_row_is_there(
    world: World, reset: str | None
) -> None:
    way = await alices(world, EMAIL)
    await verify(world, way, reset)
    await complete(world, way, reset)

    assert await told(world) == {"requested": 0, "verified": 0, "completed": 1, "blocked": 0}
    [fact] = await facts(world, "id.ussd.pin.reset.completed")
    assert fact.facts == {"channel": EMAIL, "country": "DZ"}
