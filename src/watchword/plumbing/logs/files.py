"""Log files: what is told on standard output, kept in five files besides; a full one is turned over.

`combined.log` and `app.log` hold every line, `error.log` those of the level error, `security.log` those of
the category security, `http.log` one line a request. Several processes write to the same files: a line is
one append, and whoever finds a file full turns it over, under a lock. A disk that fails costs the files and
no request: standard output has every line still.
"""

import contextlib
import fcntl
import os
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path


class LogFiles:
    """The five files of a service."""

    def __init__(self, paths: Mapping[str, Path], most_bytes: int, most_files: int) -> None:
        """Keep lines at `paths`, by the name of the file; nothing is opened before the first line."""
        self._files = {name: LogFile(path, most_bytes, most_files) for name, path in paths.items()}
        self._failed = False
        self._one = threading.Lock()  # a statement's line may come from the thread of its database

    def keep(self, level: str, category: object, line: str) -> None:
        """Keep a line, or several requests' lines, wherever one looks for them."""
        told = line.encode()
        try:
            with self._one:
                for name in _names(level, category):
                    self._files[name].write(told)
        except OSError as error:
            if not self._failed:  # once: standard output is read as lines of JSON
                with contextlib.suppress(OSError):  # it may be a file on the same disk
                    sys.stderr.write(f"log files are not written: {error}\n")
            self._failed = True
        else:
            self._failed = False


def _names(level: str, category: object) -> Iterable[str]:
    yield from ("combined", "app")
    if level == "error":
        yield "error"
    if category in {"security", "http"}:
        yield str(category)


class LogFile:
    """A file and its elders: `app.log`, `app.log.1`, `app.log.2`, the eldest last."""

    def __init__(self, path: Path, most_bytes: int, most_files: int) -> None:
        """Have files of at most so many bytes, and so many of them, the one being written counted."""
        self._path, self._most_bytes, self._most_files = path, most_bytes, most_files
        self._handle: int | None = None

    def write(self, told: bytes) -> None:
        """Append to the file; to a new one when it would grow beyond its most."""
        handle = self._open() if self._handle is None else self._handle
        found = os.fstat(handle)
        full = bool(found.st_size) and found.st_size + len(told) > self._most_bytes
        if full or not found.st_nlink:
            handle = self._turn(handle)
        os.write(handle, told)

    def _open(self) -> int:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        return self._handle

    def _turn(self, handle: int) -> int:
        with self._alone():
            if self._is_current(handle):  # else another process was faster
                for age in reversed(range(self._most_files - 1)):
                    with contextlib.suppress(FileNotFoundError):
                        self._elder(age).replace(self._elder(age + 1))
                if self._most_files == 1:
                    self._path.unlink()
            self._handle = None
            os.close(handle)
            return self._open()

    def _elder(self, age: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{age}") if age else self._path

    def _is_current(self, handle: int) -> bool:
        try:
            return os.path.samestat(self._path.stat(), os.fstat(handle))
        except FileNotFoundError:
            return False

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        lock = os.open(self._path.with_name(".turning"), os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)
