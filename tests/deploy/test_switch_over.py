"""The primary dies, the server that follows it takes its place, and the service goes on."""

import asyncio
import contextlib
from pathlib import Path

import pytest

from tests.support.running import until
from tests.support.services.operated import Operated, Programs, follower, started
from tests.support.world import World, open_world
from watchword.migrations import migrate

pytestmark = pytest.mark.needs("postgres_by_tls")

ALL_SENT = "SELECT bool_and(replay_lsn = pg_current_wal_lsn()) FROM pg_stat_replication"


async def signs_in(world: World, email: str) -> int:
    """Return the status of signing in."""
    async with world.client() as client:
        body = {"email": email, "password": "a quiet harbour at dawn"}
        return (await client.post(world.path("/auth/login"), json=body)).status_code


async def test_a_service_that_knows_both_servers_goes_on_with_the_new_primary(
    postgres_programs: Programs, tmp_path: Path
) -> None:
    with contextlib.ExitStack() as first, contextlib.ExitStack() as second:
        old = first.enter_context(started(postgres_programs, synchronous_commit="on"))
        await migrate.up(old.url("migrator"), tls=old.tls)
        old.script("roles.sql", "migrator")
        new = second.enter_context(follower(old))
        url = old.url("app").replace(old.place, f"{new.place},{old.place}")
        given = {"DB_SSL": "true", "DB_SSL_CA_PATH": old.trust, "SESSION_CACHE": "off"}
        async with open_world(url, tmp_path, **given) as world, world.client() as client:
            await world.subscriber()
            await world.sign_in(client)
            await asyncio.to_thread(until, lambda: followed(old), "all is replayed")

            await asyncio.to_thread(first.close)
            away = await client.get(world.path("/auth/me"))
            assert (away.status_code, away.json()["code"]) == (503, "database_unavailable")
            new.psql("postgres", "-c", "SELECT pg_promote()")

            async with asyncio.timeout(60):
                while (await client.get("/ready")).status_code != 200:
                    pass
            assert (await client.get(world.path("/auth/me"))).status_code == 200, (
                "the session lives"
            )
            await world.subscriber("bob@example.org")
            assert await signs_in(world, "bob@example.org") == 200
        both = new.url("migrator").replace(new.place, f"{old.place},{new.place}")
        assert (await migrate.status(both, tls=new.tls)).pending == ()
        reader = await new.connect("readonly")
        people = await reader.fetchval("SELECT count(*) FROM auth.patients")
        await reader.close()
    assert people == 2


def followed(server: Operated) -> bool:
    """Tell whether what was written is with who follows."""
    return server.psql("postgres", "-c", ALL_SENT).strip() == "t"
