"""The raw hash limit: how many passwords one core can verify when it does nothing else.

    python -m benchmarks.hashing argon2id 3 1 0     seconds, its core, the other core; prints JSON

One thread, one core, the very library and parameters a service uses, no network and no database.
Sources: RFC 9106 (argon2id), OWASP password storage (19 MiB, two passes, one lane).
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter, process_time

from benchmarks.cores import Cores, CoreWatch, pin
from benchmarks.load import quantile

PASSWORD = "a quiet harbour at dawn, seen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Argon2:
    memory: int
    passes: int
    lanes: int


ARGON2 = {
    "argon2id": Argon2(memory=19 * 1024, passes=2, lanes=1),
    # What fastapi-users hashes with: the recommended settings of pwdlib.
    "argon2id-pwdlib": Argon2(memory=64 * 1024, passes=3, lanes=4),
}


def verifier(algorithm: str) -> Callable[[], object]:
    if algorithm == "bcrypt-12":
        import bcrypt

        known = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(12))
        return lambda: bcrypt.checkpw(PASSWORD.encode(), known)
    import argon2

    chosen = ARGON2[algorithm]
    hasher = argon2.PasswordHasher(
        memory_cost=chosen.memory, time_cost=chosen.passes, parallelism=chosen.lanes
    )
    stored = hasher.hash(PASSWORD)
    return lambda: hasher.verify(stored, PASSWORD)


def measure(verify: Callable[[], object], seconds: float, cores: Cores) -> dict[str, float]:
    verify()
    latencies: list[float] = []
    watch = CoreWatch(cores, os.getpid())
    cpu, began = process_time(), perf_counter()
    now = began
    while now - began < seconds:
        verify()
        later = perf_counter()
        latencies.append((later - now) * 1000)
        now = later
    spent, watched = process_time() - cpu, watch.read()
    ordered = sorted(latencies)
    return {
        "rate": len(latencies) / (now - began),
        "cpu_us": spent / len(latencies) * 1e6,
        "p50_ms": quantile(ordered, 0.50),
        "p99_ms": quantile(ordered, 0.99),
        "server_core": watched.server_core,
        "foreign": watched.foreign,
        "load_core": watched.load_core,
    }


def main() -> None:
    algorithm, seconds, server, load = sys.argv[1:]
    cores = Cores(server=int(server), load=int(load))
    pin(cores.server)
    json.dump(measure(verifier(algorithm), float(seconds), cores), sys.stdout)


if __name__ == "__main__":
    main()
