"""Personal data: what each table knows of a subscriber, how it is told to them, and how it is erased.

A table that knows of a subscriber says so beside itself, in a value that `app` finds by its name:

    personal = Personal(
        sessions,
        owner=sessions.c.user_id,
        told=Told("sessions", sessions.c.created_at, sessions.c.address),
        erased=DELETED,
    )

    told     the columns of an export, under a name of their own; or why they are no answer to anybody
    erased   deleted; scrubbed: the row stays, and its columns say nothing of a person any more; along with
             the rows of another table; or kept, and why

`owner` holds the subscriber's id, a mailbox's key or a number (`by=ADDRESS`), the keyed digest that
dispatches keep of those (`by=DIGEST`), or the id as facts name who did something (`by=ACTOR`).
The dossier is all of them together: export and erasure read it, so that neither can forget a table.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    JSON,
    Boolean,
    ColumnElement,
    Integer,
    Table,
    Text,
    Uuid,
    bindparam,
    delete,
    func,
    select,
    tuple_,
    update,
)

from watchword.plumbing.db.columns import Moment
from watchword.plumbing.db.ports import Executor, Transaction
from watchword.plumbing.db.statements import Statement, statement

ID: Final = "id"
ADDRESS: Final = "address"
DIGEST: Final = "digest"
ACTOR: Final = "actor"
PAGE: Final = 1000

KINDS: Final[Mapping[str, Any]] = {
    "moment": Moment,
    "id": Uuid,
    "flag": Boolean,
    "number": Integer,
    "object": JSON,
    "text": Text,
}

_WHOSE: Final = "whose"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an export: its name, what it holds (a word of `KINDS`), whether it may be null."""

    name: str
    kind: str
    nullable: bool


@dataclass(frozen=True, slots=True, init=False)
class Told:
    """What an export says of the rows: the name of the records, and the fields of each.

    `single`: there is one at most.
    """

    name: str
    fields: tuple[Any, ...]
    single: bool

    def __init__(self, name: str, *fields: Any, single: bool = False) -> None:
        """Take columns, labelled as people shall read them."""
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "fields", fields)
        object.__setattr__(self, "single", single)

    @property
    def shape(self) -> tuple[Field, ...]:
        """Return the fields as those who know nothing of tables read them."""
        return tuple(
            Field(str(each.name), _kind(each), getattr(each, "element", each).nullable)
            for each in self.fields
        )


@dataclass(frozen=True, slots=True)
class Untold:
    """An export says nothing of the rows, because."""

    because: str


@dataclass(frozen=True, slots=True)
class Deleted:
    """The rows go."""


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """The rows stay; these columns get these values."""

    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Along:
    """The rows go with those of another table, or with somebody else's work on them."""

    how: str


@dataclass(frozen=True, slots=True)
class Kept:
    """The rows stay as they are, because."""

    because: str


DELETED: Final = Deleted()


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """Somebody, as tables know them: by id; by mailboxes' keys and numbers; by digests of those.

    `acts_as`: the id as facts name it, of whoever was an administrator once; nobody else acts on others.
    """

    user_id: UUID
    addresses: tuple[str, ...] = ()
    digests: tuple[bytes, ...] = ()
    acts_as: tuple[str, ...] = ()

    def known(self, by: str) -> Sequence[object]:
        """Return what an owner's column may hold of them."""
        return {
            ID: (self.user_id,),
            ADDRESS: self.addresses,
            DIGEST: self.digests,
            ACTOR: self.acts_as,
        }[by]


@dataclass(frozen=True, slots=True)
class Personal:
    """What one table knows of a subscriber.

    `only` narrows it to a part of the rows; `order` are columns that tell each row from all others, in
    the order in which they are told (else the table's key).
    """

    table: Table
    owner: Any
    told: Told | Untold
    erased: Deleted | Scrubbed | Along | Kept
    by: str = ID
    only: ColumnElement[bool] | None = None
    order: tuple[Any, ...] = ()

    @property
    def theirs(self) -> tuple[ColumnElement[bool], ...]:
        """Return what is true of somebody's rows."""
        mine = self.owner == bindparam(_WHOSE, type_=self.owner.type)
        return (mine,) if self.only is None else (mine, self.only)


class Dossier:
    """All that the tables know of anybody."""

    def __init__(self, tables: Sequence[Personal]) -> None:
        """Take what the tables say of themselves."""
        self.tables = tuple(tables)
        self._read = [_Reading(each, each.told) for each in tables if isinstance(each.told, Told)]
        self._erase = [(each, _erasing(each)) for each in tables]

    @property
    def told(self) -> tuple[Told, ...]:
        """Return what an export consists of."""
        return tuple(each.told for each in self._read)

    async def size(self, db: Executor, whose: Whose) -> int:
        """Return how many records an export of somebody has."""
        return sum([await each.size(db, whose) for each in self._read])

    async def pages(
        self, db: Executor, whose: Whose
    ) -> AsyncIterator[tuple[Told, list[dict[str, Any]]]]:
        """Yield all records of somebody, a page at a time, kind by kind."""
        for reading in self._read:
            async for page in reading.pages(db, whose):
                yield reading.told, page

    async def erase(self, tx: Transaction, whose: Whose) -> dict[str, int]:
        """Erase somebody from all tables; return how many rows of each were touched."""
        touched: dict[str, int] = {}
        for each, erasing in self._erase:
            if erasing is None:
                continue
            for known in whose.known(each.by):
                rows = await tx.run(erasing, **{_WHOSE: known})
                touched[each.table.name] = touched.get(each.table.name, 0) + rows
        return touched


class _Reading:
    """The statements that tell one table's rows."""

    def __init__(self, personal: Personal, told: Told) -> None:
        self.told = told
        self._by = personal.by
        table = personal.table
        key = personal.order or tuple(c for c in table.primary_key if c.name != "tenant_id")
        self._after = [f"after_{number}" for number in range(len(key))]
        marks = [column.label(name) for column, name in zip(key, self._after, strict=True)]
        rows = select(*told.fields, *marks).where(*personal.theirs).order_by(*key).limit(PAGE)
        bounds = [bindparam(n, type_=c.type) for c, n in zip(key, self._after, strict=True)]
        beyond = tuple_(*key) > tuple_(*bounds) if len(key) > 1 else key[0] > bounds[0]
        self._first = statement(rows)
        self._next = statement(rows.where(beyond))
        self._size = statement(
            select(func.count().label("number")).select_from(table).where(*personal.theirs)
        )

    async def size(self, db: Executor, whose: Whose) -> int:
        known = whose.known(self._by)
        return sum([(await db.first(self._size, **{_WHOSE: one})).number for one in known])

    async def pages(self, db: Executor, whose: Whose) -> AsyncIterator[list[dict[str, Any]]]:
        for known in whose.known(self._by):
            rows = await db.all(self._first, **{_WHOSE: known})
            while rows:
                records = [row._asdict() for row in rows]
                after = {name: records[-1][name] for name in self._after}
                for record in records:
                    for name in self._after:
                        del record[name]
                yield records
                full = len(rows) == PAGE
                rows = await db.all(self._next, **{_WHOSE: known}, **after) if full else []


def _kind(column: Any) -> str:
    return next(word for word, kind in KINDS.items() if isinstance(column.type, kind))


def _erasing(personal: Personal) -> Statement | None:
    match personal.erased:
        case Deleted():
            return statement(delete(personal.table).where(*personal.theirs))
        case Scrubbed(values):
            return statement(update(personal.table).where(*personal.theirs).values(**values))
    return None
