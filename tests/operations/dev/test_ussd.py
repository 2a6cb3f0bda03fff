"""A plain telephone in the terminal: each line that is typed is sent."""

import asyncio
from pathlib import Path

import pytest

from tests.support.terminal import Terminal
from tests.support.world import open_world

NUMBER, PIN = "+221770123456", "0937"


async def account(terminal: Terminal) -> None:
    async with open_world(terminal.database_url, terminal.folder) as world:
        await world.subscriber(phone=NUMBER)


@pytest.mark.req("M-14")
def test_somebody_chooses_a_pin_in_two_calls(sqlite_url: str, tmp_path: Path) -> None:
    terminal = Terminal(sqlite_url, tmp_path, more={"APP_ENV": "development"})
    asyncio.run(account(terminal))
    first = terminal.run("dev", "ussd", "--number", NUMBER, typed="1\n")
    assert "9. " in [line[:3] for line in first.out.splitlines()], first.out
    assert first.code == 0, first.err
    assert "1. Code par SMS" in first.out
    assert "un code arrive" in first.out
    code = terminal.run("dev", "code", "--to", NUMBER).out.strip()
    second = terminal.run("dev", "ussd", typed=f"3\n{code}\n{PIN}\n{PIN}\n7\n")
    assert second.out.splitlines()[-1] == "Votre PIN est changé. Ne le dites à personne."


def test_it_says_whether_the_menu_goes_on(sqlite_url: str, tmp_path: Path) -> None:
    terminal = Terminal(sqlite_url, tmp_path, more={"APP_ENV": "development"})
    told = terminal.run("dev", "ussd", "--json", typed="").json
    assert told["goes_on"] is True


def test_outside_development_nobody_dials(sqlite_url: str, tmp_path: Path) -> None:
    refused = Terminal(sqlite_url, tmp_path).run("dev", "ussd", typed="1\n")
    assert (refused.code, refused.out) == (77, "")


def test_a_number_that_is_none_is_refused(sqlite_url: str, tmp_path: Path) -> None:
    refused = Terminal(sqlite_url, tmp_path).run("dev", "ussd", "--number", "12")
    assert refused.code == 2
