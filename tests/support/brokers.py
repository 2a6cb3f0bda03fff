"""Brokers as their readers see them: what a queue of RabbitMQ or a topic of Kafka holds.

queue       a durable queue bound to an exchange; `read` takes what has come
keep        make such a queue and leave it there;  `kept` takes what it holds, over a connection anew
kafka       librdkafka's mock cluster, which speaks Kafka's protocol to any client; read by another client
break_producer   librdkafka's own test of a fatal error: the producer is of no more use
"""

import asyncio
import ctypes
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aio_pika
import aiokafka
import confluent_kafka
import msgspec
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage, AbstractQueue
from confluent_kafka import Producer

PATIENCE = 60.0
OUT_OF_ORDER = confluent_kafka.KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER


@dataclass(slots=True)
class Read:
    """An event as a reader of RabbitMQ got it."""

    body: dict[str, Any]
    routing_key: str
    properties: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Queue:
    """A durable queue and who reads it."""

    queue: AbstractQueue
    channel: AbstractChannel

    async def read(self, number: int) -> list[Read]:
        """Take so many messages; TimeoutError: they do not come."""
        found: list[Read] = []
        async with asyncio.timeout(PATIENCE):
            async with self.queue.iterator() as messages:
                async for message in messages:
                    await message.ack()
                    found.append(_read(message))
                    if len(found) >= number:
                        return found
        return found

    async def rest(self) -> list[Read]:
        """Take whatever is there."""
        found = []
        while (message := await self.queue.get(fail=False)) is not None:
            await message.ack()
            found.append(_read(message))
        return found


def _read(message: AbstractIncomingMessage) -> Read:
    told = {
        "content_type": message.content_type,
        "message_id": message.message_id,
        "type": message.type,
        "delivery_mode": message.delivery_mode,
    }
    return Read(msgspec.json.decode(message.body), message.routing_key or "", told)


@asynccontextmanager
async def queue(url: str, exchange: str, pattern: str = "id.#") -> AsyncIterator[Queue]:
    """Yield a durable queue bound to a durable topic exchange; both go when the block ends."""
    connection = await aio_pika.connect(url)
    channel = await connection.channel()
    there = await channel.declare_exchange(exchange, aio_pika.ExchangeType.TOPIC, durable=True)
    bound = await channel.declare_queue(f"{exchange}-readers", durable=True)
    await bound.bind(there, pattern)
    try:
        yield Queue(bound, channel)
    finally:
        await bound.delete(if_unused=False, if_empty=False)
        await there.delete()
        await connection.close()


async def keep(url: str, exchange: str) -> None:
    """Have a durable queue for every event; it outlives the server's end."""
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        there = await channel.declare_exchange(exchange, aio_pika.ExchangeType.TOPIC, durable=True)
        bound = await channel.declare_queue(f"{exchange}-readers", durable=True)
        await bound.bind(there, "id.#")


async def kept(url: str, exchange: str) -> list[dict[str, Any]]:
    """Take the events that such a queue holds, in its order."""
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        bound = await channel.declare_queue(f"{exchange}-readers", durable=True, passive=True)
        return [each.body for each in await Queue(bound, channel).rest()]


class MockKafka:
    """A cluster of Kafka's protocol in this process."""

    def __init__(self, brokers: int = 1) -> None:
        self._producer = Producer({"test.mock.num.brokers": brokers, "log_level": 0})
        found = self._producer.list_topics(timeout=PATIENCE).brokers.values()
        self.servers = ",".join(f"{each.host}:{each.port}" for each in found)

    async def read(self, topic: str, number: int) -> list[Any]:
        """Return so many records of a topic; TimeoutError: they do not come."""
        found: list[Any] = []
        async with asyncio.timeout(PATIENCE), kafka_reader(self.servers, topic) as consumer:
            while len(found) < number:
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    found += records
        return found


@asynccontextmanager
async def kafka_reader(servers: str, topic: str) -> AsyncIterator[aiokafka.AIOKafkaConsumer]:
    """Yield another client, reading a topic from its beginning."""
    consumer = aiokafka.AIOKafkaConsumer(
        topic,
        bootstrap_servers=servers,
        auto_offset_reset="earliest",
        metadata_max_age_ms=200,
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


async def kept_by_kafka(servers: str, topic: str) -> list[dict[str, Any]]:
    """Return the events that a topic holds, those of a partition in their order."""
    found: list[Any] = []
    async with asyncio.timeout(PATIENCE), kafka_reader(servers, topic) as consumer:
        ends = await consumer.end_offsets(consumer.assignment())
        for where in ends:
            await consumer.seek_to_beginning(where)
        while len(found) < sum(ends.values()):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found += [msgspec.json.decode(each.value) for each in records]
    return found


def break_producer(producer: Producer) -> None:
    """Let a producer have a fatal error; its handle stands first in the object."""
    library = ctypes.CDLL(confluent_kafka.cimpl.__file__)
    handle = ctypes.c_void_p.from_address(id(producer) + object.__basicsize__)
    assert library.rd_kafka_test_fatal_error(handle, OUT_OF_ORDER, b"broken by a test") == 0
