"""The cache: copies of accounts in Redis, opt-in; what is true is told by the session check alone."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import redis

from tests.support.counting import statements
from tests.support.ports import free_port
from tests.support.running import until
from tests.support.terminal import Terminal
from tests.support.world import World, open_world
from tests.support.worlds import Opener

pytestmark = pytest.mark.needs("valkey")
PAGE = "/account"


@pytest.fixture
def line(valkey_url: str) -> Iterator[Any]:
    with redis.Redis.from_url(valkey_url) as opened:
        yield opened


async def look(world: World, client: Any) -> str:
    page = await client.get(PAGE)
    assert page.status_code == 200
    told: str = page.text
    return told


@pytest.mark.req("A-34", "G-65", "K-30", "D-42")
@pytest.mark.parametrize(("profile", "most"), [("generic", 1800), ("ariya", 3600)])
async def test_the_copy_of_an_account_lasts_as_said_and_holds_no_secret(
    small_worlds: Opener, valkey_url: str, line: Any, profile: str, most: int
) -> None:
    async with small_worlds(REDIS_CACHE_URL=valkey_url, APP_PROFILE=profile) as world:
        alice = await world.subscriber()
        async with world.client() as client:
            await world.sign_in(client, transport="cookie")
            await look(world, client)
    key = f"cache:user:{alice.id}"
    assert [each.decode() for each in line.keys("*")] == [key]
    assert most - 300 < line.ttl(key) <= most
    copy = line.get(key).decode()
    for secret in ("argon2", "bcrypt", "password", "hash", "digest"):
        assert secret not in copy


@pytest.mark.req("K-30", "D-42")
async def test_a_copy_is_taken_instead_of_asking_and_dropped_when_the_account_changes(
    small_worlds: Opener, valkey_url: str, line: Any
) -> None:
    async with small_worlds(REDIS_CACHE_URL=valkey_url, SESSION_CACHE="off") as world:
        alice = await world.subscriber()
        key = f"cache:user:{alice.id}"
        async with world.client() as client:
            await world.sign_in(client, transport="cookie")
            with statements(world) as first:
                await look(world, client)
            with statements(world) as second:
                assert "Benali" in await look(world, client)
            assert second.count("SELECT") == first.count("SELECT") - 1
            async with world.client() as program:
                await world.sign_in(program)
                changed = await program.patch("/api/v1/me", json={"lastName": "Haddad"})
                assert changed.status_code == 200
            await asyncio.to_thread(until, lambda: not line.exists(key), "the copy goes")
            assert "Haddad" in await look(world, client)


@pytest.mark.req("D-42")
@pytest.mark.parametrize("said", ["old", "of somebody else", "nonsense"])
async def test_a_copy_that_is_not_what_the_session_check_saw_is_not_believed(
    small_worlds: Opener, valkey_url: str, line: Any, said: str
) -> None:
    async with small_worlds(REDIS_CACHE_URL=valkey_url) as world:
        alice = await world.subscriber()
        bob = await world.subscriber("bob@example.org")
        async with world.client() as client:
            await world.sign_in(client, transport="cookie")
            forged = {
                "old": {**_fields(alice), "family_name": "Forged", "version": alice.version + 1},
                "of somebody else": {**_fields(bob), "family_name": "Forged"},
                "nonsense": ["Forged"],
            }[said]
            line.set(f"cache:user:{alice.id}", msgspec.json.encode(forged))
            told = await look(world, client)
    assert "Benali" in told
    assert "Forged" not in told


def _fields(subscriber: Any) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(subscriber)
    return found


async def test_a_cache_that_is_away_is_none(small_worlds: Opener) -> None:
    async with small_worlds(REDIS_CACHE_URL=f"redis://127.0.0.1:{free_port()}/0") as world:
        await world.subscriber()
        async with world.client() as client:
            await world.sign_in(client, transport="cookie")
            for _ in range(3):
                assert "Benali" in await look(world, client)


async def test_without_a_cache_no_copy_is_kept(
    small_worlds: Opener, valkey_url: str, line: Any
) -> None:
    async with small_worlds(REDIS_URL=valkey_url) as world:
        await world.subscriber()
        async with world.client() as client:
            await world.sign_in(client, transport="cookie")
            await look(world, client)
    assert line.keys("cache:*") == []


@pytest.mark.req("R-72", "D-16")
def test_emptying_the_cache_leaves_limits_and_all_else(
    sqlite_url: str, tmp_path: Path, valkey_url: str, line: Any
) -> None:
    for number in range(1200):
        line.set(f"cache:user:{number}", "a copy")
    line.rpush("watchword:2:limit", "1 1 1")
    line.set("session:of-another-program", "theirs")
    terminal = Terminal(sqlite_url, tmp_path, more={"REDIS_URL": valkey_url})
    assert terminal.run("cache", "status", "--json").json == {"copies": 1200}
    assert terminal.run("cache", "clear", "--json").json == {"dropped": 1200}
    assert terminal.run("cache", "clear").out == "0 copies dropped\n"
    assert sorted(line.keys("*")) == [b"session:of-another-program", b"watchword:2:limit"]


def test_where_there_is_no_cache_one_is_told_so(sqlite_url: str, tmp_path: Path) -> None:
    said = Terminal(sqlite_url, tmp_path).run("cache", "clear")
    assert (said.code, said.out, "REDIS_CACHE_URL" in said.err) == (1, "", True)
    nobody = {"REDIS_URL": f"redis://127.0.0.1:{free_port()}/0"}
    away = Terminal(sqlite_url, tmp_path, more=nobody).run("cache", "status")
    assert (away.code, "out of reach" in away.err) == (69, True)


async def test_a_session_that_ended_is_ended_whatever_the_cache_holds(
    sqlite_url: str, tmp_path: Path, valkey_url: str
) -> None:
    async with open_world(sqlite_url, tmp_path, REDIS_CACHE_URL=valkey_url) as world:
        await world.subscriber()
        async with world.client() as client:
            await world.sign_in(client)
            await client.post("/api/v1/auth/logout")
            assert (await client.get("/api/v1/auth/me")).status_code == 401
