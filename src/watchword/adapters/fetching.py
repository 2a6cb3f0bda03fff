"""Fetching: a small document by HTTPS, from an address that somebody else has judged.

Redirects are not followed, no proof of ours goes along, and no more is read than anybody needs. An answer
that is not 200 is no document. Problem: `OutOfReach`, also where they answer that later may go better.
"""

import asyncio
from datetime import timedelta
from typing import Final

import httpx2

from watchword.kernel.ports import OutOfReach

PATIENCE: Final = timedelta(seconds=5)
MOST: Final = 65_536
_GOOD, _THEIR_FAULT, _TOO_MANY = 200, 500, 429


class HttpsFetcher:
    """Fetches by the client that all providers share."""

    def __init__(self, client: httpx2.AsyncClient, patience: timedelta = PATIENCE) -> None:
        """Wait no longer than `patience` for a whole document."""
        self._client = client
        self._patience = patience

    async def fetch(self, url: str) -> bytes | None:
        """Return the document; nothing when there is none. Problem: `OutOfReach`."""
        if not url.startswith("https://"):
            return None
        body = bytearray()
        try:
            async with asyncio.timeout(self._patience.total_seconds()):
                async with self._client.stream("GET", url, follow_redirects=False) as head:
                    async for part in head.aiter_bytes():
                        body += part
                        if len(body) > MOST:
                            return None
        except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError) as error:
            raise OutOfReach(type(error).__name__) from None
        if head.status_code >= _THEIR_FAULT or head.status_code == _TOO_MANY:
            raise OutOfReach(f"answered {head.status_code}")
        return bytes(body) if head.status_code == _GOOD else None
