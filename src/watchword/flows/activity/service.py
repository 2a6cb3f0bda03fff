"""A subscriber's own activity."""

from typing import Any
from uuid import UUID

from watchword.flows.activity import store
from watchword.flows.activity.rules import Activity, ActivityList, word_of
from watchword.kernel.facts import by_another
from watchword.kernel.parts import service
from watchword.kernel.ports import Caller
from watchword.plumbing.db.ports import Database
from watchword.records.sessions.rules import device_name


@service
class OwnActivity:
    """What happened to the caller's account."""

    database: Database

    async def page(self, caller: Caller, after: UUID | None, most: int) -> ActivityList:
        """Return what happened, newest first."""
        found = await store.newest(self.database, caller.user_id, after, most + 1)
        told = [_told(row, caller.user_id) for row in found[:most]]
        return ActivityList(activity=told, next=str(told[-1].id) if len(found) > most else None)


def _told(row: Any, user_id: UUID) -> Activity:
    """Tell of a row; where another person was who did it is theirs."""
    theirs = by_another(row.facts, user_id)
    return Activity(
        id=row.id,
        at=row.at,
        type=row.type,
        what=word_of(row.type, row.facts),
        address=None if theirs else row.address,
        device=device_name(row.user_agent) if row.user_agent and not theirs else None,
    )
