"""The event outbox: which fact of the journal is owed to which destination.

    owe    within the flow's transaction, beside the fact: one narrow row for each destination

A row waits until it is published or dead; nothing but its own state says so. There is no cursor that
could run past a row whose transaction began earlier and ended later (docs/decisions/0022). What becomes
of the rows is told in `event_queue`.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, Column, Identity, Index, Integer, Text, Uuid, text

from watchword.plumbing.db.columns import Moment, tenant_table
from watchword.plumbing.db.personal import Kept, Personal, Untold
from watchword.plumbing.db.ports import Transaction
from watchword.plumbing.db.statements import insertion, statement

EVENTS: Final = "events"  # the topic of its news

_WAITING: Final = text("published_at IS NULL AND dead_at IS NULL")
_TRIED: Final = text("published_at IS NULL AND dead_at IS NULL AND attempts > 0")
_DEAD: Final = text("dead_at IS NOT NULL")
_PUBLISHED: Final = text("published_at IS NOT NULL")

event_outbox = tenant_table(
    "event_outbox",
    Column(
        "number",
        BigInteger().with_variant(Integer(), "sqlite"),
        Identity(always=False),
        primary_key=True,
    ),
    Column("destination", Text, nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("subject", Uuid),
    Column("created_at", Moment, nullable=False),
    Column("due_at", Moment),
    Column("attempts", Integer, nullable=False),
    Column("published_at", Moment),
    Column("dead_at", Moment),
    Column("reason", Text),
    Index(
        "idx_event_outbox_waiting",
        "destination",
        "number",
        postgresql_where=_WAITING,
        sqlite_where=_WAITING,
    ),
    Index(
        "idx_event_outbox_tried",
        "destination",
        "subject",
        postgresql_where=_TRIED,
        sqlite_where=_TRIED,
    ),
    Index(
        "idx_event_outbox_dead",
        "destination",
        "number",
        postgresql_where=_DEAD,
        sqlite_where=_DEAD,
    ),
    Index(
        "idx_event_outbox_published",
        "published_at",
        postgresql_where=_PUBLISHED,
        sqlite_where=_PUBLISHED,
    ),
)

personal = Personal(
    event_outbox,
    owner=event_outbox.c.subject,
    told=Untold("whom a fact is owed to; the fact itself is told from the journal"),
    erased=Kept("ids alone, and others must learn of what happened, the erasure not least"),
)

COLUMNS: Final = ("destination", "event_id", "subject", "created_at", "attempts")
OWE = statement(insertion(event_outbox, *COLUMNS).inline())


async def owe(
    tx: Transaction,
    destinations: Iterable[str],
    event_id: UUID,
    subject: UUID | None,
    now: datetime,
) -> None:
    """Write down who is to be told of a fact; the relay hears of it at the commit."""
    for destination in destinations:
        await tx.later(
            OWE,
            destination=destination,
            event_id=event_id,
            subject=subject,
            created_at=now,
            attempts=0,
        )
    tx.announce(EVENTS)
