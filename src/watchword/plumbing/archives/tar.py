"""Configuration as one stream: the files below some paths, with their modes, and out of it again.

What comes out may be read by its owner alone, and stays below its folder.
"""

import os
import shutil
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from watchword.plumbing.archives.measured import Readable, Writable

_CHUNK = 1 << 16


def files_below(home: Path, paths: Sequence[str]) -> dict[str, Path]:
    """Return the ordinary files at or below some paths, by the names they get: from home, else the root."""
    found = (home / path for path in paths)
    return {_name(each, home): each for path in found for each in _files(path)}


def pack(files: Mapping[str, Path], target: Writable) -> None:
    """Write the files, compressed."""
    with tarfile.open(fileobj=target, mode="w|gz", bufsize=_CHUNK) as packed:  # type: ignore[call-overload]
        for name, file in sorted(files.items()):
            packed.add(file.resolve(), arcname=name, recursive=False)


def in_the_way(source: Readable, home: Path) -> list[Path]:
    """Return the files below a folder that unpacking would take the place of."""
    return [path for path, _ in _members(source, home) if path.exists()]


def unpack(source: Readable, home: Path) -> list[Path]:
    """Write the files below a folder, over what is there; return them. TarError: one leads out of it."""
    made: list[Path] = []
    for path, content in _members(source, home):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(opened, "wb") as file:
            os.fchmod(file.fileno(), 0o600)
            shutil.copyfileobj(content, file, _CHUNK)
        made.append(path)
    return made


def _members(source: Readable, home: Path) -> Iterator[tuple[Path, IO[bytes]]]:
    with tarfile.open(fileobj=source, mode="r|gz", bufsize=_CHUNK) as packed:  # type: ignore[call-overload]
        for each in packed:
            content = packed.extractfile(each) if each.isreg() else None
            path = home / each.name
            if content is None:
                continue
            if not path.resolve().is_relative_to(home.resolve()):
                raise tarfile.OutsideDestinationError(each, str(path))
            yield path, content


def _name(path: Path, home: Path) -> str:
    whole, base = path.absolute().resolve(), home.resolve()
    inside = whole.is_relative_to(base)
    return (whole.relative_to(base) if inside else whole.relative_to(whole.anchor)).as_posix()


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    elif path.is_dir():
        yield from (each for each in path.rglob("*") if each.is_file())
