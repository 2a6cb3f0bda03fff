"""Asking: one question to a provider, and its answer as JSON.

    200 with JSON                     the answer
    429, 5xx, silence, no connection  OutOfReach: later they may answer
    anything else                     NotVouched; of a refusal no more than OAuth's own word for it is told

Redirects are not followed. No more is read than anybody needs, and only as it was sent: what is compressed
could be any length. Source: RFC 6749, section 5.2; RFC 9110.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Final

import httpx2

from watchword.adapters.guarded import Forbidden
from watchword.adapters.identity_providers.told import as_object, read_json
from watchword.kernel.identity import NotVouched
from watchword.kernel.ports import OutOfReach

MOST: Final = 131_072
_GOOD, _TOO_MANY, _THEIR_FAULT = 200, 429, 500
_WORDS: Final = frozenset(
    {
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_scope",
        "bad_verification_code",
        "incorrect_client_credentials",
        "redirect_uri_mismatch",
    }
)
_HEADERS: Final = {"Accept": "application/json", "Accept-Encoding": "identity"}


@asynccontextmanager
async def within(patience: timedelta) -> AsyncIterator[None]:
    """Have all that is asked in here answered in time. Problem: `OutOfReach`."""
    try:
        async with asyncio.timeout(patience.total_seconds()):
            yield
    except TimeoutError:
        raise OutOfReach("silence") from None


class Asker:
    """Asks by the client that all identity providers share."""

    def __init__(self, client: httpx2.AsyncClient, patience: timedelta) -> None:
        """Wait no longer than `patience` for a whole answer."""
        self.patience = patience
        self._client = client

    async def get(self, url: str, token: str | None = None) -> Any:
        """Return what is there, shown to whoever has the token."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return await self._ask("GET", url, headers=headers)

    async def post(self, url: str, form: dict[str, str], **more: Any) -> dict[str, Any]:
        """Return what a form is answered with."""
        return as_object(await self._ask("POST", url, data=form, **more))

    async def _ask(self, method: str, url: str, **request: Any) -> Any:
        headers = {**_HEADERS, **request.pop("headers", {})}
        body = bytearray()
        try:
            async with (
                within(self.patience),
                self._client.stream(
                    method, url, headers=headers, follow_redirects=False, **request
                ) as head,
            ):
                if head.headers.get("content-encoding", "identity") != "identity":
                    raise NotVouched("compressed")
                async for part in head.aiter_raw():
                    body += part
                    if len(body) > MOST:
                        raise NotVouched("too_large")
        except (httpx2.HTTPError, httpx2.InvalidURL, Forbidden) as error:
            raise OutOfReach(type(error).__name__) from None
        if head.status_code == _TOO_MANY or head.status_code >= _THEIR_FAULT:
            raise OutOfReach(f"answered_{head.status_code}")
        told = read_json(bytes(body))
        word = told.get("error") if isinstance(told, dict) else None
        if head.status_code != _GOOD or word is not None:
            known = isinstance(word, str) and word in _WORDS
            raise NotVouched(word if known else f"refused_{head.status_code}")
        if told is None:
            raise NotVouched("no_json")
        return told
