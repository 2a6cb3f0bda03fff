"""Somebody who owns the database, and changes what nobody should."""

from typing import Any

from sqlalchemy import text

from tests.support.world import World
from watchword.plumbing.db.statements import statement

_TABLES = ("journal", "audit_chain", "audit_checkpoints", "audit_archives")


async def unguard(world: World) -> None:
    """Take the guards of the audit trail away, as the owner of its tables can."""
    if world.database.dialect == "postgresql":
        for table in _TABLES:
            await tamper(world, f"ALTER TABLE {table} DISABLE TRIGGER USER")
        return
    for table in _TABLES:
        for when in ("update", "delete"):
            await tamper(world, f"DROP TRIGGER {table}_stays_on_{when}")
    await tamper(world, "DROP TRIGGER journal_waits")


async def tamper(world: World, sql: str) -> Any:
    """Run what a stranger wrote."""
    return await world.database.run(statement(text(sql)))


async def let_delete(world: World) -> None:
    """Take away what refuses a deletion from the chain, and nothing else."""
    for table, guard in (
        ("journal", "journal_stays"),
        ("audit_chain", "audit_stays_until_archived"),
    ):
        if world.database.dialect == "postgresql":
            await tamper(world, f"ALTER TABLE {table} DISABLE TRIGGER {table}_{guard}")
        else:
            await tamper(world, f"DROP TRIGGER {table}_stays_on_delete")


async def close_journal(world: World) -> None:
    """Let the database refuse every row of the journal."""
    if world.database.dialect == "postgresql":
        await tamper(
            world,
            "CREATE FUNCTION no_audit() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'no audit'; END $$",
        )
        when = "FOR EACH ROW EXECUTE FUNCTION no_audit()"
    else:
        when = "BEGIN SELECT RAISE(ABORT, 'no audit'); END"
    await tamper(world, f"CREATE TRIGGER closed BEFORE INSERT ON journal {when}")


async def open_journal(world: World) -> None:
    """Let it take rows again."""
    on = " ON journal" if world.database.dialect == "postgresql" else ""
    await tamper(world, f"DROP TRIGGER closed{on}")
