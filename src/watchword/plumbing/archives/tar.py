"""Configuration as one stream: the files below some paths, with their modes, and out of it again.

What comes out may be read by its owner alone, stays below its folder, and takes the place of nothing.
"""

import os
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from watchword.plumbing.archives.measured import Readable, Writable

_CHUNK = 1 << 16


class InTheWay(Exception):
    """A file is there already; its path is the only argument."""


def files_below(home: Path, paths: Sequence[str]) -> list[Path]:
    """Return the ordinary files at or below some paths, relative to their home."""
    found = (home / path for path in paths)
    return sorted({each.relative_to(home) for path in found for each in _files(path)})


def pack(home: Path, files: Sequence[Path], target: Writable) -> None:
    """Write the files, compressed."""
    with tarfile.open(fileobj=target, mode="w|gz", bufsize=_CHUNK) as packed:  # type: ignore[call-overload]
        for file in files:
            packed.add(home / file, arcname=file.as_posix(), recursive=False)


def unpack(source: Readable, home: Path, *, over: bool) -> list[Path]:
    """Write the files below a folder; return them. `InTheWay`: one is there, and nobody said `over`."""
    made: list[Path] = []
    with tarfile.open(fileobj=source, mode="r|gz", bufsize=_CHUNK) as packed:  # type: ignore[call-overload]
        for each in packed:
            content = packed.extractfile(each) if each.isreg() else None
            if content is None:
                continue
            path = home / each.name
            if not path.resolve().is_relative_to(home.resolve()):
                raise ValueError(f"{each.name} leads out of the folder")
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if over else os.O_EXCL)
            try:
                opened = os.open(path, flags, 0o600)
            except FileExistsError as error:
                raise InTheWay(str(path)) from error
            with os.fdopen(opened, "wb") as file:
                os.fchmod(file.fileno(), 0o600)
                while chunk := content.read(_CHUNK):
                    file.write(chunk)
            made.append(path)
    return made


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    elif path.is_dir():
        yield from (each for each in path.rglob("*") if each.is_file())
