"""More hands than connections: who waits for one of ours is no failure, and a code gets the next."""

import asyncio
from datetime import timedelta

import pytest

from tests.records.deliveries.test_deliveries import kept, queue
from tests.records.deliveries.test_perhaps_at import carried_by
from tests.support.faulty_relay import Fault, faulty_relay
from tests.support.world import World
from watchword.adapters.mail.smtp import Relay, SmtpMailer
from watchword.kernel.messages import CODE
from watchword.plumbing.metrics.counting import Metrics

LETTERS = 24
PATIENCE = timedelta(seconds=2.4)  # half of what the last letter waits for a line


@pytest.mark.req("N-28")
async def test_a_slow_relay_takes_every_letter_at_its_first_try_and_a_code_before_the_rest(
    world: World,
) -> None:
    async with faulty_relay(lambda _: Fault(wait=0.1)) as server:
        where = Relay(host="127.0.0.1", port=server.port, timeout=PATIENCE, connections=2)
        deliveries = carried_by(world, [SmtpMailer(where, world.clock, "relay")])
        for number in range(LETTERS):
            await queue(world, to=f"{number}@example.org")
        carrying = asyncio.create_task(deliveries.carry())
        async with asyncio.timeout(60):
            while len(server.tries) < 4:
                await asyncio.sleep(0.01)
        await queue(world, to="code@example.org", priority=CODE)
        await carrying
        await deliveries.carriers.close()

        assert server.kept.total() == LETTERS + 1
        assert await kept(world) == []
        assert [*server.tries].index("code@example.org") < LETTERS / 2
        tried = world.part(Metrics).emails.collect()[0].samples
        assert {each.labels["result"] for each in tried if each.name.endswith("_total")} == {"sent"}
