"""A server behind TLS: a proxy that speaks TLS to the client and plainly to the server.

redis      TLS from the first byte
postgres   TLS once the client has asked for it (SSLRequest), as PostgreSQL does it
"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

SSL_REQUEST = bytes.fromhex("0000000804d2162f")


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def behind_tls(server: str, context: ssl.SSLContext) -> AsyncIterator[str]:
    """Yield the server's URL by way of TLS; the scheme says which protocol it is."""
    parts = urlsplit(server)
    postgres = parts.scheme == "postgresql"
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())  # type: ignore[arg-type]
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            if postgres:
                assert await reader.readexactly(8) == SSL_REQUEST, "TLS was not asked for"
                writer.write(b"S")
                await writer.drain()
                await writer.start_tls(context)
            far_reader, far_writer = await asyncio.open_connection(parts.hostname, parts.port)
            await asyncio.gather(_pass(reader, far_writer), _pass(far_reader, writer))

    listening = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=None if postgres else context)
    port = listening.sockets[0].getsockname()[1]
    who = parts.netloc.rpartition("@")[0]
    scheme = "postgresql" if postgres else "rediss"
    yield urlunsplit(parts._replace(scheme=scheme, netloc=f"{who}@127.0.0.1:{port}"))
    listening.close()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
