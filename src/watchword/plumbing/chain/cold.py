"""The way to cold storage: an object is kept, and fetched as it was kept or not at all."""

from dataclasses import dataclass

from watchword.kernel.ports import ColdStorage
from watchword.kernel.problems import Kind, Problem
from watchword.plumbing.chain.stretches import Archive, checksum_of


class NoArchive(Problem):
    """There is no cold storage: say where it is in AUDIT_ARCHIVE."""

    code = "no_archive"
    kind = Kind.CONFLICT


class ArchiveUnavailable(Problem):
    """Cold storage does not keep, or does not give back, what was put there."""

    code = "archive_unavailable"
    kind = Kind.UNAVAILABLE


@dataclass(frozen=True)
class Cold:
    """Where the trail is put away; nowhere while AUDIT_ARCHIVE is empty."""

    storage: ColdStorage | None = None

    async def keep(self, name: str, content: bytes) -> None:
        """Keep an object. Problems: `no_archive`, `archive_unavailable`."""
        try:
            await self._there().put(name, content)
        except OSError as error:
            raise ArchiveUnavailable(private=f"{name}: {error}") from error

    async def fetch(self, archive: Archive) -> bytes:
        """Return an object as it was put away. Problems: `no_archive`, `archive_unavailable`."""
        try:
            content = await self._there().get(archive.name)
        except OSError as error:
            raise ArchiveUnavailable(private=f"{archive.name}: {error}") from error
        if content is None:
            raise ArchiveUnavailable(private=f"{archive.name} is not there")
        if checksum_of(content) != archive.checksum:
            raise ArchiveUnavailable(private=f"{archive.name} is not what was put there")
        return content

    def _there(self) -> ColdStorage:
        if self.storage is None:
            raise NoArchive
        return self.storage
