"""Floors: the database work of a flow with no service around it.

    python -m benchmarks.floors < plan.json      prints a sample as JSON

As many tasks as the load generator has connections, bare asyncpg, the same server, the same core
as the service; what a flow reaches of this is what our own code costs.

    commits     one row of the size of a ticket, one durable commit each
    refresh     read a token with its session, mark it spent, insert its successor, touch the
                session, one transaction; then one ES256 signature
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any

import asyncpg
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from benchmarks.cores import Cores, CoreWatch, pin
from benchmarks.load import quantile

TASKS = 16
Turn = Callable[[asyncpg.Connection], Awaitable[None]]

SCHEMA = """
create table if not exists floor_session (
    id uuid primary key, person uuid not null, seen_at timestamptz not null default now());
create table if not exists floor_token (
    digest bytea primary key, session uuid not null references floor_session,
    spent_at timestamptz, made_at timestamptz not null default now());
create table if not exists floor_ticket (
    id uuid primary key default gen_random_uuid(), body bytea not null);
"""


async def commit(connection: asyncpg.Connection) -> None:
    await connection.execute("insert into floor_ticket (body) values ($1)", os.urandom(200))


def refresher(key: ec.EllipticCurvePrivateKey) -> Turn:
    held: dict[int, bytes] = {}

    async def begin(connection: asyncpg.Connection) -> bytes:
        session = await connection.fetchval(
            "insert into floor_session (id, person)"
            " values (gen_random_uuid(), gen_random_uuid()) returning id"
        )
        digest = os.urandom(32)
        await connection.execute("insert into floor_token values ($1, $2)", digest, session)
        return digest

    async def turn(connection: asyncpg.Connection) -> None:
        spent = held.get(id(connection)) or await begin(connection)
        fresh = os.urandom(32)
        async with connection.transaction():
            session = await connection.fetchval(
                "select s.id from floor_token t join floor_session s on s.id = t.session"
                " where t.digest = $1",
                spent,
            )
            await connection.execute(
                "update floor_token set spent_at = now() where digest = $1 and spent_at is null",
                spent,
            )
            await connection.execute("insert into floor_token values ($1, $2)", fresh, session)
            await connection.execute(
                "update floor_session set seen_at = now() where id = $1", session
            )
        key.sign(os.urandom(200), ec.ECDSA(SHA256()))
        held[id(connection)] = fresh

    return turn


async def measure(url: str, turn: Turn, seconds: float, cores: Cores) -> dict[str, Any]:
    connections = [await asyncpg.connect(url) for _ in range(TASKS)]
    await connections[0].execute(SCHEMA)
    for connection in connections:
        await turn(connection)
    latencies: list[float] = []
    watch = CoreWatch(cores, os.getpid())
    began = perf_counter()

    async def work(connection: asyncpg.Connection) -> None:
        while (sent := perf_counter()) - began < seconds:
            await turn(connection)
            latencies.append((perf_counter() - sent) * 1000)

    await asyncio.gather(*map(work, connections))
    elapsed, watched = perf_counter() - began, watch.read()
    for connection in connections:
        await connection.close()
    ordered = sorted(latencies)
    return {
        "rate": len(ordered) / elapsed,
        "p50_ms": quantile(ordered, 0.50),
        "p99_ms": quantile(ordered, 0.99),
        "cpu_us": watched.cpu / max(len(ordered), 1) * 1e6,
        "server_core": watched.server_core,
        "foreign": watched.foreign,
        "load_core": watched.load_core,
    }


def main() -> None:
    import uvloop

    plan = json.load(sys.stdin)
    cores = Cores(**plan["cores"])
    pin(cores.server)
    turn = refresher(ec.generate_private_key(ec.SECP256R1())) if plan["refresh"] else commit
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        json.dump(runner.run(measure(plan["url"], turn, plan["seconds"], cores)), sys.stdout)


if __name__ == "__main__":
    main()
