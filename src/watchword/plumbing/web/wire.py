"""The wire: how much of a request's head is taken, how long we wait for it, and the short way out.

The HTTP parser takes heads of any length and waits for ever; here a head has at most 32 KiB (431), and
ten seconds to arrive; a connection may be idle for 75 (then it is closed). A head that comes in pieces is
counted exactly when it is whole, and before that by the reads that are nothing else. Bodies have their own
bounds (`shapes`). One timer a connection watches over both: set anew when it fires, not at every request.
Every request carries `watchword.answer`: an answer that comes in one piece leaves by it in one write, its
head spelled already (`outgoing`); ASGI's own way looks at every header twice, and writes head and body
apart.  Who is answered before the whole request came is left with time to read that (`parting`); the
connection goes on only where what still comes is known to be little. A request names its host once, or it
is none (only HTTP/1.0 may leave it out).
Once the server leaves, every answer is the last one on its connection and says so; one that is kept open
is closed when nothing came on it for a while, for a request may be on its way there.
Problems: `head_too_large`, `malformed_request`.
Sources: RFC 9110, section 15; RFC 9112, section 3.2; RFC 6585, section 5.
"""

from asyncio import BaseTransport, TimerHandle, Transport
from collections import deque
from collections.abc import Iterable
from functools import partial
from typing import Any, cast
from weakref import WeakSet

from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)
from uvicorn.server import ServerState

from watchword.kernel.problems import HeadTooLarge, Problem, RequestMalformed
from watchword.plumbing.web.bodies import MAX_BODY
from watchword.plumbing.web.front import Front
from watchword.plumbing.web.outgoing import spell
from watchword.plumbing.web.parting import Parting

MAX_HEAD = 32 * 1024
PATIENCE_SECONDS = 10.0
IDLE_SECONDS = 75.0
_CLOSE = b"connection: close\r\n\r\n"
# Where the parser puts what comes behind a chunked body: no trailer is a header (RFC 9110, section 6.5.1).
_NOWHERE = cast("list[tuple[bytes, bytes]]", deque[tuple[bytes, bytes]](maxlen=0))


class Shared(ServerState):
    """What the connections of one server share: also whether it leaves, and how long it waits for each.

    `coming` are those let in with whom nothing is agreed yet: a TLS handshake takes its time, or fails.
    """

    def __init__(self, grace: float = 0.0) -> None:
        """Stay; `grace` is how many seconds a kept connection is waited for in the end."""
        super().__init__()
        self.leaving = False
        self.grace = grace
        self.coming: WeakSet[Wire] = WeakSet()


class Wire(HttpToolsProtocol):
    """uvicorn's protocol, with bounds."""

    server_state: Shared
    patience = PATIENCE_SECONDS
    idle = IDLE_SECONDS

    def __init__(self, *given: Any, **named: Any) -> None:
        """Be let in; the connection is there when it is made."""
        super().__init__(*given, **named)
        self.server_state.coming.add(self)

    def connection_made(self, transport: BaseTransport) -> None:
        """Begin to wait for the first head."""
        super().connection_made(cast("Any", transport))
        self.server_state.coming.discard(self)
        self._head: int | None = 0
        self._deadline: float | None = None
        self._timer: TimerHandle | None = None
        self._wait(self.patience)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feed the parser; stop when the head it is reading grows too long."""
        if len(data) > MAX_HEAD:
            self._feed_in_pieces(data)
            return
        if self._head is not None:
            self._head += len(data)
        super().data_received(data)
        if self._head is not None and not self.transport.is_closing():
            if self._head > MAX_HEAD:
                self._refuse(HeadTooLarge())
            elif self._deadline is None:
                self._wait(self.patience)

    def on_message_begin(self) -> None:
        """A head begins; nearly always it is whole already, and there is nothing to wait for."""
        super().on_message_begin()
        self._deadline = None
        if self._head is None:  # what this read brought before it is no head
            self._head = 1

    def on_headers_complete(self) -> None:
        """The head is whole; only one that was waited for may be too long."""
        if self._deadline is not None and self._length() > MAX_HEAD:
            self._head = MAX_HEAD + 1
            raise ValueError  # the parser ends here
        self._head = self._deadline = None
        hosts = [name for name, _ in self.headers if name == b"host"]
        if len(hosts) != 1 and (hosts or self.parser.get_http_version() != "1.0"):
            raise ValueError  # as with whatever else is no HTTP
        super().on_headers_complete()
        self.headers = _NOWHERE
        if self.server_state.leaving:
            self.cycle.keep_alive = False
        if self.scope["method"] != "GET":
            self.cycle.transport = cast("Transport", _Way(self, self.cycle))
        self.scope["watchword.answer"] = partial(_answer, self.cycle)  # type: ignore[typeddict-unknown-key]

    def on_response_complete(self) -> None:
        """Go on with the request that waits behind, or wait for the next one."""
        self.server_state.total_requests += 1
        if self.transport.is_closing() or self.transport.get_protocol() is not self:
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif self._head is None:  # else the next one is coming already
            if not self.cycle.more_body:
                self._head = 0
            self._wait(self.server_state.grace if self.server_state.leaving else self.idle)

    def shutdown(self) -> None:
        """Say with the next answer that it is the last; wait for a request that may be on its way."""
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is not None and not cycle.response_complete:
            cycle.keep_alive = cycle.keep_alive and cycle.response_started  # begun, it said so
        elif not self._head:  # else it is coming just now
            self._wait(self.server_state.grace)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP in the form of every other problem."""
        long = self._head is not None and self._head > MAX_HEAD
        self._refuse(HeadTooLarge() if long else RequestMalformed(private=msg))

    def part(self) -> None:
        """Leave the connection, though something may still come."""
        self._stop_timer()
        self._head = self._deadline = None
        if not self.transport.is_closing():
            self.flow.resume_reading()
            Parting(self.transport, self, self.loop)

    def _feed_in_pieces(self, data: bytes) -> None:
        """Feed a long read in pieces, each as long as a head may be, while anybody is here to read."""
        for begin in range(0, len(data), MAX_HEAD):
            if self.transport.is_closing() or self.transport.get_protocol() is not self:
                return
            self.data_received(data[begin : begin + MAX_HEAD])

    def _length(self) -> int:
        """Return how long a whole head is."""
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _wait(self, seconds: float) -> None:
        """Close the connection unless something comes within so many seconds."""
        self._deadline = self.loop.time() + seconds
        if self._timer is not None and self._timer.when() > self._deadline:
            self._stop_timer()
        if self._timer is None:
            self._timer = self.loop.call_at(self._deadline, self._look)

    def _look(self) -> None:
        """See whether somebody is late; come back later if not yet."""
        self._timer = None
        if self._deadline is None or self.transport.is_closing():
            return
        if self.loop.time() >= self._deadline:
            self.transport.close()
        else:
            self._timer = self.loop.call_at(self._deadline, self._look)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _refuse(self, problem: Problem) -> None:
        """Answer as the front does, which never hears of the request, and close."""
        self._stop_timer()
        app: object = self.app
        if isinstance(app, Front):
            status, head, body = app.turn_away(problem)
            ours = spell(self.server_state.default_headers)
            self.transport.write(b"".join((STATUS_LINE[status], ours, head, _CLOSE, body)))
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is None or cycle.response_complete:
            self.part()
        else:
            self.transport.close()  # another answer is under way, and would find no way out


class _Way:
    """A request's way out, which is not closed before the other side has sent it all."""

    def __init__(self, wire: Wire, cycle: RequestResponseCycle) -> None:
        self._wire = wire
        self._cycle = cycle
        self.write = wire.transport.write
        self.is_closing = wire.transport.is_closing

    def close(self) -> None:
        """Close, or part when some of the body is still to come."""
        if self._cycle.more_body and self._cycle.response_complete:
            self._wire.part()
        else:
            self._wire.transport.close()


def _is_little(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Tell whether a body, of which nobody reads the rest, says that it is no longer than most may be."""
    declared = dict(headers).get(b"content-length", b"")
    return (
        len(declared) <= len(b"%d" % MAX_BODY) and declared.isdigit() and int(declared) <= MAX_BODY
    )


async def _answer(cycle: RequestResponseCycle, status: int, head: bytes, body: bytes) -> None:
    """Write a whole answer at once and end the exchange, as the cycle's own `send` would."""
    if cycle.flow.write_paused and not cycle.disconnected:
        await cycle.flow.drain()
    if cycle.disconnected:
        return
    if cycle.more_body and not _is_little(cycle.scope["headers"]):
        cycle.keep_alive = False
    cycle.response_started = cycle.response_complete = True
    ours = spell(cycle.default_headers)
    end = b"\r\n" if cycle.keep_alive else _CLOSE
    cycle.transport.write(b"".join((STATUS_LINE[status], ours, head, end, body)))
    cycle.message_event.set()
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()
