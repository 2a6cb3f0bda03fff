"""Who searches the audit trail, and what they find."""

import asyncio
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.support.terminal import Terminal
from tests.support.world import World, open_world

ALICE, ROOT = "alice@example.org", "root@example.org"
AUDIT = "/api/v1/admin/audit"


async def story(world: World) -> str:
    """Let Alice sign in and fail to; return her id."""
    alice = await world.subscriber()
    async with world.client("198.51.100.9", {"User-Agent": "Opera"}) as client:
        await world.sign_in(client)
        world.clock.advance(timedelta(minutes=1))
        body = {"email": ALICE, "password": "wrong but long enough"}
        await client.post("/api/v1/auth/login", json=body)
        world.clock.advance(timedelta(minutes=1))
    return str(alice.id)


async def test_an_administrator_finds_what_happened_newest_first(world: World) -> None:
    alice = await story(world)
    await world.subscriber(ROOT, role="admin")
    async with world.client() as client:
        await world.sign_in(client, ROOT)

        async def found(query: str) -> list[str]:
            answer = await client.get(f"{AUDIT}?{query}")
            assert answer.status_code == 200, answer.text
            return [row["type"] for row in answer.json()["rows"]]

        assert await found(f"userId={alice}") == ["id.login.failed", "id.session.created"]
        assert await found("address=198.51.100.9&type=id.session.*") == ["id.session.created"]
        assert await found("type=id.%25") == []
        until = quote((world.clock.now() - timedelta(minutes=1)).isoformat())
        assert await found(f"userId={alice}&until={until}") == ["id.session.created"]
        assert await found(f"userId={alice}&since={until}") == ["id.login.failed"]
        assert await found("type=nothing.of.this.name") == []


async def test_a_row_tells_who_what_when_and_where_from(world: World) -> None:
    alice = await story(world)
    await world.subscriber(ROOT, role="admin")
    async with world.client() as client:
        await world.sign_in(client, ROOT)
        [row] = (await client.get(f"{AUDIT}?userId={alice}&type=id.session.created")).json()["rows"]
        again = await client.get(f"{AUDIT}?requestId={row['request_id']}")
    assert (row["user_id"], row["address"], row["user_agent"]) == (alice, "198.51.100.9", "Opera")
    assert (row["at"], row["position"]) == ("2026-03-01T12:00:00Z", None)
    assert row in again.json()["rows"]


async def test_pages_follow_one_another(world: World) -> None:
    alice = await world.subscriber()
    await world.subscriber(ROOT, role="admin")
    async with world.client() as client:
        for _ in range(5):
            await world.sign_in(client)
        await world.sign_in(client, ROOT)
        seen, after = [], ""
        while True:
            page = (await client.get(f"{AUDIT}?userId={alice.id}&limit=2{after}")).json()
            seen += [row["id"] for row in page["rows"]]
            if page["next"] is None:
                break
            after = f"&after={page['next']}"
        whole = (await client.get(f"{AUDIT}?userId={alice.id}")).json()["rows"]
    assert len(seen) == 5
    assert seen == [row["id"] for row in whole]


async def test_nobody_but_an_administrator_searches(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        assert (await client.get(AUDIT)).status_code == 401
        await world.sign_in(client)
        assert (await client.get(AUDIT)).status_code == 403


@pytest.mark.parametrize("query", ["userId=alice", "since=yesterday", "limit=5000", "who=alice"])
async def test_what_makes_no_sense_is_named(small_world: World, query: str) -> None:
    await small_world.subscriber(ROOT, role="admin")
    async with small_world.client() as client:
        await small_world.sign_in(client, ROOT)
        answer = await client.get(f"{AUDIT}?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert answer.json()["errors"][0]["field"] == query.partition("=")[0]


def test_the_command_prints_what_happened(sqlite_url: str, tmp_path: Path) -> None:
    async def told() -> str:
        async with open_world(sqlite_url, tmp_path) as world:
            return await story(world)

    alice = asyncio.run(told())
    terminal = Terminal(sqlite_url, tmp_path)
    found = terminal.run("audit", "search", "--user", alice, "--type", "id.*")
    assert [line.split("\t")[1] for line in found.out.splitlines()[1:]] == [
        "id.login.failed",
        "id.session.created",
    ]
    assert terminal.run("audit", "search", "--since", "soon").code == 2
    assert terminal.run("audit", "search", "--limit", "1").err.startswith("There are more: --after")
