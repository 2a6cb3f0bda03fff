"""Before a carrier is asked, a worker looks at the clock and at its lease: it may have slept."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from tests.records.deliveries.test_deliveries import kept, queue
from tests.support.world import World
from watchword.kernel.chance import SystemChance
from watchword.kernel.messages import CODE, Message
from watchword.kernel.ports import NotAccepted
from watchword.plumbing.carriers.mailing import Mailing
from watchword.plumbing.metrics.counting import Metrics
from watchword.plumbing.ports import Leaving, Postbook
from watchword.plumbing.work.porters import LEASE
from watchword.records.deliveries.service import Deliveries

MINUTE = timedelta(minutes=1)
Pause = Callable[[], Awaitable[None]]


@dataclass
class Sleepy:
    """A carrier that says no, once something has happened meanwhile."""

    name: str
    pause: Pause

    async def send(self, _message: Message) -> str | None:
        """Refuse."""
        await self.pause()
        raise NotAccepted("away")

    async def check(self) -> str | None:
        """Return nothing."""
        return None


@dataclass
class Good:
    """A carrier that takes every letter."""

    name: str = "good"
    got: list[Message] = field(default_factory=list)

    async def send(self, message: Message) -> str | None:
        """Take it."""
        self.got.append(message)
        return None

    async def check(self) -> str | None:
        """Return nothing."""
        return None


@dataclass
class SleepyPostbook:
    """A postbook that something happens behind, while the worker sleeps."""

    book: Postbook
    pause: Pause

    async def withheld(self, letter: Leaving, **more: Any) -> str | None:
        """Say what it says."""
        await self.pause()
        return await self.book.withheld(letter, **more)

    async def note(self, *told: Any) -> None:
        """Remember."""
        await self.book.note(*told)

    async def tell(self, *told: Any) -> None:
        """Remember."""
        await self.book.tell(*told)


def worker(world: World, *mailers: Any, **more: Any) -> Deliveries:
    carriers = Mailing(mailers, world.clock, SystemChance(), world.part(Metrics))
    return replace(world.part(Deliveries), carriers=carriers, **more)


def expired(world: World) -> float:
    metrics = world.part(Metrics)
    return metrics.emails.labels("none", "already_registered", "expired")._value.get()  # type: ignore[no-any-return]


async def test_a_letter_that_expires_before_the_next_carrier_is_asked_is_never_sent(
    world: World,
) -> None:
    async def pause() -> None:
        world.clock.advance(MINUTE)

    good = Good()
    await queue(world, expires_at=world.clock.now() + MINUTE)
    await worker(world, Sleepy("sleepy", pause), good).carry()

    assert (good.got, await kept(world), expired(world)) == ([], [], 1)


async def test_a_letter_that_expires_before_the_first_carrier_is_asked_is_never_sent(
    world: World,
) -> None:
    async def pause() -> None:
        world.clock.advance(MINUTE)

    good, book = Good(), SleepyPostbook(world.part(Postbook), pause)
    await queue(world, expires_at=world.clock.now() + MINUTE, priority=CODE)
    await worker(world, good, postbook=book).carry()

    assert (good.got, await kept(world), expired(world)) == ([], [], 1)


async def test_a_letter_whose_code_ends_before_the_next_carrier_is_asked_is_written_anew(
    world: World,
) -> None:
    while_leased = LEASE * 2 / 3

    async def pause() -> None:
        world.clock.advance(while_leased)

    good = Good()
    facts = {"name": "Alice", "link": "https://x.test", "minutes": 60, "code": "492817"}
    await queue(world, facts=facts, code_ends_at=world.clock.now() + while_leased)
    await worker(world, Sleepy("sleepy", pause), good).carry()

    [message] = good.got
    assert "492817" not in message.text + message.html


async def test_who_wakes_after_another_worker_sent_the_letter_asks_no_further_carrier(
    world: World,
) -> None:
    async def pause() -> None:
        world.clock.advance(LEASE)
        await world.deliver()

    good = Good()
    await queue(world)
    await worker(world, Sleepy("sleepy", pause), good).carry()

    assert len(world.mailbox.messages) == 1
    assert (good.got, await kept(world)) == ([], [])
    assert "letter is another worker's" in world.log.getvalue()


async def test_who_wakes_after_another_worker_sent_the_letter_does_not_begin_with_the_first_carrier(
    world: World,
) -> None:
    async def pause() -> None:
        world.clock.advance(LEASE)
        await world.deliver()

    good, book = Good(), SleepyPostbook(world.part(Postbook), pause)
    await queue(world)
    await worker(world, good, postbook=book).carry()

    assert len(world.mailbox.messages) == 1
    assert good.got == []


@pytest.mark.parametrize("slept", [LEASE - timedelta(seconds=1), LEASE * 2])
async def test_who_wakes_and_still_has_the_letter_takes_a_new_lease_and_sends_it(
    world: World, slept: timedelta
) -> None:
    async def pause() -> None:
        world.clock.advance(slept)

    class Slow(Good):
        async def send(self, message: Message) -> str | None:
            world.clock.advance(timedelta(seconds=2))
            await world.deliver()
            return await super().send(message)

    slow, book = Slow(), SleepyPostbook(world.part(Postbook), pause)
    await queue(world)
    await worker(world, slow, postbook=book).carry()

    assert (len(slow.got), world.mailbox.messages) == (1, [])
    assert await kept(world) == []
