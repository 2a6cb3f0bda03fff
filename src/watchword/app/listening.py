"""Listening: a socket that is ours, and the server behind it, which leaves nobody without an answer.

A socket that closes resets whoever waits in its queue, or is shaking hands. So in the end, when the
socket closes in every process that holds it,
1. Linux is told to overhear who is only beginning to connect: they try again, and find the socket closed;
2. those who had begun are let in: they have a moment, and then the queue is emptied, however busy we are, for
   the loop takes one of them in each of its turns;
3. the socket closes;
4. each connection ends with its next answer, which says so, or when nothing came on it for the grace.
A process that leaves alone closes its own copy: nobody is turned away, for the others go on accepting.
Source: RFC 9112, section 9.6.
"""

import asyncio
import contextlib
import ctypes
import gc
import select
import socket
import ssl
import struct
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

import uvicorn

from watchword.plumbing.logs.logger import log
from watchword.plumbing.web.wire import Shared, Wire

_PORTS_TRIED = 20
_MOMENT = 0.05
_HANDSHAKE_SECONDS = 0.25  # of somebody far away; who is overheard tries again after a second
_QUEUE_SECONDS = 5.0
_TURN_SECONDS = 0.02
_SO_ATTACH_FILTER = 26
# Load the byte of TCP's flags; with SYN among them drop the packet, else pass it on.
_NO_SYN = ((0x30, 0, 0, 13), (0x45, 0, 1, 0x02), (0x06, 0, 0, 0), (0x06, 0, 0, 0xFFFFFFFF))


def bind(host: str, port: int, *, next_free: bool = False) -> socket.socket:
    """Bind a listening socket; with `next_free`, the next port when one is busy. OSError: none free."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in range(port, port + (_PORTS_TRIED if next_free and port else 1)):
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, candidate))
            listener.listen(2048)
        except OSError:
            listener.close()
            if candidate == port + _PORTS_TRIED - 1 or not (next_free and port):
                raise
            continue
        listener.set_inheritable(True)
        return listener
    raise AssertionError


def turn_away(listener: socket.socket) -> None:
    """Let nobody begin to connect any more; who had begun still may. Elsewhere than on Linux: do nothing.

    That holds in every process that has the socket: it is for when all of them leave.
    """
    rules = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *rule) for rule in _NO_SYN))
    program = struct.pack("HP", len(_NO_SYN), ctypes.addressof(rules))
    with contextlib.suppress(OSError):
        listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)


def _waited_at(listeners: Sequence[socket.socket]) -> bool:
    """Tell whether somebody is still to be let in."""
    queues = select.poll()
    for listener in listeners:
        queues.register(listener, select.POLLIN)
    return bool(queues.poll(0))


async def _while(true: Callable[[], bool], most: float) -> None:
    """Let the loop turn while this is true, for so many seconds at most."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(most):
            while true():  # noqa: ASYNC110 - neither queue has an event
                await asyncio.sleep(_TURN_SECONDS)


class Server(uvicorn.Server):
    """uvicorn, its signals and its end being ours."""

    def __init__(
        self,
        app: object,
        patience: timedelta,
        tls: ssl.SSLContext | None = None,
        grace: timedelta = timedelta(),
        closes: Callable[[], bool] = lambda: True,
    ) -> None:
        """Serve an app; in the end wait for those who are answered, and for kept connections the grace.

        `closes` tells in the end whether the socket closes with us, or stays with other processes.
        """
        config = uvicorn.Config(
            app,  # type: ignore[arg-type]
            log_config=None,
            access_log=False,
            lifespan="off",
            http=Wire,
            ws="none",
            ssl_context_factory=(lambda _config, _default: tls) if tls else None,
            proxy_headers=False,
            server_header=False,
            workers=1,  # else uvicorn reads WEB_CONCURRENCY, which is ours
            date_header=True,
        )
        super().__init__(config)
        self._closes = closes
        self._patience = max(1.0, patience.total_seconds())
        self.server_state: Shared = Shared(min(grace, patience).total_seconds())

    @property
    def leaves(self) -> bool:
        """Tell whether it does."""
        return self.server_state.leaving

    def leave(self) -> None:
        """From now on every answer is the last one on its connection."""
        self.server_state.leaving = True

    def end(self) -> None:
        """Stop, and wait for nobody any more."""
        self.should_exit = self.force_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let in who is at the door, close it, and end every connection when it may be ended."""
        self.leave()
        await asyncio.sleep(_MOMENT)  # a signal to a group comes to its supervisor, too
        if self._closes():
            for listener in sockets or []:
                turn_away(listener)
            await asyncio.sleep(_HANDSHAKE_SECONDS)
            await _while(lambda: not self.force_exit and _waited_at(sockets or []), _QUEUE_SECONDS)
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        await _while(self._agreeing, max(self.server_state.grace, _MOMENT))
        for connection in list(self.server_state.connections):
            connection.shutdown()
        try:
            async with asyncio.timeout(self._patience):
                await self._wait_tasks_to_complete()
        except TimeoutError:
            tasks = list(self.server_state.tasks)
            log().error("not all requests ended in time", running=len(tasks))
            for task in tasks:
                task.cancel()

    def _agreeing(self) -> bool:
        """Tell whether we wait for somebody to agree on TLS who was let in; who failed left a ring behind."""
        if self.force_exit:
            return False
        if self.server_state.coming:
            gc.collect()
        return bool(self.server_state.coming)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield
