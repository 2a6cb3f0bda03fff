"""Guarded: HTTP to addresses that an operator wrote down, and never into our own network by their names.

A name is looked up for every request. Every address that it leads to must be public, or lie in a network
that the settings allow; then the connection goes to that very address, so that no second look-up can
lead elsewhere. TLS is verified against the very name that was looked up, as IDNA 2008 writes it. No proxy of
the environment is asked, and no redirect is followed.
Source: OWASP Server-Side Request Forgery Prevention, case 2; RFC 5891.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Final

import httpx2

from watchword.kernel.addresses import Network, is_public, is_within

_CONNECT_SECONDS: Final = 4.0

LookUp = Callable[[str, int], Awaitable[Sequence[str]]]


class Forbidden(Exception):
    """An address that may not be asked."""


def guarded_client(
    allowed: Sequence[Network],
    patience: timedelta,
    *,
    tls: ssl.SSLContext | None = None,
    look_up: LookUp | None = None,
) -> httpx2.AsyncClient:
    """Return a client that goes to public addresses and to those allowed; close it in the end."""
    seconds = patience.total_seconds()
    timeout = httpx2.Timeout(seconds, connect=min(_CONNECT_SECONDS, seconds))
    context = tls or ssl.create_default_context()
    inner = httpx2.AsyncHTTPTransport(verify=context, trust_env=False)
    return httpx2.AsyncClient(
        transport=_Guarded(inner, allowed, look_up or resolve),
        timeout=timeout,
        headers={"User-Agent": "Watchword"},
        trust_env=False,
        follow_redirects=False,
    )


class _Guarded(httpx2.AsyncBaseTransport):
    def __init__(
        self, inner: httpx2.AsyncHTTPTransport, allowed: Sequence[Network], look_up: LookUp
    ) -> None:
        self._inner = inner
        self._allowed = allowed
        self._look_up = look_up

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Judge where it leads, then go there."""
        host = request.url.raw_host.decode("ascii")
        address = await self._judged(host, request.url.port or 443)
        request.url = request.url.copy_with(host=address)
        request.extensions = {**request.extensions, "sni_hostname": host}
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()

    async def _judged(self, host: str, port: int) -> str:
        try:
            addresses = await self._look_up(host, port)
        except (OSError, UnicodeError) as error:  # a name that is none, too
            raise httpx2.ConnectError(type(error).__name__) from None
        for address in addresses:
            if not (is_public(address) or is_within(address, self._allowed)):
                raise Forbidden("leads into a private network")
        if not addresses:
            raise Forbidden("leads nowhere")
        return addresses[0]


async def resolve(host: str, port: int) -> Sequence[str]:
    """Return the addresses that a name leads to."""
    name = host.encode()  # as it is: of a text, IDNA 2003 would make another name
    found = await asyncio.get_running_loop().getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return [str(sockaddr[0]) for *_, sockaddr in found]
