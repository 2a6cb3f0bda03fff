"""Brokers as their readers see them: what a queue of RabbitMQ or a topic of Kafka holds.

queue       a durable queue bound to an exchange; `read` takes what has come
kafka       librdkafka's mock cluster, which speaks Kafka's protocol to any client; read by another client
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aio_pika
import aiokafka
import msgspec
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage, AbstractQueue
from confluent_kafka import Producer

PATIENCE = 20.0


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


class MockKafka:
    """A cluster of Kafka's protocol in this process."""

    def __init__(self, brokers: int = 1) -> None:
        self._producer = Producer({"test.mock.num.brokers": brokers, "log_level": 0})
        found = self._producer.list_topics(timeout=PATIENCE).brokers.values()
        self.servers = ",".join(f"{each.host}:{each.port}" for each in found)

    @asynccontextmanager
    async def reader(self, topic: str) -> AsyncIterator[aiokafka.AIOKafkaConsumer]:
        """Yield another client, reading the topic from its beginning."""
        consumer = aiokafka.AIOKafkaConsumer(
            topic,
            bootstrap_servers=self.servers,
            auto_offset_reset="earliest",
            metadata_max_age_ms=200,
        )
        await consumer.start()
        try:
            yield consumer
        finally:
            await consumer.stop()

    async def read(self, topic: str, number: int) -> list[Any]:
        """Return so many records of a topic; TimeoutError: they do not come."""
        found: list[Any] = []
        async with asyncio.timeout(PATIENCE), self.reader(topic) as consumer:
            while len(found) < number:
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    found += records
        return found
