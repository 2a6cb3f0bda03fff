"""A crowd at the proxy: two hundred requests a second by the clock, one half reading, one half writing.

    crowd        let them ask until the block ends
    answers      how they were answered, or what broke
    written      the ids of the requests whose writing was acknowledged

Readers keep their line; a proxy that reads its configuration anew closes those that nobody speaks on, and
then they ask on a new one, as any client does. Each writing comes on a line of its own and is never repeated.
Where the machine is too slow for the rate they ask as fast as they are answered.
"""

import asyncio
import contextlib
import itertools
import json
import ssl
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass, field

from tests.support.running import until

RATE = 200
PEOPLE = 32
_PATIENCE_SECONDS = 60


@dataclass(kw_only=True)
class Crowd:
    """Those who ask."""

    port: int
    trust: ssl.SSLContext
    cookie: str
    prefix: str
    answers: Counter[str] = field(default_factory=Counter)
    written: list[str] = field(default_factory=list)
    ending: threading.Event = field(default_factory=threading.Event)
    _turns: Iterator[int] = field(default_factory=itertools.count)

    @property
    def failed(self) -> dict[str, int]:
        """Return what was answered otherwise than well, and how often."""
        return {
            told: number
            for told, number in self.answers.items()
            if told not in {"GET 200", "POST 202"}
        }

    async def ask(self) -> None:
        """Ask until told to end, and wait for the last answer."""
        began = time.monotonic()
        async with asyncio.TaskGroup() as people:
            for number in range(PEOPLE):
                people.create_task(self._person(number, began))

    async def _person(self, number: int, began: float) -> None:
        writing = json.dumps({"email": f"somebody{number}@example.org"})
        with contextlib.closing(_Line(self.port, self.trust)) as reading:
            while not self.ending.is_set():
                turn = next(self._turns)
                await asyncio.sleep(max(0.0, began + turn / RATE - time.monotonic()))
                if turn % 2:
                    await self._note("POST", self._write(writing))
                else:
                    await self._note("GET", self._read(reading))

    async def _note(self, method: str, asking: Awaitable[int]) -> None:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                self.answers[f"{method} {await asking}"] += 1
        except (OSError, EOFError, ValueError, TimeoutError) as broken:
            self.answers[f"{method} {broken!r}"] += 1

    async def _read(self, line: "_Line") -> int:
        try:
            status, _ = await line.ask(self._request("GET", "/me", ""))
        except _Closed:
            status, _ = await line.ask(self._request("GET", "/me", ""))
        return status

    async def _write(self, body: str) -> int:
        line = _Line(self.port, self.trust)
        try:
            status, headers = await line.ask(self._request("POST", "/otp/request", body))
        finally:
            line.close()
        if status == 202:
            self.written.append(headers["x-request-id"])
        return status

    def _request(self, method: str, path: str, body: str) -> bytes:
        return (
            f"{method} {self.prefix}{path} HTTP/1.1\r\nHost: localhost:{self.port}\r\n"
            f"Cookie: {self.cookie}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
        )


class _Closed(EOFError):
    """The other side had closed a kept line before it heard us."""


class _Line:
    """A line to the proxy, opened when it is first spoken on."""

    def __init__(self, port: int, trust: ssl.SSLContext) -> None:
        self._place = (port, trust)
        self._open: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: bytes) -> tuple[int, dict[str, str]]:
        """Return status and headers of a whole answer. _Closed: ask again, on a new line."""
        kept = self._open is not None
        if self._open is None:
            port, trust = self._place
            self._open = await asyncio.open_connection("localhost", port, ssl=trust)
        try:
            return await self._exchange(*self._open, request)
        except (OSError, EOFError) as broken:
            self.close()
            if kept and not getattr(broken, "partial", b""):
                raise _Closed from broken
            raise

    def close(self) -> None:
        """Close it."""
        if self._open is not None:
            self._open[1].close()
            self._open = None

    async def _exchange(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
    ) -> tuple[int, dict[str, str]]:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode().rstrip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (x.partition(": ") for x in lines)}
        try:
            await reader.readexactly(int(headers.get("content-length", 0)))
        except EOFError as short:
            raise ValueError("an answer was cut short") from short
        if headers.get("connection") == "close":
            self.close()
        return int(first.split(" ")[1]), headers


@contextlib.contextmanager
def crowd(port: int, trust: ssl.SSLContext, cookie: str, prefix: str) -> Iterator[Crowd]:
    """Let them ask until the block ends, from the moment on when reading and writing were answered."""
    made, faults = Crowd(port=port, trust=trust, cookie=cookie, prefix=prefix), list[Exception]()

    def go() -> None:
        try:
            asyncio.run(made.ask())
        except Exception as fault:  # noqa: BLE001 - told below
            faults.append(fault)

    thread = threading.Thread(target=go)
    thread.start()
    try:
        until(lambda: len(made.answers) > 1, "everybody asks")
        yield made
    finally:
        made.ending.set()
        thread.join()
    assert not faults, faults
