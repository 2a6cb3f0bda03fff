"""A wire between a client and a server that tests can freeze, cut and hold closed.

freeze   what is sent stays unanswered, as from a machine that hangs    thaw   it flows again
cut      every connection ends at once                                  shut / reopen   no new ones
left     so many bytes may still pass, then all is cut: in the midst of what somebody says
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit


@dataclass(slots=True)
class Wire:
    """One listening proxy; `url` is the server's address by way of it."""

    server: str
    url: str = ""
    flowing: asyncio.Event = field(default_factory=asyncio.Event)
    open: bool = True
    taken: int = 0
    left: int | None = None
    ends: set[asyncio.StreamWriter] = field(default_factory=set)

    def freeze(self) -> None:
        """Let nothing through."""
        self.flowing.clear()

    def thaw(self) -> None:
        """Let everything through again."""
        self.flowing.set()

    def cut(self) -> None:
        """End every connection."""
        for end in self.ends:
            end.transport.abort()

    def shut(self) -> None:
        """End every connection and take no new one."""
        self.open = False
        self.cut()

    def reopen(self) -> None:
        """Take connections again."""
        self.open = True

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Join one client with the server."""
        if not self.open:
            writer.transport.abort()
            return
        self.taken += 1
        parts = urlsplit(self.server)
        far_reader, far_writer = await asyncio.open_connection(parts.hostname, parts.port)
        self.ends |= {writer, far_writer}
        try:
            await asyncio.gather(self._pass(reader, far_writer), self._pass(far_reader, writer))
        finally:
            self.ends -= {writer, far_writer}
            writer.close()
            far_writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while piece := await reader.read(65536):
                await self.flowing.wait()
                if self._spends(len(piece)):
                    self.cut()
                    return
                writer.write(piece)
                await writer.drain()
            writer.close()

    def _spends(self, size: int) -> bool:
        """Tell whether that was all that may pass; it is so once."""
        if self.left is None:
            return False
        self.left -= size
        if self.left > 0:
            return False
        self.left = None
        return True


@asynccontextmanager
async def wire_to(server: str) -> AsyncIterator[Wire]:
    """Yield a wire to the server of this URL."""
    wire = Wire(server)
    wire.thaw()
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.create_task(wire.take(reader, writer)))

    listening = await asyncio.start_server(accept, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    parts = urlsplit(server)
    who = parts.netloc.rpartition("@")[0]
    netloc = f"{who}@127.0.0.1:{port}" if who else f"127.0.0.1:{port}"
    wire.url = urlunsplit(parts._replace(netloc=netloc))
    try:
        yield wire
    finally:
        listening.close()
        wire.cut()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
