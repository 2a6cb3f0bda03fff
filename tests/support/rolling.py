"""Rolling restarts of two instances behind nginx, while two hundred requests a second come in.

    trial    so many rounds, in each of which every instance is taken out, stopped, started and put back

    .venv/bin/python -m tests.support.rolling --rounds 50

A round is two restarts. Nobody may be refused, and whatever was acknowledged is in the journal.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg

from tests.support.crowd import Crowd
from tests.support.proxied import an_account, load, proxied
from tests.support.services.nginx import Nginx, find
from tests.support.services.postgres import Postgres
from watchword.kernel.ids import DEFAULT_TENANT
from watchword.migrations import migrate

PROFILE: Final = "ariya"  # the one whose nginx limits nobody


@dataclass(frozen=True, slots=True, kw_only=True)
class Tale:
    """What happened."""

    restarts: int
    requests: int
    failed: Mapping[str, int]
    lost: Collection[str]
    seconds: float

    def __str__(self) -> str:
        """Tell it in figures."""
        return (
            f"{self.restarts} restarts, {self.seconds:.0f} s: {self.requests} requests"
            f" ({self.requests / self.seconds:.0f} a second), {sum(self.failed.values())} failed"
            f" {dict(self.failed) or ''}, {len(self.lost)} writes lost"
        )


async def trial(nginx: Nginx, database: str, folder: Path, *, rounds: int) -> Tale:
    """Restart all instances so many times; the database is migrated and empty."""
    await an_account(database, folder)
    with proxied(nginx, database, folder, PROFILE) as made:
        began = time.monotonic()
        with load(made) as people:
            for _ in range(rounds):
                for port in [*made.instances]:
                    await asyncio.to_thread(made.restart, port)
        seconds = time.monotonic() - began
    return Tale(
        restarts=rounds * len(made.instances),
        requests=people.answers.total(),
        failed=people.failed,
        lost=await lost(people, database),
        seconds=seconds,
    )


async def lost(people: Crowd, database: str) -> set[str]:
    """Return what was acknowledged and is not in the journal."""
    ours = {"search_path": "auth", "watchword.tenant": str(DEFAULT_TENANT)}
    connection = await asyncpg.connect(database, server_settings=ours)
    try:
        rows = await connection.fetch("SELECT request_id FROM journal")
    finally:
        await connection.close()
    return {*people.written} - {row["request_id"] for row in rows}


async def _on_a_server(rounds: int) -> bool:
    server = await asyncio.to_thread(Postgres.start, fsync=True)
    try:
        with tempfile.TemporaryDirectory() as name:
            url = server.create_database("rolling")
            await migrate.up(url)
            tale = await trial(find(), url, Path(name), rounds=rounds)
    finally:
        server.stop()
    sys.stdout.write(f"{tale}\n")
    return not tale.failed and not tale.lost


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=50)
    sys.exit(0 if asyncio.run(_on_a_server(parser.parse_args().rounds)) else 1)
