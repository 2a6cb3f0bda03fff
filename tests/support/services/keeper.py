"""The keeper: runs one server and ends it when whoever asked for it is gone.

    stdin, first line   JSON: before (commands to run first), command, environment,
                        folder, identity, log, stop, remove
    stdin, end of file  the asker has closed the pipe, or died: stop the server
    stdout, exit code   the last words and the code, if it ended by itself

A pipe closes even when its owner is killed with SIGKILL, so no server outlives
a killed test run; the folders named in `remove` go with it.  Should the keeper
itself be killed, Linux signals the server (PR_SET_PDEATHSIG).
Standard library only: it is run as a file, isolated from every package.
"""

import contextlib
import ctypes
import json
import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
PATIENCE = 15.0  # seconds a server gets to stop by itself


def die_with_parent(stop: int) -> Callable[[], None] | None:
    """Return what the child does before it becomes the server, where Linux offers it."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(PR_SET_PDEATHSIG, stop)


def prepare(order: dict[str, Any]) -> int:
    """Run what must come before the server; return the code of the first that fails."""
    for command in order["before"]:
        with Path(order["log"]).open("ab") as log:
            ended = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=order["folder"],
                env=order["environment"],
                check=False,
                **order["identity"],
            )
        if ended.returncode != 0:
            return ended.returncode
    return 0


def keep(order: dict[str, Any], asked: list[int]) -> int:
    """Run the server to its end; return its code if it ended by itself, else 0."""
    failed = prepare(order)
    if failed:
        return failed
    server = launch(order)
    wait_for_the_end(server, asked)
    ended_by_itself = server.poll()
    end(server, order["stop"])
    return ended_by_itself or 0


def launch(order: dict[str, Any]) -> subprocess.Popen[bytes]:
    """Start the server in a session of its own, so that Ctrl+C reaches us, not it."""
    with Path(order["log"]).open("ab") as log:
        return subprocess.Popen(
            order["command"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=order["folder"],
            env=order["environment"],
            preexec_fn=die_with_parent(order["stop"]),  # noqa: PLW1509 - the keeper has one thread
            start_new_session=True,
            **order["identity"],
        )


def wait_for_the_end(server: subprocess.Popen[bytes], asked: list[int]) -> None:
    """Return when the server ended, the pipe closed, or a signal asked us to stop."""
    while server.poll() is None and not asked:
        readable, _, _ = select.select([sys.stdin.fileno()], [], [], 0.25)
        if readable and not os.read(sys.stdin.fileno(), 4096):
            return


def end(server: subprocess.Popen[bytes], stop: int) -> None:
    """Ask politely, then insist."""
    if server.poll() is None:
        server.send_signal(stop)
        try:
            server.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def main() -> int:
    """Keep one server."""
    asked: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda received, _: asked.append(received))
    line = b""
    while not line.endswith(b"\n"):
        piece = os.read(sys.stdin.fileno(), 65536)
        if not piece:
            return 0
        line += piece
    order = json.loads(line)
    try:
        code = keep(order, asked)
        if code:
            sys.stdout.write(Path(order["log"]).read_text(errors="replace")[-2000:])
    finally:
        for folder in order["remove"]:
            shutil.rmtree(folder, ignore_errors=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
