"""The audit trail as tests fill it, verify it, and write into it past the service."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tests.support.world import World
from watchword.kernel.chance import SystemChance
from watchword.kernel.ids import mint
from watchword.kernel.ports import Visitor
from watchword.operations.audit.rules import FaultKind, Report
from watchword.operations.audit.service import Auditor
from watchword.plumbing.chain.checkpoints import Checkpoint
from watchword.plumbing.db.journal import Journal, journal
from watchword.plumbing.db.statements import insertion, statement
from watchword.records.audit.service import Chain
from watchword.records.subscribers.rules import UserUpdated

ALICE = UUID("019a0000-0000-7000-8000-00000000000a")
SCRUB = "UPDATE journal SET address = NULL, user_agent = NULL, request_id = NULL, salt = NULL"
INSERT = statement(insertion(journal, "id", "at", "type", "user_id", "facts"))
VISITOR = Visitor(
    address="203.0.113.7",
    network="203.0.113.7",
    user_agent="Firefox",
    language="en",
    request_id="r1",
)


async def happen(
    world: World, number: int = 1, fields: str = "name", user_id: UUID = ALICE
) -> None:
    """Let something happen so many times, each a second after the other, and link it."""
    for _ in range(number):
        world.clock.advance(timedelta(seconds=1))
        fact = UserUpdated(user_id=user_id, fields=fields)
        await world.part(Journal).note(world.database, fact, world.clock.now(), VISITOR)
    await world.part(Chain).link()


async def verified(world: World, anchors: list[Checkpoint] | None = None) -> Report:
    """Verify the trail."""
    return await world.part(Auditor).verify(anchors or [], lambda _done, _total: None)


async def found(world: World) -> list[tuple[FaultKind, int | None]]:
    """Verify the trail; return what is wrong with it, and where."""
    return [(fault.kind, fault.position) for fault in (await verified(world)).faults]


async def put_in(
    world: World,
    kind: str,
    at: datetime,
    facts: Any = None,
    *,
    user_id: UUID | None = None,
    minted: datetime | None = None,
) -> None:
    """Insert a row as whoever has the service's own rights can, and let the worker link it."""
    row = {
        "id": mint(minted or at, SystemChance()),
        "at": at,
        "type": kind,
        "user_id": user_id,
        "facts": {} if facts is None else facts,
    }
    await world.database.run(INSERT, **row)
    await world.part(Chain).link()
