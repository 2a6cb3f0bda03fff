"""The journal: facts in the past tense, written in the transaction that made them true.

Audit, events, metrics and the subscriber's own activity are readers of it; what is public is owed to those
who are told of it (`event_outbox`) from the same commit on. The log has a line of each fact once it is
committed: it never tells of what was rolled back. No secrets, no addresses: ids and plain words. `address`,
`user_agent` and `request_id` say where an act came from (N-95); the chain knows them by a digest under the
row's `salt`, so that they can go when the person's data must, and the chain stays whole
(docs/decisions/0023). The database adds each row to those that wait for the chain.
"""

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Index,
    LargeBinary,
    Text,
    Uuid,
    and_,
    bindparam,
    or_,
)
from sqlalchemy.dialects.postgresql import JSONB

from watchword.kernel.chance import Chance
from watchword.kernel.facts import AUTH_FAILURE, Fact
from watchword.kernel.ids import mint
from watchword.kernel.ports import Visitor
from watchword.plumbing.db import event_outbox
from watchword.plumbing.db.columns import Moment, tenant_table
from watchword.plumbing.db.personal import ACTOR, Personal, Scrubbed, Told, Untold
from watchword.plumbing.db.ports import Database, Transaction
from watchword.plumbing.db.statements import insertion, statement
from watchword.plumbing.events.audience import Audience
from watchword.plumbing.logs.logger import AUDIT, log
from watchword.plumbing.metrics.counting import Metrics

_SALT = 16

journal = tenant_table(
    "journal",
    Column("id", Uuid, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("type", Text, nullable=False),
    Column("user_id", Uuid),
    Column("facts", JSON().with_variant(JSONB(), "postgresql"), nullable=False),
    Column("address", Text),
    Column("user_agent", Text),
    Column("request_id", Text),
    Column("salt", LargeBinary),
    Index("idx_journal_user_id", "user_id", "at"),
    Index("idx_journal_at", "at"),
    Index("idx_journal_type", "type", "at"),
)

# What may be empty, but for whom a row is about, says where an act came from.
ORIGIN = tuple(c for c in journal.columns if c.nullable and c.name != "user_id")

_NOWHERE = Scrubbed({column.name: None for column in ORIGIN})

personal = (
    Personal(
        journal,
        owner=journal.c.user_id,
        told=Told(
            "activity",
            journal.c.at,
            journal.c.type,
            journal.c.facts,
            journal.c.address,
            journal.c.user_agent,
        ),
        erased=_NOWHERE,
        order=(journal.c.at, journal.c.id),
    ),
    # The whole journal is read for this, once for an administrator who goes: no index over JSON serves under
    # row-level security, for `->>` is not leakproof (PostgreSQL, "Rules and Privileges").
    Personal(
        journal,
        owner=journal.c.facts["by"].as_string(),
        by=ACTOR,
        told=Untold("what an administrator did is told to those it was done to"),
        erased=_NOWHERE,
    ),
)

WRITE = statement(
    insertion(
        journal,
        "id",
        "at",
        "type",
        "user_id",
        "facts",
        "address",
        "user_agent",
        "request_id",
        "salt",
    )
)


_TELLS = or_(*(column.is_not(None) for column in ORIGIN))
OLD_ORIGIN = and_(journal.c.at < bindparam("before", type_=Moment), _TELLS)


@dataclass(frozen=True)
class Journal:
    """Writes facts."""

    chance: Chance
    metrics: Metrics
    audience: Audience

    async def note(
        self, database: Database, fact: Fact, now: datetime, visitor: Visitor | None = None
    ) -> None:
        """Write one fact in a transaction of its own."""
        async with database.transaction() as tx:
            await self.record(tx, fact, now, visitor)

    async def record(
        self, tx: Transaction, fact: Fact, now: datetime, visitor: Visitor | None = None
    ) -> None:
        """Write one fact within the transaction, with whom it is owed to; once committed, say it."""
        facts, row = _plain(fact), mint(now, self.chance)
        await tx.later(
            WRITE,
            id=row,
            at=now,
            type=fact.type,
            user_id=fact.user_id,
            facts=facts,
            address=visitor.address if visitor else None,
            user_agent=visitor.user_agent if visitor else None,
            request_id=visitor.request_id if visitor else None,
            salt=self.chance.draw(_SALT) if visitor else None,
        )
        if to_be_told := self.audience.of(fact.type):
            await event_outbox.owe(tx, to_be_told, row, fact.user_id, now)
        tx.afterwards(partial(self._tell, fact, facts, visitor))

    def _tell(self, fact: Fact, facts: dict[str, Any], visitor: Visitor | None) -> None:
        """Say what is true by now, and count it."""
        _say(fact, facts, visitor)
        if AUTH_FAILURE in fact.lines:
            reason = facts.get("reason") or facts.get("result", "")
            self.metrics.auth_failures.labels(fact.type, reason).inc()


def _say(fact: Fact, facts: dict[str, Any], visitor: Visitor | None) -> None:
    """Say a fact in the log: the audit line, and the lines of its own (N-70, N-71, N-95)."""
    whose = {"user_id": str(fact.user_id)} if fact.user_id else {}
    log().info(
        AUDIT,
        category="audit",
        action=fact.type,
        userId=str(fact.user_id or ""),
        details=facts,
        ip=visitor.address if visitor else "",
        userAgent=visitor.user_agent if visitor else "",
        **whose,
    )
    for line in fact.lines:
        about = {"category": line.category, "happened": fact.type, "details": facts, **whose}
        if line.alarm:
            log().warning(line.message, severity="HIGH", **about)
        else:
            log().info(line.message, **about)


def _plain(fact: Fact) -> dict[str, Any]:
    return {
        field.name: _word(getattr(fact, field.name))
        for field in dataclasses.fields(fact)
        if field.name != "user_id"
    }


def _word(value: Any) -> Any:
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)
