"""What a database holds, in numbers: by these a restored one is compared with what was dumped."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import BinaryIO, Final, Protocol
from uuid import UUID

import msgspec

from watchword.kernel.ids import TenantId
from watchword.kernel.problems import Kind, Problem
from watchword.kernel.secret import Secret

SCRATCH: Final = "watchword_scratch_"
GOODBYE: Final = timedelta(seconds=2)
TOMBSTONES: Final = (
    "SELECT id, user_id, erased_at, tenant_id FROM erasures WHERE erased_at IS NOT NULL ORDER BY id"
)
TELL_OF_BACKUPS: Final = ("backup.created", "backup.restored")


class DumpFailed(Problem):
    """The database could not be dumped; nothing was kept."""

    code = "backup_failed"
    kind = Kind.UNAVAILABLE


class RestoreFailed(Problem):
    """The backup could not be restored; the database is as it was."""

    code = "restore_failed"
    kind = Kind.CONFLICT


class RoleMissing(Problem):
    """A tenant's role is not there, for which the backup has policies: make it first."""

    code = "restore_role_missing"
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
    """That somebody was erased; of which tenant, where that is known."""

    receipt: UUID
    user_id: UUID
    erased_at: datetime
    tenant_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Erased:
    """Who was erased, as a database and those kept aside know; `unread` are those that nobody can read."""

    tombstones: tuple[Tombstone, ...] = field(default=(), repr=False)
    unread: tuple[str, ...] = ()


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

    @property
    def schema(self) -> str:
        """Return in which schema of it the tables are (PostgreSQL)."""
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

    async def refuse_in_use(self, patience: timedelta = GOODBYE) -> None:
        """Refuse while others are there, for as long as it may take to leave. Problem: `database_in_use`."""
        ...

    async def tenants(self) -> Sequence[TenantId]:
        """Return whose rows there are, whoever we are; the default tenant is the last. Likewise."""
        ...

    async def erased(self) -> Erased:
        """Return who was erased, of all tenants, as it knows and those that were kept aside. Likewise."""
        ...

    async def restore(self, feed: Feed, rows: Mapping[str, int]) -> None:
        """Put a dump into a place that is empty, all or nothing. Problem: `restore_failed`."""
        ...

    def beside(self) -> AbstractAsyncContextManager["Dumps"]:
        """Return an empty place beside what is there, for a while; what a killed process left there goes."""
        ...

    async def take_in(self, beside: "Dumps", keep: str | None) -> str | None:
        """Put what is beside in the place of all that is there, in one step; return where that is kept.

        `keep` names it, none throws it away. Problem: `restore_failed`: everything is as it was.
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
