"""News of a commit: here at once, elsewhere within a second, never of what was rolled back."""

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator

import pytest

from tests.contracts.conftest import open_database, until
from tests.contracts.words import add
from tests.support.quiet import quiet
from watchword.plumbing.db.changes import Changes
from watchword.plumbing.db.ports import Database


@pytest.fixture
async def other(things_url: str) -> AsyncIterator[Database]:
    """Yield a second process' view of the same database: connections and news of its own."""
    opened = open_database(things_url, Changes())
    await opened.start()
    yield opened
    await opened.close()


async def test_news_is_told_here_at_once_and_elsewhere_within_a_second(
    database: Database, other: Database
) -> None:
    here: list[str] = []
    there: list[str] = []
    await until(lambda: other.changes.trusted(time.monotonic()))
    await until(lambda: database.changes.trusted(time.monotonic()))
    database.changes.listen("sessions", here.append)
    other.changes.listen("sessions", there.append)

    async with database.transaction() as tx:
        await add(tx, "ended")
        tx.announce("sessions", "session:1")
        assert here == []

    assert "session:1" in here
    await until(lambda: bool(there))


async def test_news_of_another_process_arrives(things_url: str, database: Database) -> None:
    heard: list[str] = []
    await until(lambda: database.changes.trusted(time.monotonic()))
    database.changes.listen("sessions", heard.append)
    program = (
        "import asyncio, sys\n"
        "from tests.contracts.conftest import open_database\n"
        "from tests.contracts.words import add\n"
        "async def main():\n"
        "    db = open_database(sys.argv[1])\n"
        "    async with db.transaction() as tx:\n"
        "        await add(tx, 'from afar')\n"
        "        tx.announce('sessions', 'session:2')\n"
        "    await db.close()\n"
        "asyncio.run(main())\n"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, things_url)
    assert await process.wait() == 0

    await until(lambda: bool(heard))


async def test_no_news_of_what_was_rolled_back(database: Database) -> None:
    heard: list[str] = []
    database.changes.listen("sessions", lambda subject: heard.append(subject) if subject else None)
    with contextlib.suppress(LookupError):
        async with database.transaction() as tx:
            tx.announce("sessions", "session:3")
            raise LookupError
    async with database.transaction() as tx:
        await add(tx, "later")
        tx.announce("sessions", "session:4")
    await until(lambda: "session:4" in heard)

    assert "session:3" not in heard


async def test_one_process_own_writes_do_not_make_it_forget_everything(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for holder in ("listening", "sqlite"):  # a machine that stands still is another story
        monkeypatch.setattr(f"watchword.plumbing.db.{holder}.TRUST_SECONDS", 30.0)
    await until(lambda: database.changes.trusted(time.monotonic()))
    heard: list[str] = []
    database.changes.listen("sessions", heard.append)
    for number in range(5):
        await add(database, f"own {number}")
    await quiet(0.6)

    assert heard == []
    await until(lambda: database.changes.trusted(time.monotonic()))


async def test_news_is_not_trusted_before_it_is_proven(things_url: str) -> None:
    fresh = open_database(things_url)

    assert not fresh.changes.trusted(time.monotonic())
