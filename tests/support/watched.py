"""Metrics before and after: by how much a counter rose."""

import contextlib
from collections.abc import AsyncIterator

from tests.support.exposed import Exposed, scrape
from tests.support.world import World


class Watched:
    """Two scrapes and what happened in between."""

    def __init__(self, before: Exposed) -> None:
        self.before = self.after = before

    def rise(self, name: str, **labels: str) -> float:
        """Return by how much a counter rose."""
        return self.after.value(name, **labels) - self.before.value(name, **labels)


@contextlib.asynccontextmanager
async def watched(world: World) -> AsyncIterator[Watched]:
    """Scrape before the block and after it."""
    told = Watched(await scrape(world))
    yield told
    told.after = await scrape(world)
