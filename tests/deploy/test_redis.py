"""The files of deploy/redis, started by real servers with the shipped script: Redis 7 and Valkey."""

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import redis

from tests.support import backups
from tests.support.relay import certificate
from tests.support.services import redis as shipped
from tests.support.services import valkey
from tests.support.services.redis import SHIPPED, Redis, Store, started
from tests.support.worlds import Opener
from watchword.plumbing.db.dumps.contents import DumpFailed

pytestmark = pytest.mark.needs("redis", "valkey")
BOTH = ["redis", "valkey"]
REFUSED = r"(?i)permission|not allowed|can't run"
LOG = "/var/log/redis/redis-server.log"

STATE = {
    "bind": "127.0.0.1 -::1",
    "protected-mode": "yes",
    "timeout": "300",
    "tcp-keepalive": "60",
    "maxmemory": str(256 * 1024**2),
    "maxmemory-policy": "noeviction",
    "save": "900 1 300 10 60 10000",
    "stop-writes-on-bgsave-error": "yes",
    "rdbcompression": "yes",
    "rdbchecksum": "yes",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "auto-aof-rewrite-percentage": "100",
    "auto-aof-rewrite-min-size": str(64 * 1024**2),
    "slowlog-log-slower-than": "10000",
    "slowlog-max-len": "128",
    "replica-read-only": "yes",
    "loglevel": "notice",
}
CACHE = {
    "maxmemory": str(256 * 1024**2),
    "maxmemory-policy": "allkeys-lru",
    "save": "",
    "appendonly": "no",
    "tcp-keepalive": "60",
}


@pytest.fixture(scope="module", params=BOTH)
def programs(request: pytest.FixtureRequest, redis_programs: Redis) -> Redis:
    """Return Redis, then Valkey."""
    if request.param == "redis":
        return redis_programs
    return replace(redis_programs, server=str(valkey.find()[0]))


@pytest.fixture(scope="module")
def state(programs: Redis) -> Iterator[Store]:
    with started(programs, "state.conf") as store:
        yield store


def told(store: Store, names: dict[str, str]) -> dict[str, str]:
    with store.line("operator") as line:
        return {name: line.config_get(name)[name] for name in names}


@pytest.mark.req("N-43", "R-46", "K-31", "D-14", "D-18")
def test_the_store_of_state_starts_as_its_file_says_and_evicts_nothing(state: Store) -> None:
    assert told(state, STATE) == STATE
    with state.line("operator") as line:
        limits = line.config_get("client-output-buffer-limit")["client-output-buffer-limit"]
    assert "pubsub 33554432 8388608 60" in limits
    assert "Bad directive" not in state.log
    assert "Fatal" not in state.log


@pytest.mark.req("M-55", "K-31", "D-18")
def test_the_cache_starts_as_its_file_says_and_makes_room(programs: Redis) -> None:
    with started(programs, "cache.conf", "--maxmemory", "4mb", users="cache.acl") as store:
        assert told(store, CACHE) == {**CACHE, "maxmemory": str(4 * 1024**2)}
        with store.line() as line:
            for number in range(200):
                line.set(f"cache:{number}", "x" * 50_000)
            with pytest.raises(redis.exceptions.RedisError, match=REFUSED):
                line.set("watchword:limit", "0")  # what counts is kept elsewhere
        with store.line("operator") as line:
            assert line.info("stats")["evicted_keys"] > 0


@pytest.mark.req("D-18")
async def test_a_full_store_of_state_forgets_nothing_and_limits_go_on(
    redis_programs: Redis, small_worlds: Opener
) -> None:
    with started(redis_programs, "state.conf", "--maxmemory", "4mb") as store:
        with store.line() as line:
            line.set("watchword:first", "kept")
            with pytest.raises(redis.exceptions.OutOfMemoryError):
                for number in range(200):
                    line.set(f"watchword:{number}", "x" * 50_000)
        given = {"REDIS_URL": store.url, "RATE_LIMIT_AUTH": "2/60000"}
        async with small_worlds(**given) as world, world.client() as client:
            body = {"email": "alice@example.org", "password": "wrong"}
            codes = [
                (await client.post(world.path("/auth/login"), json=body)).status_code
                for _ in range(3)
            ]
        assert codes[-1] == 429
        with store.line() as line:
            assert line.get("watchword:first") == "kept"
        with store.line("operator") as line:
            assert line.info("stats")["evicted_keys"] == 0


@pytest.mark.req("G-51")
def test_the_larger_store_logs_to_a_file(redis_programs: Redis, tmp_path: Path) -> None:
    log, larger = tmp_path / "redis-server.log", tmp_path / "generic.conf"
    text = (SHIPPED / "generic.conf").read_text()
    assert text.count(LOG) == 1
    larger.write_text(text.replace(LOG, str(log)))
    with started(redis_programs, "state.conf", "--include", str(larger)) as store:
        expected = {
            **STATE,
            "maxmemory": str(2 * 1024**3),
            "syslog-enabled": "yes",
            "logfile": str(log),
        }
        assert told(store, expected) == expected
        assert "Ready to accept connections" in log.read_text()


@pytest.mark.req("R-47", "G-51", "D-13")
@pytest.mark.parametrize(
    "command",
    [
        ("FLUSHDB",),
        ("FLUSHALL",),
        ("KEYS", "*"),
        ("CONFIG", "GET", "*"),
        ("DEBUG", "JMAP"),
        ("SHUTDOWN",),
        ("ACL", "LIST"),
        ("GET", "somebody else's"),
        ("EVAL", "return redis.call('keys', '*')", "0"),
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_the_service_may_not(state: Store, command: tuple[str, ...]) -> None:
    with state.line() as line, pytest.raises(redis.exceptions.ResponseError, match=REFUSED):
        line.execute_command(*command)


@pytest.mark.req("D-13")
def test_the_operator_may_what_runbooks_say(state: Store) -> None:
    with state.line("operator") as line:
        assert line.config_set("slowlog-max-len", "128")
        assert line.keys("nothing*") == []
        assert line.slowlog_get() is not None


@pytest.mark.req("G-55")
@pytest.mark.parametrize(
    "command",
    [
        ("GET", "watchword:a"),
        ("KEYS", "*"),
        ("SLOWLOG", "GET"),
        ("CONFIG", "GET", "*"),
        ("SCAN", "0"),
    ],
)
def test_whoever_counts_reads_numbers_and_no_keys(state: Store, command: tuple[str, ...]) -> None:
    with state.line("monitor") as line:
        assert line.info("memory")["used_memory"] > 0
        assert line.slowlog_len() >= 0
        with pytest.raises(redis.exceptions.RedisError, match=REFUSED):
            line.execute_command(*command)


@pytest.mark.req("D-11")
def test_the_health_check_wants_a_pong_and_writes_nothing(state: Store) -> None:
    with state.line("operator") as line:
        before = line.dbsize()
        assert (state.healthy(), state.healthy(password="wrong")) == (0, 1)
        assert line.dbsize() == before


@pytest.mark.req("R-46", "D-12")
def test_passwords_come_from_secrets_and_are_kept_as_digests(state: Store) -> None:
    users = state.folder / "run/users.acl"
    assert users.stat().st_mode & 0o077 == 0
    for password in (state.password, state.operator_password):
        assert password not in users.read_text()
        assert password not in state.log
    for wrong in ("", "${REDIS_PASSWORD}", "wrong"):
        refused = pytest.raises(redis.exceptions.RedisError, match=r"(?i)auth|password")
        with state.line(password=wrong) as line, refused:
            line.ping()


@pytest.mark.req("D-12")
@pytest.mark.parametrize("given", [None, ""])
def test_without_a_password_nothing_starts(
    redis_programs: Redis, tmp_path: Path, given: str | None
) -> None:
    (tmp_path / "redis_operator_password").write_text("something")
    if given is not None:
        (tmp_path / "redis_password").write_text(given)
    ended = subprocess.run(
        [SHIPPED / "start.sh", SHIPPED / "state.conf"],
        env={
            **redis_programs.environment,
            "PATH": "/usr/bin:/bin",
            "REDIS_SECRETS": str(tmp_path),
            "REDIS_RUN": str(tmp_path),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode != 0
    assert "redis_password" in ended.stderr
    assert not (tmp_path / "users.acl").exists()


@pytest.mark.req("D-22", "M-49", "R-47")
async def test_the_service_counts_as_that_user_by_tls_that_is_verified(
    redis_programs: Redis, small_worlds: Opener, tmp_path: Path
) -> None:
    folder = tmp_path / "tls"
    folder.mkdir()
    certificate(folder)
    with started(redis_programs, "state.conf", certificates=folder) as store:
        assert store.healthy() == 0
        given = {"REDIS_URL": store.url, "RATE_LIMIT_AUTH": "2/60000"}
        async with small_worlds(**given) as world, world.client() as client:
            health = (await client.get("/health")).json()
            body = {"email": "alice@example.org", "password": "wrong"}
            codes = [
                (await client.post(world.path("/auth/login"), json=body)).status_code
                for _ in range(3)
            ]
        with store.line("operator") as line:
            kept = line.keys("*")
            refused = {each["object"] for each in line.acl_log()}
    assert codes[-1] == 429
    assert (health["redis"], health["reasons"]) == ("ok", {})
    assert kept
    assert all(key.startswith("watchword:") for key in kept)
    assert refused <= {"client|setinfo"}, "which older servers do not know"


@pytest.mark.req("G-60", "D-22")
async def test_a_backup_of_it_is_made_as_the_operator_by_tls_that_is_verified(
    redis_programs: Redis, small_worlds: Opener, tmp_path: Path
) -> None:
    folder = tmp_path / "tls"
    folder.mkdir()
    certificate(folder)
    with started(redis_programs, "state.conf", certificates=folder) as store:
        operator = store.url.replace(f":{store.password}@", f"operator:{store.operator_password}@")
        given = backups.settings(tmp_path, backups.Keys(), BACKUP_REDIS="true", REDIS_URL=store.url)
        async with small_worlds(**given) as world:
            with pytest.raises(DumpFailed):
                await backups.create(world)
        async with small_worlds(**given, BACKUP_REDIS_URL=operator) as world:
            made = await backups.create(world)
    assert made.part("redis") is not None


def test_the_programs_of_the_tests_are_new_enough(redis_programs: Redis) -> None:
    with shipped.started(redis_programs, "cache.conf") as store, store.line() as line:
        assert int(line.info("server")["redis_version"].split(".")[0]) >= 7
