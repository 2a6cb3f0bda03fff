"""An open loop: requests leave by the clock, whether or not the last answer has come.

    python -m benchmarks.paced < plan.json > result.json

A closed loop asks less of a slow server and so hides its worst moments; here every latency counts
from the moment the request was *due*. A few threads with blocking sockets keep time to a tenth of
a millisecond at the few hundred requests per second this is for.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from time import perf_counter
from typing import Any

from benchmarks.cores import Cores, CoreWatch, pin
from benchmarks.load import quantile
from benchmarks.scripts import BY_TLS


@dataclass(frozen=True, slots=True, kw_only=True)
class PacedPlan:
    """Headers of one GET per client; each client takes its turn of the common rhythm."""

    port: int
    path: str
    headers: list[dict[str, str]]
    rate: float
    seconds: float
    server_pid: int
    server_core: int
    load_core: int


@dataclass(slots=True, kw_only=True)
class Seen:
    latencies: list[float] = field(default_factory=list)
    errors: int = 0


def walk(plan: PacedPlan, index: int, begin: float, seen: Seen) -> None:
    """One client: due every ``clients / rate`` seconds, offset by its place in the row."""
    every = len(plan.headers) / plan.rate
    connection = http.client.HTTPConnection("127.0.0.1", plan.port, timeout=10)
    headers = {**BY_TLS, **plan.headers[index]}
    due = begin + index / plan.rate
    while due < begin + plan.seconds:
        time.sleep(max(0.0, due - perf_counter()))
        try:
            connection.request("GET", plan.path, headers=headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                seen.errors += 1
        except OSError:
            seen.errors += 1
            connection.close()
        seen.latencies.append((perf_counter() - due) * 1000)
        due += every
    connection.close()


def run(plan: PacedPlan) -> dict[str, Any]:
    watch = CoreWatch(Cores(server=plan.server_core, load=plan.load_core), plan.server_pid)
    all_seen = [Seen() for _ in plan.headers]
    begin = perf_counter() + 0.05
    walkers = [
        threading.Thread(target=walk, args=(plan, index, begin, seen))
        for index, seen in enumerate(all_seen)
    ]
    for walker in walkers:
        walker.start()
    for walker in walkers:
        walker.join()
    ordered = sorted(latency for seen in all_seen for latency in seen.latencies)
    return {
        "rate": len(ordered) / plan.seconds,
        "p50_ms": quantile(ordered, 0.50),
        "p99_ms": quantile(ordered, 0.99),
        "errors": sum(seen.errors for seen in all_seen),
        "watched": asdict(watch.read()),
    }


def main() -> None:
    plan = PacedPlan(**json.load(sys.stdin))
    pin(plan.load_core)
    json.dump(run(plan), sys.stdout)


if __name__ == "__main__":
    main()
