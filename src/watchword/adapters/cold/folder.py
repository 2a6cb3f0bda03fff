"""Cold storage in a folder: a file for each object, read-only, its checksum beside it for `sha256sum -c`.

A file appears whole or not at all, and is on the disk before anybody is told so.
"""

import asyncio
import os
from hashlib import sha256
from pathlib import Path


class FolderStorage:
    """Keeps objects as files."""

    def __init__(self, folder: Path) -> None:
        """Keep them there; the folder is made when the first comes."""
        self._folder = folder

    async def put(self, name: str, content: bytes) -> None:
        """Keep an object. OSError: it could not be kept."""
        await asyncio.to_thread(self._put, name, content)

    async def get(self, name: str) -> bytes | None:
        """Return an object; nothing when it is not there."""
        try:
            return await asyncio.to_thread((self._folder / name).read_bytes)
        except FileNotFoundError:
            return None

    async def close(self) -> None:
        """Do nothing: nothing is open."""

    def _put(self, name: str, content: bytes) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._write(name, content)
        self._write(f"{name}.sha256", f"{sha256(content).hexdigest()}  {name}\n".encode())
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _write(self, name: str, content: bytes) -> None:
        begun = self._folder / f".{name}.begun"
        with begun.open("wb") as file:
            os.fchmod(file.fileno(), 0o400)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        begun.replace(self._folder / name)
