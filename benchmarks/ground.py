"""The ground contests are held on: two cores, one PostgreSQL, a folder for everything temporary.

PostgreSQL runs as in production: `fsync`, `synchronous_commit` and `full_page_writes` on, its data
on a real disk (a folder in memory would make durability free), everything else as it ships.

The rivals live in an environment of their own (`./run bench` makes it and names its interpreter),
so that their dependencies never meet ours; without it their part is left out and the report says
so. Each has a database of its own on the same server.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from benchmarks.cores import Cores, choose_cores, pin
from benchmarks.servers import ROOT, Server, free_port, running, uvicorn
from tests.support.services.postgres import Postgres

RIVAL_PYTHON = Path(
    os.environ.get("WATCHWORD_RIVAL_PYTHON", ROOT / ".venv-bench" / "bin" / "python")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    server: Server
    email: str
    password: str
    tokens: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    cores: Cores
    folder: Path
    postgres: Postgres
    stack: ExitStack
    rivals: dict[str, Rival] = field(default_factory=dict)

    def rival(self, module: str) -> Rival:
        """Started when first asked for; it stays, idle, until all contests are over."""
        if module not in self.rivals:
            made = self.stack.enter_context(_rival(self, module))
            self.rivals[module] = made
        return self.rivals[module]

    def facts(self) -> dict[str, str]:
        """What PostgreSQL says of itself."""

        async def ask() -> dict[str, str]:
            connection = await asyncpg.connect(self.postgres.admin_url)
            try:
                names = ("server_version", "fsync", "synchronous_commit")
                return {name: await connection.fetchval(f"show {name}") for name in names}
            finally:
                await connection.close()

        return asyncio.run(ask())


@contextmanager
def prepared() -> Iterator[Ground]:
    cores = choose_cores()
    # Ourselves too: whatever we start and do not pin elsewhere stays off the server's core.
    pin(cores.load)
    with tempfile.TemporaryDirectory(prefix="watchword-bench-") as name, ExitStack() as stack:
        postgres = Postgres.start(fsync=True)
        stack.callback(postgres.stop)
        yield Ground(cores=cores, folder=Path(name), postgres=postgres, stack=stack)


def rivals_installed() -> bool:
    return RIVAL_PYTHON.exists()


@contextmanager
def _rival(ground: Ground, module: str) -> Iterator[Rival]:
    """Make the rival's tables and sessions, then start it as in production."""
    ground.postgres.create_database(module)
    made = subprocess.run(
        [RIVAL_PYTHON, "-m", f"benchmarks.rivals.{module}"],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **_rival_env(ground, module)},
    )
    ground.postgres.execute("analyze", database=module)
    known = json.loads(made.stdout)
    with rival_server(ground, module) as server:
        yield Rival(
            server=server,
            email=known.get("email", ""),
            password=known.get("password", ""),
            tokens=known["tokens"],
        )


def _rival_env(ground: Ground, module: str) -> dict[str, str]:
    url = ground.postgres.url(module)
    return {"BENCH_DATABASE": url.replace("postgresql:", "postgresql+asyncpg:", 1)}


@contextmanager
def rival_server(ground: Ground, module: str) -> Iterator[Server]:
    port = free_port()
    command = uvicorn(f"benchmarks.rivals.{module}:app", port, str(RIVAL_PYTHON))
    with running(
        module,
        command,
        core=ground.cores.server,
        port=port,
        folder=ground.folder,
        env=_rival_env(ground, module),
    ) as server:
        yield server


@contextmanager
def plain(ground: Ground, headers: list[list[str]], body: str) -> Iterator[Server]:
    """The plain application, answering with the given bytes; they hold a date already."""
    answer = ground.folder / "answer.json"
    answer.write_text(json.dumps({"headers": headers, "body": body}))
    port = free_port()
    with running(
        "plain",
        [*uvicorn("benchmarks.rivals.plain:app", port), "--no-server-header", "--no-date-header"],
        core=ground.cores.server,
        port=port,
        folder=ground.folder,
        env={"BENCH_ANSWER": str(answer)},
    ) as server:
        yield server
