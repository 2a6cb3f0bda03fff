"""The front: the outermost ASGI callable, and the only place that every request passes.

One function each way, with a measured price: a request id, the client's address (proxies believed
only when trusted), hot doors before the router, security and CORS headers, metrics, one log line.
A hot door spells its own head, and the whole answer leaves in one piece where the wire can (`wire`).
"""

import asyncio
import itertools
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from watchword.kernel.addresses import Network, client_address, is_within, network_key
from watchword.kernel.clock import Clock
from watchword.kernel.problems import Kind, Problem
from watchword.plumbing import logs
from watchword.plumbing.metrics import Requests
from watchword.plumbing.web.problems import plain, problem_response, untold

Headers = list[tuple[bytes, bytes]]
Whole = Callable[[int, bytes, bytes], Awaitable[None]]
HotDoor = Callable[[Scope, dict[bytes, bytes]], Awaitable[tuple[int, bytes, bytes]]]

_GOOD_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
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
]
HSTS = (b"strict-transport-security", b"max-age=31536000; includeSubDomains; preload")
_REFERRER = (b"referrer-policy", b"no-referrer")
_ORIGINS_REMEMBERED = 4096


def in_two(send: Send) -> Whole:
    """Answer as any ASGI server takes it: head, then body."""

    async def answer(status: int, head: bytes, body: bytes) -> None:
        pairs = [line.split(b": ", 1) for line in head.split(b"\r\n")[:-1]]
        await send({"type": "http.response.start", "status": status, "headers": pairs})
        await send({"type": "http.response.body", "body": body})

    return answer


def spell(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Write headers as they travel; the values are ours and hold no line end."""
    return b"".join([b"%b: %b\r\n" % pair for pair in headers])


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
                if _is_plain(head, len(start["headers"])):
                    await self._whole(self.status, head, message.get("body", b""))
                    return
            await self._send(start)
        await self._send(message)


def _is_plain(head: bytes, lines: int) -> bool:
    """Tell whether a head says its length and nothing of the connection, and no value ends a line."""
    head = b"\n" + head
    return (
        head.count(b"\n") - 1 == head.count(b"\r") == lines
        and b"\ncontent-length: " in head
        and b"\nconnection: " not in head
    )


@dataclass(frozen=True, kw_only=True)
class FrontSettings:
    """What the front needs to know of this deployment."""

    trusted_proxies: Sequence[Network] = ()
    cors_origins: frozenset[bytes] = frozenset()
    require_https: bool = False
    https: bool = False
    node_id: str = ""
    open_paths: frozenset[str] = frozenset()


class Front:
    """Everything that concerns every request."""

    def __init__(
        self,
        app: ASGIApp,
        hot: Mapping[str, HotDoor],
        settings: FrontSettings,
        clock: Clock,
        requests: Requests,
        access: logs.AccessLog,
    ) -> None:
        """Stand before the router; `hot` maps `METHOD path` to doors that need none."""
        self._app = app
        self._hot = dict(hot)
        self._settings = settings
        self._clock = clock
        self._requests = requests
        self._access = access
        self._count = itertools.count(1)
        self._stem = f"{time.time_ns() & 0xFFFFFFFFFF:010x}"
        self._common = [*SECURITY_HEADERS, _REFERRER, *([HSTS] if settings.https else [])]
        if settings.node_id:
            self._common.append((b"x-node-id", settings.node_id.encode()))
        self._spelled = spell(self._common)
        self._origin = lru_cache(_ORIGINS_REMEMBERED)(self._origin_of)
        self.in_flight = 0
        self.draining = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; lifespan events go straight through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        headers = dict(scope["headers"])
        request_id = self._request_id(headers)
        self._place(scope, headers, request_id)
        whole = scope.pop("watchword.answer", None)  # it knows the scope: left there, a cycle
        self.in_flight += 1
        status = 500
        try:
            door = self._hot.get(f"{scope['method']} {scope['path']}")
            if door is not None and self._welcome(scope):
                scope["watchword.route"] = scope["path"]
                status = await self._through_hot_door(door, scope, whole or in_two(send), headers)
            else:
                status = await self._through_router(scope, receive, send, whole, headers)
        finally:
            self.in_flight -= 1
            self._note(scope, status, time.perf_counter() - started)

    def _request_id(self, headers: Mapping[bytes, bytes]) -> bytes:
        given = headers.get(b"x-request-id")
        if given is not None and _GOOD_ID.fullmatch(given):
            return given
        return f"{self._stem}{next(self._count):06x}".encode()

    def _place(self, scope: Scope, headers: Mapping[bytes, bytes], request_id: bytes) -> None:
        """Tell the scope who asks: id, address, scheme."""
        peer = scope["client"][0] if scope.get("client") else ""
        address, network, believed = self._origin(peer, headers.get(b"x-forwarded-for"))
        scope["watchword.request_id"] = request_id.decode()
        scope["watchword.address"] = address
        scope["watchword.network"] = network
        if believed and b"x-forwarded-proto" in headers:
            scope["scheme"] = headers[b"x-forwarded-proto"].decode("latin-1").split(",")[0].strip()

    def _origin_of(self, peer: str, forwarded_for: bytes | None) -> tuple[str, str, bool]:
        """Return the client's address, its network, and whether the peer is a proxy of ours."""
        trusted = self._settings.trusted_proxies
        told = forwarded_for.decode("latin-1") if forwarded_for else None
        address = client_address(peer, told, trusted) if trusted else peer
        network = network_key(address) if ":" in address else address
        return address, network, is_within(peer, trusted)

    def _welcome(self, scope: Scope) -> bool:
        return not self._settings.require_https or scope["scheme"] == "https"

    async def _through_hot_door(
        self, door: HotDoor, scope: Scope, whole: Whole, headers: dict[bytes, bytes]
    ) -> int:
        scope["watchword.route"] = scope["path"]
        request_id = scope["watchword.request_id"]
        try:
            status, head, body = await door(scope, headers)
        except Exception as error:  # noqa: BLE001 - told and logged as what it is
            status, lines, body = plain(untold(error, scope), request_id)
            head = spell(lines)
        head = b"%b%bcontent-length: %d\r\nx-request-id: %b\r\n%b" % (
            head,
            self._spelled,
            len(body),
            request_id.encode(),
            spell(self._cors(headers)),
        )
        await whole(status, head, body)
        return status

    async def _through_router(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        whole: Whole | None,
        headers: Mapping[bytes, bytes],
    ) -> int:
        extra = [
            *self._common,
            (b"x-request-id", scope["watchword.request_id"].encode()),
            *self._cors(headers),
        ]
        token = logs.request_id.set(scope["watchword.request_id"])
        user = logs.user_id.set("")
        answer = Outgoing(send, whole if scope["method"] != "HEAD" else None, extra)
        try:
            if not self._welcome(scope) and scope["path"] not in self._settings.open_paths:
                await problem_response(HttpsRequired(), scope["watchword.request_id"])(
                    scope, receive, answer
                )
            elif self._is_preflight(scope, headers):
                await self._preflight(answer)
            else:
                await self._app(scope, receive, answer)
        except Exception as error:
            if answer.begun:
                raise
            problem = untold(error, scope)
            await problem_response(problem, scope["watchword.request_id"])(scope, receive, answer)
        finally:
            logs.request_id.reset(token)
            logs.user_id.reset(user)
        return answer.status or 500

    def _cors(self, headers: Mapping[bytes, bytes]) -> Headers:
        """Let the listed origins read the answer, with cookies; everybody else gets no header."""
        if not self._settings.cors_origins:
            return []
        told: Headers = [(b"vary", b"Origin")]
        origin = headers.get(b"origin")
        if origin in self._settings.cors_origins:
            assert origin is not None
            told += [
                (b"access-control-allow-origin", origin),
                (b"access-control-allow-credentials", b"true"),
                (
                    b"access-control-expose-headers",
                    b"X-Request-Id, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset",
                ),
            ]
        return told

    def _is_preflight(self, scope: Scope, headers: Mapping[bytes, bytes]) -> bool:
        """Tell whether a listed origin asks what it may; to all others OPTIONS is a method like any."""
        return (
            scope["method"] == "OPTIONS"
            and b"access-control-request-method" in headers
            and headers.get(b"origin") in self._settings.cors_origins
        )

    async def _preflight(self, send: Send) -> None:
        headers: Headers = [
            (b"access-control-allow-methods", b"GET, POST, PATCH, DELETE"),
            (
                b"access-control-allow-headers",
                b"Authorization, Content-Type, X-CSRF-Token, X-Request-Id, Idempotency-Key",
            ),
            (b"access-control-max-age", b"600"),
            (b"content-length", b"0"),
        ]
        await send({"type": "http.response.start", "status": 204, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = scope.get("watchword.route", "unmatched")
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        self._requests.observe(method, route, status, seconds)
        self._access.write(
            self._clock.now().timestamp(),
            method,
            route,
            status,
            seconds,
            scope["watchword.request_id"],
            scope.get("watchword.user", ""),
        )


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class HttpsRequired(Problem):
    """Use https: this service does not answer over plain http."""

    code = "https_required"
    kind = Kind.FORBIDDEN
