"""The service through a real PgBouncer in transaction mode, with the shipped file, by TLS on both sides."""

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.services.operated import Operated
from tests.support.services.pgbouncer import SHIPPED, PgBouncer, started
from tests.support.world import BASE, World, open_world
from watchword.kernel.ids import DEFAULT_TENANT
from watchword.kernel.problems import Unavailable
from watchword.plumbing.db.changes import SESSIONS, Changes
from watchword.records.sessions.service import Sessions

pytestmark = pytest.mark.needs("postgres_by_tls", "pgbouncer")

CARELESS = {
    "idle_transaction_timeout = 60": (
        "ignore_startup_parameters = search_path,statement_timeout,watchword.tenant"
    )
}


@pytest.fixture(scope="module")
def pooled(pgbouncer: PgBouncer, operated: Operated) -> Iterator[str]:
    """Yield the URL by way of a pooler that has three connections for everybody."""
    with started(pgbouncer, operated, **{"default_pool_size = 40": "default_pool_size = 3"}) as url:
        yield url


def given(operated: Operated, **more: str) -> dict[str, str]:
    return {
        "DB_SSL": "true",
        "DB_SSL_CA_PATH": operated.trust,
        "DB_DIRECT_URL": operated.url("app"),
        **more,
    }


async def comes_and_goes(world: World, number: int) -> int:
    """Sign somebody in, look, and sign out again."""
    email = f"pooled{number}@example.org"
    await world.subscriber(email)
    async with world.client(headers={"Origin": BASE}) as client:
        await world.sign_in(client, email, transport="cookie")
        codes = {(await client.get(world.path("/auth/me"))).status_code for _ in range(5)}
        assert codes == {200}
        token = (await client.get(world.path("/auth/csrf"))).json()["csrf_token"]
        await client.post(world.path("/auth/logout"), headers={"X-CSRF-Token": token})
        return (await client.get(world.path("/auth/me"))).status_code


@pytest.mark.req("K-47")
async def test_many_people_share_the_three_connections_of_a_pooler(
    pooled: str, operated: Operated, tmp_path: Path
) -> None:
    told = given(operated, SESSION_CACHE="off")
    async with (
        open_world(pooled, tmp_path, **told) as one,
        open_world(pooled, tmp_path, **told) as two,
    ):
        numbers = iter(range(100, 200))
        codes = await asyncio.gather(
            *(comes_and_goes(world, next(numbers)) for world in (one, two) * 6)
        )
        assert set(codes) == {401}
        assert one.database.size + two.database.size > 3
        asked = await operated.connect("postgres")
        lent = await asked.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE usename = 'watchword_app'"
        )
        await asked.close()
    assert lent <= 3 + 2, "three that are lent, and a direct one of each process"


SESSION = "SELECT " + ", ".join(
    f"current_setting('{name}')"
    for name in ("watchword.tenant", "search_path", "statement_timeout", "role")
)
ANOTHER = (
    "SET watchword.tenant = '00000000-0000-7000-8000-0000000000bb'; SET search_path = public;"
    " SET statement_timeout = 0; SET application_name = 'a report'"
)


@pytest.mark.parametrize("role", ["app", "readonly"])
def test_what_a_client_set_is_gone_with_it(
    pgbouncer: PgBouncer, operated: Operated, role: str
) -> None:
    with started(pgbouncer, operated, **{"default_pool_size = 40": "default_pool_size = 1"}) as url:
        place = {"database": "watchword", "PGPORT": str(urlsplit(url).port)}
        lent = operated.psql(role, "-c", SESSION, **place)
        operated.psql(role, "-c", ANOTHER, **place)
        assert operated.psql(role, "-c", SESSION, **place) == lent
    assert lent == f"{DEFAULT_TENANT}|auth|10s|none\n"


@pytest.mark.req("K-47")
async def test_news_of_other_processes_comes_past_the_pooler(
    pooled: str, operated: Operated, tmp_path: Path
) -> None:
    async with (
        open_world(pooled, tmp_path, **given(operated)) as one,
        open_world(pooled, tmp_path, **given(operated)) as two,
    ):
        heard: asyncio.Queue[str] = asyncio.Queue()
        two.part(Changes).listen(SESSIONS, heard.put_nowait)
        alice = await one.subscriber("news@example.org")
        async with one.client() as client:
            await one.sign_in(client, "news@example.org")
        async with one.database.transaction() as tx:
            await one.part(Sessions).end_all(tx, alice.id, "signed_out", None, one.clock.now())
        async with asyncio.timeout(30):
            while await heard.get() != f"user:{alice.id}":
                pass


@pytest.mark.req("K-47")
async def test_a_name_is_held_by_one_process_and_free_after_it(
    pooled: str, operated: Operated, tmp_path: Path
) -> None:
    async with (
        open_world(pooled, tmp_path, **given(operated)) as one,
        open_world(pooled, tmp_path, **given(operated)) as two,
    ):
        async with one.database.exclusively("a name") as held:
            assert held is not None
            for _ in range(5):
                async with two.database.exclusively("a name") as also:
                    assert also is None
        async with two.database.exclusively("a name") as now:
            assert now is not None


async def test_a_pooler_of_which_nobody_told_us_is_refused(
    operated: Operated, tmp_path: Path, pgbouncer: PgBouncer
) -> None:
    told = {"DB_SSL": "true", "DB_SSL_CA_PATH": operated.trust}
    with started(pgbouncer, operated, **CARELESS) as url, pytest.raises(Unavailable) as refused:
        async with open_world(url, tmp_path, **told):
            pass
    assert "give DB_DIRECT_URL as well" in (refused.value.private or "")


async def test_a_direct_url_that_leads_to_a_pooler_is_refused(
    pooled: str, operated: Operated, tmp_path: Path, pgbouncer: PgBouncer
) -> None:
    with started(pgbouncer, operated, **CARELESS) as url, pytest.raises(Unavailable) as refused:
        async with open_world(pooled, tmp_path, **given(operated, DB_DIRECT_URL=url)):
            pass
    assert "must be the URL of PostgreSQL itself" in (refused.value.private or "")


async def test_a_pooler_that_lends_connections_of_no_tenant_is_refused(
    operated: Operated, tmp_path: Path, pgbouncer: PgBouncer
) -> None:
    without = {
        "SET watchword.tenant = ''": "SET watchword.other = ''",
        "server_reset_query_always = 1": "server_reset_query_always = 0",
    }
    with started(pgbouncer, operated, **without) as url, pytest.raises(Unavailable) as refused:
        async with open_world(url, tmp_path, **given(operated)):
            pass
    assert "connect_query" in (refused.value.private or "")


@pytest.mark.req("D-27")
def test_without_a_password_no_pooler_starts(tmp_path: Path) -> None:
    (tmp_path / "postgres_app_password").write_text("")
    ended = subprocess.run(
        [SHIPPED / "start.sh"],
        env={
            "PATH": "/usr/bin:/bin",
            "POSTGRES_SECRETS": str(tmp_path),
            "PGBOUNCER_RUN": str(tmp_path),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode != 0
    assert "postgres_app_password" in ended.stderr
    assert not (tmp_path / "userlist.txt").exists()
