"""Outgoing: an answer on its way to the wire, with the headers that every answer has.

ASGI takes an answer in two messages, head and body. Where the server offers a way to write both at once
(`wire`), an answer that comes in one piece leaves so: every hot door's, and most of the others.
"""

from collections.abc import Awaitable, Callable, Iterable

from starlette.types import Message, Send

Headers = list[tuple[bytes, bytes]]
Whole = Callable[[int, bytes, bytes], Awaitable[None]]

CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "object-src 'none'; frame-ancestors 'none'; form-action 'self'; base-uri 'none'"
)
SECURITY_HEADERS: Headers = [
    (b"content-security-policy", CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=()"),
    (b"referrer-policy", b"no-referrer"),
]
HSTS = (b"strict-transport-security", b"max-age=31536000; includeSubDomains; preload")


def spell(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Write headers as they travel; the values are ours and hold no line end."""
    return b"".join([b"%b: %b\r\n" % pair for pair in headers])


def in_two(send: Send) -> Whole:
    """Answer as any ASGI server takes it: head, then body."""

    async def answer(status: int, head: bytes, body: bytes) -> None:
        pairs = [line.split(b": ", 1) for line in head.split(b"\r\n")[:-1]]
        await send({"type": "http.response.start", "status": status, "headers": pairs})
        await send({"type": "http.response.body", "body": body})

    return answer


class Outgoing:
    """What a door sends, with the headers of every answer; in one piece where it is one."""

    def __init__(self, send: Send, whole: Whole | None, extra: Headers) -> None:
        """Send by `whole` what comes in one piece, if there is such a way."""
        self._send = send
        self._whole = whole
        self._extra = extra
        self._start: Message | None = None
        self.status = 0
        self.begun = False

    async def __call__(self, message: Message) -> None:
        """Pass a message on; a head waits for the first piece of its body."""
        if message["type"] == "http.response.start":
            own = message["headers"]
            names = {name for name, _ in own}
            headers = [*own, *(pair for pair in self._extra if pair[0] not in names)]
            self._start = {**message, "headers": headers}
            self.status = message["status"]
            return
        start, self._start, self.begun = self._start, None, True
        if start is not None:
            if self._whole is not None and not message.get("more_body"):
                head = spell(start["headers"])
                if _may_leave_whole(head, len(start["headers"])):
                    await self._whole(self.status, head, message.get("body", b""))
                    return
            await self._send(start)
        await self._send(message)


def _may_leave_whole(head: bytes, lines: int) -> bool:
    """Tell whether a head says its length and nothing of the connection, and no value ends a line."""
    head = b"\n" + head
    return (
        head.count(b"\n") - 1 == head.count(b"\r") == lines
        and b"\ncontent-length: " in head
        and b"\nconnection: " not in head
    )
