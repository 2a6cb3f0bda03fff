"""Slow statements: told in the log by their text and how long they took, never by what they ask about.

Watching costs two looks at the clock for each statement; not watching costs nothing, because then
nothing stands between us and the driver.
"""

import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from types import new_class
from typing import Any, TypeVar

from watchword.plumbing.logs import log

_WAYS = ("fetchrow", "fetch", "execute")

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")
Ask = Callable[[Asked, str, Sequence[Any]], Answer]


def tell_if_slow(text: str, started: float, least: timedelta) -> None:
    """Log a statement that began then (by `perf_counter`) and has taken too long."""
    taken = time.perf_counter() - started
    if taken >= least.total_seconds():
        log().warning(
            "slow statement",
            category="performance",
            statement=" ".join(text.split()),
            duration_ms=round(taken * 1000, 2),
        )


def watched(ask: Ask[Asked, Answer], least: timedelta | None) -> Ask[Asked, Answer]:
    """Return a way to ask (on a connection, a text, with arguments) that tells what is slow."""
    if least is None:
        return ask

    def asking(connection: Asked, text: str, arguments: Sequence[Any]) -> Answer:
        started = time.perf_counter()
        try:
            return ask(connection, text, arguments)
        finally:
            tell_if_slow(text, started, least)

    return asking


def watched_connection(kind: type[Any], least: timedelta | None) -> type[Any]:
    """Return a connection class of asyncpg that tells what is slow."""
    if least is None:
        return kind
    ways = {name: _watched_method(getattr(kind, name), least) for name in _WAYS}
    return new_class("WatchedConnection", (kind,), exec_body=lambda body: body.update(ways))


def _watched_method(ask: Callable[..., Awaitable[Any]], least: timedelta) -> Any:
    async def asking(connection: Any, text: str, *arguments: Any, **more: Any) -> Any:
        started = time.perf_counter()
        try:
            return await ask(connection, text, *arguments, **more)
        finally:
            tell_if_slow(text, started, least)

    return asking
