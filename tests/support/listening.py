"""The service on a real socket of this machine, and somebody who talks to it byte by byte."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from datetime import timedelta

from tests.support.world import World
from watchword.app.listening import Server, bind
from watchword.plumbing.web.wire import IDLE_SECONDS, PATIENCE_SECONDS, Shared, Wire


@contextlib.asynccontextmanager
async def listening(
    world: World,
    patience: float = PATIENCE_SECONDS,
    idle: float = IDLE_SECONDS,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[int]:
    """Serve the world as `watchword serve` does, and yield the port."""

    class Patient(Wire):
        """A wire that waits so long."""

    Patient.patience, Patient.idle = patience, idle
    async with serving(world.app, Patient, tls) as (port, _):
        yield port


@contextlib.asynccontextmanager
async def serving(
    app: object, wire: type[Wire] = Wire, tls: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[int, Shared]]:
    """Serve an application, and yield the port and what its connections share."""
    listener = bind("127.0.0.1", 0)
    server = Server(app, timedelta(seconds=1), tls)
    server.config.http = wire
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.005)
    try:
        yield listener.getsockname()[1], server.server_state
    finally:
        server.should_exit = True
        await task


async def talk(port: int, *pieces: bytes) -> bytes:
    """Send pieces until the other side hangs up, and return what it said."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with contextlib.suppress(ConnectionError):
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
    said = b""
    with contextlib.suppress(ConnectionError):
        said = await reader.read()
    writer.close()
    return said
