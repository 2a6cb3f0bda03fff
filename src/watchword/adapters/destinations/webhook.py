"""Webhooks: each event a POST to one address, signed as Standard Webhooks says.

    2xx                                     taken
    429, 502, 503, 504, silence, no TLS     OutOfReach: the receiver is not well
    410                                     NotAccepted for good: it wants no more
    other answers, 3xx among them           NotAccepted: it is about this event; redirects are not followed

The signature is made with every key of the receiver, so that a key can be exchanged while both sides go
on. Where the name leads is judged anew for each connection (`guarded`), which goes to the judged address.
Source: Standard Webhooks 1.0; OWASP Server-Side Request Forgery Prevention.
"""

import asyncio
import ssl
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import httpx2
from standardwebhooks.webhooks import Webhook

from watchword.adapters.guarded import Forbidden
from watchword.adapters.providers import Reply, wait_asked_for
from watchword.kernel.clock import Clock
from watchword.kernel.destinations import EventMessage
from watchword.kernel.ports import NotAccepted, OutOfReach
from watchword.kernel.secret import Secret

PATIENCE: Final = timedelta(seconds=8)
_UNWELL: Final = frozenset({429, 502, 503, 504})
_GONE: Final = 410


class WebhookDestination:
    """Publishes to one web address."""

    transport = "webhook"
    batch = 32

    def __init__(
        self,
        name: str,
        url: str,
        keys: Sequence[Secret],
        client: httpx2.AsyncClient,
        clock: Clock,
        content_type: str,
        patience: timedelta = PATIENCE,
    ) -> None:
        """Publish there, signed with each key, and wait so long for an answer."""
        self.name = name
        self._url = url
        self._signers = [Webhook(key.reveal()) for key in keys]
        self._client = client
        self._clock = clock
        self._content_type = content_type
        self._patience = patience

    async def connect(self) -> None:
        """Nothing to do: the client connects when it posts."""

    async def publish(self, message: EventMessage) -> None:
        """Return once the receiver took it. Problems: `NotAccepted`, `OutOfReach`."""
        reply = await self._post(message)
        if reply.good:
            return
        reason, wait = f"answered {reply.status}", wait_asked_for(reply, self._clock.now())
        if reply.status in _UNWELL:
            raise OutOfReach(reason, retry_after=wait)
        raise NotAccepted(reason, lasting=reply.status == _GONE, retry_after=wait)

    async def check(self) -> str | None:
        """Return nothing when somebody answers there, else a short reason; nothing is posted."""
        try:
            async with asyncio.timeout(self._patience.total_seconds()):
                await self._client.head(self._url, follow_redirects=False)
        except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError, Forbidden) as error:
            return _reason(error)
        return None

    async def close(self) -> None:
        """Close the client."""
        await self._client.aclose()

    async def _post(self, message: EventMessage) -> Reply:
        try:
            async with asyncio.timeout(self._patience.total_seconds()):
                async with self._client.stream(
                    "POST",
                    self._url,
                    content=message.body,
                    headers=self._headers(message),
                    follow_redirects=False,
                ) as head:
                    return Reply(status=head.status_code, headers=head.headers, body=b"")
        except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError, Forbidden) as error:
            raise OutOfReach(_reason(error)) from None

    def _headers(self, message: EventMessage) -> dict[str, str]:
        now, text = self._clock.now(), message.body.decode()
        signatures = [each.sign(str(message.id), now, text) for each in self._signers]
        return {
            "content-type": self._content_type,
            "webhook-id": str(message.id),
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(signatures),
        }


def _reason(error: BaseException) -> str:
    """Return what went wrong by its name; of an address that is not asked, and of TLS, in a sentence."""
    if isinstance(error, Forbidden):
        return str(error)
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"the certificate proves nothing ({cause.verify_message})"
        cause = cause.__cause__ or cause.__context__
    return type(error).__name__
