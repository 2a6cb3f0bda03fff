"""A reader of events beside a running service: how many a second it has, and how soon one is here.

    python -m benchmarks.listener < plan.json > result.json

    backlog   so many facts are written in one commit; from there until the outbox owes nothing:
              confirmed by the broker and written down. The broker must then hold as many as there were.
    single    a fact is written by the clock; from its commit until a reader of the broker has its event

The service relays; we write with its settings, and name one destination, so that only that one is owed.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import UUID

from benchmarks.cores import Cores, CoreWatch, pin
from benchmarks.load import quantile

PATIENCE = 60.0
ACCOUNTS = 1000
LOOK = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerPlan:
    """`env` names one destination; `every` 0: a backlog."""

    env: dict[str, str]
    events: int
    every: float
    server_pid: int
    server_core: int
    load_core: int


class Broker:
    """What arrived: the ids, each with its moment."""

    def __init__(self, count: Callable[[], Awaitable[int]]) -> None:
        self.count = count
        self.here: dict[str, float] = {}
        self.news = asyncio.Event()

    def note(self, body: bytes) -> None:
        now = perf_counter()
        self.here[json.loads(body)["id"]] = now
        self.news.set()

    async def wait_for(self, number: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while len(self.here) < number:
                self.news.clear()
                await self.news.wait()


@asynccontextmanager
async def rabbit(plan: ListenerPlan) -> AsyncIterator[Broker]:
    """A durable queue; nobody reads it while a backlog is told, so that it is kept on disk."""
    import aio_pika

    connection = await aio_pika.connect(plan.env["AMQP_URL"])
    channel = await connection.channel()
    exchange = await channel.declare_exchange(
        plan.env["AMQP_EXCHANGE"], aio_pika.ExchangeType.TOPIC, durable=True
    )
    queue = await channel.declare_queue("benchmark", durable=True)
    await queue.bind(exchange, "id.#")
    await queue.purge()

    async def count() -> int:
        again = await channel.declare_queue("benchmark", durable=True, passive=True)
        return again.declaration_result.message_count or 0

    broker = Broker(count)
    if plan.every:

        async def read(message: Any) -> None:
            broker.note(message.body)

        await queue.consume(read, no_ack=True)
    try:
        yield broker
    finally:
        await queue.delete(if_unused=False, if_empty=False)
        await connection.close()


@asynccontextmanager
async def kafka(plan: ListenerPlan) -> AsyncIterator[Broker]:
    """The topic's partitions; what was there before does not count."""
    import aiokafka

    consumer = aiokafka.AIOKafkaConsumer(
        plan.env["KAFKA_TOPIC"],
        bootstrap_servers=plan.env["KAFKA_BROKERS"],
        auto_offset_reset="latest",
        fetch_max_wait_ms=10,
    )
    await consumer.start()
    partitions = list(consumer.assignment())
    before: int = sum((await consumer.end_offsets(partitions)).values())
    await consumer.seek_to_end(*partitions)

    async def count() -> int:
        ends: dict[Any, int] = await consumer.end_offsets(partitions)
        return sum(ends.values()) - before

    broker = Broker(count)

    async def read() -> None:
        async for record in consumer:
            broker.note(record.value)

    reading = asyncio.create_task(read()) if plan.every else None
    try:
        yield broker
    finally:
        if reading is not None:
            reading.cancel()
        await consumer.stop()


async def backlog(plan: ListenerPlan, house: Any, _broker: Broker) -> list[float]:
    """Write all, and wait until nothing is owed; one figure: how long that took."""
    from watchword.kernel.clock import Clock
    from watchword.plumbing.db import event_queue
    from watchword.plumbing.db.journal import Journal
    from watchword.plumbing.db.ports import Database
    from watchword.records.subscribers.rules import UserUpdated

    database, journal, clock = house.part(Database), house.part(Journal), house.part(Clock)
    async with asyncio.timeout(PATIENCE), database.transaction() as tx:
        for number in range(plan.events):
            fact = UserUpdated(user_id=UUID(int=number % ACCOUNTS), fields="given_name")
            await journal.record(tx, fact, clock.now())
    committed = perf_counter()
    async with asyncio.timeout(PATIENCE):
        while await event_queue.backlogs(database):  # noqa: ASYNC110 - the outbox is asked, as it is
            await asyncio.sleep(LOOK)
    return [perf_counter() - committed]


async def single(plan: ListenerPlan, house: Any, broker: Broker) -> list[float]:
    """Write one after the other, by the clock; how long after its commit each was here."""
    from watchword.kernel.clock import Clock
    from watchword.plumbing.db.journal import Journal
    from watchword.plumbing.db.ports import Database
    from watchword.records.subscribers.rules import UserUpdated

    database, journal, clock = house.part(Database), house.part(Journal), house.part(Clock)
    committed = []
    for number in range(plan.events):
        fact = UserUpdated(user_id=UUID(int=number), fields="given_name")
        await journal.note(database, fact, clock.now())
        committed.append(perf_counter())
        await broker.wait_for(number + 1)
        await asyncio.sleep(plan.every)
    return [
        max(0.0, here - then) for here, then in zip(broker.here.values(), committed, strict=True)
    ]


async def run(plan: ListenerPlan) -> dict[str, Any]:
    from watchword.app.building import configure_logs, open_house
    from watchword.app.settings import read

    settings = read(plan.env, cwd=Path(os.devnull).parent)
    configure_logs(settings, quiet=True)
    opened = kafka if plan.env.get("KAFKA_ENABLED") == "true" else rabbit
    async with opened(plan) as broker, open_house(settings) as house:
        watch = CoreWatch(Cores(server=plan.server_core, load=plan.load_core), plan.server_pid)
        took = sorted(await (single if plan.every else backlog)(plan, house, broker))
        watched = watch.read()
        held = len(broker.here) if plan.every else await broker.count()
    return {
        "rate": 0.0 if plan.every else plan.events / took[-1],
        "p50_ms": quantile(took, 0.50) * 1000 if plan.every else 0.0,
        "p99_ms": quantile(took, 0.99) * 1000 if plan.every else 0.0,
        "errors": abs(held - plan.events),
        "watched": asdict(watched),
    }


def main() -> None:
    import uvloop

    plan = ListenerPlan(**json.load(sys.stdin))
    pin(plan.load_core)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        json.dump(runner.run(run(plan)), sys.stdout)


if __name__ == "__main__":
    main()
