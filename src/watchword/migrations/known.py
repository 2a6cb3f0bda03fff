"""Which revisions there are, and which a database has: told without Alembic, at every start.

A database keeps the newest revision of each half in `alembic_version`; as each half is one line, all
older ones of that half are applied too.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlalchemy import Text, column, func, literal, select, table

from watchword.kernel.problems import Problem
from watchword.plumbing.db.ports import Database
from watchword.plumbing.db.statements import Statement, statement


class MigrationFailed(Problem):
    """A migration failed; nothing of it is left behind."""

    code = "migration_failed"


HALVES = ("before", "after")
HERE = Path(__file__).parent

_version = table("alembic_version", column("version_num", Text))
_master = table("sqlite_master", column("name", Text))
_EXISTS = Statement(
    select(func.to_regclass("alembic_version", type_=Text).is_not(None).label("found")),
    select(func.count().label("found"))
    .select_from(_master)
    .where(_master.c.name == literal("alembic_version")),
)
_HEADS = statement(select(_version.c.version_num))


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One step: `id` is half and number, `subject` what it does in a few words."""

    id: str
    half: str
    number: int
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Where a database stands; `unknown` are revisions of a newer program."""

    applied: tuple[Revision, ...]
    pending: tuple[Revision, ...]
    unknown: tuple[str, ...] = ()

    @property
    def needed(self) -> tuple[Revision, ...]:
        """Return what must be applied before this program may serve."""
        return tuple(revision for revision in self.pending if revision.half == "before")


@cache
def revisions(home: Path = HERE) -> tuple[Revision, ...]:
    """Return every revision of this program, in the order in which they run."""
    found = (
        Revision(
            id=f"{half}_{path.stem[:4]}",
            half=half,
            number=int(path.stem[:4]),
            subject=path.stem[5:].replace("_", " "),
        )
        for half in HALVES
        for path in sorted((home / half).glob("[0-9][0-9][0-9][0-9]_*.py"))
    )
    return tuple(found)


def status_of(heads: Collection[str], home: Path = HERE) -> Status:
    """Say where a database with these newest revisions stands."""
    reached = {half: _newest(heads, half) for half in HALVES}
    known = revisions(home)
    ids = {revision.id for revision in known}
    return Status(
        applied=tuple(r for r in known if r.number <= reached[r.half]),
        pending=tuple(r for r in known if r.number > reached[r.half]),
        unknown=tuple(sorted(set(heads) - ids)),
    )


async def status(database: Database) -> Status:
    """Ask an open database where it stands."""
    there = await database.first(_EXISTS)
    rows = await database.all(_HEADS) if there.found else []
    return status_of([row.version_num for row in rows])


class Watch:
    """Tells whether the database has the schema that this program wants."""

    def __init__(self, database: Database) -> None:
        """Watch this database."""
        self._database = database

    async def complete(self) -> bool:
        """Tell whether nothing is pending that this program needs."""
        return not (await status(self._database)).needed

    async def pending(self) -> list[str]:
        """Return the ids of what this program needs and the database lacks."""
        return [revision.id for revision in (await status(self._database)).needed]


def _newest(heads: Iterable[str], half: str) -> int:
    numbers = [int(head.rpartition("_")[2]) for head in heads if head.startswith(f"{half}_")]
    return max(numbers, default=0)
