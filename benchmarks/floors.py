"""Floors: the database work of a flow with no service around it.

    python -m benchmarks.floors < plan.json      prints a sample as JSON

As many tasks as the load generator has connections, bare asyncpg, the same server, the same core
as the service; what a flow reaches of this is what our own code costs.

    commits     one row of the size of a ticket, one durable commit each
    refresh     the service's own statements on its own tables: look a token up with its session and
                account, use it up and insert its successor in one go; then one ES256 signature
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from benchmarks.cores import Cores, CoreWatch, pin
from benchmarks.load import quantile
from watchword.flows.token_refresh import store as token_refresh
from watchword.kernel.ids import DEFAULT_TENANT
from watchword.plumbing.db.bundle import Bundle
from watchword.plumbing.db.statements import Statement
from watchword.records.refresh_tokens import store as refresh_tokens
from watchword.records.sessions import store as sessions

TASKS = 16
Turn = Callable[[asyncpg.Connection], Awaitable[None]]

SCHEMA = """
create table if not exists floor_ticket (
    id uuid primary key default gen_random_uuid(), body bytea not null);
"""


async def commit(connection: asyncpg.Connection) -> None:
    await connection.execute("insert into floor_ticket (body) values ($1)", os.urandom(200))


def refresher(key: ec.EllipticCurvePrivateKey) -> Turn:
    """Every connection keeps a session alive, by the rows and statements of Watchword itself."""
    held: dict[int, bytes] = {}

    async def ask(connection: asyncpg.Connection, statement: Statement, **values: Any) -> Any:
        form = statement.postgres
        return await connection.fetchrow(form.text, *form.arguments(values))

    def fresh_token(session: UUID) -> dict[str, Any]:
        now = datetime.now(UTC)
        return {
            "id": uuid4(),
            "session_id": session,
            "digest": os.urandom(32),
            "seed": os.urandom(16),
            "created_at": now,
            "expires_at": now + timedelta(days=30),
        }

    async def begin(connection: asyncpg.Connection) -> bytes:
        now = datetime.now(UTC)
        session = {
            "id": uuid4(),
            "user_id": await connection.fetchval("select id from users limit 1"),
            "digest": None,
            **dict.fromkeys(("transport", "methods", "address", "user_agent"), "floor"),
            **dict.fromkeys(("created_at", "authenticated_at", "last_used_at"), now),
            **dict.fromkeys(("idle_until", "expires_at"), now + timedelta(days=30)),
        }
        token = fresh_token(session["id"])
        await ask(connection, sessions.INSERT, **session)
        await ask(connection, refresh_tokens.INSERT, **token)
        return bytes(token["digest"])

    async def turn(connection: asyncpg.Connection) -> None:
        spent = held.get(id(connection)) or await begin(connection)
        now, successor = datetime.now(UTC), uuid4()
        found = await ask(connection, token_refresh.HELD, digest=[spent], now=now)
        token = fresh_token(found["session_id"]) | {"id": successor}
        using = {"digest": spent, "client": b"floor", "successor": successor, "now": now}
        together = Bundle()
        for statement, values in ((refresh_tokens.USE, using), (refresh_tokens.INSERT, token)):
            together.add(statement.postgres, statement.postgres.arguments(values))
        left = together.statement([])
        assert left is not None
        text, arguments = left
        await connection.execute(text, *arguments)
        key.sign(os.urandom(200), ec.ECDSA(SHA256()))
        held[id(connection)] = token["digest"]

    return turn


async def measure(url: str, turn: Turn, seconds: float, cores: Cores) -> dict[str, Any]:
    settings = {"search_path": "auth,public", "watchword.tenant": str(DEFAULT_TENANT)}
    connections = [await asyncpg.connect(url, server_settings=settings) for _ in range(TASKS)]
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
