"""The ground contests are held on: two cores, one PostgreSQL, a folder for everything temporary.

The rivals live in an environment of their own (`.venv-bench`, from `requirements/bench.txt`), so
that their dependencies never meet ours; without it their part is left out, and the report says so.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.cores import Cores, choose_cores
from benchmarks.database import Cluster, postgres
from benchmarks.servers import ROOT, Server, free_port, running, uvicorn

RIVAL_PYTHON = ROOT / ".venv-bench" / "bin" / "python"


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
    cluster: Cluster
    stack: ExitStack
    rivals: dict[str, Rival] = field(default_factory=dict)

    def rival(self, module: str) -> Rival:
        """Started when first asked for; it stays, idle, until all contests are over."""
        if module not in self.rivals:
            self.rivals[module] = self.stack.enter_context(_rival(self, module))
        return self.rivals[module]


@contextmanager
def prepared() -> Iterator[Ground]:
    cores = choose_cores()
    with tempfile.TemporaryDirectory(prefix="watchword-bench-") as name:
        folder = Path(name)
        with postgres(folder, cores.load) as cluster, ExitStack() as stack:
            yield Ground(cores=cores, folder=folder, cluster=cluster, stack=stack)


def rivals_installed() -> bool:
    return RIVAL_PYTHON.exists()


@contextmanager
def _rival(ground: Ground, module: str) -> Iterator[Rival]:
    """Make the rival's tables and sessions, then start it as in production."""
    database = ground.cluster.create_database(module)
    url = ground.cluster.url(database, "postgresql+asyncpg")
    env = {"BENCH_DATABASE": url}
    made = subprocess.run(
        [RIVAL_PYTHON, "-m", f"benchmarks.rivals.{module}"],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **env},
    )
    ground.cluster.run("analyze", database)
    known = json.loads(made.stdout)
    port = free_port()
    command = uvicorn(f"benchmarks.rivals.{module}:app", port, str(RIVAL_PYTHON))
    with running(
        module, command, core=ground.cores.server, port=port, folder=ground.folder, env=env
    ) as server:
        yield Rival(
            server=server,
            email=known.get("email", ""),
            password=known.get("password", ""),
            tokens=known["tokens"],
        )


@contextmanager
def plain(ground: Ground, headers: list[tuple[str, str]], body: str) -> Iterator[Server]:
    """The plain application, answering with the given bytes."""
    answer = ground.folder / "answer.json"
    answer.write_text(json.dumps({"headers": headers, "body": body}))
    port = free_port()
    with running(
        "plain",
        uvicorn("benchmarks.rivals.plain:app", port),
        core=ground.cores.server,
        port=port,
        folder=ground.folder,
        env={"BENCH_ANSWER": str(answer)},
    ) as server:
        yield server
