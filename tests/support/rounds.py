"""Rounds of the relays, when a test wants one."""

from tests.support.world import World
from watchword.plumbing.work.relaying import Relays


async def relay_once(world: World) -> bool:
    """Make one round to every destination; tell whether to go on at once."""
    return any([await each.round() for each in world.part(Relays).each])
