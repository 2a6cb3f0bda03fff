"""Ports and loopback addresses that nobody else has: not the other worker, not an outgoing connection.

A port that the kernel picks is free for as long as nobody asks again, and servers bind seconds later. So ours
come from below the kernel's own range, each once in a run, held by a lock that ends with the process.
"""

import fcntl
import os
import random
import socket
import tempfile
import threading
from pathlib import Path
from typing import Final

_PORTS: Final = range(12_000, 32_000)  # Linux gives outgoing connections 32768 and above
_TRIES: Final = 1000
# Whoever has a port has locked the byte at its number. All locks of a process end when it closes the file.
_CLAIMS: Final = Path(tempfile.gettempdir(), f"watchword-ports-{os.getuid()}").open("ab")  # noqa: SIM115
_one_by_one: Final = threading.Lock()
_given: set[int] = set()


def free_port() -> int:
    """Return a port that nobody listens on, and that nobody else is given while this process lives."""
    with _one_by_one:
        for port in random.choices(_PORTS, k=_TRIES):
            if port not in _given and _ours(port) and _free(port):
                _given.add(port)
                return port
    raise RuntimeError("no port is left")


def own_address() -> str:
    """Return a loopback address that nobody else is given, where the port that a page prints is free."""
    high, low = divmod(free_port(), 256)
    return f"127.{high}.{low}.7"


def _ours(port: int) -> bool:
    try:
        fcntl.lockf(_CLAIMS, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except OSError:
        return False
    return True


def _free(port: int) -> bool:
    """Tell whether nobody listens there, at whichever address; one that is being closed is free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True
