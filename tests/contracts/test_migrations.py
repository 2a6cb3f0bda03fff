"""Migrations: the schema of the code, made step by step, on both databases alike."""

import asyncio
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text

from tools.migration import metadata
from watchword.kernel.ids import DEFAULT_TENANT
from watchword.migrations import connecting, known, migrate

ELSEWHERE = UUID("00000000-0000-7000-8000-0000000000ff")


async def look(url: str, work: Any) -> Any:
    if url.startswith("sqlite"):
        return await connecting.on_sqlite(url, work)
    return await connecting.on_postgres(url, None, work)


def tables(connection: Connection) -> set[str]:
    found = (
        "SELECT name FROM sqlite_master WHERE type = 'table'"
        if connection.dialect.name == "sqlite"
        else "SELECT tablename FROM pg_tables WHERE schemaname = 'auth'"
    )
    return set(connection.scalars(text(found)))


@pytest.mark.req("A-21", "M-02")
async def test_the_migrations_make_the_tables_of_the_code(empty_url: str) -> None:
    await migrate.up(empty_url)

    def differences(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found: list[Any] = compare_metadata(context, metadata())
        return found

    assert await look(empty_url, differences) == []


@pytest.mark.req("N-42")
async def test_migrating_twice_does_nothing_the_second_time(empty_url: str) -> None:
    first = await migrate.up(empty_url)
    second = await migrate.up(empty_url)

    assert first == [revision.id for revision in known.revisions()]
    assert second == []


@pytest.mark.req("A-21")
async def test_status_lists_what_is_applied_and_what_pends(empty_url: str) -> None:
    before = await migrate.status(empty_url)
    await migrate.up(empty_url)
    after = await migrate.status(empty_url)

    assert (before.applied, after.pending) == ((), ())
    assert before.pending == after.applied == known.revisions()


@pytest.mark.req("N-42")
async def test_what_fails_leaves_nothing_half_applied(empty_url: str, tmp_path: Path) -> None:
    home = tmp_path / "migrations"
    write(home, "before", 1, "op.create_table('hats', sa.Column('id', sa.Integer()))")
    await migrate.up(empty_url, home=home)
    write(
        home,
        "before",
        2,
        "op.create_table('coats', sa.Column('id', sa.Integer()))",
        "op.execute('SELECT nonsense')",
    )
    known.revisions.cache_clear()

    with pytest.raises(migrate.MigrationFailed):
        await migrate.up(empty_url, home=home)

    assert await look(empty_url, tables) == {"hats", "alembic_version"}
    assert [r.id for r in (await migrate.status(empty_url, home=home)).pending] == ["before_0002"]


async def test_a_first_revision_that_fails_leaves_an_empty_database(
    empty_url: str, tmp_path: Path
) -> None:
    home = tmp_path / "migrations"
    write(
        home,
        "before",
        1,
        "op.create_table('hats', sa.Column('id', sa.Integer()))",
        "op.execute('nonsense')",
    )

    with pytest.raises(migrate.MigrationFailed):
        await migrate.up(empty_url, home=home)

    assert await look(empty_url, tables) == set()


async def test_before_runs_first_and_after_when_asked(empty_url: str, tmp_path: Path) -> None:
    home = tmp_path / "migrations"
    write(
        home,
        "before",
        1,
        "op.create_table('hats', sa.Column('id', sa.Integer()), sa.Column('old', sa.Integer()))",
    )
    write(home, "before", 2, "op.add_column('hats', sa.Column('new', sa.Integer()))")
    write(home, "after", 1, "op.drop_column('hats', 'old')")

    expanded = await migrate.up(empty_url, half="before", home=home)
    waiting = await migrate.status(empty_url, home=home)
    contracted = await migrate.up(empty_url, home=home)

    assert (expanded, contracted) == (["before_0001", "before_0002"], ["after_0001"])
    assert [r.id for r in waiting.pending] == ["after_0001"]
    assert waiting.needed == ()


@pytest.mark.req("G-62")
async def test_an_index_is_built_beside_those_who_write(postgres_url: str, tmp_path: Path) -> None:
    home = tmp_path / "migrations"
    write(home, "before", 1, "op.create_table('hats', sa.Column('id', sa.Integer()))")
    await migrate.reset(postgres_url, home=home)
    write(
        home,
        "before",
        2,
        "with concurrently() as how:",
        "    op.create_index('idx_hats_id', 'hats', ['id'], if_not_exists=True, **how)",
    )
    known.revisions.cache_clear()

    await migrate.up(postgres_url, home=home)

    def index(connection: Connection) -> Any:
        return connection.scalar(
            text("SELECT indisvalid FROM pg_index WHERE indexrelid = 'idx_hats_id'::regclass")
        )

    assert await look(postgres_url, index)


@pytest.mark.req("G-62")
async def test_an_index_whose_building_was_broken_off_is_built_anew(
    postgres_database: str, tmp_path: Path
) -> None:
    home, building = tmp_path / "migrations", "query LIKE 'CREATE INDEX CONCURRENTLY%'"
    write(home, "before", 1, "op.create_table('hats', sa.Column('id', sa.Integer()))")
    await migrate.up(postgres_database, home=home)
    write(
        home,
        "before",
        2,
        "with concurrently() as how:",
        "    op.create_index('idx_hats_id', 'hats', ['id'], if_not_exists=True, **how)",
    )
    known.revisions.cache_clear()
    writer, operator = [await asyncpg.connect(postgres_database) for _ in range(2)]
    async with writer.transaction():
        await writer.execute("INSERT INTO auth.hats VALUES (1)")
        migrating = asyncio.create_task(migrate.up(postgres_database, home=home))
        async with asyncio.timeout(60):
            while not await operator.fetchval(
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {building}"
                " AND datname = current_database() AND wait_event_type = 'Lock'"
            ):
                pass
        with pytest.raises(migrate.MigrationFailed):
            await migrating
    valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'auth.idx_hats_id'::regclass"
    assert await operator.fetchval(valid) is False

    assert await migrate.up(postgres_database, home=home) == ["before_0002"]

    assert await operator.fetchval(valid) is True
    for connection in (writer, operator):
        await connection.close()


async def test_two_processes_that_migrate_at_once_do_it_once(empty_url: str) -> None:
    program = (
        "import asyncio, sys; from watchword.migrations import migrate;"
        " print(len(asyncio.run(migrate.up(sys.argv[1]))))"
    )
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, empty_url, stdout=asyncio.subprocess.PIPE
        )
        for _ in range(3)
    ]
    said = [(await process.communicate())[0].decode().strip() for process in processes]

    assert sorted(said) == ["0", "0", str(len(known.revisions()))]


@pytest.mark.req("A-56")
async def test_a_revision_can_be_marked_without_running_it(empty_url: str) -> None:
    newest = known.revisions()[-1].id
    await migrate.resolve(empty_url, newest, applied=True)
    marked = await migrate.status(empty_url)
    await migrate.resolve(empty_url, "before_0001", applied=False)
    unmarked = await migrate.status(empty_url)

    assert marked.pending == ()
    assert "before_0001" in [revision.id for revision in unmarked.pending]
    assert await look(empty_url, tables) == {"alembic_version"}


async def test_an_unknown_revision_cannot_be_marked(empty_url: str) -> None:
    with pytest.raises(ValueError, match="before_0001"):
        await migrate.resolve(empty_url, "before_9999", applied=True)


@pytest.mark.req("A-56")
async def test_reset_begins_anew(empty_url: str) -> None:
    await migrate.up(empty_url)
    await look(
        empty_url, lambda c: (c.execute(text("CREATE TABLE stray (id INTEGER)")), c.commit())
    )
    await migrate.reset(empty_url)

    assert "stray" not in await look(empty_url, tables)
    assert (await migrate.status(empty_url)).pending == ()


@pytest.mark.req("M-02")
async def test_the_script_makes_the_same_schema(postgres_database: str) -> None:
    connection = await asyncpg.connect(postgres_database)
    await connection.execute(migrate.sql(postgres_database))
    await connection.close()

    assert (await migrate.status(postgres_database)).pending == ()


async def test_an_older_program_is_ready_and_migrates_nothing(empty_url: str) -> None:
    await migrate.up(empty_url)
    newer = "UPDATE alembic_version SET version_num = 'before_0999'"
    await look(empty_url, lambda c: (c.execute(text(newer)), c.commit()))

    status = await migrate.status(empty_url)
    assert (status.needed, status.unknown) == ((), ("before_0999",))
    with pytest.raises(migrate.MigrationFailed, match="newer than this program"):
        await migrate.up(empty_url)


@pytest.mark.req("K-52")
async def test_every_table_shuts_other_tenants_out(postgres_url: str) -> None:
    def open_tables(connection: Connection) -> list[Any]:
        return list(
            connection.execute(
                text(
                    "SELECT relname FROM pg_class WHERE relnamespace = 'auth'::regnamespace"
                    " AND relkind = 'r' AND relname <> 'alembic_version'"
                    " AND NOT (relrowsecurity AND relforcerowsecurity)"
                )
            )
        )

    assert await look(postgres_url, open_tables) == []


@pytest.mark.req("K-52", "M-48")
async def test_rows_of_another_tenant_cannot_be_seen_changed_or_forged(
    postgres_url: str,
) -> None:
    ours = await asyncpg.connect(
        postgres_url,
        server_settings={"search_path": "auth", "watchword.tenant": str(DEFAULT_TENANT)},
    )
    theirs = await asyncpg.connect(
        postgres_url,
        server_settings={"search_path": "auth", "watchword.tenant": str(ELSEWHERE)},
    )
    nobody = await asyncpg.connect(postgres_url, server_settings={"search_path": "auth"})
    put = "INSERT INTO guesses (key, failures, locks, updated_at) VALUES ($1, 1, 0, now())"
    await ours.execute(put, b"mine")

    assert await ours.fetchval("SELECT count(*) FROM guesses") == 1
    assert await theirs.fetchval("SELECT count(*) FROM guesses") == 0
    assert await nobody.fetchval("SELECT count(*) FROM guesses") == 0
    assert await theirs.execute("UPDATE guesses SET failures = 0") == "UPDATE 0"
    assert await theirs.execute("DELETE FROM guesses") == "DELETE 0"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await theirs.execute(
            "INSERT INTO guesses (tenant_id, key, failures, locks, updated_at)"
            " VALUES ($1, 'forged', 1, 0, now())",
            DEFAULT_TENANT,
        )
    with pytest.raises(asyncpg.PostgresError):
        await nobody.execute(put, b"nobody's")
    for connection in (ours, theirs, nobody):
        await connection.close()


def write(home: Path, half: str, number: int, *lines: str) -> None:
    """Write a revision into a folder of its own."""
    folder = home / half
    folder.mkdir(parents=True, exist_ok=True)
    previous = f'"{half}_{number - 1:04d}"' if number > 1 else "None"
    body = "\n".join(f"    {line}" for line in lines)
    (folder / f"{number:04d}_step.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\n"
        "from watchword.migrations.words import concurrently\n"
        f'revision = "{half}_{number:04d}"\ndown_revision = {previous}\n'
        f"branch_labels = {(half,) if number == 1 else None}\n"
        f"def upgrade():\n{body}\n"
    )


async def test_languages_from_before_anybody_could_choose_count_as_seen(
    empty_url: str, tmp_path: Path
) -> None:
    before = tmp_path / "migrations"
    shutil.copytree(known.HERE, before)
    for path in before.glob("*/[0-9][0-9][0-9][0-9]_*.py"):
        if path.name >= "0015":
            path.unlink()
    await migrate.up(empty_url, home=before)
    alice = """INSERT INTO users (tenant_id, id, email, email_key, given_name, family_name, name, status,
        role, language, contested, version, created_at, updated_at) VALUES (:tenant, :tenant, 'a@b.example',
        'a@b.example', 'A', '', 'A', 'active', 'user', 'fr', false, 1, :now, :now)"""

    def add(connection: Connection) -> None:
        sqlite = connection.dialect.name == "sqlite"
        tenant = DEFAULT_TENANT.hex if sqlite else DEFAULT_TENANT
        now = 1 if sqlite else datetime(2026, 3, 1, tzinfo=UTC)
        connection.execute(text(alice), {"tenant": tenant, "now": now})
        connection.commit()

    def languages(connection: Connection) -> list[Any]:
        return [
            tuple(row)
            for row in connection.execute(text("SELECT language, language_by FROM users"))
        ]

    await look(empty_url, add)
    await migrate.up(empty_url)
    assert await look(empty_url, languages) == [("fr", "seen")]
