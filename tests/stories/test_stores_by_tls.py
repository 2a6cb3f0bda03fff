"""The database and Redis, told in parts or whole, plainly or by TLS that is always verified."""

import asyncio
import ssl
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlencode, urlsplit

import asyncpg
import pytest
import redis

from tests.support.program import watchword
from tests.support.proxy import wire_to
from tests.support.relay import certificate
from tests.support.running import ports
from tests.support.tls import behind_tls
from tests.support.world import environment, open_world
from tests.support.worlds import Opener
from watchword.kernel.problems import Unavailable
from watchword.plumbing.settings import DatabaseSettings

HEALTH = "/health"
UNAVAILABLE = 69


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def serving(folder: Path) -> ssl.SSLContext:
    """Return a server's TLS; `relay.pem` in the folder is who vouches for it."""
    return certificate(folder)[0]


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the file of an authority that vouches for somebody else."""
    other = tmp_path_factory.mktemp("stranger")
    certificate(other)
    return str(other / "relay.pem")


async def redis_is(small_worlds: Opener, *, looks: int = 1, **given: str) -> str:
    """Return what health says of Redis under these settings, after a request that is limited.

    A handshake may outlast one look on a busy machine: `looks` is how often somebody may ask for `ok`.
    """
    told = ""
    async with small_worlds(**given) as world, world.client() as client:
        for _ in range(looks):
            await client.get("/api/v1/auth/csrf")
            told = (await client.get(HEALTH)).json()["redis"]
            if told == "ok":
                break
            await asyncio.sleep(0.5)  # Redis is asked anew once in a pause, by the machine's clock
            world.clock.advance(timedelta(seconds=5))
    return told


def in_parts(url: str) -> dict[str, str]:
    parts = urlsplit(url)
    return {
        "REDIS_HOST": parts.hostname or "",
        "REDIS_PORT": str(parts.port),
        "REDIS_PASSWORD": unquote(parts.password or ""),
    }


@pytest.mark.req("G-12")
@pytest.mark.needs("valkey")
async def test_redis_told_in_parts_is_reached(small_worlds: Opener, valkey_url: str) -> None:
    assert await redis_is(small_worlds, **in_parts(valkey_url)) == "ok"


@pytest.mark.req("G-12", "A-49", "M-49")
@pytest.mark.needs("valkey")
async def test_tls_to_a_redis_that_speaks_none_fails(small_worlds: Opener, valkey_url: str) -> None:
    given = in_parts(valkey_url)
    assert await redis_is(small_worlds, **given, REDIS_TLS="true") == "degraded"


@pytest.mark.req("A-42", "D-22", "G-12")
@pytest.mark.needs("valkey")
async def test_redis_by_tls_is_reached_where_somebody_vouches_for_it(
    small_worlds: Opener,
    valkey_url: str,
    serving: ssl.SSLContext,
    folder: Path,
    stranger: str,
) -> None:
    async with behind_tls(valkey_url, serving) as url:
        known = f"{url}?ssl_ca_certs={folder / 'relay.pem'}"
        assert await redis_is(small_worlds, looks=20, REDIS_URL=known) == "ok"
        for untrusted in (url, f"{url}?ssl_ca_certs={stranger}"):
            assert await redis_is(small_worlds, REDIS_URL=untrusted) == "degraded"


@pytest.mark.req("A-42", "R-47")
@pytest.mark.needs("valkey")
async def test_a_user_of_redis_without_dangerous_commands_is_enough(
    small_worlds: Opener, valkey_url: str
) -> None:
    refused = ("flushdb", "flushall", "keys", "config", "debug", "shutdown")
    with redis.Redis.from_url(valkey_url) as line:
        rights = [f"-{word}" for word in refused]
        line.acl_setuser(
            "app", enabled=True, passwords=["+kept"], keys=["*"], commands=["+@all", *rights]
        )
        parts = urlsplit(valkey_url)
        url = parts._replace(netloc=f"app:kept@{parts.netloc.rpartition('@')[2]}").geturl()
        try:
            async with small_worlds(REDIS_URL=url, RATE_LIMIT_AUTH="2/60000") as world:
                await world.subscriber()
                async with world.client() as client:
                    await world.sign_in(client)
                    await world.sign_in(client)
                    body = {"email": "alice@example.org", "password": "x"}
                    third = await client.post(world.path("/auth/login"), json=body)
                    health = (await client.get(HEALTH)).json()
        finally:
            line.acl_deluser("app")
    assert third.status_code == 429
    assert (health["redis"], health["reasons"]) == ("ok", {})


@pytest.mark.req("G-11", "D-22")
@pytest.mark.needs("postgres")
async def test_tls_to_a_database_that_speaks_none_fails(postgres_url: str, tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        async with open_world(postgres_url, tmp_path, DB_SSL="true"):
            pass


@pytest.mark.needs("postgres")
@pytest.mark.parametrize("by_url", [True, False])
def test_a_start_that_the_database_refuses_tls_says_what_to_mend_and_waits_for_nobody(
    postgres_url: str, tmp_path: Path, *, by_url: bool
) -> None:
    if by_url:
        environ = one_process(with_query(postgres_url, sslmode="require"))
    else:
        environ = one_process(postgres_url, DB_SSL="true")
    ended = watchword("serve", cwd=tmp_path, environ=environ)
    assert ended.returncode == UNAVAILABLE
    for words in ("PostgreSQL refuses TLS", "DB_SSL=false", "sslmode in DATABASE_URL"):
        assert words in ended.stderr


@pytest.mark.req("G-11")
@pytest.mark.needs("postgres")
async def test_after_the_start_five_connections_wait(postgres_url: str, tmp_path: Path) -> None:
    looking = await asyncpg.connect(postgres_url)
    async with open_world(postgres_url, tmp_path) as world:
        assert world.database.size == 5
        waiting = await looking.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND application_name = 'watchword' AND state = 'idle' AND query NOT LIKE '%notify%'"
        )
    await looking.close()
    assert waiting >= 5


@pytest.mark.req("G-64", "D-22")
@pytest.mark.needs("postgres")
async def test_the_database_by_tls_is_reached_where_somebody_vouches_for_it(
    postgres_url: str, tmp_path: Path, serving: ssl.SSLContext, folder: Path, stranger: str
) -> None:
    async with behind_tls(postgres_url, serving) as url:
        given = {"DB_SSL": "true", "DB_SSL_CA_PATH": str(folder / "relay.pem")}
        async with open_world(url, tmp_path, **given) as world:
            assert (await world.subscriber()).email == "alice@example.org"
        for untrusted in ({**given, "DB_SSL_CA_PATH": stranger}, {"DB_SSL": "true"}):
            with pytest.raises(Unavailable):
                async with open_world(url, tmp_path, **untrusted):
                    pass


@pytest.mark.req("G-64", "D-22")
@pytest.mark.needs("postgres")
async def test_a_start_to_which_nobody_vouches_for_the_database_says_what_to_mend(
    postgres_url: str, tmp_path: Path, serving: ssl.SSLContext, stranger: str
) -> None:
    async with behind_tls(postgres_url, serving) as url:
        environ = one_process(url, DB_SSL="true", DB_SSL_CA_PATH=stranger)
        ended = await asyncio.to_thread(watchword, "serve", cwd=tmp_path, environ=environ)
    assert ended.returncode == UNAVAILABLE
    for words in ("certificate does not verify", "DB_SSL_CA_PATH", "sslrootcert in DATABASE_URL"):
        assert words in ended.stderr


def one_process(url: str, **more: str) -> dict[str, str]:
    return environment(url, WEB_CONCURRENCY="1", HOST="127.0.0.1", **{**ports(), **more})


def with_query(url: str, **more: str) -> str:
    parts = urlsplit(url)
    return parts._replace(query="&".join([*filter(None, [parts.query]), urlencode(more)])).geturl()


@pytest.mark.req("G-64")
@pytest.mark.needs("postgres")
async def test_a_database_that_does_not_answer_keeps_nobody_waiting_for_long(
    postgres_url: str, tmp_path: Path
) -> None:
    async with (
        wire_to(postgres_url) as wire,
        open_world(wire.url, tmp_path, DB_POOL_MIN="0", DB_CONNECT_TIMEOUT_MS="2000") as world,
        world.client() as client,
    ):
        wire.freeze()
        body = {"email": "alice@example.org", "password": "x"}
        async with asyncio.timeout(30):
            answer = await client.post(world.path("/auth/login"), json=body)
        wire.thaw()
    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")


@pytest.mark.req("G-64")
def test_the_pool_is_five_to_twenty_for_half_a_minute_unless_told() -> None:
    pool = DatabaseSettings().pool()
    assert (pool.minimum, pool.maximum) == (5, 20)
    assert (pool.idle.total_seconds(), pool.connect_timeout.total_seconds()) == (30, 2)
