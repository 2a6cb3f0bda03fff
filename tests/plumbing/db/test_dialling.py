"""Dialling: a connection that is not used is not left open, and none is waited for beyond its time."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from watchword.kernel.problems import Unavailable
from watchword.plumbing.db.dialling import Dialler
from watchword.plumbing.db.pool import PoolSettings
from watchword.plumbing.db.scope import Scope

PATIENCE = 30.0
URL = "postgresql://id@127.0.0.1:1/id"
DIRECT_URL = "postgresql://id@127.0.0.1:2/id"
SETTINGS = PoolSettings(
    connect_timeout=timedelta(milliseconds=50), statement_timeout=timedelta(hours=1)
)
POOLED = PoolSettings(
    connect_timeout=timedelta(milliseconds=50),
    statement_timeout=timedelta(hours=1),
    direct_url=DIRECT_URL,
)


class Connection:
    """A connection that answers the question who it is, each in its own way."""

    def __init__(self, answer: Callable[[], Awaitable[Any]]) -> None:
        self._answer = answer
        self.ended = False

    async def fetchrow(self, _question: str) -> Any:
        return await self._answer()

    def get_server_pid(self) -> int:
        return 7

    def terminate(self) -> None:
        self.ended = True


async def lost() -> None:
    raise asyncpg.ConnectionDoesNotExistError("it was closed in the middle of operation")


async def silence() -> None:
    await asyncio.Event().wait()


async def another_process() -> dict[str, Any]:
    return {"pid": 8, "path": "", "tenant": None}


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lost, asyncpg.ConnectionDoesNotExistError),
        (silence, TimeoutError),
        (another_process, Unavailable),
    ],
)
@pytest.mark.parametrize(
    ("settings", "directly"), [(SETTINGS, False), (POOLED, False), (POOLED, True)]
)
async def test_a_connection_that_does_not_say_what_is_expected_is_ended_within_the_time_of_dialling(
    monkeypatch: pytest.MonkeyPatch,
    answer: Callable[[], Awaitable[Any]],
    told: type[Exception],
    settings: PoolSettings,
    directly: bool,
) -> None:
    made: list[Connection] = []

    async def connect(_url: str, **_options: object) -> Connection:
        made.append(Connection(answer))
        return made[-1]

    monkeypatch.setattr(asyncpg, "connect", connect)
    dialler = Dialler(URL, settings, Scope())
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(told):
            await (dialler.connect_directly() if directly else dialler.connect())

    assert [each.ended for each in made] == [True]
