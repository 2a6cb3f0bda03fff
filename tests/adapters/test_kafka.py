"""Events by Kafka: a producer that broke for good is made anew, and nobody waits for its answers."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

import pytest
from confluent_kafka import KafkaError

from tests.support.brokers import MockKafka, break_producer
from watchword.adapters.destinations.kafka import KafkaDestination
from watchword.kernel.destinations import EventMessage
from watchword.kernel.ports import OutOfReach
from watchword.plumbing.events.envelope import CONTENT_TYPE

NOWHERE = "127.0.0.1:9"
A_MINUTE, A_MOMENT = timedelta(minutes=1), timedelta(milliseconds=100)
ALL_SECONDS = 30.0

Way = Callable[..., KafkaDestination]


@pytest.fixture
async def way() -> AsyncIterator[Way]:
    """Return how to make a way to a topic; all are left in the end."""
    made: list[KafkaDestination] = []

    def make(servers: str, patience: timedelta = A_MINUTE) -> KafkaDestination:
        place = {"bootstrap.servers": servers}
        made.append(KafkaDestination(place, "events", CONTENT_TYPE, patience=patience))
        return made[-1]

    yield make
    for each in made:
        with suppress(OutOfReach):
            await each.close()


def message(number: int = 1) -> EventMessage:
    body = b'{"id":"%d"}' % number
    return EventMessage(id=uuid4(), type="id.user.updated", key=uuid4(), body=body)


async def waiting(destination: KafkaDestination) -> list[asyncio.Task[None]]:
    """Publish some that nobody answers."""
    tasks = [asyncio.create_task(destination.publish(message())) for _ in range(3)]
    async with asyncio.timeout(ALL_SECONDS):
        while destination._client is None or len(destination._client.producer) < len(tasks):
            await asyncio.sleep(0.01)
    return tasks


async def test_who_waits_when_the_producer_breaks_is_told_at_once(way: Way) -> None:
    destination = way(NOWHERE)
    tasks = await waiting(destination)
    assert destination._client is not None
    break_producer(destination._client.producer)
    async with asyncio.timeout(ALL_SECONDS):
        told = await asyncio.gather(*tasks, return_exceptions=True)
    assert [(type(each), str(each)) for each in told] == [
        (OutOfReach, "OUT_OF_ORDER_SEQUENCE_NUMBER")
    ] * len(tasks)


async def test_a_producer_that_broke_is_made_anew(way: Way) -> None:
    cluster = MockKafka()
    destination = way(cluster.servers)
    await destination.publish(message(1))
    assert destination._client is not None
    break_producer(destination._client.producer)
    with pytest.raises(OutOfReach, match="_FATAL"):
        await destination.publish(message(2))
    await destination.publish(message(3))
    read = [each.value for each in await cluster.read("events", 2)]
    assert sorted(read) == [b'{"id":"1"}', b'{"id":"3"}']


async def test_one_that_broke_while_nobody_waited_is_noticed(way: Way) -> None:
    cluster = MockKafka()
    destination = way(cluster.servers)
    await destination.connect()
    client = destination._client
    assert client is not None
    break_producer(client.producer)
    async with asyncio.timeout(ALL_SECONDS):
        while not client.broken:
            await asyncio.sleep(0.01)
    await destination.publish(message())
    assert destination._client is not client


async def test_a_producer_that_never_answers_is_given_up(
    way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("watchword.adapters.destinations.kafka._MORE_SECONDS", 0.1)
    destination = way(NOWHERE, A_MOMENT)
    await destination.connect()
    client = destination._client
    assert client is not None
    client._leaving.set()  # its thread hears nothing any more
    async with asyncio.timeout(ALL_SECONDS):
        with pytest.raises(OutOfReach, match="TimeoutError"):
            await destination.publish(message())
    assert destination._client is None


async def test_who_waits_while_it_is_closed_is_told_why(way: Way) -> None:
    destination = way(NOWHERE)
    tasks = await waiting(destination)
    assert destination._client is not None
    async with asyncio.timeout(ALL_SECONDS):
        while not destination._client.trouble:
            await asyncio.sleep(0.01)
        await destination.close()
        told = await asyncio.gather(*tasks, return_exceptions=True)
    assert {str(each) for each in told} == {"_DESTROY"}


async def test_what_was_heard_of_the_brokers_is_forgotten_when_they_take_an_event(way: Way) -> None:
    cluster = MockKafka()
    destination = way(cluster.servers)
    await destination.connect()
    client = destination._client
    assert client is not None
    client._hear(KafkaError(KafkaError._ALL_BROKERS_DOWN))
    late = KafkaError(KafkaError._MSG_TIMED_OUT)
    assert client.reason(late) == "_ALL_BROKERS_DOWN"
    await destination.publish(message())
    assert client.reason(late) == "_MSG_TIMED_OUT"


async def test_an_error_that_says_something_keeps_its_own_name(way: Way) -> None:
    destination = way(NOWHERE)
    await destination.connect()
    client = destination._client
    assert client is not None
    client._hear(KafkaError(KafkaError._ALL_BROKERS_DOWN))
    refused = KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED)
    assert client.reason(refused) == "TOPIC_AUTHORIZATION_FAILED"
