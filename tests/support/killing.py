"""Letters through a server with faults, carried by workers that are killed again and again.

    trial    queue so many letters, start two workers on one queue, kill one at a time, start it anew, and
             wait until nothing is left; what the server got, and what the workers had told

    .venv/bin/python -m tests.support.killing --letters 10000 --kills 20

A letter may come more than once only where a worker said that nobody can tell: so often, and no oftener.
Faults and moments of killing are drawn from a seed.
"""

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from tests.support.faulty_relay import DROP, FAULTS, HANG, WELL, Fault, FaultyRelay, faulty_relay
from tests.support.program import COMMAND
from tests.support.services.postgres import Postgres
from tests.support.world import START, World, environment, migrate, open_world
from watchword.kernel.chance import SystemChance
from watchword.plumbing.db import queued
from watchword.records.deliveries.rules import KIND, Letter
from watchword.records.deliveries.service import Deliveries

WORKERS: Final = 2
PATIENCE_SECONDS: Final = 600.0
NOBODY: Final = "no-such-"
_AMONG_HUNDRED: Final = {
    "450": 4,
    "421": 2,
    "drops after the dot": 3,
    "keeps and drops": 4,
    "is slow": 3,
    "greylists": 2,
}
_ON_CONNECT: Final = {"HELLO": "554 no service here", "EHLO": DROP}
_HANGS: Final = ("MAIL", "RCPT", "DATA", "BODY")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tale:
    """What happened: letters by Message-ID, dead ones, and what workers told of letters."""

    letters: frozenset[str]
    kept: Mapping[str, int]
    dead: frozenset[str]
    doubted: Mapping[str, int]
    sent: Mapping[str, int]
    kills: int
    seconds: float

    @property
    def lost(self) -> frozenset[str]:
        """Return what neither arrived nor died with a reason."""
        return self.letters - self.kept.keys() - self.dead

    @property
    def copies(self) -> int:
        """Return how many arrived that had arrived before."""
        return sum(number - 1 for number in self.kept.values())

    @property
    def unexplained(self) -> dict[str, int]:
        """Return the copies beyond what the workers had said nobody can tell of."""
        over = {each: n - 1 - self.doubted.get(each, 0) for each, n in self.kept.items()}
        return {each: number for each, number in over.items() if number > 0}

    def __str__(self) -> str:
        """Tell it in figures."""
        return (
            f"{len(self.letters)} letters, {self.kills} kills, {self.seconds:.0f} s:"
            f" {len(self.kept)} arrived, {len(self.dead)} dead, {len(self.lost)} lost,"
            f" {self.copies} copies, {sum(self.doubted.values())} outcomes that nobody can tell,"
            f" {sum(self.unexplained.values())} copies unexplained"
        )


class Faults:
    """Which fault each try meets; addresses of nobody are refused for ever."""

    def __init__(self, chance: random.Random, hangs: int) -> None:
        self._chance = chance
        self._hangs = [Fault(at=chance.choice(_HANGS), does=HANG) for _ in range(hangs)]

    def __call__(self, recipient: str) -> Fault:
        """Choose for a new connection (no recipient yet) or for a try of a letter."""
        if recipient.startswith(NOBODY):
            return FAULTS["550"]
        drawn = self._chance.randrange(100)
        if not recipient:
            at = self._chance.choice([*_ON_CONNECT])
            return Fault(at=at, does=_ON_CONNECT[at]) if drawn < 5 else WELL
        if self._hangs and drawn == 99:
            return self._hangs.pop()
        for name, share in _AMONG_HUNDRED.items():
            drawn -= share
            if drawn < 0:
                return FAULTS[name]
        return WELL


class Worker:
    """A worker process on the queue, and the file of its log."""

    def __init__(self, environ: Mapping[str, str], folder: Path, number: int) -> None:
        self.log = folder / f"worker-{number}.log"
        with self.log.open("wb") as stream:
            self._process = subprocess.Popen(
                [COMMAND, "worker"], cwd=folder, env={**os.environ, **environ}, stdout=stream
            )

    def kill(self) -> None:
        """Kill it, in the midst of whatever it does."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """Ask it to end."""
        self._process.terminate()
        assert self._process.wait(40) == 0, self.log.read_text()

    def told(self) -> list[dict[str, str]]:
        """Return its lines."""
        lines = self.log.read_text().splitlines()
        return [json.loads(line) for line in lines if line.endswith("}")]


async def trial(url: str, folder: Path, *, letters: int, kills: int, seed: int = 1) -> Tale:
    """Send the letters, killing workers; the database is there and empty."""
    began, chance = time.monotonic(), random.Random(seed)
    async with faulty_relay(Faults(chance, hangs=min(5, letters // 200))) as relay:
        more = {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(relay.port), "EMAIL_SERVICE": "smtp"}
        environ = {**environment(url), **more, "EMAIL_MAX_TRIES": "20"}
        async with open_world(url, folder) as world:
            await _queue(world, letters)
            wanted = frozenset(f"<{each}@localhost>" for each in await _ids(world, letters))
            workers = [Worker(environ, folder, number) for number in range(WORKERS)]
            every = [*workers]
            for number in range(kills):
                share = letters * (number + chance.random()) / (kills + 1)
                await _until_arrived(relay, round(share))
                one = chance.randrange(WORKERS)
                workers[one].kill()
                workers[one] = Worker(environ, folder, len(every))
                every.append(workers[one])
            await _until_empty(world)
            for worker in workers:
                await asyncio.to_thread(worker.stop)
            dead = [each.id for each in await queued.kept(world.database, KIND, START, letters)]
    told = [line for worker in every for line in worker.told()]
    return Tale(
        letters=wanted,
        kept=dict(relay.kept),
        dead=frozenset(f"<{each}@localhost>" for each in dead),
        doubted=Counter(_id(line) for line in told if _doubts(line)),
        sent=Counter(_id(line) for line in told if line["message"] == "letter sent"),
        kills=kills,
        seconds=time.monotonic() - began,
    )


def _doubts(line: Mapping[str, str]) -> bool:
    told = line["message"] == "letter delayed" and line["result"] == "unknown"
    return told or line["message"] == "letter taken over"


def _id(line: Mapping[str, str]) -> str:
    return f"<{line['letter']}@localhost>"


async def _queue(world: World, letters: int) -> None:
    facts = {"name": "Alice", "link": "https://x.test", "minutes": 60}
    deliveries, now = replace(world.part(Deliveries), chance=SystemChance()), world.clock.now()
    async with world.database.transaction() as tx:
        for number in range(letters):
            to = f"{NOBODY if number % 100 == 0 else 'n'}{number}@example.org"
            template = "registration/already_registered"
            letter = Letter(template=template, to=to, language="en", facts=facts)
            await deliveries.queue(tx, letter, now)


async def _ids(world: World, letters: int) -> list[str]:
    found = await queued.kept(world.database, KIND, world.clock.now(), letters)
    return [str(each.id) for each in found]


async def _until_arrived(relay: FaultyRelay, number: int) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(relay.kept) < number:
            relay.news.clear()
            await relay.news.wait()


async def _until_empty(world: World) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await queued.depth(world.database, KIND):
            await asyncio.sleep(0.1)


async def _on_both(letters: int, kills: int, seed: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sqlite = f"sqlite:///{folder / 'watchword.db'}"
        await migrate.up(sqlite)
        tale = await trial(sqlite, folder, letters=letters, kills=kills, seed=seed)
        sys.stdout.write(f"SQLite: {tale}\n")
        server = await asyncio.to_thread(Postgres.start, fsync=True)
        try:
            url = server.create_database("killing")
            await migrate.up(url)
            tale = await trial(url, folder, letters=letters, kills=kills, seed=seed)
            sys.stdout.write(f"PostgreSQL: {tale}\n")
        finally:
            server.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--letters", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    asyncio.run(_on_both(given.letters, given.kills, given.seed))
