"""What every destination of events keeps to, the shelf of our tests among them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import msgspec
import pytest

from tests.support.brokers import MockKafka, queue
from tests.support.shelf import Shelf
from watchword.adapters.destinations.amqp import AmqpDestination
from watchword.adapters.destinations.kafka import KafkaDestination
from watchword.kernel.destinations import Destination, EventMessage
from watchword.kernel.ports import OutOfReach
from watchword.kernel.secret import Secret
from watchword.plumbing.events.envelope import CONTENT_TYPE

Read = Callable[[int], Awaitable[list[str]]]
NOWHERE = "127.0.0.1:9"
_SHORT = timedelta(seconds=1)


@dataclass(slots=True)
class Trial:
    """A destination, how to read what it got (the ids), and one like it that is away."""

    destination: Destination
    read: Read
    away: Destination


def message(number: int = 1, key: UUID | None = None) -> EventMessage:
    """Return an event of an account."""
    body = b'{"id":"%d"}' % number
    return EventMessage(id=uuid4(), type="id.user.updated", key=key or uuid4(), body=body)


@asynccontextmanager
async def _shelf(_request: pytest.FixtureRequest) -> AsyncIterator[Trial]:
    shelf, away = Shelf(), Shelf()
    away.away = True

    async def read(_number: int) -> list[str]:
        return [each["id"] for each in shelf.events]

    yield Trial(shelf, read, away)


@asynccontextmanager
async def _amqp(request: pytest.FixtureRequest) -> AsyncIterator[Trial]:
    url, exchange = request.getfixturevalue("rabbitmq_url"), f"contract-{uuid4()}"
    destination = AmqpDestination(Secret(url), exchange, CONTENT_TYPE)
    away = AmqpDestination(Secret(f"amqp://guest:guest@{NOWHERE}/"), exchange, CONTENT_TYPE)
    async with queue(url, exchange) as bound:

        async def read(number: int) -> list[str]:
            return [each.body["id"] for each in await bound.read(number)]

        yield Trial(destination, read, away)


@asynccontextmanager
async def _kafka(_request: pytest.FixtureRequest) -> AsyncIterator[Trial]:
    cluster, topic = MockKafka(), f"contract-{uuid4()}"
    destination = KafkaDestination({"bootstrap.servers": cluster.servers}, topic, CONTENT_TYPE)
    away = KafkaDestination({"bootstrap.servers": NOWHERE}, topic, CONTENT_TYPE, patience=_SHORT)

    async def read(number: int) -> list[str]:
        return [msgspec.json.decode(each.value)["id"] for each in await cluster.read(topic, number)]

    yield Trial(destination, read, away)


@pytest.fixture(
    params=["shelf", pytest.param("amqp", marks=pytest.mark.needs("rabbitmq")), "kafka"]
)
async def trial(request: pytest.FixtureRequest) -> AsyncIterator[Trial]:
    """Yield each destination in turn."""
    opener = {"shelf": _shelf, "amqp": _amqp, "kafka": _kafka}[request.param]
    async with opener(request) as opened:
        yield opened
        for each in (opened.destination, opened.away):
            with contextlib.suppress(OutOfReach):
                await each.close()


async def test_what_is_published_can_be_read(trial: Trial) -> None:
    await trial.destination.publish(message(7))
    assert await trial.read(1) == ["7"]


async def test_events_of_an_account_keep_their_order(trial: Trial) -> None:
    alice = uuid4()
    for number in range(20):
        await trial.destination.publish(message(number, alice))
    assert await trial.read(20) == [str(number) for number in range(20)]


async def test_many_go_side_by_side(trial: Trial) -> None:
    await trial.destination.connect()
    await asyncio.gather(*(trial.destination.publish(message(number)) for number in range(200)))
    assert sorted(map(int, await trial.read(200))) == list(range(200))


async def test_one_without_an_account_is_published_too(trial: Trial) -> None:
    alone = message(3)
    await trial.destination.publish(
        EventMessage(id=alone.id, type=alone.type, key=None, body=alone.body)
    )
    assert await trial.read(1) == ["3"]


async def test_who_is_well_says_so(trial: Trial) -> None:
    assert await trial.destination.check() is None


async def test_who_is_away_is_out_of_reach_and_says_why(trial: Trial) -> None:
    with pytest.raises(OutOfReach) as away:
        await trial.away.publish(message())
    assert str(away.value)
    assert "guest" not in str(away.value)
    assert await trial.away.check()


async def test_closing_twice_harms_nothing(trial: Trial) -> None:
    await trial.destination.publish(message())
    await trial.destination.close()
    await trial.destination.close()
