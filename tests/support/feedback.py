"""What carriers told, as a test sees it: posts come in, the list and the dispatches say what follows."""

from typing import Any, Final

from sqlalchemy import select

from tests.support.exposed import scrape
from tests.support.webhooks import Posted
from tests.support.world import World
from watchword.kernel.ids import mint
from watchword.plumbing.carriers.carrier import Try, TryResult
from watchword.plumbing.db.journal import journal
from watchword.plumbing.db.statements import statement
from watchword.plumbing.ports import Leaving, Postbook
from watchword.records.deliveries.rules import NOTICE, Letter
from watchword.records.deliveries.service import Deliveries
from watchword.records.dispatches.rules import MAIL
from watchword.records.dispatches.store import dispatches
from watchword.records.suppressions.service import Suppressions

ALICE: Final = "alice@example.org"
_STATES = statement(select(dispatches.c.reference, dispatches.c.state))
_FACTS = statement(
    select(journal.c.type, journal.c.facts, journal.c.user_id).order_by(journal.c.at, journal.c.id)
)


async def take(world: World, *posts: Posted) -> list[int]:
    """Post to the webhooks, one after another; return the statuses."""
    async with world.client("198.51.100.9") as client:
        return [
            (await client.post(each.path, content=each.body, headers=each.headers)).status_code
            for each in posts
        ]


async def left(world: World, carrier: str, reference: str, to: str = ALICE) -> None:
    """Let a letter have left by a carrier, which gave it a name."""
    now = world.clock.now()
    tried = Try(carrier=carrier, result=TryResult.SENT, reference=reference)
    letter = mint(now, world.house.part(Deliveries).chance)
    leaving = Leaving(channel=MAIL, id=letter, to=to, template="login/sign_in_code")
    await world.part(Postbook).note(world.database, leaving, tried, now)


async def states(world: World) -> dict[str, str]:
    """Return what became of each letter, by its carrier's name for it."""
    return {row.reference: row.state for row in await world.database.all(_STATES)}


async def listed(world: World) -> list[tuple[str, str, str]]:
    """Return the list of suppressions: address, reason, who said so."""
    found = await world.part(Suppressions).every(world.database)
    return [(each.address, str(each.reason), each.source) for each in found]


async def facts(world: World, kind: str) -> list[Any]:
    """Return the journal's facts of a kind."""
    return [row for row in await world.database.all(_FACTS) if row.type == kind]


async def write(world: World, to: str = ALICE, priority: int = NOTICE) -> None:
    """Ask for a letter, and let the worker carry what is due."""
    told = {"name": "Alice", "link": "https://x.test", "minutes": 60}
    letter = Letter(
        template="registration/already_registered",
        to=to,
        language="en",
        facts=told,
        priority=priority,
    )
    async with world.database.transaction() as tx:
        await world.part(Deliveries).queue(tx, letter, world.clock.now())
    await world.deliver()


async def counted(world: World, name: str, **labels: str) -> float:
    """Return what the metrics say."""
    return (await scrape(world)).value(name, **labels)
