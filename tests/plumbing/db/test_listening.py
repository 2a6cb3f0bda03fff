"""Listening goes on whatever ends it, and says what nobody foresaw."""

import asyncio
import io
from collections.abc import Callable
from typing import Any

import asyncpg
import pytest

from watchword.plumbing.db import listening
from watchword.plumbing.db.changes import Changes
from watchword.plumbing.db.ports import DatabaseUnavailable
from watchword.plumbing.db.postgres import PostgresDatabase
from watchword.plumbing.logs import logger

PATIENCE = 30.0
NOWHERE = "postgresql://id@127.0.0.1:1/id"


class Connection:
    """A connection whose channel brings back what is sent."""

    def __init__(self) -> None:
        self.heard: Callable[..., None] = lambda *_: None

    async def add_listener(self, _channel: str, heard: Callable[..., None]) -> None:
        self.heard = heard

    def get_server_pid(self) -> int:
        return 7

    async def execute(self, _text: str, channel: str, payload: str, *, timeout: float) -> None:  # noqa: ASYNC109 - asyncpg's word
        self.heard(self, timeout, channel, payload)

    def terminate(self) -> None:
        self.heard = lambda *_: None


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Return what is logged."""
    told = io.StringIO()
    monkeypatch.setattr(logger, "_log", logger.Log(stream=told))
    return told


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("trouble", "logged"),
    [
        (asyncpg.TargetServerAttributeNotMatched("a standby"), False),
        (asyncpg.InterfaceError("connection is closed"), False),
        (ConnectionRefusedError("away"), False),
        (LookupError("which nobody foresaw"), True),
    ],
)
async def test_news_is_trusted_again_after_whatever_ended_the_listening(
    monkeypatch: pytest.MonkeyPatch, said: io.StringIO, trouble: Exception, logged: bool
) -> None:
    monkeypatch.setattr(listening, "_REST_SECONDS", 0)
    troubles, proven = [trouble], []

    async def connect() -> Any:
        if troubles:
            raise troubles.pop()
        return Connection()

    changes = Changes()
    monkeypatch.setattr(changes, "trust_until", proven.append)
    task = asyncio.create_task(listening.listen(connect, changes))
    await until(lambda: any(proven) or task.done())
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert any(proven)
    assert ("listening to the database failed" in said.getvalue()) is logged


async def test_a_task_of_the_database_that_ends_by_itself_says_why(
    monkeypatch: pytest.MonkeyPatch, said: io.StringIO
) -> None:
    async def fail(*_: object) -> None:
        raise LookupError("which nobody foresaw")

    monkeypatch.setattr("watchword.plumbing.db.postgres.listen", fail)
    database = PostgresDatabase(NOWHERE, Changes())
    with pytest.raises(DatabaseUnavailable):
        await database.start()
    await until(lambda: "a task of the database ended" in said.getvalue())
    await database.close()

    assert "which nobody foresaw" in said.getvalue()
    assert "database-tidy" not in said.getvalue()
