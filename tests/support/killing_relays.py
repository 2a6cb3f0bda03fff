"""Events to a broker by relays that are killed again and again, on both databases.

    trial    write facts of some accounts, start a relay, kill it, write more, start the next ...; in the end
             let one finish; what a reader of the broker got

    .venv/bin/python -m tests.support.killing_relays --kills 200

A relay is killed when it has read what is owed and is about to publish one of its first events; or when
that one is published, so that it cannot have marked it; or at any time. Moments are drawn from a seed.
"""

import argparse
import asyncio
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec

from tests.support.brokers import MockKafka, kafka_reader, queue
from tests.support.services.postgres import Postgres
from tests.support.services.rabbitmq import Rabbit
from tests.support.world import World, environment, migrate, open_world
from watchword.kernel.chance import SystemChance
from watchword.kernel.clock import SystemClock
from watchword.plumbing.db import event_queue
from watchword.plumbing.db.journal import Journal
from watchword.records.subscribers.rules import UserUpdated

ROOT: Final = Path(__file__).parents[2]
ACCOUNTS: Final = 25
LEAST: Final = 5  # facts that are written before each start, so that every moment comes
PATIENCE_SECONDS: Final = 60.0
BEFORE, AFTER, FREE = MOMENTS = ("before", "after", "free")


@dataclass(slots=True)
class Tale:
    """What happened: how many facts each account had, and what the reader got, in order."""

    kills: int
    after_publish: int = 0
    facts: Counter[str] = field(default_factory=Counter)
    got: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def first(self) -> dict[str, list[int]]:
        """Return the facts of each account as their first copies came."""
        seen: set[str] = set()
        found: dict[str, list[int]] = defaultdict(list)
        for event in self.got:
            if event["id"] not in seen:
                seen.add(event["id"])
                found[event["subject"]].append(number_of(event))
        return found

    @property
    def lost(self) -> int:
        """Return how many facts never came."""
        return sum(self.facts.values()) - sum(len(set(each)) for each in self.first.values())

    @property
    def disordered(self) -> list[str]:
        """Return the accounts whose facts came in another order."""
        return [whose for whose, came in self.first.items() if came != sorted(came)]

    @property
    def copies(self) -> int:
        """Return how many came that had come before."""
        return len(self.got) - len({event["id"] for event in self.got})

    @property
    def forged(self) -> int:
        """Return how many facts came under two ids, or two facts under one."""
        ids = {(event["subject"], number_of(event), event["id"]) for event in self.got}
        facts = {each[:2] for each in ids}
        return (len(ids) - len(facts)) + (len(ids) - len({each[2] for each in ids}))

    def __str__(self) -> str:
        """Tell it in figures."""
        return (
            f"{sum(self.facts.values())} events of {len(self.facts)} accounts, {self.kills} kills"
            f" ({self.after_publish} between publish and mark), {self.seconds:.0f} s:"
            f" {self.lost} lost, {len(self.disordered)} accounts out of order,"
            f" {self.copies} copies under the same id, {self.forged} under another"
        )


def number_of(event: Mapping[str, Any]) -> int:
    """Return which fact of its account an event tells."""
    return int(event["data"]["fields"][0])


@dataclass(slots=True)
class Broker:
    """A broker, as a relay is told of it and as a reader sees it."""

    environment: dict[str, Any]
    read: Callable[[Callable[[dict[str, Any]], None]], Any]


@asynccontextmanager
async def on_rabbit(url: str) -> AsyncIterator[Broker]:
    """Yield RabbitMQ, with a queue of our own."""
    exchange = f"killing-{uuid4()}"
    async with queue(url, exchange) as bound:

        async def read(got: Callable[[dict[str, Any]], None]) -> None:
            async with bound.queue.iterator() as messages:
                async for message in messages:
                    got(msgspec.json.decode(message.body))
                    await message.ack()

        told = {"AMQP_ENABLED": "true", "AMQP_URL": url, "AMQP_EXCHANGE": exchange}
        yield Broker(told, read)


@asynccontextmanager
async def on_kafka() -> AsyncIterator[Broker]:
    """Yield a cluster of Kafka's protocol."""
    cluster, topic = MockKafka(), f"killing-{uuid4()}"

    async def read(got: Callable[[dict[str, Any]], None]) -> None:
        async with kafka_reader(cluster.servers, topic) as consumer:
            async for record in consumer:
                got(msgspec.json.decode(record.value))

    told = {"KAFKA_ENABLED": "true", "KAFKA_BROKERS": cluster.servers, "KAFKA_TOPIC": topic}
    yield Broker(told, read)


class Nursery:
    """Where relays come from."""

    def __init__(self, environ: Mapping[str, str], folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.relay_nursery"],
            cwd=folder,
            env={**os.environ, **environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    async def start(self, moment: str = FREE, number: int = 0) -> int:
        """Start a relay that kills itself at a moment, if at any; return its process id."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{moment} {number or ''}\n")
        self._process.stdin.flush()
        return int(await asyncio.to_thread(self._process.stdout.readline))

    def close(self) -> None:
        """Fork no more."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


async def trial(
    url: str,
    folder: Path,
    broker: AbstractAsyncContextManager[Broker],
    *,
    kills: int,
    seed: int = 1,
) -> Tale:
    """Tell events by relays that are killed; the database is there and empty."""
    began, chance, tale = time.monotonic(), random.Random(seed), Tale(kills)
    accounts = [UUID(int=chance.getrandbits(128)) for _ in range(ACCOUNTS)]
    async with broker as there:
        environ = environment(url, **there.environment)
        news = asyncio.Event()

        def got(event: dict[str, Any]) -> None:
            tale.got.append(event)
            news.set()

        reading = asyncio.create_task(there.read(got))
        nursery = Nursery(environ, folder)
        try:
            async with open_world(url, folder, **there.environment) as world:
                for _ in range(kills):
                    await _happen(world, tale, accounts, chance)
                    moment = chance.choice(MOMENTS)
                    tale.after_publish += moment == AFTER
                    relay = await nursery.start(moment, chance.randrange(1, LEAST))
                    if moment == FREE:
                        await asyncio.sleep(chance.random() * 0.5)
                        os.kill(relay, signal.SIGKILL)
                    await _until_gone(relay)
                last = await nursery.start()
                await _until_all_are_told(world)
                await _until_got(tale, news)
                os.kill(last, signal.SIGKILL)
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            nursery.close()
    tale.seconds = time.monotonic() - began
    return tale


async def _happen(world: World, tale: Tale, accounts: list[UUID], chance: random.Random) -> None:
    """Let some more happen, so that there is always something to tell."""
    journal = replace(world.part(Journal), chance=SystemChance())
    for _ in range(chance.randrange(LEAST, 25)):
        whose = chance.choice(accounts)
        fact = UserUpdated(user_id=whose, fields=str(tale.facts[str(whose)]))
        await journal.note(world.database, fact, SystemClock().now())
        tale.facts[str(whose)] += 1


async def _until_gone(relay: int) -> None:
    """Wait until a process is dead."""
    try:
        handle = os.pidfd_open(relay)
    except ProcessLookupError:
        return
    gone, loop = asyncio.Event(), asyncio.get_running_loop()
    loop.add_reader(handle, gone.set)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await gone.wait()
    finally:
        loop.remove_reader(handle)
        os.close(handle)


async def _until_all_are_told(world: World) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await event_queue.backlogs(world.database):
            await asyncio.sleep(0.1)


async def _until_got(tale: Tale, news: asyncio.Event) -> None:
    """Wait until the reader has read what the broker has."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while tale.lost:
            news.clear()
            await news.wait()


async def _on_both(kills: int, seed: int, names: Sequence[str]) -> None:
    rabbit = await asyncio.to_thread(Rabbit.start)
    server = await asyncio.to_thread(Postgres.start, fsync=True)
    brokers: dict[str, Callable[[], AbstractAsyncContextManager[Broker]]] = {
        "RabbitMQ": lambda: on_rabbit(rabbit.url),
        "Kafka": on_kafka,
    }
    try:
        for name in names:
            broker = brokers[name]
            with tempfile.TemporaryDirectory() as place:
                folder = Path(place)
                urls = {
                    "SQLite": f"sqlite:///{folder / 'watchword.db'}",
                    "PostgreSQL": server.create_database(f"killing_{name.lower()}"),
                }
                for database, url in urls.items():
                    await migrate.up(url)
                    tale = await trial(url, folder, broker(), kills=kills, seed=seed)
                    sys.stdout.write(f"{database}, {name}: {tale}\n")
                    sys.stdout.flush()
    finally:
        server.stop()
        rabbit.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--broker", choices=("RabbitMQ", "Kafka"), nargs="*")
    given = parser.parse_args()
    asyncio.run(_on_both(given.kills, given.seed, given.broker or ("RabbitMQ", "Kafka")))
