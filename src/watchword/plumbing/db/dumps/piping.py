"""Programs whose streams are ours: their ends are watched, and none outlives the block it was started in."""

import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, Any, BinaryIO

_LINES = 5


@dataclass(slots=True)
class Program:
    """A program that runs."""

    name: str
    process: subprocess.Popen[bytes]
    said: IO[bytes]

    @property
    def stdout(self) -> BinaryIO:
        """Return what it writes."""
        assert self.process.stdout is not None, "its output is somebody else's"
        return self.process.stdout  # type: ignore[return-value]

    @property
    def stdin(self) -> BinaryIO:
        """Return what it reads."""
        assert self.process.stdin is not None, "its input is somebody else's"
        return self.process.stdin  # type: ignore[return-value]

    def ended(self) -> str | None:
        """Wait for its end; return nothing when it went well, else why it did not."""
        return None if self.process.wait() == 0 else self.words()

    def words(self) -> str:
        """Return the last lines that it said."""
        self.said.seek(0)
        lines = self.said.read().decode("utf-8", "replace").strip().splitlines()[-_LINES:]
        told = " ".join(line.strip() for line in lines)
        return f"{self.name} ended with {self.process.poll()}: {told or 'it said nothing'}"


@contextmanager
def running(
    command: Sequence[str], environment: Mapping[str, str], *, stdin: bool = False
) -> Iterator[Program]:
    """Run a program while the block lasts; it is killed if it still runs then."""
    with tempfile.TemporaryFile() as said:
        process: subprocess.Popen[Any] = subprocess.Popen(
            command,
            env=dict(environment),
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=said,
        )
        program = Program(command[0].rpartition("/")[2], process, said)
        try:
            yield program
        finally:
            if process.poll() is None:
                process.kill()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    _close(stream)
            process.wait()


def _close(stream: IO[bytes]) -> None:
    with suppress(BrokenPipeError):  # it is gone, and what was still to be written with it
        stream.close()
