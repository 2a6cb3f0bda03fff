"""Serving: bind, start, drain, stop.

SIGTERM or SIGINT: `/ready` turns 503, what is in flight finishes (for SHUTDOWN_TIMEOUT at most), jobs
finish what they hold, connections close; exit 0. A second signal ends at once. SIGHUP: see `hangup`.
"""

import asyncio
import contextlib
import gc
import signal
import socket
from collections.abc import Callable, Iterator
from datetime import timedelta

from watchword.app import asgi, worker
from watchword.app.building import open_house
from watchword.app.diagnosing import heeding_diagnosis
from watchword.app.flagging import take_flags
from watchword.app.hangup import heeding_hangup
from watchword.app.inner import inner_app
from watchword.app.listening import Server
from watchword.app.settings import Settings
from watchword.app.wiring import House
from watchword.operations.health.service import Presence
from watchword.operations.metrics.service import Gauges
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
    on_ready: Callable[[House], None] = lambda _house: None,
) -> None:
    """Serve until a signal asks to stop; `board` is there when several processes serve."""
    first = board is None or board.ours == 0
    async with open_house(settings, patient=True) as house:
        server, metrics = house.part(ServerSettings), house.part(Metrics)
        if board is not None:
            metrics.join(board)
        front = asgi.build(house)
        await take_flags(house)
        web = Server(front, server.shutdown_timeout, server.tls_context())
        servers = [web.serve(sockets=[listener])]
        extra = None
        if not first and metrics_listener is not None:
            metrics_listener.close()  # who keeps it open would go on taking connections when we stop
        elif metrics_listener is not None:
            extra = Server(inner_app(house), timedelta(seconds=1))
            servers.append(extra.serve(sockets=[metrics_listener]))
        runner = worker.start(
            house,
            everywhere_only=not (server.run_worker and first),
            more=Gauges(house).jobs() if first else (),
        )
        with (
            _flushing(house.part(AccessLog)),
            heeding_hangup(settings),
            heeding_diagnosis(settings),
        ):
            with _signals(lambda: _leave(house, web, extra)):
                tasks = [asyncio.create_task(each) for each in servers]
                while not web.started and not tasks[0].done():  # noqa: ASYNC110 - uvicorn has no event
                    await asyncio.sleep(0.005)
                _settle()
                on_ready(house)
                await asyncio.gather(*tasks)
            await runner.stop(worker.PATIENCE)
            metrics.post()


def _settle() -> None:
    """Set aside what stays for ever, so that the collector looks only at what comes and goes."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 20, 20)


def _leave(house: House, web: Server, extra: Server | None) -> None:
    """Begin to stop at the first signal, end at once at the second."""
    presence, server = house.part(Presence), house.part(ServerSettings)
    if presence.draining:
        web.should_exit = web.force_exit = True
        return
    presence.draining = True
    log().info("stopping", category="audit")

    def close() -> None:
        web.should_exit = True
        if extra is not None:
            extra.should_exit = True

    asyncio.get_running_loop().call_later(server.drain_delay.total_seconds(), close)


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
