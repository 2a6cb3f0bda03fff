"""What each role of deploy/postgres may do, by raw SQL: in the tables, and in the rows of other tenants."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from tests.support.services.operated import Operated
from tests.support.terminal import Terminal
from tests.support.world import open_world
from watchword.kernel.ids import DEFAULT_TENANT
from watchword.operations.audit.service import Archivist, Auditor
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.ports import DatabaseRefuses
from watchword.records.audit.service import Chain
from watchword.records.subscribers.rules import EmailVerified

pytestmark = pytest.mark.needs("postgres_by_tls")

ELSEWHERE = UUID("00000000-0000-7000-8000-0000000000ff")
SUSPEND = (
    "INSERT INTO auth.suppressions (address_key, reason, address, source, since, withheld)"
    " VALUES ($1, 'bounce', $1, 'ses', now(), 0)"
)
OF_TENANTS = (
    "SELECT table_name FROM information_schema.columns NATURAL JOIN information_schema.tables"
    " WHERE table_schema = 'auth' AND table_type = 'BASE TABLE' AND column_name = 'tenant_id'"
)
VIEWS = "SELECT viewname FROM pg_views WHERE schemaname = 'auth'"
SEEN = "SELECT address_key FROM auth.suppressions WHERE address_key LIKE $1"


def tls(operated: Operated) -> dict[str, str]:
    return {"DB_SSL": "true", "DB_SSL_CA_PATH": operated.trust}


async def as_tenant(operated: Operated, role: str, tenant: UUID) -> Any:
    return await operated.connect(role, **{"watchword.tenant": str(tenant)})


@pytest.mark.req("R-63", "D-27")
@pytest.mark.parametrize("role", ["app", "auth_user"])
@pytest.mark.parametrize(
    "deed",
    [
        "UPDATE auth.journal SET type = 'x'",
        "DELETE FROM auth.journal",
        "TRUNCATE auth.journal",
        "UPDATE auth.audit_chain SET digest = ''",
        "DELETE FROM auth.audit_chain",
        "DELETE FROM auth.audit_checkpoints",
        "INSERT INTO auth.audit_archives SELECT FROM auth.audit_archives",
        "UPDATE auth.alembic_version SET version_num = 'x'",
        "DROP TABLE auth.journal",
        "DROP TABLE auth.users CASCADE",
        "ALTER TABLE auth.users ADD COLUMN mine int",
        "ALTER TABLE auth.journal DISABLE TRIGGER ALL",
        "ALTER TABLE auth.users DISABLE ROW LEVEL SECURITY",
        "DROP POLICY tenant ON auth.users",
        "CREATE TABLE auth.mine (id int)",
        "CREATE SCHEMA mine",
        "DELETE FROM auth.patients",
        "SET ROLE watchword_owner",
        "SET ROLE watchword_migrator",
    ],
)
async def test_who_serves_people_may_not(operated: Operated, role: str, deed: str) -> None:
    await refused(operated, role, deed)


@pytest.mark.req("K-27", "D-27")
@pytest.mark.parametrize(
    "deed",
    [
        "SELECT FROM auth.users",
        "SELECT FROM auth.passwords",
        "SELECT FROM auth.sessions",
        "SELECT FROM auth.patients",
        "INSERT INTO auth.journal SELECT FROM auth.journal",
        "UPDATE auth.journal SET address = NULL",
        "DELETE FROM auth.audit_chain",
        "DELETE FROM audit.audit_log",
    ],
)
async def test_the_auditor_reads_the_trail_alone_and_may_not(operated: Operated, deed: str) -> None:
    await refused(operated, "auditor", deed)


@pytest.mark.req("D-27")
@pytest.mark.parametrize(
    "deed",
    [
        "SELECT FROM auth.users",
        "SELECT FROM auth.passwords",
        "SELECT FROM auth.signing_keys",
        "SELECT FROM auth.journal",
        "SELECT FROM audit.audit_log",
        "DELETE FROM auth.patients",
        "UPDATE auth.patients SET created_at = now()",
    ],
)
async def test_who_only_reads_sees_no_table_and_may_not(operated: Operated, deed: str) -> None:
    await refused(operated, "readonly", deed)


async def refused(operated: Operated, role: str, deed: str) -> None:
    connection = await as_tenant(operated, role, DEFAULT_TENANT)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(deed)
    finally:
        await connection.close()


@pytest.mark.req("D-27")
async def test_the_migrator_makes_tables_that_the_owner_owns(operated: Operated) -> None:
    admin = await operated.connect("postgres")
    owners = await admin.fetch(
        "SELECT DISTINCT relowner::regrole::text AS name FROM pg_class"
        " WHERE relnamespace IN ('auth'::regnamespace, 'audit'::regnamespace)"
    )
    await admin.close()
    assert [row["name"] for row in owners] == ["watchword_owner"]


@pytest.mark.req("R-63", "K-27")
async def test_the_app_serves_people_and_links_the_trail_and_the_auditor_verifies_it(
    operated: Operated, tmp_path: Path
) -> None:
    async with open_world(operated.url("app"), tmp_path, **tls(operated)) as world:
        await world.subscriber("trail@example.org")
        async with world.client() as client:
            await world.sign_in(client, "trail@example.org")
            assert (await client.get("/health")).status_code == 200
        assert await world.part(Chain).link() > 0
        assert await world.part(Chain).checkpoint() is not None
    async with open_world(operated.url("auditor"), tmp_path, **tls(operated)) as world:
        report = await world.part(Auditor).verify([], lambda _done, _total: None)
    assert report.whole
    assert report.rows > 0
    reader = await operated.connect("auditor")
    actions = {row["action"] for row in await reader.fetch("SELECT action FROM audit.audit_log")}
    await reader.close()
    assert "id.session.created" in actions, "the auditor's own tenant is set where it signs in"


@pytest.mark.req("K-52", "M-48")
@pytest.mark.parametrize("role", ["app", "migrator"])
async def test_rows_of_another_tenant_are_not_there_and_cannot_be_made(
    operated: Operated, role: str
) -> None:
    ours = await as_tenant(operated, role, DEFAULT_TENANT)
    theirs = await as_tenant(operated, role, ELSEWHERE)
    nobody = await operated.connect(role)
    which = f"{role}-row@example.org"
    await ours.execute(SUSPEND, which)
    try:
        assert len(await ours.fetch(SEEN, which)) == 1
        for stranger in (theirs, nobody):
            assert await stranger.fetch(SEEN, which) == []
            for deed in (
                "UPDATE auth.suppressions SET reason = 'manual' WHERE address_key = $1",
                "DELETE FROM auth.suppressions WHERE address_key = $1",
            ):
                assert (await stranger.execute(deed, which)).endswith(" 0")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await theirs.execute(
                SUSPEND.replace("(address_key", "(tenant_id, address_key").replace(
                    "($1", f"('{DEFAULT_TENANT}', $1"
                ),
                f"forged-{which}",
            )
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await ours.execute(
                "UPDATE auth.suppressions SET tenant_id = $2 WHERE address_key = $1",
                which,
                ELSEWHERE,
            )
        await ours.execute("DELETE FROM auth.suppressions WHERE address_key = $1", which)
    finally:
        for connection in (ours, theirs, nobody):
            await connection.close()


@pytest.mark.req("M-48")
async def test_views_show_no_row_of_another_tenant(operated: Operated, tmp_path: Path) -> None:
    async with open_world(operated.url("app"), tmp_path, **tls(operated)) as world:
        await world.subscriber("seen@example.org")
    for role, tenant, expected in (
        ("readonly", DEFAULT_TENANT, 1),
        ("readonly", ELSEWHERE, 0),
        ("postgres", DEFAULT_TENANT, 1),
        ("postgres", ELSEWHERE, 0),
    ):
        reader = await as_tenant(operated, role, tenant)
        found = await reader.fetch("SELECT FROM auth.patients WHERE email = 'seen@example.org'")
        await reader.close()
        assert len(found) == expected, (role, tenant)


@pytest.mark.req("M-48")
async def test_a_role_of_one_tenant_cannot_say_that_it_is_anothers(
    operated: Operated, tmp_path: Path
) -> None:
    operated.passwords["clinic_b"] = "aword4atest"
    operated.psql("postgres", "-c", "CREATE ROLE clinic_b LOGIN PASSWORD 'aword4atest'")
    for _ in range(2):
        operated.script("tenant-role.sql", "migrator", role="clinic_b", tenant=str(ELSEWHERE))
    async with open_world(operated.url("app"), tmp_path, **tls(operated)) as world:
        await world.subscriber("ours@example.org")
    ours = await as_tenant(operated, "app", DEFAULT_TENANT)
    theirs = await as_tenant(operated, "clinic_b", ELSEWHERE)
    await theirs.execute(SUSPEND, "theirs@example.org")
    try:
        assert len(await theirs.fetch(SEEN, "theirs@example.org")) == 1
        await theirs.execute(f"SET watchword.tenant = '{DEFAULT_TENANT}'")
        for (table,) in await theirs.fetch(OF_TENANTS):
            assert await theirs.fetchval(f"SELECT count(*) FROM auth.{table}") == 0, table
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await theirs.execute(SUSPEND, "forged@example.org")
        views = [f"SELECT FROM auth.{name}" for (name,) in await theirs.fetch(VIEWS)]
        assert len(views) >= 5
        for deed in ("SET ROLE watchword_app", *views):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await theirs.execute(deed)
        assert await ours.fetchval("SELECT count(*) FROM auth.users") > 0
    finally:
        await ours.close()
        await theirs.close()


@pytest.mark.req("D-53")
def test_who_only_reads_asks_for_slow_statements(operated: Operated, tmp_path: Path) -> None:
    said = Terminal(operated.url("readonly"), tmp_path, more=tls(operated)).run(
        "db", "slow", "--json"
    )
    assert said.code == 0, said.err
    assert said.json


async def test_a_right_that_the_app_lacks_is_told_as_that(
    operated: Operated, tmp_path: Path
) -> None:
    async with open_world(operated.url("auditor"), tmp_path, **tls(operated)) as world:
        with pytest.raises(DatabaseRefuses, match="permission denied for table journal"):
            await world.part(Journal).note(world.database, EmailVerified(), world.clock.now())


async def test_the_app_puts_nothing_away_that_it_may_not_delete(
    operated: Operated, tmp_path: Path
) -> None:
    cold = {"AUDIT_ARCHIVE": str(tmp_path / "cold")}
    async with open_world(operated.url("app"), tmp_path, **tls(operated), **cold) as world:
        with pytest.raises(DatabaseRefuses, match="permission denied for table"):
            await world.part(Archivist).archive(timedelta(0), lambda _done, _total: None)
    assert not (tmp_path / "cold").exists()
