"""What the journal says."""

import json
from typing import Any

from sqlalchemy import bindparam, select

from tests.support.world import World
from watchword.plumbing.db.journal import journal
from watchword.plumbing.db.statements import statement

_OF_TYPE = statement(
    select(journal.c.user_id, journal.c.facts, journal.c.address)
    .where(journal.c.type == bindparam("type"))
    .order_by(journal.c.at, journal.c.id)
)


async def facts(world: World, kind: str) -> list[Any]:
    """Return the journal's facts of a type, the oldest first."""
    return [
        row._replace(facts=row.facts if isinstance(row.facts, dict) else json.loads(row.facts))
        for row in await world.database.all(_OF_TYPE, type=kind)
    ]
