"""Providers that take letters and texts by HTTPS: one client for all, and what their answers mean.

    2xx                            taken
    413                            NotAccepted, lasting: too large is too large for everybody
    400 about the reader           NotAccepted, lasting; each provider says it in its own words (`lasting`)
    400 about the reader for now, or nobody knows about whom
                                   NotAccepted, of the reader (`of_reader`): nothing against the provider
    429                            NotAccepted, with the time after which they want to be asked again
    other 4xx, other 5xx           NotAccepted: it is about us or about them; another carrier may take it
    no connection                  NotAccepted
    silence, a broken line, 504    Undelivered: somebody behind them may have it

Every try of a message carries the same `Idempotency-Key`. None of the providers whom we speak to
documents that it looks at one (SendGrid, SES, Mailgun and Twilio's Messages have none), so it is for
whoever stands between: a gateway, or a relay with the same API. What keeps a message from coming twice is
ours: one that nobody can tell of goes to the same provider alone, under the same Message-ID.

An answer's reason is its status and the name of its fault, no more: providers quote addresses. Redirects
are not followed, and no more of an answer is read than anybody needs. Source: RFC 9110 (10.2.3 Retry-After,
15 status codes); draft-ietf-httpapi-idempotency-key-header.
"""

import asyncio
import contextlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx2

from watchword.kernel.clock import Clock
from watchword.kernel.ports import NotAccepted, Undelivered

KEY: Final = "Idempotency-Key"
PATIENCE: Final = timedelta(seconds=8)
_CONNECT_SECONDS: Final = 4.0
_ENOUGH: Final = 65_536
_LIMITS: Final = httpx2.Limits(  # how many are under way, the worker's hands say: nobody waits here
    max_connections=None, max_keepalive_connections=20
)
_LONGEST_WAIT: Final = timedelta(hours=1)
BAD: Final = 400
_TOO_LARGE: Final = 413
_TOO_MANY, _BEHIND_THEM = 429, 504
_NOTHING_WAS_SENT: Final = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.LocalProtocolError,
    httpx2.ProxyError,
)


def new_client(patience: timedelta = PATIENCE) -> httpx2.AsyncClient:
    """Return a client for all providers of a house; close it in the end."""
    seconds = patience.total_seconds()
    timeout = httpx2.Timeout(seconds, connect=min(_CONNECT_SECONDS, seconds))
    return httpx2.AsyncClient(timeout=timeout, limits=_LIMITS, headers={"User-Agent": "Watchword"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a provider answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def good(self) -> bool:
        """Tell whether they took it."""
        return 200 <= self.status < 300  # noqa: PLR2004 - the class of success

    @property
    def json(self) -> Mapping[str, Any]:
        """Return the body as an object; an empty one where it is none."""
        with contextlib.suppress(ValueError, RecursionError):
            read = json.loads(self.body)
            if isinstance(read, dict):
                return read
        return {}

    def said(self, name: str) -> str | None:
        """Return a short text of the body, by its name."""
        value = self.json.get(name)
        return value[:200] if isinstance(value, str) else None


def unnamed(_reply: Reply) -> str:
    """Find no name of a refusal's fault."""
    return ""


def nobodys_fault(_reply: Reply) -> bool:
    """Find no refusal to be about the reader."""
    return False


class Provider:
    """One provider's API below a base address."""

    def __init__(
        self,
        client: httpx2.AsyncClient,
        base: str,
        clock: Clock,
        patience: timedelta = PATIENCE,
    ) -> None:
        """Ask at this address, and wait no longer than `patience` for a whole answer."""
        self.base = base.rstrip("/")
        self._client = client
        self._clock = clock
        self._patience = patience

    async def hand_over(
        self,
        path: str,
        *,
        key: str,
        lasting: Callable[[Reply], bool] = nobodys_fault,
        of_reader: Callable[[Reply], bool] = nobodys_fault,
        fault: Callable[[Reply], str] = unnamed,
        headers: Mapping[str, str] | None = None,
        **request: Any,
    ) -> Reply:
        """Post a message; return the answer of who took it. Problems: `NotAccepted`, `Undelivered`.

        `key` is the same whenever the message is tried again; `lasting` tells of a refusal whether it is
        about the reader for good, `of_reader` whether for now or in doubt; `fault`
        its name, if it is one of a list.
        """
        named = {**(headers or {}), KEY: key.strip("<>")}
        reply = await self.ask("POST", path, headers=named, **request)
        if reply.good:
            return reply
        if reply.status == _BEHIND_THEM:
            raise Undelivered(f"answered {reply.status}")
        raise NotAccepted(
            " ".join(filter(None, [f"refused with {reply.status}", fault(reply)])),
            lasting=reply.status == _TOO_LARGE or lasting(reply),
            of_reader=of_reader(reply),
            retry_after=wait_asked_for(reply, self._clock.now()),
        )

    async def trouble(
        self,
        method: str,
        path: str,
        *,
        lacks: Callable[[Reply], str | None] = lambda _reply: None,
        **request: Any,
    ) -> str | None:
        """Ask whether they would let us in; return nothing when they do, else a short reason.

        `lacks` reads a good answer: what we may not do all the same.
        """
        try:
            reply = await self.ask(method, path, **request)
        except (NotAccepted, Undelivered) as trouble:
            return str(trouble)
        return lacks(reply) if reply.good else str(reply.status)

    async def ask(self, method: str, path: str, **request: Any) -> Reply:
        """Ask, and return what they answer. Problems: `NotAccepted`, `Undelivered`."""
        heads: list[httpx2.Response] = []
        body = bytearray()
        try:
            async with asyncio.timeout(self._patience.total_seconds()):
                async with self._client.stream(method, self.base + path, **request) as head:
                    heads.append(head)
                    async for part in head.aiter_bytes():
                        body += part
                        if len(body) > _ENOUGH:
                            break
        except _NOTHING_WAS_SENT as error:
            raise NotAccepted(type(error).__name__) from None
        except (httpx2.HTTPError, TimeoutError) as error:
            if not heads:
                raise Undelivered(type(error).__name__) from None
        head = heads[0]  # the status is the answer, even where the rest was lost
        return Reply(status=head.status_code, headers=head.headers, body=bytes(body[:_ENOUGH]))


def wait_asked_for(reply: Reply, now: datetime) -> timedelta | None:
    """Return how long they want to be left alone: seconds or a date, an hour at most."""
    told = reply.headers.get("retry-after", "").strip()
    wait: timedelta | None = None
    if re.fullmatch(r"[0-9]{1,9}", told):
        wait = timedelta(seconds=int(told))
    elif told:
        with contextlib.suppress(ValueError, TypeError, OverflowError):
            then = parsedate_to_datetime(told)
            wait = (then if then.tzinfo else then.replace(tzinfo=UTC)) - now
    elif reply.status == _TOO_MANY:
        reset = reply.headers.get("x-ratelimit-reset", "").strip()
        if re.fullmatch(r"[0-9]{1,11}", reset):
            wait = datetime.fromtimestamp(int(reset), UTC) - now
    return None if wait is None else min(max(wait, timedelta(0)), _LONGEST_WAIT)
