"""Consents stay as they were given, whoever writes to the database."""

from typing import Any

import pytest
from sqlalchemy import delete, func, select, update

from tests.support.world import World
from watchword.plumbing.db.statements import Statement, statement
from watchword.records.consents.rules import Purpose
from watchword.records.consents.service import Consents, Source
from watchword.records.consents.store import consents

NUMBER = statement(select(func.count().label("number")).select_from(consents))
CHANGE = statement(update(consents).values(deed="granted"))
DELETE = statement(delete(consents))


async def allows(world: World, **more: Any) -> None:
    """Let somebody register and allow two uses of their data."""
    person = await world.subscriber(**more)
    source, now = Source(channel="registration", language="en"), world.clock.now()
    async with world.database.transaction() as tx:
        purposes = [Purpose.PROCESSING, Purpose.MARKETING]
        await world.part(Consents).begin(tx, person.id, purposes, source, now)


@pytest.mark.parametrize("change", [CHANGE, DELETE], ids=["change", "delete"])
async def test_an_act_can_be_neither_changed_nor_deleted(world: World, change: Statement) -> None:
    await allows(world)
    with pytest.raises(Exception, match="consents are append-only"):
        await world.database.run(change)
    assert (await world.database.first(NUMBER)).number == 2
