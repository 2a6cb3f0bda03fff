"""A provider's API that keeps what it is asked and does as a test says: answers, is slow, hangs up.

answers   what to say next, in order; when they are used up, `usual`
asked     the requests, oldest first
"""

import asyncio
import contextlib
import json
import ssl
from base64 import b64decode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from typing import Any, Final, TypeVar
from urllib.parse import parse_qs

from watchword.adapters.providers import Reply

SILENCE: Final = Reply(status=0, headers={}, body=b"")
HANG_UP: Final = Reply(status=1, headers={}, body=b"")


def answer(status: int, body: Any = None, **headers: str) -> Reply:
    """Return an answer; `Retry_After` says Retry-After."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(
        status=status, headers=named, body=b"" if body is None else json.dumps(body).encode()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """Return the body as JSON."""
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        """Return the fields of a form, each given once."""
        kind = self.headers["content-type"]
        assert kind.startswith("application/x-www-form-urlencoded"), kind
        fields = parse_qs(
            self.body.decode(), keep_blank_values=True, strict_parsing=bool(self.body)
        )
        assert all(len(values) == 1 for values in fields.values()), fields
        return {name: values[0] for name, values in fields.items()}

    @property
    def basic(self) -> str:
        """Return who asks, as `name:password`."""
        kind, _, proof = self.headers["authorization"].partition(" ")
        assert kind == "Basic"
        return b64decode(proof).decode()

    @property
    def letter(self) -> Any:
        """Return the letter within a request to SES."""
        raw = b64decode(self.json["Content"]["Raw"]["Data"])
        return message_from_bytes(raw, policy=policy.default)


@dataclass(kw_only=True)
class Stub:
    """A listening provider; another one may `reply` in its own way."""

    usual: Reply = SILENCE
    answers: list[Reply] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        """Return where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def reply(self, asked: Asked) -> Reply:  # noqa: ARG002 - another one may look at it
        """Return what to say."""
        return self.answers.pop(0) if self.answers else self.usual

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Speak with one client."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while await self._exchange(reader, writer):
                pass
        writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = first.split(" ", 2)
        headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in lines)
        }
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        asked = Asked(method=method, path=path, headers=headers, body=body)
        self.asked.append(asked)
        told = self.reply(asked)
        if told is SILENCE:
            await asyncio.sleep(60)
        if told is HANG_UP:
            return False
        named = {"Content-Length": str(len(told.body)), **told.headers}
        head = [f"HTTP/1.1 {told.status} said", *(f"{name}: {named[name]}" for name in named)]
        writer.write("\r\n".join([*head, "", ""]).encode() + told.body)
        await writer.drain()
        return True


@asynccontextmanager
async def stub(
    usual: Reply, *answers: Reply, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Stub]:
    """Yield a provider on a free loopback port, behind TLS where it is given."""
    async with listening(Stub(usual=usual, answers=[*answers]), tls) as provider:
        yield provider


Listening = TypeVar("Listening", bound=Stub)


@asynccontextmanager
async def listening(
    provider: Listening, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Listening]:
    """Have a provider listen on a free loopback port."""
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.create_task(provider.serve(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls)
    provider.port = server.sockets[0].getsockname()[1]
    try:
        yield provider
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
