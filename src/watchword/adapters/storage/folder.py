"""Storage in a folder: a file for each object, read-only, its checksum beside it for `sha256sum -c`.

A file appears whole or not at all, and is on the disk before anybody is told so. What is written anew
(`latest`) takes the place of what was there.
"""

import asyncio
import os
import shutil
from collections.abc import Callable, Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

_CHUNK = 1 << 20
_CHECKSUM = ".sha256"


class FolderStorage:
    """Keeps objects as files."""

    def __init__(self, folder: Path) -> None:
        """Keep them there; the folder is made when the first comes."""
        self._folder = folder

    async def put(self, name: str, content: bytes) -> None:
        """Keep an object. OSError: it could not be kept."""
        await asyncio.to_thread(self._put, name, sha256(content).hexdigest(), _giving(content))

    async def put_file(self, name: str, path: Path) -> None:
        """Keep a file as an object. OSError: it could not be kept."""
        await asyncio.to_thread(self._put_file, name, path)

    async def get(self, name: str) -> bytes | None:
        """Return an object; nothing when it is not there."""
        try:
            return await asyncio.to_thread((self._folder / name).read_bytes)
        except FileNotFoundError:
            return None

    async def get_file(self, name: str, path: Path) -> bool:
        """Write an object into a file; false when it is not there."""
        try:
            await asyncio.to_thread(shutil.copyfile, self._folder / name, path)
        except FileNotFoundError:
            return False
        return True

    async def names(self) -> Sequence[str]:
        """Return the name of every object; `.NAME.begun` is one that a killed process did not end."""
        return await asyncio.to_thread(self._names)

    async def delete(self, name: str) -> None:
        """Delete an object, and its folder with the last one; nothing happens when it is not there."""
        await asyncio.to_thread(self._delete, name)

    async def tidy(self, before: datetime, ours: Callable[[str], bool]) -> None:
        """Do nothing: what is begun here has a name of its own and is found by it."""

    async def close(self) -> None:
        """Do nothing: nothing is open."""

    def _put_file(self, name: str, path: Path) -> None:
        with path.open("rb") as file:
            checksum = _checksum(file)
            file.seek(0)
            self._put(name, checksum, lambda target: shutil.copyfileobj(file, target, _CHUNK))

    def _put(self, name: str, checksum: str, write: Callable[[BinaryIO], None]) -> None:
        kept = self._folder / name
        kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(kept, write)
        line = f"{checksum}  {kept.name}\n".encode()
        _write(kept.with_name(f"{kept.name}{_CHECKSUM}"), _giving(line))
        for folder in {kept.parent, self._folder}:
            _sync(folder)

    def _names(self) -> list[str]:
        found = (path.relative_to(self._folder) for path in self._folder.rglob("*"))
        return sorted(
            path.as_posix()
            for path in found
            if path.suffix != _CHECKSUM
            and not any(part.startswith(".") for part in path.parts[:-1])
            and (self._folder / path).is_file()
        )

    def _delete(self, name: str) -> None:
        kept = self._folder / name
        kept.unlink(missing_ok=True)
        kept.with_name(f"{kept.name}{_CHECKSUM}").unlink(missing_ok=True)
        if kept.parent != self._folder and kept.parent.is_dir() and not any(kept.parent.iterdir()):
            kept.parent.rmdir()


def _giving(content: bytes) -> Callable[[BinaryIO], None]:
    def give(target: BinaryIO) -> None:
        target.write(content)

    return give


def _write(path: Path, write: Callable[[BinaryIO], None]) -> None:
    """Write a file that is there whole, or not at all."""
    begun = path.with_name(f".{path.name}.begun")
    try:
        with begun.open("wb") as file:
            os.fchmod(file.fileno(), 0o400)
            write(file)
            file.flush()
            os.fsync(file.fileno())
        begun.replace(path)
    except BaseException:
        begun.unlink(missing_ok=True)
        raise


def _checksum(file: BinaryIO) -> str:
    digest = sha256()
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _sync(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
