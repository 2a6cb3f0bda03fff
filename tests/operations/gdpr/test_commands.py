"""The commands, as an operator types them; those of the page on data of people, as printed."""

import asyncio
import json
import re
import shlex
import stat
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.support.markdown import ROOT, blocks
from tests.support.terminal import Terminal
from tests.support.world import open_world
from watchword.plumbing.db.statements import statement
from watchword.records.subscribers.store import users

STATUSES = statement(select(users.c.status).order_by(users.c.created_at))
ADA = "ada@example.org"


@pytest.fixture
def terminal(database_url: str, tmp_path: Path) -> Terminal:
    """A terminal on a database of its own, in which Ada has an account."""

    async def begin() -> None:
        async with open_world(database_url, tmp_path) as world:
            await world.subscriber(ADA)

    asyncio.run(begin())
    return Terminal(database_url, tmp_path)


def statuses(terminal: Terminal) -> list[str]:
    async def look() -> list[str]:
        async with open_world(terminal.database_url, terminal.folder) as world:
            return [row.status for row in await world.database.all(STATUSES)]

    return asyncio.run(look())


def test_every_line_of_the_page_does_what_it_says(terminal: Terminal) -> None:
    page = [block for block in blocks(ROOT / "docs/operate/gdpr.md") if block.language == "sh"]
    lines = [line for block in page for line in block.text.strip().splitlines()]
    kept = ""
    for line in lines:
        plain = re.sub(r" [<>] \S+$", "", line)
        command, *words = shlex.split(plain)
        said = terminal.run(*words, typed=kept if " < " in line else None)
        kept = said.out if " > " in line else kept
        assert (command, said.code) == ("watchword", 0), (line, said.err)
    assert len(lines) == 8


def test_export_writes_a_file_that_only_its_maker_may_read(terminal: Terminal) -> None:
    made = terminal.folder / "ada.zip"
    words = ("gdpr", "export", ADA, "--output", str(made))
    assert terminal.run(*words).code == 0
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    with zipfile.ZipFile(made) as packed:
        assert json.loads(packed.read("export.json"))["profile"]["email"] == ADA
    again = terminal.run(*words)
    assert (again.code, "is there already" in again.err) == (1, True)
    nowhere = terminal.run("gdpr", "export", ADA, "--output", str(made / "below"))
    assert nowhere.code == 1
    assert terminal.run("gdpr", "export", ADA, "--output", "x", "--format", "xml").code == 2


def test_erase_says_what_it_would_do_asks_and_does_it(terminal: Terminal) -> None:
    erase = ("gdpr", "erase", ADA)
    assert terminal.run(*erase, "--dry-run", "--json").json.keys() == {"would_erase"}
    assert terminal.run(*erase).code == 2
    assert terminal.run("gdpr", "hold", ADA, "--reason", "case 7").code == 0
    refused = terminal.run(*erase, "--yes")
    assert (refused.code, "legal duty" in refused.err) == (1, True)
    assert [each["reason"] for each in terminal.run("gdpr", "holds", "--json").json] == ["case 7"]
    assert terminal.run("gdpr", "release", ADA).code == 0
    assert statuses(terminal) == ["active"]
    done = terminal.run(*erase, "--yes", "--json").json
    assert statuses(terminal) == ["erased"]
    gone = terminal.run(*erase, "--yes")
    assert (gone.code, gone.err) == (1, "There is no account of this address.\n")
    told = json.loads(terminal.run("gdpr", "tombstones", "export").out)
    assert (told["receipt"], told["user_id"]) == (done["receipt"], done["user_id"])


@pytest.mark.parametrize("line", ["rubbish", "{}", '{"receipt": 7}', "[]"])
def test_a_line_that_is_no_tombstone_is_refused(terminal: Terminal, line: str) -> None:
    said = terminal.run("gdpr", "tombstones", "replay", typed=line)
    assert (said.code, "tombstones export" in said.err) == (2, True)


def test_retention_says_what_it_would_do_and_does_it(terminal: Terminal) -> None:
    terminal.more["RETENTION_ACCOUNT_YEARS"] = "20"
    run = ("retention", "run", "--now", "2046-03-02", "--json")
    foreseen = terminal.run(*run, "--dry-run").json
    assert foreseen == {"would_accounts": 1, "would_navigation": 0, "would_consents": 0}
    assert statuses(terminal) == ["active"]
    assert terminal.run(*run).json == {"accounts": 1, "navigation": 0, "consents": 0}
    assert statuses(terminal) == ["erased"]


def test_a_moment_that_is_none_is_refused(terminal: Terminal) -> None:
    said = terminal.run("retention", "run", "--now", "someday")
    assert (said.code, "2046-01-31" in said.err) == (2, True)
