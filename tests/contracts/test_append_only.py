"""Consents and the audit trail stay as they were written, whoever writes to the database."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update

from tests.support.tampering import tamper
from tests.support.world import NEW_PASSWORD, PASSWORD, World, open_world
from watchword.plumbing.db.statements import Statement, statement
from watchword.records.audit.service import Chain
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


TRAIL = {
    "change of a fact": "UPDATE journal SET type = 'x'",
    "deletion of a fact": "DELETE FROM journal",
    "change of an address": "UPDATE journal SET address = '198.51.100.1'",
    "half an erasure": "UPDATE journal SET address = NULL",
    "an erasure that takes more": (
        "UPDATE journal SET address = NULL, user_agent = NULL, request_id = NULL, salt = NULL,"
        " user_id = NULL"
    ),
    "change of a link": "UPDATE audit_chain SET position = position + 1",
    "deletion of a link": "DELETE FROM audit_chain",
    "change of a checkpoint": "UPDATE audit_checkpoints SET number = 2",
    "deletion of a checkpoint": "DELETE FROM audit_checkpoints",
}


@pytest.mark.req("D-63")
@pytest.mark.parametrize("deed", TRAIL)
async def test_the_audit_trail_can_only_be_added_to(world: World, deed: str) -> None:
    await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
    await world.part(Chain).link()
    await world.part(Chain).checkpoint()
    with pytest.raises(Exception, match="the audit trail is append-only"):
        await tamper(world, TRAIL[deed])


@pytest.mark.needs("postgres")
@pytest.mark.parametrize("table", ["journal", "audit_chain", "audit_checkpoints", "audit_archives"])
async def test_postgres_does_not_empty_the_audit_trail(
    postgres_url: str, tmp_path: Path, table: str
) -> None:
    async with open_world(postgres_url, tmp_path) as world:
        with pytest.raises(Exception, match="the audit trail is append-only"):
            await tamper(world, f"TRUNCATE {table}")


async def test_where_an_act_came_from_can_be_taken_out_all_at_once(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
    scrub = "UPDATE journal SET address = NULL, user_agent = NULL, request_id = NULL, salt = NULL"
    assert await tamper(world, scrub) > 0


async def test_what_nobody_can_write_down_is_not_done(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        await tamper(world, "ALTER TABLE journal RENAME TO elsewhere")
        body = {"currentPassword": PASSWORD, "newPassword": NEW_PASSWORD}
        refused = await client.post(world.path("/auth/change-password"), json=body)
        unanswered = await client.post(
            world.path("/auth/login"), json={"email": "alice@example.org", "password": PASSWORD}
        )
        await tamper(world, "ALTER TABLE elsewhere RENAME TO journal")
        assert (refused.status_code, unanswered.status_code) == (503, 503)
        assert refused.json()["code"] == "schema_behind"
        await world.sign_in(client)  # by the password as it was
