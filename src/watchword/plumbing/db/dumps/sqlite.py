"""SQLite out of a file and into one: a copy of one moment while others write, and a file in another's place.

What is in the clear stands beside the database, where the same data are, for its owner alone.
"""

import asyncio
import contextlib
import glob
import os
import re
import sqlite3
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

from watchword.kernel.ids import DEFAULT_TENANT, TenantId
from watchword.kernel.secret import Secret
from watchword.plumbing import folders
from watchword.plumbing.db.dumps.contents import (
    GOODBYE,
    TELL_OF_BACKUPS,
    TOMBSTONES,
    Contents,
    DatabaseInUse,
    Dump,
    DumpFailed,
    Dumps,
    Erased,
    Feed,
    RestoreFailed,
    Tombstone,
    numbers_in,
)
from watchword.plumbing.db.holding import hold_folder
from watchword.plumbing.db.scope import SCHEMA
from watchword.plumbing.db.sqlite import sqlite_path

KEPT = "before-"
_PAGES = 2000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BESIDE = ("-wal", "-shm", "-journal")
_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
_KNOWN = "SELECT facts FROM journal WHERE type IN (?, ?) ORDER BY at DESC LIMIT 50"
_HEAD = "SELECT position, digest FROM audit_chain ORDER BY position DESC LIMIT 1"


class SqliteDumps:
    """A database in one file."""

    dialect = "sqlite"
    ending = "sqlite"
    schema = SCHEMA

    def __init__(self, path: Path) -> None:
        """Take this file."""
        self._path = path

    @property
    def url(self) -> Secret:
        """Return where it is."""
        return Secret(f"sqlite:///{self._path}")

    @asynccontextmanager
    async def moment(self) -> AsyncIterator[Dump]:
        """Hold a copy of the file as it is now."""
        with _folder(self._path, "backup", DumpFailed) as folder:
            copied = folder / "copy.db"
            await asyncio.to_thread(copy, self._path, copied)
            contents = await asyncio.to_thread(look, copied)
            yield Dump(
                contents=contents, size=copied.stat().st_size, read=lambda: copied.open("rb")
            )

    async def look(self) -> Contents:
        """Return what the file holds."""
        if not self._path.exists():
            return Contents(schema=(), rows={})
        return await asyncio.to_thread(look, self._path)

    async def people(self) -> int:
        """Return how many accounts and services it holds."""
        return await asyncio.to_thread(people, self._path)

    async def refuse_in_use(
        self,
        patience: timedelta = GOODBYE,  # noqa: ARG002 - who closed a file is gone
    ) -> None:
        """Refuse while others have the file open."""
        await asyncio.to_thread(refuse_in_use, self._path)

    async def tenants(self) -> Sequence[TenantId]:
        """Return the one there is."""
        return [DEFAULT_TENANT]

    async def erased(self) -> Erased:
        """Return who was erased, as the file knows and those that were kept aside."""
        return await asyncio.to_thread(erased_in, self._path)

    async def restore(self, feed: Feed, rows: Mapping[str, int]) -> None:
        """Write the file, and look at all of it."""
        await asyncio.to_thread(self._restore, feed, rows)

    @asynccontextmanager
    async def beside(self) -> AsyncIterator[Dumps]:
        """Yield a file beside ours that is not there yet."""
        with _folder(self._path, "restore", RestoreFailed) as folder:
            yield SqliteDumps(folder / "new.db")

    async def take_in(self, beside: Dumps, keep: str | None) -> str | None:
        """Put a file in the place of ours."""
        kept = self._path.with_name(f"{self._path.name}.{keep}") if keep else None
        await asyncio.to_thread(take_place, sqlite_path(beside.url.reveal()), self._path, kept)
        return str(kept) if kept and kept.exists() else None

    @asynccontextmanager
    async def scratch(self, name: str) -> AsyncIterator[Dumps]:
        """Yield a file that is not there yet."""
        with _folder(self._path, "scratch", RestoreFailed) as folder:
            yield SqliteDumps(folder / f"{name}.db")

    async def check_tools(self) -> str:
        """Return that SQLite does it itself."""
        return f"SQLite {sqlite3.sqlite_version}"

    def _restore(self, feed: Feed, rows: Mapping[str, int]) -> None:
        try:
            opened = os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
            with os.fdopen(opened, "wb") as to:
                feed(to)
        except OSError as error:
            raise RestoreFailed(private=f"{self._path}: {error.strerror or error}") from error
        check(self._path)
        if dict(look(self._path).rows) != dict(rows):
            raise RestoreFailed(private="a table has not the rows it had")


def copy(path: Path, target: Path) -> None:
    """Copy the database as it is at one moment, whoever writes meanwhile. Problem: `backup_failed`."""
    if not path.exists():
        raise DumpFailed(private=f"{path} is not there")
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    with _failing(DumpFailed), closing(_open(path)) as source, closing(_open(target)) as copied:
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()  # the moment is now
        source.backup(copied, pages=_PAGES)
        copied.execute("PRAGMA journal_mode=DELETE")


def look(path: Path) -> Contents:
    """Return what a file holds. Problem: `restore_failed`: it is damaged, or no database."""
    with _failing(RestoreFailed), closing(_open(path)) as database:
        return _contents(database)


def check(path: Path) -> None:
    """Have SQLite look at every page and every reference. Problem: `restore_failed`."""
    with _failing(RestoreFailed), closing(_open(path)) as database:
        [(said,), *_] = database.execute("PRAGMA integrity_check").fetchall()
        if said != "ok" or database.execute("PRAGMA foreign_key_check").fetchone():
            raise RestoreFailed(private=f"integrity_check: {said}")


def people(path: Path) -> int:
    """Return how many accounts and services a file holds; one that is not there holds none."""
    if not path.exists() or not path.stat().st_size:
        return 0
    with _failing(RestoreFailed), closing(_open(path)) as database:
        there = {name for (name,) in database.execute(_TABLES)}
        return sum(_count(database, name) for name in ("users", "services") if name in there)


def refuse_in_use(path: Path) -> None:
    """Refuse while others have the file open; else bring its log home, unless the file is damaged.

    Problems: `database_in_use`, `restore_failed`.
    """
    if not path.exists():
        return
    try:
        with closing(_open(path)) as database:
            mode = database.execute("PRAGMA journal_mode=DELETE").fetchone()
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise DatabaseInUse(private=str(error)) from error
        raise RestoreFailed(private=f"sqlite: {error}") from error
    except sqlite3.DatabaseError:
        return
    if mode == ("wal",):
        raise DatabaseInUse


def erased_in(path: Path) -> Erased:
    """Return who was erased, as a file knows and those that were kept aside; what nobody can read is told."""
    tombstones: list[Tombstone] = []
    unread: list[str] = []
    for each in _files(path):
        try:
            with closing(_open_to_read(each)) as database:
                if ("erasures",) in database.execute(_TABLES).fetchall():
                    tombstones += _tombstones(database)
        except (sqlite3.Error, OSError):
            unread.append(each.name)
    return Erased(tuple(tombstones), tuple(unread))


def _files(path: Path) -> list[Path]:
    """Return the database, whose log is home, and those that were kept aside."""
    kept = path.parent.glob(f"{glob.escape(path.name)}.{KEPT}*")
    named = re.compile(re.escape(f"{path.name}.{KEPT}") + r"[\d_]+")
    found = sorted(each for each in kept if named.fullmatch(each.name))
    return [each for each in [path, *found] if each.exists() and each.stat().st_size]


def _open_to_read(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True)


def take_place(new: Path, path: Path, kept: Path | None) -> None:
    """Put a file in the database's place, whole or not at all; what was there is kept beside it.

    Problems: `restore_failed`, `database_in_use`.
    """
    refuse_in_use(new)
    refuse_in_use(path)
    with _failing(RestoreFailed):
        with new.open("rb") as file:
            os.fsync(file.fileno())
        if kept is not None and path.exists():
            os.link(path, kept)
        for end in _BESIDE:
            beside = path.with_name(path.name + end)
            if beside.exists():  # of a damaged file, whose log could not be brought home
                beside.replace((kept or path).with_name(f"{(kept or path).name}{end}.old"))
        new.replace(path)
    with contextlib.suppress(OSError), contextlib.ExitStack() as held:  # it has taken place
        folder = os.open(path.parent, os.O_RDONLY)
        held.callback(os.close, folder)
        os.fsync(folder)


@contextmanager
def _folder(path: Path, what: str, how: type[DumpFailed] | type[RestoreFailed]) -> Iterator[Path]:
    """Yield a folder beside the database; what a killed process left there in the clear goes."""
    with ExitStack() as held:
        try:
            folder = held.enter_context(hold_folder(path.parent, f".{path.name}-{what}-"))
        except OSError as error:
            raise how(private=folders.trouble(path.parent, error)) from error
        yield folder


def _open(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None, timeout=5)
    database.execute("PRAGMA trusted_schema=OFF")
    return database


def _contents(database: sqlite3.Connection) -> Contents:
    names = sorted(name for (name,) in database.execute(_TABLES))
    there = set(names)
    found = database.execute(_HEAD).fetchone() if "audit_chain" in there else None
    versions = (
        database.execute("SELECT version_num FROM alembic_version")
        if "alembic_version" in there
        else ()
    )
    return Contents(
        schema=tuple(sorted(version for (version,) in versions)),
        rows={name: _count(database, name) for name in names},
        head=(found[0], bytes(found[1]).hex()) if found else (0, ""),
        tombstones=_tombstones(database) if "erasures" in there else (),
        known=numbers_in(text for (text,) in database.execute(_KNOWN, TELL_OF_BACKUPS))
        if "journal" in there
        else 0,
    )


def _tombstones(database: sqlite3.Connection) -> tuple[Tombstone, ...]:
    return tuple(
        Tombstone(UUID(receipt), UUID(user_id), _EPOCH + timedelta(microseconds=at), UUID(tenant))
        for receipt, user_id, at, tenant in database.execute(TOMBSTONES)
    )


def _count(database: sqlite3.Connection, table: str) -> int:
    (number,) = database.execute(f'SELECT count(*) FROM "{table}"').fetchone()
    return int(number)


@contextmanager
def _failing(how: type[DumpFailed] | type[RestoreFailed]) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise how(private=f"sqlite: {error}") from error
