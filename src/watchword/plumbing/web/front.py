"""The front: the outermost ASGI callable, and the only place that every request passes.

One function each way, with a measured price: a request id, the client's address (proxies believed
only when trusted), hot doors before the router, security and CORS headers, metrics, one log line.
A hot door spells its own head; what every answer has is added here (`outgoing`, `cors`).
"""

import asyncio
import itertools
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from starlette.types import ASGIApp, Receive, Scope, Send

from watchword.kernel.addresses import Network, client_address, is_within, network_key
from watchword.kernel.clock import Clock
from watchword.kernel.problems import Kind, Problem
from watchword.plumbing.logs import logger
from watchword.plumbing.metrics.counting import Requests
from watchword.plumbing.web.cors import Cors
from watchword.plumbing.web.outgoing import (
    HSTS,
    SECURITY_HEADERS,
    Outgoing,
    Whole,
    in_two,
    spell,
)
from watchword.plumbing.web.problems import plain, problem_response, untold

HotDoor = Callable[[Scope, dict[bytes, bytes]], Awaitable[tuple[int, bytes, bytes]]]

_GOOD_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_FORWARDED = b"x-forwarded-for"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_ORIGINS_REMEMBERED = 4096
_UNMATCHED = "unmatched"


class HttpsRequired(Problem):
    """Use https: this service does not answer over plain http."""

    code = "https_required"
    kind = Kind.FORBIDDEN


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
        access: logger.AccessLog,
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
        self._cors = Cors(settings.cors_origins)
        self._common = [*SECURITY_HEADERS, *([HSTS] if settings.https else [])]
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
            if door is not None and not scope["query_string"] and self._welcome(scope):
                status = await self._through_hot_door(door, scope, whole or in_two(send), headers)
            else:
                status = await self._through_router(scope, receive, send, whole, headers)
        finally:
            self.in_flight -= 1
            self._note_request(scope, status, time.perf_counter() - started)

    def turn_away(self, problem: Problem) -> tuple[int, bytes, bytes]:
        """Answer what never became a request: status, head and body, counted and logged as any."""
        request_id = self._new_id()
        status, lines, body = plain(problem, request_id.decode())
        self._note("OTHER", _UNMATCHED, status, 0.0, request_id.decode())
        return status, self._headed(spell(lines), body, request_id), body

    def _headed(self, head: bytes, body: bytes, request_id: bytes) -> bytes:
        """Add to a spelled head what every answer has."""
        return b"%b%bcontent-length: %d\r\nx-request-id: %b\r\n" % (
            head,
            self._spelled,
            len(body),
            request_id,
        )

    def _request_id(self, headers: Mapping[bytes, bytes]) -> bytes:
        given = headers.get(b"x-request-id")
        if given is not None and _GOOD_ID.fullmatch(given):
            return given
        return self._new_id()

    def _new_id(self) -> bytes:
        return f"{self._stem}{next(self._count):06x}".encode()

    def _place(self, scope: Scope, headers: Mapping[bytes, bytes], request_id: bytes) -> None:
        """Tell the scope who asks: id, address, scheme."""
        peer = scope["client"][0] if scope.get("client") else ""
        told = headers.get(_FORWARDED)
        if told is not None:  # each proxy may add a line of its own: RFC 9110, section 5.3
            told = b",".join([value for name, value in scope["headers"] if name == _FORWARDED])
        address, network, believed = self._origin(peer, told)
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
        head = self._headed(head, body, request_id.encode())
        if lines := self._cors.headers(headers):
            head += spell(lines)
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
            *self._cors.headers(headers),
        ]
        token = logger.request_id.set(scope["watchword.request_id"])
        user = logger.user_id.set("")
        answer = Outgoing(send, whole if scope["method"] != "HEAD" else None, extra)
        try:
            if not self._welcome(scope) and scope["path"] not in self._settings.open_paths:
                await problem_response(HttpsRequired(), scope["watchword.request_id"])(
                    scope, receive, answer
                )
            elif self._cors.is_preflight(scope, headers):
                await self._cors.preflight(answer)
            else:
                await self._app(scope, receive, answer)
        except Exception as error:
            if answer.begun:
                raise
            problem = untold(error, scope)
            await problem_response(problem, scope["watchword.request_id"])(scope, receive, answer)
        finally:
            logger.request_id.reset(token)
            logger.user_id.reset(user)
        return answer.status or 500

    def _note_request(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        route = scope.get("watchword.route", _UNMATCHED)
        user = scope.get("watchword.user", "")
        self._note(method, route, status, seconds, scope["watchword.request_id"], user)

    def _note(
        self, method: str, route: str, status: int, seconds: float, request_id: str, user: str = ""
    ) -> None:
        self._requests.observe(method, route, status, seconds)
        now = self._clock.now().timestamp()
        self._access.write(now, method, route, status, seconds, request_id, user)
