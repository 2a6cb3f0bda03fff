"""What the kernel knows: which cores we may use, and what processes and cores have done.

    choose_cores          -> the server's core, and the core of load and database
    usage(pid)            CPU seconds and memory of a process and all its descendants
    core_times(core)      busy and total seconds of one core since boot

Units: seconds of CPU, bytes of memory. Source: proc(5).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cores:
    server: int
    load: int

    @property
    def shared(self) -> bool:
        """With a single core, everything shares it and rates mean little."""
        return self.server == self.load


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    cpu: float
    memory: int
    peak: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreTimes:
    busy: float
    total: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """CPU seconds of the server; busy shares of the cores; others' share of the server's core."""

    cpu: float
    server_core: float
    foreign: float
    load_core: float


def choose_cores() -> Cores:
    allowed = sorted(os.sched_getaffinity(0))
    return Cores(server=allowed[-1], load=allowed[0])


def pin(core: int) -> None:
    os.sched_setaffinity(0, {core})


@contextmanager
def pinned(core: int) -> Iterator[None]:
    """Whatever is started meanwhile inherits the core, with all its threads and children."""
    before = os.sched_getaffinity(0)
    pin(core)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def tree(pid: int) -> list[int]:
    """The process and its descendants; those that just ended are left out."""
    found = [pid]
    for parent in found:
        for task in PROC.glob(f"{parent}/task/*/children"):
            try:
                found.extend(int(child) for child in task.read_text().split())
            except OSError:
                continue
    return found


def usage(pid: int) -> Usage:
    each = [_usage_of_one(member) for member in tree(pid)]
    return Usage(
        cpu=sum(one.cpu for one in each),
        memory=sum(one.memory for one in each),
        peak=sum(one.peak for one in each),
    )


def _usage_of_one(pid: int) -> Usage:
    try:
        # The command name may hold spaces and brackets: count fields after its closing bracket.
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        status = (PROC / str(pid) / "status").read_text()
    except OSError:
        return Usage(cpu=0.0, memory=0, peak=0)
    kilobytes = {
        line.split(":")[0]: int(line.split()[1])
        for line in status.splitlines()
        if line.startswith(("VmRSS:", "VmHWM:"))
    }
    return Usage(
        cpu=(int(fields[11]) + int(fields[12])) / TICK,
        memory=kilobytes.get("VmRSS", 0) * 1024,
        peak=kilobytes.get("VmHWM", 0) * 1024,
    )


def core_times(core: int) -> CoreTimes:
    for line in (PROC / "stat").read_text().splitlines():
        name, *values = line.split()
        if name == f"cpu{core}":
            ticks = [int(value) for value in values[:8]]
            idle = ticks[3] + ticks[4]
            return CoreTimes(busy=(sum(ticks) - idle) / TICK, total=sum(ticks) / TICK)
    raise LookupError(f"core {core} is not in /proc/stat")


class CoreWatch:
    """What a server spent, and how busy both cores were, between two moments."""

    def __init__(self, cores: Cores, pid: int) -> None:
        self.cores = cores
        self.pid = pid
        self.before = self._now()

    def _now(self) -> tuple[CoreTimes, CoreTimes, float]:
        return core_times(self.cores.server), core_times(self.cores.load), usage(self.pid).cpu

    def read(self) -> Watched:
        server, load, cpu = self.before
        server_now, load_now, cpu_now = self._now()
        elapsed = max(server_now.total - server.total, 1e-9)
        busy = (server_now.busy - server.busy) / elapsed
        return Watched(
            cpu=cpu_now - cpu,
            server_core=busy,
            foreign=max(0.0, busy - (cpu_now - cpu) / elapsed),
            load_core=(load_now.busy - load.busy) / max(load_now.total - load.total, 1e-9),
        )


def describe_machine() -> dict[str, str]:
    cpuinfo = (PROC / "cpuinfo").read_text().splitlines()
    model = next((line.split(":", 1)[1] for line in cpuinfo if line.startswith("model name")), "?")
    return {
        "processor": " ".join(model.split()),
        "cores": str(os.cpu_count()),
        "kernel": os.uname().release,
        "load average before": f"{os.getloadavg()[0]:.2f}",
    }
