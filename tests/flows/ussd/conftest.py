"""A world with the gateway of a mobile network, and a telephone in it."""

from collections.abc import AsyncIterator

import pytest

from tests.support.handset import GATEWAY, Handset, handset_in
from tests.support.world import World
from tests.support.worlds import Opener


@pytest.fixture
async def world(worlds: Opener) -> AsyncIterator[World]:
    """Yield a world with a gateway."""
    async with worlds(USSD_GATEWAY_SECRET=GATEWAY, ORG_NAME="Molam") as opened:
        yield opened


@pytest.fixture
async def handset(world: World) -> AsyncIterator[Handset]:
    """Yield a telephone of Senegal."""
    async with world.client("196.216.167.10") as client:
        yield handset_in(world, client)
