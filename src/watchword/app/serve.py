"""Serving: start, drain, stop.

SIGTERM or SIGINT to the service: `/ready` turns 503 and every answer the last one on its connection;
after DRAIN_DELAY the socket closes, who waits at it being let in first; what is in flight finishes (for
SHUTDOWN_TIMEOUT at most), connections on which nothing comes for CLOSING_GRACE close, jobs finish what
they hold; exit 0. One process of several that is asked alone does the same, but the socket and `/ready`
stay with the others. A second signal ends at once; what counts as one: see `stopping`. SIGHUP: see
`hangup`.
"""

import asyncio
import contextlib
import gc
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta

from watchword.app import asgi, worker
from watchword.app.building import open_house
from watchword.app.diagnosing import heeding_diagnosis
from watchword.app.flagging import take_flags
from watchword.app.hangup import heeding_hangup
from watchword.app.inner import inner_app
from watchword.app.listening import Server
from watchword.app.settings import Settings
from watchword.app.stopping import Asked
from watchword.app.wiring import House
from watchword.kernel.ports import Migrations
from watchword.operations.health.service import Presence
from watchword.plumbing.logs.logger import AccessLog, log
from watchword.plumbing.metrics.board import Board
from watchword.plumbing.metrics.counting import Metrics
from watchword.plumbing.settings import ServerSettings

_FLUSH_SECONDS = 0.05
_COLLECT_AFTER = 2_000


async def serve(
    settings: Settings,
    listener: socket.socket,
    metrics_listener: socket.socket | None = None,
    *,
    board: Board | None = None,
    on_ready: Callable[[House], Awaitable[None]] | None = None,
    asked: Asked | None = None,
) -> None:
    """Serve until a signal asks to stop; `board` and `asked` are there when several processes serve.

    `on_ready` is done when somebody listens, and before the first job: what it prints comes first.
    """
    first = board is None or board.ours == 0
    asked = asked or Asked()
    async with open_house(settings, patient=True) as house:
        server, metrics = house.part(ServerSettings), house.part(Metrics)
        if board is not None:
            metrics.join(board)
        front = asgi.build(house)
        await take_flags(house)
        web = Server(
            front,
            server.shutdown_timeout,
            server.tls_context(),
            server.closing_grace,
            lambda: asked.with_all,
        )
        servers = [web.serve(sockets=[listener])]
        extra = None
        if not first and metrics_listener is not None:
            metrics_listener.close()  # who keeps it open would go on taking connections when we stop
        elif metrics_listener is not None:
            extra = Server(inner_app(house), timedelta(seconds=1), closes=lambda: asked.with_all)
            servers.append(extra.serve(sockets=[metrics_listener]))
        with (
            _flushing(house.part(AccessLog)),
            heeding_hangup(settings),
            heeding_diagnosis(settings),
        ):
            with _signals(lambda: _leave(house, web, extra, asked)):
                tasks = [asyncio.create_task(each) for each in servers]
                while not web.started and not tasks[0].done():  # noqa: ASYNC110 - uvicorn has no event
                    await asyncio.sleep(0.005)
                _settle()
                if on_ready is not None:
                    await on_ready(house)
                told = asyncio.create_task(_tell_of_migrations(house)) if first else None
                places = worker.places(works=server.run_worker and first, tells=first)
                runner = worker.start(house, places)
                await asyncio.gather(*tasks)
            if told is not None:
                told.cancel()
            await runner.stop(timedelta() if asked.again else worker.PATIENCE)
            metrics.post()


async def _tell_of_migrations(house: House) -> None:
    """Name what mends it where the database lacks tables: every job is about to trip over that."""
    with contextlib.suppress(Exception):  # it is away, which is told elsewhere
        if not await house.part(Migrations).complete():
            log().warning("the database is not up to date", fix="watchword migrate up")


def _settle() -> None:
    """Set aside what stays for ever, so that the collector looks only at what comes and goes."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 20, 20)


def _leave(house: House, web: Server, extra: Server | None, asked: Asked) -> None:
    """Begin to stop at the first signal, end at once at the second."""
    loop, server = asyncio.get_running_loop(), house.part(ServerSettings)
    asked.hear(loop.time())
    house.part(Presence).draining = asked.with_all
    if asked.again:
        for each in filter(None, (web, extra)):
            each.end()
        return
    if web.leaves:
        return
    web.leave()
    log().info("stopping", category="audit")

    def close() -> None:
        web.should_exit = True
        if extra is not None:
            extra.should_exit = True

    loop.call_later(server.drain_delay.total_seconds(), close)


@contextlib.contextmanager
def _signals(leave: Callable[[], None]) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, leave)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


@contextlib.contextmanager
def _flushing(access: AccessLog) -> Iterator[None]:
    """Write the request log in small batches, soon after the first line of each."""
    loop = asyncio.get_running_loop()
    access.when_waiting = lambda: loop.call_later(_FLUSH_SECONDS, access.flush)
    try:
        yield
    finally:
        access.when_waiting = lambda: None
        access.flush()
