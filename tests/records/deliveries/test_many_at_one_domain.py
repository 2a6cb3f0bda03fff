"""Whoever can make a carrier refuse their own letters cannot make it rest for those of others."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from tests.plumbing.carriers.test_failover import Fake
from tests.records.deliveries.test_deliveries import kept, queue
from tests.support.relay import relay
from tests.support.world import World
from watchword.adapters.mail.smtp import Relay, SmtpMailer
from watchword.kernel.chance import SystemChance
from watchword.kernel.messages import Message
from watchword.kernel.ports import Mailer, NotAccepted
from watchword.plumbing.carriers.breaker import FAILURES
from watchword.plumbing.carriers.mailing import Mailing
from watchword.plumbing.metrics.counting import Metrics
from watchword.records.deliveries.rules import CODE
from watchword.records.deliveries.service import Deliveries

GOOD = "good@fine.example"
A_WHILE = timedelta(minutes=5)


@dataclass
class Choosy(Fake):
    """A carrier that has trouble with every letter but those to one reader; it notes the readers."""

    readers: list[str] = field(default_factory=list)

    async def send(self, message: Message) -> str | None:
        """Take the message, or not."""
        self.readers.append(message.to)
        if message.to == GOOD:
            return "1"
        return await super().send(message)


def carrying(world: World, *mailers: Mailer) -> Deliveries:
    carriers = Mailing(mailers, world.clock, SystemChance(), world.part(Metrics))
    return replace(world.part(Deliveries), carriers=carriers)


async def many(world: World, number: int = FAILURES + 1) -> None:
    for each in range(number):
        await queue(world, to=f"u{each}@grey.example", priority=CODE)


@pytest.mark.parametrize(
    "answer",
    [
        "450 4.2.0 Greylisted, come back later",
        "451 4.7.1 <u@grey.example>: Relaying temporarily denied by mx said: 450 relay access denied",
        "450 4.1.1 unverified address: host mx.grey.example said: 554 relay access denied",
        "550 5.7.1 Recipient address rejected: policy",
        "550 no",
    ],
)
async def test_a_good_letter_behind_many_that_a_relay_does_not_take_leaves_at_once(
    world: World, answer: str
) -> None:
    async with relay() as server:
        carrier = SmtpMailer(Relay(host="127.0.0.1", port=server.port), world.clock)
        deliveries = carrying(world, carrier)
        server.replies = {"RCPT": answer}
        await many(world)
        await deliveries.carry()
        assert {each.state for each in await kept(world)} == {"waiting"}

        server.replies = {}
        await queue(world, to=GOOD)
        await deliveries.carry()
        await carrier.close()
    assert [str(each["To"]) for each in server.letters] == [GOOD]


async def test_after_a_rest_a_letter_that_was_never_tried_goes_before_those_that_failed(
    world: World,
) -> None:
    carrier = Choosy("relay", NotAccepted("refused with 421"))
    deliveries = carrying(world, carrier)
    await many(world, FAILURES)
    await deliveries.carry()
    assert deliveries.carriers.all_rest()

    await queue(world, to=GOOD)  # less urgent than those
    while len(carrier.readers) == FAILURES:
        world.clock.advance(timedelta(seconds=1))
        await deliveries.carry()
    assert carrier.readers[FAILURES] == GOOD


async def test_of_those_that_failed_each_has_its_tries_and_then_they_are_dead(world: World) -> None:
    carrier = Choosy("relay", NotAccepted("refused with 450", of_reader=True))
    deliveries = carrying(world, carrier)
    await many(world, FAILURES)
    for _ in range(60):
        await deliveries.carry()
        world.clock.advance(A_WHILE)
    letters = await kept(world)
    assert {(each.state, each.attempts) for each in letters} == {("dead", deliveries.most_tries)}
    assert len(carrier.readers) == FAILURES * deliveries.most_tries


async def test_a_mailbox_that_wants_no_stranger_for_an_hour_gets_its_letter_after_that(
    world: World,
) -> None:
    carrier = Choosy("relay", NotAccepted("refused with 450", of_reader=True))
    deliveries = carrying(world, carrier)
    await queue(world, to="u@grey.example")
    for _ in range(60 // 5):
        await deliveries.carry()
        world.clock.advance(A_WHILE)
    assert 4 < len(carrier.readers) < deliveries.most_tries
    carrier.trouble = None
    for _ in range(120 // 5):
        await deliveries.carry()
        world.clock.advance(A_WHILE)
    assert len(carrier.asked) <= deliveries.most_tries
    assert await kept(world) == []
