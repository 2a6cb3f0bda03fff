"""Old and new side by side: a schema is expanded first, and the program before serves on it."""

import asyncio
import shutil
from itertools import count
from pathlib import Path

import pytest

from tests.contracts.expanding import steps, unbearable
from tests.support.world import PASSWORD, World, open_world
from watchword.migrations import known, migrate

# The first release has these all: nobody ran a program between them. Later ones need reasons of their own.
FIRST = "came with the first release"
BORNE = {
    ("before_0003", "writers of sessions wait for idx_sessions_device"): FIRST,
    ("before_0008", "consents, outbox are held at once"): FIRST,
    ("before_0008", "rows of consents go, or wait"): FIRST,
    ("before_0008", "consents may refuse: consents_stay"): FIRST,
    ("before_0008", "consents may refuse: consents_stay_whole"): FIRST,
    ("before_0009", "writers of users wait for idx_users_phone"): FIRST,
    ("before_0014", "parked_at of event_outbox is renamed"): FIRST,
    ("before_0014", "idx_event_outbox_parked goes"): FIRST,
    ("before_0014", "writers of event_outbox wait for idx_event_outbox_dead"): FIRST,
    ("before_0017", "journal may refuse: journal_journal_stays"): FIRST,
    ("before_0017", "journal may refuse: journal_stays_whole"): FIRST,
}
ALICE = "alice@example.org"
NEXT = """
import sqlalchemy as sa
from alembic import op
from watchword.migrations.words import protect, tenant

revision = "before_{number:04d}"
down_revision = "before_{previous:04d}"
branch_labels = None

def upgrade():
    op.add_column("{table}", sa.Column("colour", sa.Text(), nullable=True))
    op.add_column("{table}", sa.Column("size", sa.Text(), server_default="large", nullable=False))
    op.create_table(
        "{table}_hats",
        tenant(),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["{table}.{key}"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    protect("{table}_hats")
"""
GROWING = {
    "users": "id",
    "sessions": "id",
    "passwords": "user_id",
    "journal": "id",
    "tickets": "id",
    "outbox": "id",
}


@pytest.mark.req("G-03")
async def test_no_revision_takes_away_what_the_program_before_still_needs(
    postgres_database: str,
) -> None:
    found = {
        (step.revision, told)
        for step in await steps(postgres_database)
        if step.revision.startswith("before_")
        for told in unbearable(step.statements)
    }
    assert found == BORNE.keys()


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("ALTER TABLE users DROP COLUMN name", "name of users goes"),
        ("ALTER TABLE users RENAME COLUMN name TO called", "name of users is renamed"),
        ("ALTER TABLE users RENAME name TO called", "name of users is renamed"),
        ("ALTER TABLE users ALTER COLUMN phone SET NOT NULL", "phone of users is another"),
        ("ALTER TABLE users ALTER COLUMN phone TYPE BIGINT", "phone of users is another"),
        ("ALTER TABLE users ADD COLUMN hat TEXT NOT NULL", "hat of users must be given"),
        ("ALTER TABLE users ADD CONSTRAINT tall CHECK (true)", "users is narrower: tall"),
        ("CREATE UNIQUE INDEX CONCURRENTLY one ON users (name)", "users is narrower: one"),
        ("CREATE INDEX idx ON users (name)", "writers of users wait for idx"),
        ("DROP TABLE users", "users goes"),
        ("DROP INDEX idx_users_email", "idx_users_email goes"),
        ("DELETE FROM users", "rows of users go, or wait"),
        ("UPDATE users SET name = ''", "rows of users are changed"),
        ("CREATE TRIGGER no BEFORE UPDATE ON users FOR EACH ROW", "users may refuse: no"),
    ],
)
def test_what_an_older_program_cannot_bear_is_found(statement: str, told: str) -> None:
    assert unbearable([statement]) == [told]
    if "DROP INDEX" not in statement:
        assert unbearable(["CREATE TABLE users (id UUID)", statement]) == []


def test_two_tables_in_use_that_one_revision_alters_are_found() -> None:
    told = ["ALTER TABLE users ADD COLUMN hat TEXT", "ALTER TABLE pins ADD COLUMN hat TEXT"]
    assert unbearable(told) == ["pins, users are held at once"]
    assert unbearable(["CREATE TABLE pins (id UUID)", *told]) == []


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE users ADD COLUMN hat TEXT",
        "ALTER TABLE users ADD COLUMN hat TEXT DEFAULT 'none' NOT NULL",
        "ALTER TABLE users ADD CONSTRAINT tall CHECK (true) NOT VALID",
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS idx ON users (name)",
        "DROP INDEX CONCURRENTLY idx",
        "CREATE TABLE hats (id UUID NOT NULL)",
        "CREATE TRIGGER tells AFTER INSERT ON users FOR EACH ROW",
    ],
)
def test_what_an_older_program_bears_is_let_pass(statement: str) -> None:
    assert unbearable([statement]) == []


@pytest.mark.req("G-03")
async def test_a_program_serves_on_while_the_schema_of_the_next_version_is_put_in_place(
    empty_url: str, tmp_path: Path
) -> None:
    await migrate.up(empty_url)
    newest = known.revisions()[-1].number
    home = copied(tmp_path / "next")
    numbers = [*zip(count(newest + 1), GROWING, strict=False)]
    for number, table in numbers:
        text = NEXT.format(number=number, previous=number - 1, table=table, key=GROWING[table])
        (home / f"before/{number:04d}_{table}.py").write_text(text)
    async with open_world(empty_url, tmp_path) as world:
        await world.subscriber(ALICE)
        await lives(world, "before@example.org")
        expanding = asyncio.create_task(migrate.up(empty_url, home=home))
        while not expanding.done():
            await lives(world, None)
        assert await expanding == [f"before_{number:04d}" for number, _ in numbers]
        await lives(world, "after@example.org")


@pytest.mark.req("G-03")
async def test_a_program_on_the_schema_of_the_version_before_says_what_it_waits_for(
    empty_url: str, tmp_path: Path
) -> None:
    home = copied(tmp_path / "before")
    [*_, newest] = sorted((home / "before").glob("0*.py"))
    newest.unlink()
    await migrate.up(empty_url, home=home)
    async with open_world(empty_url, tmp_path) as world, world.client() as client:
        ready = await client.get("/ready")
        assert (ready.status_code, ready.json()["reason"]) == (503, "migrations")
        await migrate.up(empty_url)
        assert (await client.get("/ready")).status_code == 200


@pytest.mark.req("G-03")
async def test_what_needs_a_column_that_is_not_there_yet_is_told_as_that(
    empty_url: str, tmp_path: Path
) -> None:
    home = copied(tmp_path / "before")
    for path in (home / "before").glob("0*.py"):
        if path.name >= "0015":
            path.unlink()
    await migrate.up(empty_url, home=home)
    async with open_world(empty_url, tmp_path) as world, world.client() as client:
        body = {"email": ALICE, "password": PASSWORD}
        told = await client.post(world.path("/auth/login"), json=body)
        assert (told.status_code, told.json()["code"]) == (503, "schema_behind")
        await migrate.up(empty_url)
        told = await client.post(world.path("/auth/login"), json=body)
        assert (told.status_code, told.json()["code"]) == (401, "invalid_credentials")


def copied(home: Path) -> Path:
    """Return a copy of our revisions, to be changed."""
    shutil.copytree(known.HERE, home, ignore=shutil.ignore_patterns("__pycache__"))
    return home


async def lives(world: World, newcomer: str | None) -> None:
    """Sign in, look, ask for a code, and sign out; somebody new registers."""
    async with world.client() as client:
        assert (await client.get("/ready")).status_code == 200
        body = {"email": ALICE, "password": PASSWORD, "transport": "cookie"}
        signed_in = await client.post(world.path("/auth/login"), json=body)
        assert signed_in.status_code == 200, signed_in.text
        assert (await client.get(world.path("/auth/me"))).status_code == 200
        asked = await client.post(world.path("/auth/otp/request"), json={"email": ALICE})
        assert asked.status_code == 202, asked.text
        if newcomer is not None:
            registered = await client.post(
                world.path("/auth/register"),
                json={
                    "email": newcomer,
                    "password": PASSWORD,
                    "first_name": "N",
                    "last_name": "N",
                },
            )
            assert registered.status_code in {200, 201, 202}, registered.text
