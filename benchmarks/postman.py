"""A mail server beside a running service: how many letters a second arrive, and how long a code takes.

    python -m benchmarks.postman < plan.json > result.json

    queue    so many letters are written into the outbox, in one commit; from then until the last is here
    codes    a code is asked for by the clock; from the API's answer until its letter is here

The server is as cheap as asyncio allows, for it shares a core with PostgreSQL. It says 250 to everything
and keeps of each letter the recipient and the moment.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.cores import Cores, CoreWatch, pin
from benchmarks.load import quantile

PATIENCE = 60.0
END = b"\r\n.\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostmanPlan:
    """`request` is what asks for a code, one for each recipient; without any, letters are queued."""

    smtp_port: int
    port: int
    env: dict[str, str]
    letters: int
    every: float
    requests: dict[str, str]
    server_pid: int
    server_core: int
    load_core: int


@dataclass(slots=True)
class Arrived:
    """The letters that are here: to whom, and when."""

    letters: list[tuple[str, float]] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait_for(self, number: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while len(self.letters) < number:
                self.news.clear()
                await self.news.wait()


class Desk(asyncio.Protocol):
    """One connection."""

    def __init__(self, arrived: Arrived) -> None:
        self.arrived = arrived
        self.buffer = b""
        self.recipient = ""
        self.reading = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        self.transport.write(b"220 here\r\n")

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while True:
            end = END if self.reading else b"\r\n"
            heard, found, rest = self.buffer.partition(end)
            if not found:
                return
            self.buffer = rest
            self.reading = self._letter() if self.reading else self._command(heard)

    def _letter(self) -> bool:
        self.arrived.letters.append((self.recipient, perf_counter()))
        self.arrived.news.set()
        self.transport.write(b"250 kept\r\n")
        return False

    def _command(self, line: bytes) -> bool:
        word = line[:4].upper()
        if word == b"RCPT":
            self.recipient = line.partition(b"<")[2].partition(b">")[0].decode()
        self.transport.write(
            {b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}.get(word, b"250 ok\r\n")
        )
        return word == b"DATA"


async def queue(plan: PostmanPlan, arrived: Arrived) -> list[float]:
    """Write the letters and wait for all of them; how many seconds after the commit each was here."""
    from watchword.app.building import configure_logs, open_house
    from watchword.app.settings import read
    from watchword.kernel.clock import Clock
    from watchword.plumbing.db.ports import Database
    from watchword.records.deliveries.rules import Letter
    from watchword.records.deliveries.service import Deliveries

    settings = read(plan.env, cwd=Path(os.devnull).parent)
    configure_logs(settings, quiet=True)
    facts = {"name": "Alice", "code": "123456", "minutes": 5, "confirms": False}
    async with open_house(settings) as house:
        database: Any = house.part(Database)
        deliveries, clock = house.part(Deliveries), house.part(Clock)
        now = clock.now()
        async with database.transaction() as tx:
            for number in range(plan.letters):
                letter = Letter(
                    template="login/sign_in_code",
                    to=f"n{number}@example.org",
                    language="en",
                    facts={**facts, "link": f"https://auth.example.test/login/link?token={number}"},
                    expires_at=now + timedelta(minutes=10),
                )
                await deliveries.queue(tx, letter, now)
        committed = perf_counter()
        await arrived.wait_for(plan.letters)
    return [moment - committed for _, moment in arrived.letters]


async def codes(plan: PostmanPlan, arrived: Arrived) -> list[float]:
    """Ask for codes by the clock; how many seconds after the answer each was here."""
    took = []
    recipients = list(plan.requests)
    for turn in range(plan.letters):
        recipient = recipients[turn % len(recipients)]
        reader, writer = await asyncio.open_connection("127.0.0.1", plan.port)
        writer.write(plan.requests[recipient].encode())
        status = await reader.readline()
        answered = perf_counter()
        if b" 20" not in status:
            raise RuntimeError(f"a code was refused: {status!r}")
        writer.close()
        await arrived.wait_for(turn + 1)
        took.append(max(0.0, arrived.letters[turn][1] - answered))
        await asyncio.sleep(plan.every)
    return took


async def run(plan: PostmanPlan) -> dict[str, Any]:
    arrived, loop = Arrived(), asyncio.get_running_loop()
    server = await loop.create_server(lambda: Desk(arrived), "127.0.0.1", plan.smtp_port)
    watch = CoreWatch(Cores(server=plan.server_core, load=plan.load_core), plan.server_pid)
    took = sorted(await (codes if plan.requests else queue)(plan, arrived))
    result = {
        "rate": len(took) / took[-1],
        "p50_ms": quantile(took, 0.50) * 1000,
        "p99_ms": quantile(took, 0.99) * 1000,
        "errors": len(arrived.letters) - len(took),
        "watched": asdict(watch.read()),
        "letters": len(took),
    }
    server.close()
    return result


def main() -> None:
    import uvloop

    plan = PostmanPlan(**json.load(sys.stdin))
    pin(plan.load_core)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        json.dump(runner.run(run(plan)), sys.stdout)


if __name__ == "__main__":
    main()
