"""Backups as they are kept: put away, found, fetched as they were made, thrown away."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final

from watchword.kernel.ports import ColdStorage
from watchword.kernel.problems import Problem
from watchword.kernel.secret import Peppers, Secret
from watchword.plumbing import folders
from watchword.plumbing.archives import tar
from watchword.plumbing.archives.age import BackupKeyWrong, Broken
from watchword.plumbing.archives.measured import Measure, measure
from watchword.plumbing.archives.sealed import Opening, Sealed, Sealing, in_thread
from watchword.plumbing.db.dumps import rdb
from watchword.plumbing.db.dumps.contents import Dump, DumpFailed
from watchword.records.backups.rules import (
    CONFIGURATION,
    DATABASE,
    LATEST,
    MANIFEST,
    REDIS,
    BackupAltered,
    BackupMissing,
    BackupStorageUnavailable,
    Manifest,
    Part,
    file_name,
    is_name,
    left_over,
    meant,
    outdated,
    read,
    signed,
)

_UNDER_WAY: Final = timedelta(days=1)
_NO_KEY: Final = "No matching keys"


@dataclass(frozen=True, slots=True)
class Listed:
    """A backup that is there: its manifest, or why it is none."""

    name: str
    manifest: Manifest | None
    fault: str = ""


@dataclass(frozen=True)
class Vault:
    """Where backups are kept; what comes out of it was signed by us."""

    storage: ColdStorage
    peppers: Peppers
    place: str

    async def names(self) -> list[str]:
        """Return the name of each backup, begun ones among them, the newest first."""
        folders = {name.partition("/")[0] for name in await self._objects() if "/" in name}
        return sorted((name for name in folders if is_name(name)), reverse=True)

    async def _ended(self) -> list[str]:
        """Return the name of each backup that was ended: what has no manifest is none."""
        parted = (name.partition("/") for name in await self._objects())
        return [name for name, _, part in parted if part == MANIFEST and is_name(name)]

    async def _objects(self) -> Sequence[str]:
        with self._reaching("list"):
            return await self.storage.names()

    async def listed(self) -> list[Listed]:
        """Return every backup, the newest first."""
        return [await self._listed(name) for name in await self.names()]

    async def manifests(self) -> list[Manifest]:
        """Return those that are what we signed, the newest first."""
        found = (each.manifest for each in await self.listed())
        return sorted((each for each in found if each), key=lambda each: -each.number)

    async def find(self, asked: str) -> Manifest:
        """Return that of a name, or the newest of a day or of all: that of the highest number.

        Problems: `backup_missing`; `backup_altered`, also where the last one by name was changed.
        """
        *others, last = meant(asked, await self._ended())
        found = [await self.manifest(last)]
        for name in others:
            with suppress(BackupAltered, BackupMissing):
                found.append(await self.manifest(name))
        return max(found, key=lambda each: each.number)

    async def manifest(self, name: str) -> Manifest:
        """Return the manifest of a backup; likewise."""
        with self._reaching(name):
            content = await self.storage.get(f"{name}/{MANIFEST}")
        if content is None:
            raise BackupMissing(private=f"{name} has no manifest: it was never whole")
        return read(name, content, self.peppers)

    async def fetch(self, manifest: Manifest, part: Part, folder: Path) -> Path:
        """Bring a part here, as it was made. Problem: `backup_altered`."""
        path = folder / part.name
        with self._reaching(part.name):
            there = await self.storage.get_file(f"{manifest.id}/{part.name}", path)
        if not there:
            raise BackupAltered(private=f"{part.name} is gone")
        found = await asyncio.to_thread(_measured, path)  # it may be large, and others are served
        if (found.size, found.sha256) != (part.size, part.sha256):
            raise BackupAltered(private=f"{part.name} is not what was put there")
        return path

    async def keep(self, manifest: Manifest, folder: Path) -> None:
        """Put the parts of a backup away, and then the manifest that makes it one; all, or nothing."""
        try:
            with self._reaching(manifest.id):
                for part in manifest.parts:
                    await self.storage.put_file(f"{manifest.id}/{part.name}", folder / part.name)
                content = signed(manifest, self.peppers)
                await self.storage.put(f"{manifest.id}/{MANIFEST}", content)
                await self.storage.put(LATEST, f"{manifest.id}\n".encode())
        except BaseException:
            await self._leave_nothing(manifest.id)
            raise

    async def remove(self, name: str) -> None:
        """Throw a backup away, the manifest first: what is left of it is none."""
        with self._reaching(name):
            found = [each for each in await self.storage.names() if each.startswith(f"{name}/")]
            for each in sorted(found, key=lambda each: not each.endswith(MANIFEST)):
                await self.storage.delete(each)

    async def prunable(self, now: datetime, stays: timedelta) -> list[str]:
        """Return what may go: what is older than that, and what was begun a day ago and never ended."""
        found = await self.listed()
        manifests = [each.manifest for each in found if each.manifest]
        whole_ones = [each.name for each in found if each.manifest or each.fault]
        begun = left_over([each.name for each in found], whole_ones, now - _UNDER_WAY)
        return sorted([*outdated(manifests, now - stays), *begun])

    async def tidy(self, now: datetime) -> None:
        """Throw away what a killed process had begun to put there."""
        with self._reaching("begun"):
            await self.storage.tidy(now - _UNDER_WAY, lambda name: is_name(name.partition("/")[0]))

    async def _listed(self, name: str) -> Listed:
        try:
            return Listed(name, await self.manifest(name))
        except BackupMissing:
            return Listed(name, None)
        except BackupAltered as problem:
            return Listed(name, None, problem.private or problem.detail)

    async def _leave_nothing(self, name: str) -> None:
        try:
            await self.remove(name)
        except Problem:
            return  # what put it away failed has said why already

    @contextmanager
    def _reaching(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            why = error.strerror or str(error)
            raise BackupStorageUnavailable(private=f"{self.place}: {what}: {why}") from error


def _measured(path: Path) -> Measure:
    with path.open("rb") as file:
        return measure(file)


@dataclass(frozen=True, slots=True)
class FetchedPart:
    """A part of a backup that is here as it was made, and what opens it."""

    part: Part
    path: Path
    key: Opening

    async def check(self) -> None:
        """See that it opens and holds what it did. Problems: `backup_key_wrong`, `backup_altered`."""
        try:
            found = await asyncio.to_thread(self.key.pour, self.path)
        except Broken as error:
            if _NO_KEY in str(error):
                raise BackupKeyWrong(private=self.part.name) from error
            raise BackupAltered(private=f"{self.part.name}: {error}") from error
        if (found.size, found.sha256) != (self.part.plain_size, self.part.plain_sha256):
            raise BackupAltered(private=f"{self.part.name} does not hold what it did")

    def pour(self, target: BinaryIO) -> None:
        """Write what is in it to the target."""
        self.key.pour(self.path, target)


def newest_number(manifests: Sequence[Manifest]) -> int:
    """Return the number of the newest one."""
    return max((each.number for each in manifests), default=0)


@dataclass(frozen=True, slots=True)
class Desk:
    """Where the parts of one backup are made: each is encrypted as it comes."""

    folder: Path
    name: str
    work: Sealing

    async def database(self, dump: Dump, ending: str, tell: Callable[[int, int], None]) -> Part:
        """Make the part of the database. Problem: `backup_failed`."""
        path = self.folder / file_name(DATABASE, self.name, ending)

        def seal() -> Sealed:
            with dump.read() as source:
                return self.work.seal(source, path, lambda done: tell(done, max(done, dump.size)))

        part = await self._made(DATABASE, path, seal)
        tell(part.plain_size, part.plain_size)
        return part

    async def content(self, kind: str, content: bytes) -> Part:
        """Make a part of what is in memory. Problem: `backup_failed`."""
        path = self.folder / file_name(kind, self.name)
        return await self._made(kind, path, lambda: self.work.seal(BytesIO(content), path))

    async def configuration(self, home: Path, paths: Sequence[str]) -> list[Part]:
        """Make the part of the configuration, if there are files of it. Problem: `backup_failed`."""
        files = await asyncio.to_thread(tar.files_below, home, paths)
        if not files:
            return []
        path = self.folder / file_name(CONFIGURATION, self.name)
        packed = BytesIO()  # some small files, which are never on the disk in the clear
        await asyncio.to_thread(tar.pack, files, packed)
        packed.seek(0)
        return [await self._made(CONFIGURATION, path, lambda: self.work.seal(packed, path))]

    async def redis(self, url: Secret) -> Part:
        """Make the part of Redis. Problem: `backup_failed`."""
        path = self.folder / file_name(REDIS, self.name)

        def seal() -> Sealed:
            with rdb.snapshot(url) as source:
                return self.work.seal(source, path)

        return await self._made(REDIS, path, seal)

    async def _made(self, kind: str, path: Path, seal: Callable[[], Sealed]) -> Part:
        try:
            made = await in_thread(seal, self.work.stop)
        except OSError as error:
            raise DumpFailed(private=folders.trouble(self.folder.parent, error)) from error
        return Part(
            kind=kind,
            name=path.name,
            size=made.cipher.size,
            sha256=made.cipher.sha256,
            plain_size=made.plain.size,
            plain_sha256=made.plain.sha256,
        )
