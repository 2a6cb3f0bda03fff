"""The wire: how much of a request's head is taken, and how long we wait for it.

The HTTP parser takes heads of any length and waits for ever; here a head has at most 32 KiB (431), and
ten seconds to arrive (the connection is closed). Bodies have their own bounds (`shapes`).
Sources: RFC 9110, section 15; RFC 6585, section 5.
"""

from asyncio import BaseTransport, TimerHandle
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from watchword.plumbing.web.front import SECURITY_HEADERS
from watchword.plumbing.web.shapes import to_json

MAX_HEAD = 32 * 1024
PATIENCE_SECONDS = 10.0


class Wire(HttpToolsProtocol):
    """uvicorn's protocol, with bounds."""

    patience = PATIENCE_SECONDS

    def connection_made(self, transport: BaseTransport) -> None:
        """Begin to wait for the first head."""
        super().connection_made(cast("Any", transport))
        self._head: int | None = 0
        self._timer: TimerHandle | None = None
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feed the parser; stop when the head it is reading grows too long."""
        if self._head is not None and b"\r\n\r\n" not in data[:MAX_HEAD]:
            data = data[: MAX_HEAD + 1]  # one read may bring a whole head that is too long
        super().data_received(data)
        if self._head is not None and not self.transport.is_closing():
            self._head += len(data)
            if self._head > MAX_HEAD:
                self._refuse(431, "head_too_large", "The head of the request is too large.")
            elif self._timer is None:
                self._wait()

    def on_message_begin(self) -> None:
        """A head begins; nearly always it is whole already, and there is nothing to wait for."""
        super().on_message_begin()
        self._head = 0

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._head = None
        self._stop_waiting()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP in the form of every other problem."""
        self._refuse(400, "malformed_request", msg)

    def _wait(self) -> None:
        self._timer = self.loop.call_later(self.patience, self._too_slow)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_slow(self) -> None:
        self._timer = None
        if not self.transport.is_closing():
            self.transport.close()

    def _refuse(self, status: int, code: str, detail: str) -> None:
        """Answer without the application, and close."""
        self._stop_waiting()
        body = to_json(
            {
                "type": f"/problems/{code}",
                "title": detail,
                "status": status,
                "detail": detail,
                "code": code,
            }
        )
        lines = [
            *SECURITY_HEADERS,
            (b"content-type", b"application/problem+json"),
            (b"content-length", b"%d" % len(body)),
            (b"cache-control", b"no-store"),
            (b"connection", b"close"),
        ]
        head = b"".join(name + b": " + value + b"\r\n" for name, value in lines)
        self.transport.write(b"HTTP/1.1 %d \r\n" % status + head + b"\r\n" + body)
        self.transport.close()
