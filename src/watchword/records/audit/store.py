"""All SQL of the chain: what waits, links, checkpoints, archives."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Text,
    Uuid,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    type_coerce,
)

from watchword.plumbing.chain.checkpoints import Checkpoint
from watchword.plumbing.chain.links import Entry, Head, Link, origin_of
from watchword.plumbing.chain.stretches import Archive
from watchword.plumbing.db.columns import CurrentTenant, Moment, tenant_table
from watchword.plumbing.db.event_outbox import event_outbox
from watchword.plumbing.db.journal import journal
from watchword.plumbing.db.ports import Executor, Transaction
from watchword.plumbing.db.statements import among, insertion, statement

audit_waiting = tenant_table(
    "audit_waiting",
    Column(
        "number",
        BigInteger().with_variant(Integer(), "sqlite"),
        Identity(always=False),
        primary_key=True,
    ),
    Column("journal_id", Uuid, nullable=False),
)
audit_chain = tenant_table(
    "audit_chain",
    Column("position", BigInteger, nullable=False),
    Column("journal_id", Uuid, nullable=False),
    Column("origin", LargeBinary),
    Column("digest", LargeBinary, nullable=False),
    Column("linked_at", Moment, nullable=False),
    PrimaryKeyConstraint("tenant_id", "position"),
    Index("idx_audit_chain_journal_id", "journal_id", unique=True),
)
audit_checkpoints = tenant_table(
    "audit_checkpoints",
    Column("number", BigInteger, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("pepper_version", Integer, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    PrimaryKeyConstraint("tenant_id", "number"),
)
audit_archives = tenant_table(
    "audit_archives",
    Column("first_position", BigInteger, nullable=False),
    Column("last_position", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("name", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("checksum", LargeBinary, nullable=False),
    Column("made_at", Moment, nullable=False),
    PrimaryKeyConstraint("tenant_id", "first_position"),
)

_link = audit_chain.c
_ours = _link.tenant_id == CurrentTenant()  # of a chain each tenant has its own; by its index
_most = bindparam("most", type_=Integer)
_row = (
    journal.c.at,
    journal.c.type,
    journal.c.user_id,
    type_coerce(journal.c.facts, Text).label("facts"),  # as it was written: there are many to read
    journal.c.address,
    journal.c.user_agent,
    journal.c.request_id,
    journal.c.salt,
)

WAITS = statement(select(audit_waiting.c.number).order_by(audit_waiting.c.number).limit(1))
WAITING = statement(
    select(audit_waiting.c.number, audit_waiting.c.journal_id)
    .order_by(audit_waiting.c.number)
    .limit(_most)
)


ROWS = among(journal.c.id, "ids", select(journal.c.id.label("journal_id"), *_row).where)
LINKED = among(_link.journal_id, "ids", select(_link.journal_id).where)
DONE = among(audit_waiting.c.number, "numbers", delete(audit_waiting).where)
LINK = statement(
    insertion(audit_chain, "position", "journal_id", "origin", "digest", "linked_at").inline()
)


HEAD = statement(
    select(_link.position, _link.digest).where(_ours).order_by(_link.position.desc()).limit(1)
)
AT = statement(
    select(_link.position, _link.digest).where(
        _ours, _link.position == bindparam("position", type_=BigInteger)
    )
)
LINKS = statement(
    select(
        _link.position,
        _link.journal_id,
        _link.origin,
        _link.digest,
        _link.linked_at,
        *_row,
    )
    .select_from(audit_chain.outerjoin(journal, journal.c.id == _link.journal_id))
    .where(
        _ours,
        _link.position > bindparam("after", type_=BigInteger),
        _link.position <= bindparam("until", type_=BigInteger),
    )
    .order_by(_link.position)
    .limit(_most)
)
NEXT = statement(
    select(_link.position, _link.linked_at)
    .where(_ours, _link.position > bindparam("after", type_=BigInteger))
    .order_by(_link.position)
    .limit(1)
)
SAID_AFTER = among(
    journal.c.type,
    "types",
    select(journal.c.id.label("journal_id"), *_row)
    .select_from(journal.outerjoin(audit_chain, _link.journal_id == journal.c.id))
    .where(
        or_(_link.position.is_(None), _link.position > bindparam("after", type_=BigInteger)),
    )
    .order_by(journal.c.at)
    .where,
)
UNLINKED = statement(
    select(journal.c.id)
    .where(
        ~exists().where(_link.journal_id == journal.c.id),
        journal.c.id.not_in(select(audit_waiting.c.journal_id)),
    )
    .order_by(journal.c.at)
    .limit(1)
)
NUMBER_WAITING = statement(select(func.count().label("number")).select_from(audit_waiting))
OLDEST_WAITING = statement(
    select(func.count().label("number"), func.min(journal.c.at).label("oldest")).select_from(
        audit_waiting.outerjoin(journal, journal.c.id == audit_waiting.c.journal_id)
    )
)

_mark = audit_checkpoints.c
CHECKPOINTS = statement(select(audit_checkpoints).order_by(_mark.number))
NEWEST_CHECKPOINT = statement(
    select(audit_checkpoints)
    .where(_mark.tenant_id == CurrentTenant())
    .order_by(_mark.number.desc())
    .limit(1)
)
CHECK = statement(
    insertion(
        audit_checkpoints,
        "number",
        "position",
        "digest",
        "made_at",
        "pepper_version",
        "signature",
    ).inline()
)

_stretch = audit_archives.c
ARCHIVES = statement(select(audit_archives).order_by(_stretch.first_position))
ARCHIVE = statement(
    insertion(
        audit_archives,
        "first_position",
        "last_position",
        "digest",
        "name",
        "size",
        "checksum",
        "made_at",
    ).inline()
)
OLD = statement(
    select(_link.position)
    .select_from(journal.join(audit_chain, _link.journal_id == journal.c.id))
    .where(journal.c.at < bindparam("before", type_=Moment))
    .order_by(journal.c.at.desc())
    .limit(1)
)
OWED = statement(
    select(func.min(_link.position).label("position"))
    .select_from(event_outbox.join(audit_chain, _link.journal_id == event_outbox.c.event_id))
    .where(event_outbox.c.published_at.is_(None), event_outbox.c.dead_at.is_(None))
)
_here = and_(
    _ours,
    _link.position > bindparam("after", type_=BigInteger),
    _link.position <= bindparam("until", type_=BigInteger),
)
FORGET_ROWS = statement(
    delete(journal).where(journal.c.id.in_(select(_link.journal_id).where(_here)))
)
FORGET_LINKS = statement(delete(audit_chain).where(_here))
FIRST = statement(select(_link.position).where(_ours).order_by(_link.position).limit(1))


_decode = msgspec.json.Decoder().decode
_DEEP = 500  # a fact is flat; Python takes no more than a thousand levels


def _entry(row: Any) -> Entry | None:
    """Read the row that a link or a wait is about; nothing when it is gone."""
    if row.type is None:
        return None
    origin = origin_of(row.salt, row.address, row.user_agent, row.request_id)
    return Entry(row.journal_id, row.at, row.type, row.user_id, _facts(row.facts), origin)


def _facts(text: str) -> Any:
    """Read what a row says; what is no JSON, or bottomless, only a stranger wrote: it holds nobody up."""
    if text.count("[") + text.count("{") > _DEEP:
        return text
    try:
        return _decode(text)
    except msgspec.DecodeError:
        return text


async def waits(db: Executor) -> bool:
    """Tell whether a row waits."""
    return await db.first(WAITS) is not None


async def waiting(db: Executor, most: int) -> dict[int, UUID]:
    """Return the rows that wait by their numbers, in the order in which they came."""
    return {row.number: row.journal_id for row in await db.all(WAITING, most=most)}


async def entries(db: Executor, ids: Iterable[UUID]) -> dict[UUID, Entry]:
    """Return rows of the journal."""
    found = await db.all(ROWS, ids=[each.hex for each in ids])
    return {row.journal_id: entry for row in found if (entry := _entry(row))}


async def linked(db: Executor, ids: Iterable[UUID]) -> set[UUID]:
    """Return which of these rows have a link."""
    return {row.journal_id for row in await db.all(LINKED, ids=[each.hex for each in ids])}


async def head(db: Executor) -> Head | None:
    """Return the last link here, if there is any."""
    row: Any = await db.first(HEAD)
    return None if row is None else Head(row.position, bytes(row.digest))


async def at(db: Executor, position: int) -> Head | None:
    """Return the link at a position, if it is here."""
    row: Any = await db.first(AT, position=position)
    return None if row is None else Head(row.position, bytes(row.digest))


async def link(
    tx: Transaction, made: Sequence[tuple[Head, UUID, bytes | None]], now: datetime
) -> None:
    """Write links."""
    for head, journal_id, origin in made:
        await tx.later(
            LINK,
            position=head.position,
            journal_id=journal_id,
            origin=origin,
            digest=head.digest,
            linked_at=now,
        )


async def done(tx: Transaction, numbers: Sequence[int]) -> None:
    """Let rows wait no more."""
    await tx.run(DONE, numbers=list(numbers))


async def links(db: Executor, after: int, until: int, most: int) -> list[Link]:
    """Return links after a position with their rows, in order."""
    return [_read(row) for row in await db.all(LINKS, after=after, until=until, most=most)]


def _read(row: Any) -> Link:
    bare = row.salt is None and any((row.address, row.user_agent, row.request_id))
    origin = None if row.origin is None else bytes(row.origin)
    return Link(
        position=row.position,
        journal_id=row.journal_id,
        entry=_entry(row),
        origin=origin,
        digest=bytes(row.digest),
        linked_at=row.linked_at,
        exposed=bare,
    )


async def said_after(db: Executor, position: int, types: Sequence[str]) -> list[Entry]:
    """Return the rows of some types that are beyond a position, or have none yet."""
    rows = await db.all(SAID_AFTER, after=position, types=list(types))
    return [entry for row in rows if (entry := _entry(row))]


async def next_linked(db: Executor, after: int) -> tuple[int, datetime] | None:
    """Return the first position after one, and when it was linked."""
    row: Any = await db.first(NEXT, after=after)
    return None if row is None else (row.position, row.linked_at)


async def unlinked(db: Executor) -> UUID | None:
    """Return a row that neither has a link nor waits for one."""
    row: Any = await db.first(UNLINKED)
    return None if row is None else row.id


async def backlog(db: Executor) -> tuple[int, datetime | None]:
    """Return how many rows wait, and since when."""
    row: Any = await db.first(OLDEST_WAITING)
    return row.number, row.oldest


async def number_waiting(db: Executor) -> int:
    """Return how many rows wait."""
    row: Any = await db.first(NUMBER_WAITING)
    return int(row.number)


async def checkpoints(db: Executor) -> list[Checkpoint]:
    """Return every checkpoint in order."""
    return [_checkpoint(row) for row in await db.all(CHECKPOINTS)]


async def newest_checkpoint(db: Executor) -> Checkpoint | None:
    """Return the last checkpoint."""
    row: Any = await db.first(NEWEST_CHECKPOINT)
    return None if row is None else _checkpoint(row)


def _checkpoint(row: Any) -> Checkpoint:
    return Checkpoint(
        number=row.number,
        head=Head(row.position, bytes(row.digest)),
        made_at=row.made_at,
        pepper_version=row.pepper_version,
        signature=bytes(row.signature),
    )


async def check(tx: Transaction, made: Checkpoint) -> None:
    """Write a checkpoint."""
    await tx.later(
        CHECK,
        number=made.number,
        position=made.head.position,
        digest=made.head.digest,
        made_at=made.made_at,
        pepper_version=made.pepper_version,
        signature=made.signature,
    )


async def archives(db: Executor) -> list[Archive]:
    """Return what went to cold storage, in order."""
    return [
        Archive(
            first=row.first_position,
            head=Head(row.last_position, bytes(row.digest)),
            name=row.name,
            size=row.size,
            checksum=bytes(row.checksum),
            made_at=row.made_at,
        )
        for row in await db.all(ARCHIVES)
    ]


async def archive(tx: Transaction, made: Archive) -> None:
    """Write that a stretch is in cold storage."""
    await tx.later(
        ARCHIVE,
        first_position=made.first,
        last_position=made.head.position,
        digest=made.head.digest,
        name=made.name,
        size=made.size,
        checksum=made.checksum,
        made_at=made.made_at,
    )


async def last_before(db: Executor, moment: datetime) -> int:
    """Return the position of the newest link whose row is older than a moment; 0: there is none."""
    row: Any = await db.first(OLD, before=moment)
    return 0 if row is None else row.position


async def first_owed(db: Executor) -> int | None:
    """Return the position of the first row that somebody is still to be told of."""
    row: Any = await db.first(OWED)
    return None if row is None else row.position


async def first_here(db: Executor) -> int | None:
    """Return the first position whose link is still here."""
    row: Any = await db.first(FIRST)
    return None if row is None else row.position


async def forget(tx: Transaction, after: int, until: int) -> None:
    """Delete rows with their links, which are in cold storage."""
    await tx.run(FORGET_ROWS, after=after, until=until)
    await tx.run(FORGET_LINKS, after=after, until=until)
