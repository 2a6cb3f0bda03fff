"""Kept: a server process of ours, watched over by a keeper (see keeper.py)."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

KEEPER = Path(__file__).with_name("keeper.py")
NOBODY = 65534


class Identity(TypedDict, total=False):
    """The user a server runs as, as subprocess takes it."""

    user: int
    group: int
    extra_groups: list[int]


def server_identity() -> Identity:
    """Return nobody's identity if we are root, and no change otherwise."""
    return Identity(user=NOBODY, group=NOBODY, extra_groups=[]) if am_root() else Identity()


def am_root() -> bool:
    """Say whether we run as root, where servers want another user."""
    return os.geteuid() == 0


@dataclass(slots=True, kw_only=True)
class Kept:
    """One running server; `stop` ends it and removes its folder."""

    name: str
    keeper: subprocess.Popen[bytes]
    log: Path
    folder: Path

    @classmethod
    def start(
        cls,
        name: str,
        command: Sequence[str],
        *,
        folder: Path,
        before: Sequence[Sequence[str]] = (),
        identity: Identity | None = None,
        stop: signal.Signals = signal.SIGTERM,
    ) -> "Kept":
        """Start the command under a keeper, after `before`; the folder goes when it ends."""
        log = folder / f"{name}.log"
        order = {
            "before": [[*words] for words in before],
            "command": [*command],
            "environment": {**os.environ, "HOME": str(folder), "LC_ALL": "C"},
            "folder": str(folder),
            "identity": identity or {},
            "log": str(log),
            "stop": int(stop),
            "remove": [str(folder)],
        }
        keeper = subprocess.Popen(
            [sys.executable, "-I", "-S", str(KEEPER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        if keeper.stdin is None:
            raise RuntimeError("the keeper has no pipe")
        keeper.stdin.write(json.dumps(order).encode() + b"\n")
        keeper.stdin.flush()
        return cls(name=name, keeper=keeper, log=log, folder=folder)

    def wait_until(self, ready: Callable[[], bool], seconds: float = 60.0) -> None:
        """Return once `ready` holds; tell what the server said if it never does."""
        deadline = time.monotonic() + seconds
        while not ready():
            if self.keeper.poll() is not None:
                said = self.keeper.stdout.read() if self.keeper.stdout else b""
                raise RuntimeError(f"{self.name} ended: {said.decode(errors='replace')}")
            if time.monotonic() > deadline:
                said_so_far = self.log.read_text(errors="replace")[-2000:]
                self.stop()
                raise RuntimeError(f"{self.name} not ready in {seconds} s: {said_so_far}")
            time.sleep(0.03)

    def stop(self) -> None:
        """Close the pipe and wait for the server to be gone."""
        for pipe in (self.keeper.stdin, self.keeper.stdout):
            if pipe is not None and not pipe.closed:
                pipe.close()
        self.keeper.wait(30)
