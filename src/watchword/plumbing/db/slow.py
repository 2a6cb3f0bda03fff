"""Slow statements: told in the log by their text and how long they took, never by what they ask about.

Watching costs two looks at the clock for each statement; not watching costs nothing, because then
nothing stands between us and the driver.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from time import perf_counter
from types import new_class
from typing import Any, TypeVar

from watchword.plumbing.logs.logger import log

_WAYS = ("fetchrow", "fetch", "execute")

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")
Ask = Callable[[Asked, str, Sequence[Any]], Answer]


def watched(ask: Ask[Asked, Answer], least: timedelta | None) -> Ask[Asked, Answer]:
    """Return a way to ask (on a connection, a text, with arguments) that tells what is slow."""
    if least is None:
        return ask
    seconds = least.total_seconds()

    def asking(connection: Asked, text: str, arguments: Sequence[Any]) -> Answer:
        started = perf_counter()
        try:
            return ask(connection, text, arguments)
        finally:
            taken = perf_counter() - started
            if taken >= seconds:
                _tell(text, taken)

    return asking


def watched_connection(kind: type[Any], least: timedelta | None) -> type[Any]:
    """Return a connection class of asyncpg that tells what is slow."""
    if least is None:
        return kind
    seconds = least.total_seconds()
    ways = {name: _watched_method(getattr(kind, name), seconds) for name in _WAYS}
    return new_class("WatchedConnection", (kind,), exec_body=lambda body: body.update(ways))


def _watched_method(ask: Callable[..., Awaitable[Any]], seconds: float) -> Any:
    async def asking(connection: Any, text: str, *arguments: Any, **more: Any) -> Any:
        started = perf_counter()
        try:
            return await ask(connection, text, *arguments, **more)
        finally:
            taken = perf_counter() - started
            if taken >= seconds:
                _tell(text, taken)

    return asking


def _tell(text: str, taken: float) -> None:
    log().warning(
        "slow statement",
        category="performance",
        statement=" ".join(text.split()),
        duration_ms=round(taken * 1000, 2),
    )
