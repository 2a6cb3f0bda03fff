"""All SQL of tickets."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Text,
    Uuid,
    and_,
    bindparam,
    func,
    not_,
    null,
    select,
    text,
    update,
)

from watchword.kernel.ids import SubscriberId, TicketId
from watchword.plumbing.db import purging
from watchword.plumbing.db.columns import Moment, tenant_table
from watchword.plumbing.db.personal import ADDRESS, DELETED, Personal, Told, Untold
from watchword.plumbing.db.ports import Database, Executor
from watchword.plumbing.db.purging import deletion
from watchword.plumbing.db.statements import statement, upsertion
from watchword.records.tickets.rules import Tally

_LIVE = text("spent_at IS NULL")

tickets = tenant_table(
    "tickets",
    Column("id", Uuid, primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("address_key", Text, nullable=False),
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE")),
    Column("detail", Text),
    Column("digest", LargeBinary, nullable=False),
    Column("code_digest", LargeBinary, nullable=False),
    Column("pepper_version", Integer, nullable=False),
    Column("guesses", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("code_expires_at", Moment, nullable=False),
    Column("spent_at", Moment),
    Index("idx_tickets_digest", "digest", unique=True),
    Index(
        "idx_tickets_live",
        "tenant_id",
        "purpose",
        "address_key",
        unique=True,
        postgresql_where=_LIVE,
        sqlite_where=_LIVE,
    ),
    Index("idx_tickets_user_id", "user_id"),
    Index("idx_tickets_expires_at", "expires_at"),
)

personal = (
    Personal(
        tickets,
        owner=tickets.c.user_id,
        told=Told(
            "links_and_codes",
            tickets.c.purpose,
            tickets.c.address_key.label("address"),
            tickets.c.created_at,
            tickets.c.expires_at,
            tickets.c.spent_at,
        ),
        erased=DELETED,
    ),
    Personal(
        tickets,
        owner=tickets.c.address_key,
        by=ADDRESS,
        only=tickets.c.user_id.is_(None),
        told=Untold("asked for by whoever typed the address, while it had no account"),
        erased=DELETED,
    ),
)

_ISSUED = (
    "id",
    "user_id",
    "detail",
    "digest",
    "code_digest",
    "pepper_version",
    "guesses",
    "created_at",
    "expires_at",
    "code_expires_at",
)

ISSUE = upsertion(
    tickets,
    "purpose",
    "address_key",
    *_ISSUED,
    key=["tenant_id", "purpose", "address_key"],
    live=_LIVE,
    values=lambda new: {name: new[name] for name in _ISSUED},
)

_STUB = (
    tickets.c.id,
    tickets.c.user_id,
    tickets.c.address_key,
    tickets.c.detail,
)
_BY_LINK = (tickets.c.digest == bindparam("digest"), tickets.c.purpose == bindparam("purpose"))

LOOK = statement(select(*_STUB, tickets.c.spent_at, tickets.c.expires_at).where(*_BY_LINK))
SPEND = statement(
    update(tickets)
    .where(
        *_BY_LINK,
        tickets.c.spent_at.is_(None),
        tickets.c.expires_at > bindparam("now", type_=Moment),
    )
    .values(spent_at=bindparam("now", type_=Moment))
    .returning(*_STUB)
)
GUESS = statement(
    update(tickets)
    .where(
        tickets.c.purpose == bindparam("purpose"),
        tickets.c.address_key == bindparam("address_key"),
        tickets.c.spent_at.is_(None),
        tickets.c.code_expires_at > bindparam("now", type_=Moment),
        tickets.c.guesses < bindparam("bound", type_=Integer),
    )
    .values(guesses=tickets.c.guesses + 1)
    .returning(*_STUB, tickets.c.code_digest, tickets.c.pepper_version, tickets.c.guesses)
)
STANDING = statement(
    select(tickets.c.user_id, tickets.c.guesses, tickets.c.code_expires_at).where(
        tickets.c.purpose == bindparam("purpose"),
        tickets.c.address_key == bindparam("address_key"),
        tickets.c.spent_at.is_(None),
    )
)
SPEND_BY_ID = statement(
    update(tickets)
    .where(tickets.c.id == bindparam("which"), tickets.c.spent_at.is_(None))
    .values(spent_at=bindparam("now", type_=Moment))
    .returning(*_STUB)
)
VOID = statement(
    update(tickets)
    .where(
        tickets.c.user_id == bindparam("whose"),
        tickets.c.spent_at.is_(None),
        tickets.c.purpose.not_in([bindparam("spared"), bindparam("spared_too")]),
    )
    .values(spent_at=bindparam("now", type_=Moment), detail=null())
)
VOID_OF = statement(
    update(tickets)
    .where(
        tickets.c.user_id == bindparam("whose"),
        tickets.c.spent_at.is_(None),
        tickets.c.purpose == bindparam("which"),
    )
    .values(spent_at=bindparam("now", type_=Moment), detail=null())
)
_given = tickets.alias("given")
VOID_YOUNGER = statement(
    update(tickets)
    .where(
        tickets.c.user_id == bindparam("whose"),
        tickets.c.purpose == bindparam("which"),
        tickets.c.spent_at.is_(None),
        tickets.c.created_at
        >= select(_given.c.created_at).where(_given.c.id == bindparam("than")).scalar_subquery(),
    )
    .values(spent_at=bindparam("now", type_=Moment), detail=null())
)
VOID_PURPOSE = statement(
    update(tickets)
    .where(tickets.c.purpose == bindparam("which"), tickets.c.spent_at.is_(None))
    .values(spent_at=bindparam("now", type_=Moment))
)
LIVE = statement(
    select(func.count().label("number")).where(
        tickets.c.purpose == bindparam("purpose"),
        tickets.c.spent_at.is_(None),
        tickets.c.expires_at > bindparam("now", type_=Moment),
    )
)
_UNSPENT = tickets.c.spent_at.is_(None)
_BORNE = tickets.c.guesses < bindparam("bound", type_=Integer)
_IN_TIME = tickets.c.code_expires_at > bindparam("now", type_=Moment)
TALLY = statement(
    select(
        tickets.c.purpose,
        func.count().filter(and_(_UNSPENT, _IN_TIME, _BORNE)).label("active"),
        func.count().filter(and_(_UNSPENT, not_(_IN_TIME), _BORNE)).label("expired"),
        func.count().filter(and_(_UNSPENT, not_(_BORNE))).label("failed"),
        func.count().filter(not_(_UNSPENT)).label("used"),
    )
    .group_by(tickets.c.purpose)
    .order_by(tickets.c.purpose)
)
LIVE_CODES = statement(select(func.count().label("number")).where(_UNSPENT, _IN_TIME, _BORNE))
PURGE = deletion(tickets, tickets.c.expires_at < bindparam("before", type_=Moment))


async def issue(tx: Executor, **values: Any) -> None:
    """Write a ticket, instead of the live one of that purpose and address."""
    await tx.first(ISSUE, **values)


async def look(db: Executor, digest: bytes, purpose: str) -> Any:
    """Return a link's row, whatever its state."""
    return await db.first(LOOK, digest=digest, purpose=purpose)


async def spend(tx: Executor, digest: bytes, purpose: str, now: datetime) -> Any:
    """Spend a link's ticket; nothing when somebody else did, or it expired, or never was."""
    return await tx.first(SPEND, digest=digest, purpose=purpose, now=now)


async def guess(db: Executor, purpose: str, address_key: str, bound: int, now: datetime) -> Any:
    """Count a guess at the live code; nothing when there is none or it bears no more."""
    return await db.first(GUESS, purpose=purpose, address_key=address_key, bound=bound, now=now)


async def standing(db: Executor, purpose: str, address_key: str) -> Any:
    """Return how the unspent code of an address stands; nothing when there is none."""
    return await db.first(STANDING, purpose=purpose, address_key=address_key)


async def spend_by_id(tx: Executor, ticket_id: TicketId, now: datetime) -> Any:
    """Spend a ticket whose code was right; nothing when somebody was faster."""
    return await tx.first(SPEND_BY_ID, which=ticket_id, now=now)


async def void(
    tx: Executor, user_id: SubscriberId, spared: str, spared_too: str, now: datetime
) -> int:
    """Spend all live tickets of a subscriber but those of two purposes."""
    return await tx.run(VOID, whose=user_id, spared=spared, spared_too=spared_too, now=now)


async def void_of(tx: Executor, user_id: SubscriberId, purpose: str, now: datetime) -> int:
    """Spend a subscriber's live tickets of a purpose."""
    return await tx.run(VOID_OF, whose=user_id, which=purpose, now=now)


async def void_younger(
    tx: Executor, user_id: SubscriberId, purpose: str, than: TicketId, now: datetime
) -> int:
    """Spend a subscriber's live tickets of a purpose that are younger than a given ticket."""
    return await tx.run(VOID_YOUNGER, whose=user_id, which=purpose, than=than, now=now)


async def void_purpose(tx: Executor, purpose: str, now: datetime) -> int:
    """Spend all live tickets of a purpose."""
    return await tx.run(VOID_PURPOSE, which=purpose, now=now)


async def live(db: Executor, purpose: str, now: datetime) -> int:
    """Return how many tickets of a purpose could still be spent."""
    row: Any = await db.first(LIVE, purpose=purpose, now=now)
    return int(row.number)


async def live_codes(db: Executor, bound: int, now: datetime) -> int:
    """Return how many codes of any purpose could still be used."""
    row: Any = await db.first(LIVE_CODES, bound=bound, now=now)
    return int(row.number)


async def tally(db: Executor, bound: int, now: datetime) -> list[Tally]:
    """Return how the codes stand, by purpose."""
    return [Tally(**row._asdict()) for row in await db.all(TALLY, bound=bound, now=now)]


async def purge(db: Database, before: datetime) -> int:
    """Delete tickets that expired before a moment."""
    return await purging.purge(db, PURGE, before=before)
