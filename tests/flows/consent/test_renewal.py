"""`watchword consents renew`: who is to renew, and one letter to each of them."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from tests.support.markdown import ROOT, blocks
from tests.support.terminal import Terminal
from tests.support.world import START, World, open_world
from watchword.flows.consent.service import Consenting
from watchword.kernel.clock import Clock
from watchword.records.consents.rules import ACCOUNT, Purpose
from watchword.records.consents.service import Source
from watchword.records.subscribers.rules import DISABLED

Told = TypeVar("Told")
AGE = timedelta(days=365)
SOURCE = Source(channel=ACCOUNT, language="fr")


@pytest.fixture
def terminal(database_url: str, tmp_path: Path) -> Terminal:
    """A terminal on a database of its own."""
    return Terminal(database_url, tmp_path, more={"CONSENT_MAX_AGE": "365d"})


def tell(terminal: Terminal, story: Callable[[World], Awaitable[Told]]) -> Told:
    """Let something happen on the terminal's database, at its time."""

    async def whole() -> Told:
        async with open_world(terminal.database_url, terminal.folder, **terminal.more) as world:
            world.clock.advance(terminal.clock.now() - START)
            return await story(world)

    return asyncio.run(whole())


def later(terminal: Terminal, by: timedelta) -> None:
    """Let time pass."""
    clock: Clock = terminal.clock
    clock.advance(by)  # type: ignore[attr-defined]


async def people(world: World) -> None:
    """Add one who consented to all, one who withdrew, one who never did, one who is disabled."""
    consenting = world.part(Consenting)
    for name in ("alice", "bob", "carol"):
        person = await world.subscriber(f"{name}@example.org", None, language="fr")
        for purpose in Purpose if name != "carol" else ():
            await consenting.give(person.id, purpose, SOURCE)
            if name == "bob":
                await consenting.withdraw(person.id, purpose, SOURCE)
    gone = await world.subscriber("gone@example.org", None, status=DISABLED)
    await consenting.give(gone.id, Purpose.MARKETING, SOURCE)


@pytest.mark.req("N-52")
def test_a_dry_run_lists_them_and_writes_to_nobody(terminal: Terminal) -> None:
    tell(terminal, people)
    assert terminal.run("consents", "renew", "--dry-run", "--json").json == []
    later(terminal, AGE)
    [due] = terminal.run("consents", "renew", "--dry-run", "--json").json
    assert (due["email"], due["purposes"]) == (
        "alice@example.org",
        "processing marketing transactional",
    )
    assert tell(terminal, lambda world: world.letters("alice@example.org")) == []


def test_the_lines_of_the_page_work_as_printed(terminal: Terminal) -> None:
    found = blocks(ROOT / "docs/operate/consents.md")
    lines = [line for each in found if each.language == "sh" for line in each.text.splitlines()]
    assert lines
    for line in lines:
        command, *words = line.split()
        said = terminal.run(*words)
        assert (command, said.code) == ("watchword", 0), said.err


@pytest.mark.req("N-52")
def test_each_gets_one_letter_a_month_with_a_way_to_end_them(terminal: Terminal) -> None:
    tell(terminal, people)
    later(terminal, AGE - timedelta(days=20))
    assert terminal.run("consents", "renew", "--yes", "--json").json == {"asked": 1}
    assert terminal.run("consents", "renew", "--yes", "--json").json == {"asked": 0}

    async def read(world: World) -> str:
        [letter] = await world.letters("alice@example.org")
        link = letter.text[letter.text.index("/unsubscribe?token=") :].split()[0]
        async with world.client() as client:
            assert (await client.get(link)).status_code == 200
        return letter.text

    text = tell(terminal, read)
    assert "Utilisation de mes données, Nouvelles et offres" in text
    assert "1 mars 2027" in text
    assert "/account/consents" in text
    later(terminal, timedelta(days=31))
    assert terminal.run("consents", "renew", "--yes", "--json").json == {"asked": 1}


def test_without_a_terminal_nobody_is_written_to_unasked(terminal: Terminal) -> None:
    tell(terminal, people)
    later(terminal, AGE)
    said = terminal.run("consents", "renew")
    assert said.code != 0
    assert tell(terminal, lambda world: world.letters("alice@example.org")) == []


def test_texts_that_cannot_be_used_are_told_with_the_file(terminal: Terminal) -> None:
    folder = terminal.folder / "texts/marketing"
    folder.mkdir(parents=True)
    (folder / "2.fr.txt").write_text("Oui.", "utf-8")
    terminal.more["CONSENT_TEXTS_DIR"] = str(terminal.folder / "texts")
    said = terminal.run("consents", "renew", "--dry-run")
    assert said.code == 1
    assert "version 2 lacks ar, en" in said.err
