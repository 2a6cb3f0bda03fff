"""The ledger of resets, as a test reads it."""

from typing import Any

from sqlalchemy import Uuid, bindparam, select

from tests.support.world import World
from watchword.kernel.ids import SubscriberId
from watchword.plumbing.db.statements import statement
from watchword.records.resets.store import resets

_OF = statement(
    select(
        resets.c.kind,
        resets.c.status,
        resets.c.channel,
        resets.c.country,
        resets.c.reason,
        resets.c.created_at,
    )
    .where(resets.c.user_id.is_not_distinct_from(bindparam("whose", type_=Uuid)))
    .order_by(resets.c.created_at, resets.c.id)
)


async def resets_of(world: World, user_id: SubscriberId | None) -> list[Any]:
    """Return an account's resets, the oldest first; without an account, those of nobody."""
    return await world.database.all(_OF, whose=user_id)
