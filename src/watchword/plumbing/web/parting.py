"""Parting: leaving a connection on which somebody still sends what nobody will read.

Closed at once, it would be reset, and the answer be lost with it before it is read. So our side is
closed alone, and what comes is thrown away: for two seconds and 8 MiB at most, then it is closed.
Source: RFC 9112, section 9.6.
"""

from asyncio import AbstractEventLoop, BaseProtocol, Protocol, Transport

LONGEST_SECONDS = 2.0
MOST_BYTES = 8 * 1024 * 1024


class Parting(Protocol):
    """Takes the connection over from its protocol, which hears of nothing but the end."""

    def __init__(self, transport: Transport, before: BaseProtocol, loop: AbstractEventLoop) -> None:
        """Say that no more will be sent, and begin to throw away."""
        self._transport = transport
        self._before = before
        self._left = MOST_BYTES
        self._timer = loop.call_later(LONGEST_SECONDS, transport.close)
        transport.set_protocol(self)
        if transport.can_write_eof():
            transport.write_eof()

    def data_received(self, data: bytes) -> None:
        """Throw it away; close when it is too much."""
        self._left -= len(data)
        if self._left < 0:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let the protocol before us know."""
        self._timer.cancel()
        self._before.connection_lost(exc)
