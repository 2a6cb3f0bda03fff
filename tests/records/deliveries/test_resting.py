"""A letter waits for the carrier that can take it, while that one rests and the others cannot."""

from dataclasses import replace
from datetime import timedelta

from tests.plumbing.carriers.test_failover import CANNOT, Fake
from tests.records.deliveries.test_deliveries import kept, queue
from tests.support.world import World
from watchword.kernel.chance import SystemChance
from watchword.kernel.ports import NotAccepted
from watchword.plumbing.carriers.mailing import Mailing
from watchword.plumbing.metrics.counting import Metrics
from watchword.records.deliveries.service import Deliveries

BUSY = NotAccepted("refused with 421", retry_after=timedelta(minutes=10))


async def test_what_the_others_cannot_carry_waits_for_who_rests_and_loses_no_try(
    world: World,
) -> None:
    relay, provider = Fake("relay", BUSY), Fake("provider", CANNOT)
    carriers = Mailing([relay, provider], world.clock, SystemChance(), world.part(Metrics))
    deliveries = replace(world.part(Deliveries), carriers=carriers)
    await queue(world)
    for _ in range(9):
        await deliveries.carry()
        world.clock.advance(timedelta(minutes=1))
    (waiting,) = await kept(world)
    assert (waiting.state, waiting.attempts, len(relay.asked)) == ("waiting", 1, 1)

    relay.trouble = None
    world.clock.advance(timedelta(minutes=2))
    await deliveries.carry()
    assert await kept(world) == []
    assert len(relay.asked) == 2
