"""The service as a person starts it: `watchword serve --dev` in a folder of its own, on free ports."""

import os
import re
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.ports import free_port

COMMAND = Path(sys.executable).with_name("watchword")
_PATIENCE_SECONDS = 60
_LAST_LINE = "Stop: Ctrl+C"
_LISTENING = re.compile(r"Listening on (http://localhost:(\d+))")


@dataclass
class Started:
    """A running service: its address, its folder, and what it said so far."""

    url: str
    folder: Path
    said: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Return everything it said."""
        return "".join(self.said)

    def get(self, path: str) -> str:
        """Return what is at a path, or at a whole address; HTTPError: it was refused."""
        address = path if path.startswith("http") else self.url + path
        with urllib.request.urlopen(address) as answer:
            return str(answer.read().decode())


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Return the environment of a person who has set nothing."""
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "LANG") if name in os.environ}
    return {**kept, "HOME": str(folder), "NO_COLOR": "1", "COLUMNS": "80", **more}


@contextmanager
def started(folder: Path, **more: str) -> Iterator[Started]:
    """Start the service, wait until it listens, and stop it by a signal in the end."""
    process = subprocess.Popen(
        [COMMAND, "serve", "--dev"],
        cwd=folder,
        env=environment(
            folder, **{"PORT": str(free_port()), "METRICS_PORT": str(free_port()), **more}
        ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    service, listening = Started(url="", folder=folder), threading.Event()
    reader = threading.Thread(target=_read, args=(process, service, listening), daemon=True)
    reader.start()
    try:
        if not listening.wait(_PATIENCE_SECONDS) or not service.url:
            raise RuntimeError(f"the service did not start:\n{service.text}")
        yield service
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(_PATIENCE_SECONDS)
        reader.join(_PATIENCE_SECONDS)


def _read(process: "subprocess.Popen[str]", service: Started, listening: threading.Event) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        service.said.append(line)
        found = _LISTENING.search(line)
        if found:
            service.url = found[1]
        if _LAST_LINE in line:
            listening.set()
    listening.set()
