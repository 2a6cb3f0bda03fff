"""What a database holds, in numbers: by these a restored one is compared with what was dumped."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO, Final, Protocol
from uuid import UUID

import msgspec

from watchword.kernel.problems import Kind, Problem
from watchword.kernel.secret import Secret

TELL_OF_BACKUPS: Final = ("backup.created", "backup.restored")


class DumpFailed(Problem):
    """The database could not be dumped; nothing was kept."""

    code = "backup_failed"
    kind = Kind.UNAVAILABLE


class RestoreFailed(Problem):
    """The backup could not be restored; the database is as it was."""

    code = "restore_failed"
    kind = Kind.CONFLICT


class BackupToolMissing(Problem):
    """A program of PostgreSQL is missing: apt-get install postgresql-client, or set BACKUP_POSTGRES_BIN."""

    code = "backup_tool_missing"
    kind = Kind.CONFLICT


class DatabaseInUse(Problem):
    """Somebody is connected to the database: stop the service first, and whoever else is there."""

    code = "database_in_use"
    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class Tombstone:
    """That somebody was erased."""

    receipt: UUID
    user_id: UUID
    erased_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """The revisions of the schema, the rows of each table, the head of the audit trail, who was erased.

    `known` is the number of the newest backup that the journal has heard of.
    """

    schema: tuple[str, ...]
    rows: Mapping[str, int]
    head: tuple[int, str] = (0, "")
    tombstones: tuple[Tombstone, ...] = field(default=(), repr=False)
    known: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Dump:
    """A database as it is at one moment: what it holds, about how large it is, and a way to read it."""

    contents: Contents
    size: int
    read: Callable[[], AbstractContextManager[BinaryIO]]


Feed = Callable[[BinaryIO], None]


class Dumps(Protocol):
    """One database, out of which dumps come and into which they go."""

    @property
    def dialect(self) -> str:
        """Return which kind of database it is."""
        ...

    @property
    def ending(self) -> str:
        """Return how the file of a dump ends."""
        ...

    @property
    def url(self) -> Secret:
        """Return where it is."""
        ...

    def moment(self) -> AbstractAsyncContextManager[Dump]:
        """Hold a moment of the database. Problems: `backup_failed`, `database_unavailable`."""
        ...

    async def look(self) -> Contents:
        """Return what it holds. Problems: `restore_failed`, `database_unavailable`."""
        ...

    async def people(self) -> int:
        """Return how many accounts and services it holds; likewise."""
        ...

    async def refuse_in_use(self) -> None:
        """Refuse while others are there. Problem: `database_in_use`."""
        ...

    async def restore(self, feed: Feed, rows: Mapping[str, int], keep: str | None) -> str | None:
        """Put a dump in the place of all that is there, or change nothing; return where that is kept.

        `keep` names it, none throws it away. Problem: `restore_failed`.
        """
        ...

    def scratch(self, name: str) -> AbstractAsyncContextManager["Dumps"]:
        """Return an empty database of the same kind, for a while. Problem: `no_scratch`."""
        ...

    async def check_tools(self) -> str:
        """Return what makes the dumps, in a few words. Problem: `backup_tool_missing`."""
        ...


def numbers_in(facts: Iterable[str]) -> int:
    """Return the newest number of a backup that facts of the journal tell (JSON)."""
    told = [msgspec.json.decode(text, type=_Told) for text in facts]
    return max((max(each.number, each.newest) for each in told), default=0)


class _Told(msgspec.Struct, frozen=True):
    number: int = 0
    newest: int = 0
