"""The role that serves people, as deploy/postgres makes it: all of the service, and no hand on its trail."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest

from tests.support.services.postgres import Postgres
from tests.support.world import World, open_world
from watchword.operations.audit.service import Auditor
from watchword.plumbing.settings import DatabaseSettings
from watchword.records.audit.service import Chain

SCRIPT = Path(__file__).parents[2] / "deploy" / "postgres" / "app-role.sql"
WORD = "aword4atest"

pytestmark = pytest.mark.needs("postgres")


@pytest.fixture
async def served(
    postgres_url: str, postgres_server: Postgres, tmp_path: Path
) -> AsyncIterator[World]:
    """Yield a world that knows the database as such a role; the owner of the tables made it."""
    role, database = f"app_{uuid4().hex[:12]}", urlsplit(postgres_url).path[1:]
    postgres_server.execute(f"CREATE ROLE {role} LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '{WORD}'")
    owner = await asyncpg.connect(postgres_url)
    await owner.execute(SCRIPT.read_text("utf-8").replace("watchword_app", role))
    await owner.close()
    url = re.sub(r"//[^@/]+@", f"//{role}:{WORD}@", postgres_url)
    try:
        async with open_world(url, tmp_path) as world:
            yield world
    finally:
        postgres_server.execute(f"DROP OWNED BY {role}", f"DROP ROLE {role}", database=database)


@pytest.mark.req("R-63", "D-27")
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
        "DROP TABLE auth.journal",
        "ALTER TABLE auth.journal DISABLE TRIGGER ALL",
        "CREATE TABLE auth.mine (id int)",
        "UPDATE auth.alembic_version SET version_num = 'x'",
    ],
)
async def test_the_role_may_not(served: World, deed: str) -> None:
    await served.subscriber()
    async with served.client() as client:
        await served.sign_in(client)
    connection = await asyncpg.connect(served.part(DatabaseSettings).url)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(deed)
    finally:
        await connection.close()


@pytest.mark.req("R-63")
async def test_the_role_serves_people_links_and_verifies(served: World) -> None:
    await served.subscriber()
    async with served.client() as client:
        await served.sign_in(client)
        assert (await client.get("/health")).status_code == 200
    assert await served.part(Chain).link() > 0
    assert await served.part(Chain).checkpoint() is not None
    assert (await served.part(Auditor).verify([], lambda _done, _total: None)).whole
