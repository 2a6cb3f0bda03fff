"""All SQL of dispatches."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Text,
    Uuid,
    bindparam,
    func,
    literal,
    select,
    text,
    update,
)

from watchword.kernel.feedback import Outcome
from watchword.plumbing.carriers.latest import Latest
from watchword.plumbing.db import purging
from watchword.plumbing.db.columns import Moment, tenant_table
from watchword.plumbing.db.personal import DELETED, DIGEST, Personal, Told
from watchword.plumbing.db.ports import Database, Executor
from watchword.plumbing.db.purging import deletion
from watchword.plumbing.db.statements import Statement, novelty, statement, upsertion
from watchword.records.dispatches.rules import MAIL, Dispatch, earlier

_SOFT = text(f"state = '{Outcome.SOFT_BOUNCE}'")

dispatches = tenant_table(
    "dispatches",
    Column("id", Uuid, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("carrier", Text, nullable=False),
    Column("reference", Text),
    Column("letter_id", Uuid, nullable=False),
    Column("template", Text, nullable=False),
    Column("address_digest", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("sent_at", Moment, nullable=False),
    Column("told_at", Moment),
    Index("idx_dispatches_reference", "tenant_id", "carrier", "reference", unique=True),
    Index("idx_dispatches_sent_at", "sent_at"),
    Index(
        "idx_dispatches_soft",
        "address_digest",
        "told_at",
        postgresql_where=_SOFT,
        sqlite_where=_SOFT,
    ),
)

carrier_latest = tenant_table(
    "carrier_latest",
    Column("channel", Text, nullable=False),
    Column("carrier", Text, nullable=False),
    Column("taken_at", Moment),
    Column("refused_at", Moment),
    Column("refusal", Text),
    PrimaryKeyConstraint("tenant_id", "channel", "carrier"),
)
_TOLD = ("taken_at", "refused_at", "refusal")

personal = Personal(
    dispatches,
    owner=dispatches.c.address_digest,
    by=DIGEST,
    told=Told(
        "messages",
        dispatches.c.channel,
        dispatches.c.template,
        dispatches.c.carrier,
        dispatches.c.state,
        dispatches.c.sent_at,
        dispatches.c.told_at,
    ),
    erased=DELETED,
)

NOTE = novelty(
    dispatches,
    "id",
    "channel",
    "carrier",
    "reference",
    "letter_id",
    "template",
    "address_digest",
    "state",
    "sent_at",
    key=("tenant_id", "carrier", "reference"),
)
_THAT_ONE = (
    dispatches.c.carrier == bindparam("whose"),
    dispatches.c.reference == bindparam("which"),
)
FIND = statement(select(dispatches.c.template, dispatches.c.address_digest).where(*_THAT_ONE))


def _settling(outcome: Outcome) -> Statement:
    return statement(
        update(dispatches)
        .where(*_THAT_ONE, dispatches.c.state.in_([literal(each) for each in earlier(outcome)]))
        .values(state=literal(outcome.value), told_at=bindparam("now", type_=Moment))
        .returning(dispatches.c.id)
    )


SETTLE = {outcome: _settling(outcome) for outcome in Outcome}
SOFT_BOUNCES = statement(
    select(func.count().label("number")).where(
        dispatches.c.address_digest == bindparam("digest"),
        dispatches.c.state == literal(Outcome.SOFT_BOUNCE.value),
        dispatches.c.told_at >= bindparam("since", type_=Moment),
    )
)
COUNTS = statement(
    select(
        dispatches.c.carrier,
        dispatches.c.state,
        func.count().label("number"),
    )
    .where(
        dispatches.c.channel == literal(MAIL),
        dispatches.c.sent_at >= bindparam("since", type_=Moment),
    )
    .group_by(dispatches.c.carrier, dispatches.c.state)
)
TELL = upsertion(
    carrier_latest,
    "channel",
    "carrier",
    *_TOLD,
    key=("tenant_id", "channel", "carrier"),
    values=lambda new: {name: func.coalesce(new[name], carrier_latest.c[name]) for name in _TOLD},
)
LATEST = statement(
    select(carrier_latest.c.carrier, *(carrier_latest.c[name] for name in _TOLD)).where(
        carrier_latest.c.channel == bindparam("which")
    )
)
PURGE = deletion(dispatches, dispatches.c.sent_at < bindparam("before", type_=Moment))


async def note(
    db: Executor,
    *,
    dispatch_id: UUID,
    channel: str,
    carrier: str,
    reference: str | None,
    letter_id: UUID,
    template: str,
    digest: bytes,
    state: str,
    now: datetime,
) -> None:
    """Note what a carrier took; once for each name that it gives."""
    await db.later(
        NOTE,
        id=dispatch_id,
        channel=channel,
        carrier=carrier,
        reference=reference,
        letter_id=letter_id,
        template=template,
        address_digest=digest,
        state=state,
        sent_at=now,
    )


async def find(tx: Executor, carrier: str, reference: str) -> Dispatch | None:
    """Return what a carrier took, by its name for it."""
    row: Any = await tx.first(FIND, whose=carrier, which=reference)
    if row is None:
        return None
    return Dispatch(template=row.template, address_digest=row.address_digest)


async def settle(
    tx: Executor, carrier: str, reference: str, outcome: Outcome, now: datetime
) -> bool:
    """Say what became of a dispatch; false when more is known of it, or nothing."""
    return await tx.first(SETTLE[outcome], whose=carrier, which=reference, now=now) is not None


async def soft_bounces(tx: Executor, digest: bytes, since: datetime) -> int:
    """Return how many letters to one address came back for now since a moment."""
    row: Any = await tx.first(SOFT_BOUNCES, digest=digest, since=since)
    return int(row.number)


async def counts(db: Executor, since: datetime) -> list[Any]:
    """Return carrier, state and number of letters sent since a moment."""
    return await db.all(COUNTS, since=since)


async def tell(db: Executor, channel: str, latest: Latest) -> None:
    """Write what is told of a carrier over what was known."""
    await db.run(
        TELL,
        channel=channel,
        carrier=latest.carrier,
        taken_at=latest.taken_at,
        refused_at=latest.refused_at,
        refusal=latest.refusal,
    )


async def latest(db: Executor, channel: str) -> list[Latest]:
    """Return what is known of each carrier of a channel."""
    return [Latest(**row._asdict()) for row in await db.all(LATEST, which=channel)]


async def purge(db: Database, before: datetime) -> int:
    """Delete what was sent before a moment."""
    return await purging.purge(db, PURGE, before=before)
