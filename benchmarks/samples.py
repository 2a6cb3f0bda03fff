"""What one turn of one contender gave, and how it is taken.

    measure          drive a server as fast as it answers, watch both cores
    measure_paced    ask it by the clock, for claims about latency
    hash_limit       no server at all: what the machine can hash
    floor            no service: the database work alone
    Sample           rate, latencies, CPU, errors, and who else used the server's core

CPU per request is that of the server's whole process tree over everything it answered in the run.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.cores import Cores
from benchmarks.load import LoadPlan
from benchmarks.paced import PacedPlan
from benchmarks.servers import ROOT, Server


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Rates per second, milliseconds, microseconds; shares of a core between 0 and 1."""

    rate: float = 0.0
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    cpu_us: float = 0.0
    errors: int = 0
    start_ms: float = 0.0
    memory_mb: float = 0.0
    server_core: float = 0.0
    foreign: float = 0.0
    load_core: float = 0.0
    carry: tuple[str, ...] = field(default=(), repr=False)


def run_module(module: str, *arguments: str, stdin: str = "", **options: Any) -> Any:
    """Run one of our modules as a process of its own and read the JSON it prints."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        **options,
    )
    if done.returncode:
        raise RuntimeError(f"{module} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout)


def measure(
    server: Server,
    script: dict[str, Any],
    *,
    cores: Cores,
    seconds: float,
    connections: int = 16,
    good: tuple[str, ...] = ("200",),
) -> Sample:
    plan = LoadPlan(
        port=server.port,
        script=script,
        seconds=seconds,
        connections=connections,
        server_pid=server.pid,
        server_core=cores.server,
        load_core=cores.load,
    )
    seen = run_module("benchmarks.load", stdin=json.dumps(asdict(plan)))
    watched = seen["watched"]
    refused = sum(count for status, count in seen["statuses"].items() if status not in good)
    return Sample(
        rate=seen["answered"] / seen["seconds"],
        p50_ms=seen["p50_ms"],
        p99_ms=seen["p99_ms"],
        cpu_us=watched["cpu"] / max(seen["answered_in_all"], 1) * 1e6,
        errors=refused + seen["broken"],
        server_core=watched["server_core"],
        foreign=watched["foreign"],
        load_core=watched["load_core"],
        carry=tuple(seen["carry"]),
    )


def measure_paced(
    server: Server,
    path: str,
    headers: list[dict[str, str]],
    *,
    cores: Cores,
    rate: float,
    seconds: float,
) -> Sample:
    """The same by the clock: latencies from the moment each request was due."""
    plan = PacedPlan(
        port=server.port,
        path=path,
        headers=headers,
        rate=rate,
        seconds=seconds,
        server_pid=server.pid,
        server_core=cores.server,
        load_core=cores.load,
    )
    seen = run_module("benchmarks.paced", stdin=json.dumps(asdict(plan)))
    watched = seen["watched"]
    return Sample(
        rate=seen["rate"],
        p50_ms=seen["p50_ms"],
        p99_ms=seen["p99_ms"],
        errors=seen["errors"],
        server_core=watched["server_core"],
        foreign=watched["foreign"],
        load_core=watched["load_core"],
    )


def hash_limit(algorithm: str, *, cores: Cores, seconds: float) -> Sample:
    where = (str(cores.server), str(cores.load))
    return Sample(**run_module("benchmarks.hashing", algorithm, str(seconds), *where))


def floor(url: str, *, refresh: bool, cores: Cores, seconds: float) -> Sample:
    plan = {"url": url, "refresh": refresh, "cores": asdict(cores), "seconds": seconds}
    return Sample(**run_module("benchmarks.floors", stdin=json.dumps(plan)))
