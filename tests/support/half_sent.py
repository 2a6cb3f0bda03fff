"""Requests of which one half was sent: a service that is asked to stop has them in hand."""

import contextlib
import socket
from collections.abc import Iterator

from tests.support.running import PATIENCE, stopped

_LIVE = b"GET /live HTTP/1.1\r\nHost: x\r\n\r\n"
_BODY = b'{"refreshToken": "nothing"}'
_HEAD = (
    "POST /api/v1/auth/refresh HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    f"Content-Length: {len(_BODY)}\r\n\r\n"
).encode()


class HalfSent:
    """One of them."""

    def __init__(self, line: socket.socket) -> None:
        """Send the first half on a connection that somebody has taken."""
        self._line = line
        line.sendall(_HEAD + _BODY[:10])

    def finish(self) -> bytes:
        """Send the rest, and return the status that is answered, or nothing."""
        try:
            self._line.sendall(_BODY[10:])
            return self._line.recv(4096).partition(b" ")[2][:3]
        except ConnectionError:
            return b""


@contextlib.contextmanager
def half_sent(
    port: str, times: int = 1, *, to_all_but: int | None = None
) -> Iterator[list[HalfSent]]:
    """Have so many in hand; none of them in the process that stands still meanwhile."""
    with contextlib.ExitStack() as stack:
        lines = []
        with stopped(to_all_but) if to_all_but else contextlib.nullcontext():
            for _ in range(times):
                line = socket.create_connection(("127.0.0.1", int(port)), timeout=PATIENCE)
                lines.append(stack.enter_context(line))
                line.sendall(_LIVE)  # whoever answers this has the connection
                assert line.recv(4096).startswith(b"HTTP/1.1 200")
        yield [HalfSent(line) for line in lines]
