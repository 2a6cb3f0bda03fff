"""All SQL of restoring: what was issued before is good for nothing any more."""

from datetime import datetime

from sqlalchemy import bindparam, literal, update

from watchword.plumbing.db.columns import Moment
from watchword.plumbing.db.ports import Executor
from watchword.plumbing.db.statements import statement
from watchword.records.sessions.store import sessions
from watchword.records.tickets.rules import Purpose
from watchword.records.tickets.store import tickets

_NOW = bindparam("now", type_=Moment)
END_SESSIONS = statement(
    update(sessions)
    .where(sessions.c.ended_at.is_(None))
    .values(ended_at=_NOW, end_reason=bindparam("why"))
)
VOID_TICKETS = statement(
    update(tickets)
    .where(
        tickets.c.spent_at.is_(None),
        tickets.c.purpose != literal(Purpose.ERASURE_UNDO.value),  # whose owner has no other way
    )
    .values(spent_at=_NOW, detail=None)
)


async def end_what_was_issued(tx: Executor, why: str, now: datetime) -> int:
    """End every session and void every link and code; return how many sessions."""
    await tx.run(VOID_TICKETS, now=now)
    return await tx.run(END_SESSIONS, now=now, why=why)
