"""The newest code of the development mailbox, from the console."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from tests.support.environments import production
from tests.support.terminal import Terminal
from tests.support.world import BASE, World, open_world
from watchword.plumbing.db import dev_messages


async def ask_for_a_code(terminal: Terminal, address: str) -> str:
    """Let a letter with a code come to the mailbox, and return the code."""
    async with open_world(terminal.database_url, terminal.folder) as world:
        await world.subscriber(address)
        async with world.client() as client:
            await client.post(world.path("/auth/otp/request"), json={"email": address})
        return await _keep(world, address)


async def _keep(world: World, address: str) -> str:
    """Keep the letter that came, and one a second later that has no more than a link to a page."""
    message = await world.newest(address)
    await dev_messages.keep(world.database, message, "", world.clock.now())
    welcome = replace(message, id="<welcome@example.org>", code=None, text=f"Welcome: {BASE}/login")
    world.clock.advance(timedelta(seconds=1))
    await dev_messages.keep(world.database, welcome, "", world.clock.now())
    assert message.code
    return message.code


def test_in_production_there_is_no_mailbox_to_read_a_code_from(
    sqlite_url: str, tmp_path: Path
) -> None:
    served = production(DATABASE_URL=sqlite_url, REDIS_URL="", REDIS_REQUIRED="false")
    terminal = Terminal(sqlite_url, tmp_path, more=served)
    said = terminal.run("dev", "code")
    assert (said.code, said.out) == (77, "")
    assert "development" in said.err


def test_the_newest_code_is_printed_whatever_came_after_it(sqlite_url: str, tmp_path: Path) -> None:
    terminal = Terminal(sqlite_url, tmp_path)
    empty = terminal.run("dev", "code")
    assert (empty.code, empty.out) == (1, "")
    code = asyncio.run(ask_for_a_code(terminal, "alice@example.org"))
    assert terminal.run("dev", "code").out.splitlines() == [code]
    assert "/login/link?token=" in terminal.run("dev", "code", "--link").out
    told = terminal.run("dev", "code", "--to", "alice@example.org", "--json").json
    assert (told["code"], told["to"]) == (code, "alice@example.org")
    assert terminal.run("dev", "code", "--to", "bob@example.org").code == 1
