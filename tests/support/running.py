"""The service as operators run it: a process on free ports, what it says, and its own processes."""

import contextlib
import json
import os
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.support.ports import free_port
from tests.support.program import COMMAND

PATIENCE = 120.0


class Running:
    """A started service and what it said."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self.process = process
        self.log = log

    @property
    def said(self) -> str:
        """Return what it printed so far."""
        return self.log.read_text()

    def wait_for(self, pattern: str) -> re.Match[str]:
        """Return the first match in what it prints."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            found = re.search(pattern, self.said)
            if found:
                return found
            assert self.process.poll() is None, self.said
            time.sleep(0.02)
        raise AssertionError(f"never said {pattern}:\n{self.said}")

    @property
    def workers(self) -> list[int]:
        """Return the processes that it started, oldest first."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        return sorted(map(int, children.split()))

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ask it to stop and return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


@contextlib.contextmanager
def started_by(
    command: Path, folder: Path, /, *arguments: str, **environ: str
) -> Iterator[Running]:
    """Start a script that becomes the command, in a folder; end it in the end."""
    log = folder / f"log-{time.monotonic_ns()}"
    with log.open("w") as file:
        process = subprocess.Popen(
            [str(command), *arguments],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **environ},
            stdout=file,
            stderr=subprocess.STDOUT,
            text=True,
        )
    try:
        yield Running(process, log)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(PATIENCE)


def started(
    folder: Path, /, *arguments: str, **environ: str
) -> contextlib.AbstractContextManager[Running]:
    """Start the command in a folder; end it in the end."""
    return started_by(COMMAND, folder, *arguments, **environ)


def ask(url: str, body: object = None) -> tuple[int, dict[str, object]]:
    """Ask over real HTTP."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"{}")


def ports() -> dict[str, str]:
    """Return the environment that chooses free ports."""
    return {"PORT": str(free_port()), "METRICS_PORT": str(free_port())}


def wait_until_ready(base: str) -> None:
    """Return when the service takes requests."""
    _wait_until_well(f"{base}/ready")


def wait_until_alive(base: str) -> None:
    """Return when the process answers."""
    _wait_until_well(f"{base}/live")


def _wait_until_well(url: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            if ask(url)[0] == 200:
                return
        time.sleep(0.05)
    raise AssertionError(f"{url} is not well")


def until(holds: Callable[[], bool], what: str) -> None:
    """Look again and again until it holds."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.02)


@contextlib.contextmanager
def stopped(pid: int) -> Iterator[None]:
    """Let a process stand still for the length of a block."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
