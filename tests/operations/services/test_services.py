"""Tokens for other programs."""

from pathlib import Path

import pytest

from tests.support.terminal import Terminal
from tests.support.world import World, open_world


@pytest.fixture
def terminal(sqlite_url: str, tmp_path: Path) -> Terminal:
    """A terminal on a database of its own."""
    return Terminal(sqlite_url, tmp_path)


async def status(terminal: Terminal, token: str) -> int:
    """Call a service's door with a token and return the status."""

    async def ask(world: World) -> int:
        async with world.client(headers={"Authorization": f"Bearer {token}"}) as client:
            answer = await client.post(world.path("/auth/introspect"), json={"token": "x"})
            return answer.status_code

    async with open_world(terminal.database_url, terminal.folder) as world:
        return await ask(world)


async def test_a_service_is_let_in_until_it_is_revoked(terminal: Terminal) -> None:
    import asyncio

    added = await asyncio.to_thread(terminal.run, "services", "add", "billing")
    token = added.out.strip()
    assert await status(terminal, token) == 200
    revoked = await asyncio.to_thread(terminal.run, "services", "revoke", "billing", "--yes")
    assert revoked.code == 0
    assert await status(terminal, token) == 401


def test_a_token_is_shown_once(terminal: Terminal) -> None:
    token = terminal.run("services", "add", "billing", "--json").json["token"]
    assert token not in terminal.run("services", "list").out
    again = terminal.run("services", "add", "billing")
    assert (again.code, again.out) == (1, "")


def test_nothing_is_revoked_unasked(terminal: Terminal) -> None:
    terminal.run("services", "add", "billing")
    assert terminal.run("services", "revoke", "billing").code == 2
    dry = terminal.run("services", "revoke", "billing", "--dry-run", "--json")
    assert dry.json == {"would_revoke": "billing"}
    assert terminal.run("services", "list", "--json").json[0]["revoked_at"] is None
    assert terminal.run("services", "revoke", "nobody", "--yes").code == 1
