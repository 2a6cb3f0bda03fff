"""Holding: what only one process may do for as long as it lives, over all that share a database.

    PostgreSQL   an advisory lock of a connection of its own; free when the connection is gone (`advisory`)
    SQLite       a lock on a file beside the database; free when the process is gone

So nobody waits for a lease to end after a kill. Whoever lost their connection is told (`lost`) and stops;
until then another may have begun: what they do must bear being done twice.
"""

import asyncio
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import Final

_LOCK: Final = "lock"


class Hold:
    """What somebody holds, until it is lost."""

    def __init__(self) -> None:
        """Hold it."""
        self.lost = asyncio.Event()


@contextmanager
def hold_file(path: Path) -> Iterator[Hold | None]:
    """Hold a file; nothing when another process does."""
    lock = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        yield Hold() if _locked(lock) else None
    finally:
        os.close(lock)


@contextmanager
def hold_folder(place: Path, prefix: str) -> Iterator[Path]:
    """Hold a new folder, for our eyes alone, that goes with the block; what killed processes left goes now.

    OSError: it cannot be made.
    """
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in place.glob(f"{prefix}*"):
        with suppress(FileNotFoundError), hold_file(left / _LOCK) as nobodys:
            if nobodys:
                rmtree(left, ignore_errors=True)
    with TemporaryDirectory(prefix=prefix, dir=place) as folder, hold_file(Path(folder) / _LOCK):
        yield Path(folder)


def _locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
