"""Brokers are stopped, frozen and cut off in the midst of a round: nothing is lost, nobody waits."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from tests.support.brokers import keep, kept, kept_by_kafka
from tests.support.mock_kafka import KafkaProcess
from tests.support.proxy import wire_to
from tests.support.rounds import relay_once
from tests.support.services.rabbitmq import Rabbit
from tests.support.world import World
from tests.support.worlds import Opener
from watchword.adapters.destinations.amqp import AmqpDestination
from watchword.adapters.destinations.kafka import KafkaDestination
from watchword.kernel.destinations import Destination, Destinations
from watchword.kernel.secret import Secret
from watchword.plumbing.db import event_queue
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.events.envelope import CONTENT_TYPE
from watchword.records.subscribers.rules import UserUpdated

PATIENCE = timedelta(seconds=3)  # with who is frozen
A_MINUTE = timedelta(minutes=1)  # with who is well, or gone
ACCOUNTS = 20
ROUND = 400
ALL_SECONDS = 60.0


@pytest.fixture(scope="module")
def rabbit() -> Iterator[Rabbit]:
    """Yield a server of our own, for what is done to it."""
    server = Rabbit.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def kafka() -> Iterator[KafkaProcess]:
    """Yield a cluster of our own."""
    cluster = KafkaProcess()
    yield cluster
    cluster.stop()


def amqp(url: str, exchange: str, patience: timedelta = A_MINUTE) -> AmqpDestination:
    """Return a way to RabbitMQ."""
    return AmqpDestination(Secret(url), exchange, CONTENT_TYPE, patience=patience)


@asynccontextmanager
async def telling(worlds: Opener, destination: Destination) -> AsyncIterator[World]:
    """Open a world that tells one destination, and leave that."""
    async with worlds(destinations=Destinations((destination,))) as world:
        yield world


async def happen(world: World, number: int = ROUND, begin: int = 0) -> None:
    """Let things happen to some accounts in turn, in one commit."""
    async with world.database.transaction() as tx:
        for each in range(begin, begin + number):
            fact = UserUpdated(user_id=UUID(int=each % ACCOUNTS + 1), fields=str(each))
            await world.part(Journal).record(tx, fact, world.clock.now())


async def rounds(world: World) -> None:
    """Let the relay work until nothing is owed."""
    async with asyncio.timeout(ALL_SECONDS):
        while await event_queue.backlogs(world.database):
            await relay_once(world)


async def waiting(world: World) -> int:
    """Return how many events are owed, none of them counted as refused."""
    backlogs = await event_queue.backlogs(world.database)
    assert not any(each.dead for each in backlogs)
    return sum(each.waiting for each in backlogs)


async def away_and_yet(world: World, client: httpx2.AsyncClient) -> None:
    """While a round waits for the broker, a request is answered; then all of it is still owed."""
    owed = await waiting(world)
    relaying = asyncio.create_task(relay_once(world))
    asked = {"email": "nobody@example.org"}
    answer = await client.post(world.path("/auth/password-reset/request"), json=asked)
    assert answer.status_code == 202
    assert not relaying.done(), "the answer did not wait for the broker"
    assert await relaying is False
    assert await waiting(world) == owed + 1


def firsts(events: list[dict[str, Any]]) -> dict[str, list[int]]:
    """Return what was told of each account, without the copies; a copy has the same id."""
    once = {event["id"]: event for event in events}
    found: dict[str, list[int]] = {}
    for event in once.values():
        found.setdefault(event["subject"], []).append(int(event["data"]["fields"][0]))
    return found


def whole(events: list[dict[str, Any]], number: int = ROUND) -> None:
    """Everything is there, each account's in its order, and no fact under two ids."""
    told = firsts(events)
    assert sorted(each for way in told.values() for each in way) == list(range(number))
    assert all(way == sorted(way) for way in told.values())


@pytest.mark.req("M-23")
async def test_while_rabbitmq_is_stopped_requests_are_answered_and_each_event_comes_once_after(
    worlds: Opener, rabbit: Rabbit
) -> None:
    exchange = f"stopped-{uuid4()}"
    await keep(rabbit.url, exchange)
    async with telling(worlds, amqp(rabbit.url, exchange)) as world, world.client() as client:
        alice = await world.subscriber()
        await asyncio.to_thread(rabbit.go_down)
        asked = {"email": alice.email}
        answer = await client.post(world.path("/auth/password-reset/request"), json=asked)
        assert answer.status_code == 202
        await relay_once(world)
        await happen(world)
        assert await waiting(world) == ROUND + 1
        await asyncio.to_thread(rabbit.come_up)
        await rounds(world)
    events = await kept(rabbit.url, exchange)
    assert len(events) == ROUND + 1
    (reset,) = [each for each in events if each["type"] == "id.password.reset.requested"]
    assert reset["subject"] == str(alice.id)
    whole([each for each in events if each != reset])


@pytest.mark.req("M-23")
async def test_while_rabbitmq_is_frozen_requests_are_answered_and_nothing_is_lost(
    worlds: Opener, rabbit: Rabbit
) -> None:
    exchange = f"frozen-{uuid4()}"
    await keep(rabbit.url, exchange)
    async with (
        telling(worlds, amqp(rabbit.url, exchange, PATIENCE)) as world,
        world.client() as client,
    ):
        await happen(world, ROUND // 2)
        await rounds(world)  # there is a connection
        rabbit.freeze()
        try:
            await happen(world, ROUND // 2, begin=ROUND // 2)
            await away_and_yet(world, client)
        finally:
            rabbit.thaw()
        await rounds(world)
    events = await kept(rabbit.url, exchange)
    whole([each for each in events if each["type"] == UserUpdated.type])


@pytest.mark.parametrize("after", [300, 20_000, 100_000, 250_000])
async def test_a_connection_to_rabbitmq_is_cut_in_the_midst_of_a_round(
    worlds: Opener, rabbitmq_url: str, after: int
) -> None:
    exchange = f"cut-{uuid4()}"
    await keep(rabbitmq_url, exchange)
    async with (
        wire_to(rabbitmq_url) as wire,
        telling(worlds, amqp(wire.url, exchange)) as world,
    ):
        await happen(world, ROUND // 2)
        await rounds(world)
        wire.left = after
        await happen(world, ROUND // 2, begin=ROUND // 2)
        await rounds(world)
        assert wire.taken >= 1 + (wire.left is None)
    whole(await kept(rabbitmq_url, exchange))


async def test_while_kafka_is_frozen_requests_are_answered_and_nothing_is_lost(
    worlds: Opener, kafka: KafkaProcess
) -> None:
    topic = f"frozen-{uuid4()}"
    place = {"bootstrap.servers": kafka.servers}
    destination = KafkaDestination(place, topic, CONTENT_TYPE, patience=PATIENCE)
    async with telling(worlds, destination) as world, world.client() as client:
        await happen(world, ROUND // 2)
        await rounds(world)
        kafka.freeze()
        try:
            await happen(world, ROUND // 2, begin=ROUND // 2)
            await away_and_yet(world, client)
        finally:
            kafka.thaw()
        await rounds(world)
    events = await kept_by_kafka(kafka.servers, topic)
    whole([each for each in events if each["type"] == UserUpdated.type])
