"""A letter that a carrier may already have goes to that carrier alone, whatever it answers later."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from tests.records.deliveries.test_deliveries import kept, queue
from tests.support.carriers import TAKEN, mailgun, provider, sendgrid
from tests.support.faulty_relay import FAULTS, WELL, faulty_relay
from tests.support.stub import HANG_UP, Stub, answer
from tests.support.world import World
from watchword.adapters.mail.smtp import Relay, SmtpMailer
from watchword.kernel.chance import SystemChance
from watchword.kernel.messages import Message
from watchword.kernel.ports import Mailer
from watchword.plumbing.carriers.mailing import Mailing
from watchword.plumbing.db import queued
from watchword.plumbing.metrics.counting import Metrics
from watchword.plumbing.work.porters import LEASE
from watchword.records.deliveries.rules import KIND
from watchword.records.deliveries.service import Deliveries

TRIES = 8
DOWN = answer(503)
LONG = timedelta(minutes=15)  # longer than anybody rests


def carried_by(world: World, mailers: Sequence[Mailer]) -> Deliveries:
    carriers = Mailing(mailers, world.clock, SystemChance(), world.part(Metrics))
    return replace(world.part(Deliveries), carriers=carriers)


async def rounds(world: World, deliveries: Deliveries, number: int, pause: timedelta) -> None:
    """Let the worker carry what is due, so many times."""
    for _ in range(number):
        await deliveries.carry()
        world.clock.advance(pause)


@dataclass
class Pair:
    """SendGrid, which hung up over the first letter and is down since, and Mailgun, which is well."""

    world: World
    sendgrid: Stub
    mailgun: Stub
    mailers: dict[str, Any]

    def deliveries(self, *names: str) -> Deliveries:
        """Return what carries letters by these."""
        return carried_by(self.world, [self.mailers[name] for name in names])


@pytest.fixture
async def pair(world: World) -> AsyncIterator[Pair]:
    """Yield a pair."""
    async with provider(DOWN, HANG_UP) as (api, first), provider(TAKEN["mailgun"]) as (other, last):
        yield Pair(world, first, last, {"sendgrid": sendgrid(api), "mailgun": mailgun(other)})


async def test_letters_of_which_a_relay_never_said_a_word_come_back_to_it_and_go_nowhere_else(
    world: World,
) -> None:
    async with faulty_relay() as relay, provider(TAKEN["sendgrid"]) as (api, other):
        relay.choose = lambda _recipient: FAULTS["keeps and drops"]
        where = Relay(host="127.0.0.1", port=relay.port, timeout=LONG, connections=6)
        smtp = SmtpMailer(where, world.clock)
        deliveries = carried_by(world, [smtp, sendgrid(api)])
        for _ in range(6):
            await queue(world)
        ids = {str(each.id) for each in await kept(world)}
        await rounds(world, deliveries, 20, timedelta(minutes=1))
        waiting = await kept(world)
        relay.choose = lambda _recipient: WELL
        await rounds(world, deliveries, 3, LONG)
        await smtp.close()

        assert {each.strip("<>").partition("@")[0] for each in relay.kept} == ids
        assert relay.kept.total() > 6, "nothing came again while nobody could tell"
        assert len(waiting) == 6
        assert await kept(world) == []
        assert other.asked == []


async def test_a_provider_that_may_have_a_letter_is_asked_until_its_tries_are_used_up(
    pair: Pair,
) -> None:
    await queue(pair.world)
    await rounds(pair.world, pair.deliveries("sendgrid", "mailgun"), TRIES + 4, LONG)
    [dead] = await kept(pair.world)

    assert (dead.state, dead.attempts) == ("dead", TRIES)
    assert (dead.reason or "").startswith("sendgrid: ")
    assert len({asked.json["headers"]["Message-ID"] for asked in pair.sendgrid.asked}) == 1
    assert len(pair.sendgrid.asked) == TRIES
    assert pair.mailgun.asked == []


async def test_while_the_provider_that_may_have_a_letter_rests_it_waits_and_loses_no_try(
    pair: Pair,
) -> None:
    pair.sendgrid.answers.append(answer(429, Retry_After="600"))
    deliveries = pair.deliveries("sendgrid", "mailgun")
    await queue(pair.world)
    await rounds(pair.world, deliveries, 1, timedelta(seconds=5))
    await rounds(pair.world, deliveries, 1, timedelta(seconds=10))
    before = await kept(pair.world)
    await rounds(pair.world, deliveries, 5, timedelta(minutes=1))
    after = await kept(pair.world)

    assert [each.attempts for each in (*before, *after)] == [2, 2]
    assert len(pair.sendgrid.asked) == 2
    assert pair.mailgun.asked == []


async def test_a_new_letter_does_not_wait_for_a_provider_that_leaves_us_in_doubt(
    world: World,
) -> None:
    async with provider(HANG_UP) as (api, first), provider(TAKEN["mailgun"]) as (other, last):
        deliveries = carried_by(world, [sendgrid(api), mailgun(other)])
        for _ in range(6):
            await queue(world)
        await rounds(world, deliveries, 2, timedelta(seconds=5))
        doubted = {asked.json["headers"]["Message-ID"] for asked in first.asked}
        await queue(world)
        await rounds(world, deliveries, 1, timedelta(seconds=5))

        assert len(doubted) == len(await kept(world)) == 6
        assert len(last.asked) == 1


async def test_a_letter_goes_elsewhere_once_who_may_have_it_is_no_carrier_of_ours(
    pair: Pair,
) -> None:
    await queue(pair.world)
    await rounds(pair.world, pair.deliveries("sendgrid", "mailgun"), 1, LONG)
    await rounds(pair.world, pair.deliveries("mailgun"), 1, LONG)

    assert len(pair.sendgrid.asked) == len(pair.mailgun.asked) == 1
    assert await kept(pair.world) == []


async def test_a_letter_goes_elsewhere_once_an_operator_says_so(pair: Pair) -> None:
    deliveries = pair.deliveries("sendgrid", "mailgun")
    await queue(pair.world)
    await rounds(pair.world, deliveries, 2, LONG)
    assert pair.mailgun.asked == []
    [waiting] = await kept(pair.world)
    async with pair.world.database.transaction() as tx:
        assert await queued.retry(tx, KIND, waiting.id, pair.world.clock.now())
    await rounds(pair.world, deliveries, 1, LONG)

    assert len(pair.mailgun.asked) == 1
    assert await kept(pair.world) == []


class Killed(BaseException):
    """What a test does to a worker over a letter."""


class Deadly:
    """A carrier that takes every letter, and over the first of them the worker is killed."""

    name = "deadly"

    def __init__(self) -> None:
        self.got: list[str] = []

    async def send(self, message: Message) -> str | None:
        """Take it; nobody hears of the first."""
        self.got.append(message.id)
        if len(self.got) == 1:
            raise Killed
        return None

    async def check(self) -> str | None:
        """Return nothing: all is well."""
        return None


async def test_a_letter_over_which_the_worker_was_killed_goes_to_that_carrier_alone(
    world: World,
) -> None:
    async with (
        provider(DOWN) as (api, first),
        provider(TAKEN["mailgun"]) as (other, last),
    ):
        deadly = Deadly()
        await queue(world)
        with pytest.raises(Killed):
            await carried_by(world, [sendgrid(api), deadly, mailgun(other)]).carry()
        [under_way] = await kept(world)
        world.clock.advance(LEASE)
        await carried_by(world, [mailgun(other), sendgrid(api), deadly]).carry()

        assert (under_way.asked, under_way.perhaps_at) == ("deadly", None)
        assert len(first.asked) == 1, "it had said no, so it is not asked again"
        assert len(deadly.got) == 2
        assert len(set(deadly.got)) == 1
        assert last.asked == []
        assert await kept(world) == []
