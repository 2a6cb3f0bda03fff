"""`watchword events ...`."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from tests.support.ports import free_port
from tests.support.rounds import relay_once
from tests.support.shelf import Shelf
from tests.support.terminal import Terminal
from tests.support.world import START, World, open_world
from watchword.kernel.destinations import Destinations
from watchword.kernel.ports import NotAccepted
from watchword.operations.events.service import Events
from watchword.plumbing.db.event_outbox import event_outbox, owe
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.statements import statement
from watchword.records.subscribers.rules import EmailVerified, UserUpdated

ALICE = UUID("019a0000-0000-7000-8000-00000000000a")
BOB = UUID("019a0000-0000-7000-8000-00000000000b")
HOOK = {
    "EVENTS_WEBHOOKS": f"shop=http://127.0.0.1:{free_port()}/hooks",
    "EVENTS_WEBHOOK_NETWORKS": "127.0.0.0/8",
    "EVENTS_WEBHOOK_SECRETS": "shop=whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
}


@pytest.fixture
def terminal(database_url: str, tmp_path: Path) -> Terminal:
    """A terminal beside a service that tells events to a shop, which is away."""
    return Terminal(database_url, tmp_path, more=HOOK)


def with_world(
    terminal: Terminal, work: Callable[[World], Any], shelf: Shelf | None = None
) -> None:
    """Do something in the service beside the terminal."""

    async def inside() -> None:
        shelves = Destinations((shelf or Shelf("webhook:shop"),))
        async with open_world(
            terminal.database_url, terminal.folder, destinations=shelves
        ) as world:
            await work(world)

    asyncio.run(inside())


async def happen(world: World) -> None:
    """Let something happen to two accounts, ten minutes apart."""
    journal = world.part(Journal)
    await journal.note(world.database, EmailVerified(user_id=ALICE), START)
    later = START + timedelta(minutes=10)
    await journal.note(world.database, UserUpdated(user_id=BOB, fields="email"), later)


async def refused(world: World) -> None:
    """Let one event be refused for good."""
    await happen(world)
    await relay_once(world)


async def many_refused(world: World) -> None:
    """Let many events be refused for good by the shop, and one by a bank."""
    async with world.database.transaction() as tx:
        for _ in range(1201):
            await owe(tx, ["webhook:shop"], ALICE, ALICE, START)
        await owe(tx, ["webhook:bank"], BOB, BOB, START)
    await world.database.run(statement(update(event_outbox).values(dead_at=START)))


def test_the_newest_events_are_told_as_others_read_them(terminal: Terminal) -> None:
    with_world(terminal, happen)
    lines = terminal.run("events", "tail").out.splitlines()
    assert [line.split()[1] for line in lines] == ["id.user.email_verified", "id.user.updated"]
    said = terminal.run("events", "tail", "--last", "1", "--json")
    assert said.json["data"] == {"user_id": str(BOB), "fields": ["email"]}
    assert said.json["specversion"] == "1.0"


def test_events_can_be_chosen_by_type_account_and_time(terminal: Terminal) -> None:
    with_world(terminal, happen)
    for words in (
        ("--type", "id.user.up*"),
        ("--user", str(BOB)),
        ("--since", "2026-03-01T12:05:00Z"),
    ):
        (line,) = terminal.run("events", "tail", *words).out.splitlines()
        assert "id.user.updated" in line
    assert terminal.run("events", "tail", "--type", "id.no.such").code == 2
    assert terminal.run("events", "tail", "--since", "yesterday").code == 2


def test_what_waits_and_who_does_not_answer_is_told(terminal: Terminal) -> None:
    with_world(terminal, happen)
    said = terminal.run("events", "status", "--json")
    assert said.code == 1
    (shop,) = said.json
    assert (shop["destination"], shop["answers"], shop["waiting"]) == ("webhook:shop", False, 2)
    assert shop["trouble"] == "nobody answers there (ConnectError)"


async def test_one_destination_that_breaks_says_nothing_against_the_others(
    sqlite_url: str, tmp_path: Path
) -> None:
    class Broken(Shelf):
        async def check(self) -> str | None:
            raise UnicodeError("encoding with 'idna' codec failed")

    shelves = Destinations((Broken("webhook:bad"), Shelf("webhook:good")))
    async with open_world(sqlite_url, tmp_path, destinations=shelves) as world:
        bad, good = await world.part(Events).status()
    assert (bad.answers, bad.trouble) == (False, "UnicodeError")
    assert good.answers


def test_the_doctor_names_the_command_that_tells_more(terminal: Terminal) -> None:
    with_world(terminal, happen)
    said = terminal.run("doctor", "--events", "--json")
    found = said.json["checks"][0]
    assert (found["check"], found["outcome"]) == ("events", "failed")
    way = "without TLS, signed with 1 key, 2 waiting"
    assert f"webhook:shop nobody answers there (ConnectError), {way}" in found["detail"]
    assert found["fix"] == "watchword events status, and watchword events dead"


def test_without_a_destination_the_doctor_has_nothing_to_say_against(
    sqlite_url: str, tmp_path: Path
) -> None:
    found = Terminal(sqlite_url, tmp_path).run("doctor", "--events", "--json").json["checks"][0]
    assert (found["outcome"], found["detail"]) == ("ok", "told to nobody")


def test_what_was_refused_is_listed_and_can_be_retried(terminal: Terminal) -> None:
    shelf = Shelf("webhook:shop")
    shelf.trouble = lambda _message: NotAccepted("answered 410", lasting=True)
    with_world(terminal, refused, shelf)
    listed = terminal.run("events", "dead", "--json").json
    assert [each["reason"] for each in listed] == ["answered 410"] * 2
    dry = terminal.run("events", "retry", "--dry-run", "--json")
    assert dry.json == {"would_send": 2}
    assert terminal.run("events", "retry").code == 2  # nobody is here to say yes
    assert terminal.run("events", "retry", "--yes").out.strip() == "2"
    assert terminal.run("events", "dead", "--json").json == []
    well = Shelf("webhook:shop")
    with_world(terminal, relay_once, well)
    assert len(well.messages) == 2


def test_a_retry_announces_as_much_as_it_sends_however_much_was_refused(
    terminal: Terminal,
) -> None:
    with_world(terminal, many_refused)
    retry = ("events", "retry", "--json")
    assert terminal.run(*retry, "--dry-run").json == {"would_send": 1202}
    to_one = (*retry, "--to", "webhook:shop")
    assert terminal.run(*to_one, "--dry-run").json == {"would_send": 1201}
    assert terminal.run(*to_one, "--yes").json == {"owed": 1201}


def test_what_was_published_can_be_sent_once_more_under_its_id(terminal: Terminal) -> None:
    first, second = Shelf("webhook:shop"), Shelf("webhook:shop")
    with_world(terminal, refused, first)
    said = terminal.run("events", "replay", "--type", "id.user.updated", "--yes", "--json")
    assert said.json == {"owed": 1}
    with_world(terminal, relay_once, second)
    assert [each.id for each in second.messages] == [first.messages[1].id]
    assert second.messages[0].body == first.messages[1].body
    one = str(first.messages[0].id)
    assert terminal.run("events", "replay", one, "--yes", "--json").json == {"owed": 1}


def test_a_replay_says_what_it_means(terminal: Terminal) -> None:
    assert terminal.run("events", "replay", "--yes").code == 2
    said = terminal.run("events", "replay", "--since", "1h", "--to", "nowhere", "--yes")
    assert said.code == 2
    assert "webhook:shop" in said.err


def test_a_schema_is_printed(terminal: Terminal) -> None:
    said = terminal.run("events", "schema", "id.password.reset.completed")
    assert said.json["$id"] == "urn:watchword:event:id.password.reset.completed:1"
    assert terminal.run("events", "schema", "id.nothing").code == 2
