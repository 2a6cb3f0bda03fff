"""The load generator: a closed loop over a few kept-alive connections.

    python -m benchmarks.load < plan.json > result.json

Every connection sends its next request as soon as the last answer is whole. It is written for one
thing, to cost less than any server it measures: bare asyncio protocols on uvloop, and of an answer
only the status and the length are read. The calibration (`plain` in the report) shows the core it
runs on still has idle time at the highest rate measured.

Counted is what is answered between the end of the warm-up and the end of the run. Then the answers
under way are awaited, so that a chain of refresh tokens can be carried into the next round.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections import Counter
from dataclasses import asdict, dataclass, field
from time import perf_counter
from typing import Any

from benchmarks.cores import Cores, CoreWatch, pin
from benchmarks.scripts import Script, script_from

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
GRACE = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPlan:
    port: int
    script: dict[str, Any]
    seconds: float
    server_pid: int
    server_core: int
    load_core: int
    warm_up: float = 0.3
    connections: int = 16


@dataclass(slots=True, kw_only=True)
class Tally:
    """What one run saw; latencies in milliseconds, of answers inside the measured window."""

    answered: int = 0
    answered_in_all: int = 0
    broken: int = 0
    seconds: float = 0.0
    statuses: Counter[bytes] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)

    def note(self, *, status: bytes, sent: float, now: float, inside: bool) -> None:
        self.answered_in_all += 1
        self.statuses[status] += 1
        if inside:
            self.answered += 1
            self.latencies.append((now - sent) * 1000)


class Connection(asyncio.Protocol):
    """One client of the crowd."""

    def __init__(self, crowd: Crowd, index: int) -> None:
        self.crowd = crowd
        self.index = index
        self.whole = 0
        self.head = 0
        self.sent = 0.0
        self.held = b""
        self.done = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        self.ask()

    def ask(self) -> None:
        now = perf_counter()
        if now >= self.crowd.closes:
            self.leave()
            return
        self.sent = now
        self.transport.write(self.crowd.script.request(self.index))

    def leave(self) -> None:
        if not self.done:
            self.done = True
            self.transport.close()
            self.crowd.gone()

    def data_received(self, data: bytes) -> None:
        held = self.held + data if self.held else data
        if not self.whole:
            end = held.find(b"\r\n\r\n")
            if end < 0:
                self.held = held
                return
            length = LENGTH.search(held, 0, end + 2)
            self.head = end + 4
            self.whole = self.head + (int(length.group(1)) if length else 0)
        if len(held) < self.whole:
            self.held = held
            return
        status, body = held[9:12], held[self.head :]
        self.held, self.whole = b"", 0
        crowd, now = self.crowd, perf_counter()
        inside = crowd.opens <= now <= crowd.closes
        crowd.tally.note(status=status, sent=self.sent, now=now, inside=inside)
        crowd.script.answered(self.index, status, body)
        self.ask()

    def connection_lost(self, _problem: Exception | None) -> None:
        if self.done:
            return
        self.done = True
        self.crowd.tally.broken += 1
        self.crowd.replace(self.index)


class Crowd:
    """All connections of one run, and the moment they may go home."""

    def __init__(self, plan: LoadPlan, script: Script) -> None:
        self.plan = plan
        self.script = script
        self.tally = Tally()
        self.left = plan.connections
        self.everybody_home = asyncio.Event()
        self.opens = perf_counter() + plan.warm_up
        self.closes = self.opens + plan.seconds
        self.tasks: set[asyncio.Task[None]] = set()

    def gone(self) -> None:
        self.left -= 1
        if not self.left:
            self.everybody_home.set()

    def replace(self, index: int) -> None:
        """The server hung up: go on with a new connection, as a client would."""
        task = asyncio.get_running_loop().create_task(self.join(index))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def join(self, index: int) -> None:
        try:
            await asyncio.get_running_loop().create_connection(
                lambda: Connection(self, index), "127.0.0.1", self.plan.port
            )
        except OSError:
            self.tally.broken += 1
            self.gone()

    async def run(self) -> Tally:
        await asyncio.gather(*(self.join(index) for index in range(self.plan.connections)))
        limit = self.plan.warm_up + self.plan.seconds + GRACE
        try:
            await asyncio.wait_for(self.everybody_home.wait(), limit)
        except TimeoutError:
            self.tally.broken += self.left
        self.tally.seconds = self.plan.seconds
        return self.tally


def quantile(ordered: list[float], share: float) -> float:
    """The value below which ``share`` of the ordered list lies; 0 of an empty one."""
    if not ordered:
        return 0.0
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def summary(tally: Tally, script: Script) -> dict[str, Any]:
    ordered = sorted(tally.latencies)
    return {
        "answered": tally.answered,
        "answered_in_all": tally.answered_in_all,
        "seconds": tally.seconds,
        "broken": tally.broken,
        "statuses": {status.decode(): many for status, many in tally.statuses.items()},
        "p50_ms": quantile(ordered, 0.50),
        "p99_ms": quantile(ordered, 0.99),
        "max_ms": ordered[-1] if ordered else 0.0,
        "carry": script.carry(),
    }


def main() -> None:
    import uvloop

    plan = LoadPlan(**json.load(sys.stdin))
    pin(plan.load_core)

    async def run() -> dict[str, Any]:
        script = script_from(plan.script)
        watch = CoreWatch(Cores(server=plan.server_core, load=plan.load_core), plan.server_pid)
        tally = await Crowd(plan, script).run()
        return {**summary(tally, script), "watched": asdict(watch.read())}

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        json.dump(runner.run(run()), sys.stdout)


if __name__ == "__main__":
    main()
