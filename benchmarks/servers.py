"""Servers under measure: started on their own core, awaited, and ended by their process id.

    with running("plain", command, core=1, port=8123, folder=folder) as server: ...

Output goes to a file in the folder; a server that does not come up shows its last lines.
"""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cores import pinned

ROOT = Path(__file__).parent.parent
START_LIMIT = 30.0
STOP_LIMIT = 10.0


class ServerFailed(Exception):
    """A server did not start; the message holds the end of its output."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    name: str
    pid: int
    port: int
    seconds_to_start: float


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int, path: str) -> bool:
    """Whether anything but a server error comes back: a rival need not know our health path."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < 500
    except OSError:
        return False
    finally:
        connection.close()


@contextmanager
def running(
    name: str,
    command: list[str],
    *,
    core: int,
    port: int,
    folder: Path,
    env: Mapping[str, str] | None = None,
    ready: str = "/",
) -> Iterator[Server]:
    output = folder / f"{name}.log"
    began = time.perf_counter()
    with output.open("ab") as log, pinned(core):
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **(env or {})},
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
    try:
        _await_answer(process, port, ready, name, output)
        elapsed = time.perf_counter() - began
        yield Server(name=name, pid=process.pid, port=port, seconds_to_start=elapsed)
    finally:
        end(process)


def _await_answer(
    process: subprocess.Popen[bytes], port: int, path: str, name: str, output: Path
) -> None:
    patience = time.perf_counter() + START_LIMIT
    while not answers(port, path):
        if process.poll() is not None or time.perf_counter() > patience:
            lines = output.read_text(errors="replace").splitlines()[-20:]
            raise ServerFailed(f"{name} did not start:\n" + "\n".join(lines))
        time.sleep(0.005)


def end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def uvicorn(app: str, port: int, python: str = sys.executable) -> list[str]:
    """Uvicorn as for production, with nothing on the way that a rival could do without."""
    options = "--host 127.0.0.1 --loop uvloop --http httptools --no-access-log --log-level warning"
    return [python, "-m", "uvicorn", app, "--port", str(port), *options.split()]
