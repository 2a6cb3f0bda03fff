"""Measured streams: they count and digest what passes, and end when they are told to."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from threading import Event
from typing import BinaryIO, Protocol, TypeVar

Result = TypeVar("Result")
Tell = Callable[[int], None]


class Readable(Protocol):
    """What can be read."""

    def read(self, size: int = -1, /) -> bytes:
        """Return at most so many bytes; none at the end."""
        ...


class Writable(Protocol):
    """What can be written to."""

    def write(self, chunk: bytes, /) -> int:
        """Take bytes; return how many."""
        ...

    def flush(self) -> None:
        """Pass on what was taken."""
        ...


class Stopped(Exception):
    """Somebody told the stream to end."""


@dataclass(frozen=True, slots=True)
class Measure:
    """How much passed, and its digest as `sha256sum` tells it."""

    size: int
    sha256: str


class Measured:
    """A stream to read from or to write to, whatever lies below."""

    def __init__(
        self,
        source: Readable | None = None,
        target: Writable | None = None,
        *,
        tell: Tell = lambda _done: None,
        stop: Event | None = None,
    ) -> None:
        """Read from the source, or write to the target; nowhere if there is none."""
        self._source, self._target = source, target
        self._tell, self._stop = tell, stop
        self._digest, self._size = sha256(), 0
        self.trouble: BaseException | None = None

    @property
    def measure(self) -> Measure:
        """Return what passed so far."""
        return Measure(self._size, self._digest.hexdigest())

    def read(self, size: int = -1) -> bytes:
        """Return what comes next."""
        source = self._source
        assert source is not None, "this one is written to"
        chunk = self._keep(lambda: source.read(size))
        self._count(chunk)
        return chunk

    def write(self, chunk: bytes) -> int:
        """Pass it on."""
        if self._target is not None:
            target = self._target
            self._keep(lambda: target.write(chunk))
        self._count(chunk)
        return len(chunk)

    def flush(self) -> None:
        """Pass on what was kept back."""
        if self._target is not None:
            self._keep(self._target.flush)

    def drain(self, size: int = 1 << 20) -> Measure:
        """Read to the end; return what passed."""
        while self.read(size):
            pass
        return self.measure

    def _count(self, chunk: bytes) -> None:
        self._digest.update(chunk)
        self._size += len(chunk)
        self._tell(self._size)

    def _keep(self, work: Callable[[], Result]) -> Result:
        """Do it, and remember what went wrong: whoever drives the stream may tell it in words alone."""
        try:
            _go_on(self._stop)
            return work()
        except BaseException as error:
            self.trouble = error
            raise


def _go_on(stop: Event | None) -> None:
    if stop is not None and stop.is_set():
        raise Stopped


def measure(file: BinaryIO) -> Measure:
    """Measure a file from here to its end."""
    return Measured(file).drain()
