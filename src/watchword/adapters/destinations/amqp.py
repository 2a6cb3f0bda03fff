"""RabbitMQ: a durable topic exchange, the type as routing key, each event confirmed.

    confirmed                     taken: a durable queue has it on its disk
    returned (mandatory)          NotAccepted for good: no queue is bound for this type
    not acknowledged              NotAccepted: a queue is full, or lost its majority
    silence, a broken line        OutOfReach: it may have it; the connection is made anew

The exchange is declared when it is not there; where we may not declare one, it must be.
Source: AMQP 0-9-1; RabbitMQ, "Consumer Acknowledgements and Publisher Confirms".
"""

import asyncio
import contextlib
from collections.abc import Iterator
from datetime import timedelta
from ssl import SSLContext
from typing import Final

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractExchange
from aio_pika.exceptions import AMQPError, ChannelClosed, DeliveryError, PublishError

from watchword.kernel.destinations import EventMessage
from watchword.kernel.ports import NotAccepted, OutOfReach
from watchword.kernel.secret import Secret

PATIENCE: Final = timedelta(seconds=8)
_CONNECTING_SECONDS: Final = 5.0
_LEAVING_SECONDS: Final = 1.0
_HEARTBEAT_SECONDS: Final = 10
_NOT_PERMITTED: Final = "ChannelAccessRefused"  # aio_pika exports only the class above it
_LOST: Final = (AMQPError, OSError, TimeoutError, RuntimeError, asyncio.InvalidStateError)


class AmqpDestination:
    """Publishes to one exchange of RabbitMQ."""

    name = transport = "amqp"
    batch = 500

    def __init__(
        self,
        url: Secret,
        exchange: str,
        content_type: str,
        tls: SSLContext | None = None,
        patience: timedelta = PATIENCE,
    ) -> None:
        """Publish there, and wait so long for a confirmation; the connection is made when wanted."""
        self._url = url
        self._name = exchange
        self._content_type = content_type
        self._tls = tls
        self._patience = patience.total_seconds()
        self._connection: AbstractConnection | None = None
        self._channel: AbstractChannel | None = None
        self._exchange: AbstractExchange | None = None
        self._turn = asyncio.Lock()

    async def connect(self) -> None:
        """Have a connection and the exchange. Problem: `OutOfReach`."""
        async with self._turn:
            if self._alive:
                return
            await self._leave()
            try:
                async with asyncio.timeout(_CONNECTING_SECONDS):
                    with _lost_when_cancelled():
                        await self._open()
            except _LOST as error:
                await self._leave()
                raise OutOfReach(_reason(error)) from None

    async def publish(self, message: EventMessage) -> None:
        """Return once a queue has it. Problems: `NotAccepted`, `OutOfReach`."""
        if not self._alive:
            await self.connect()
        connection, exchange = self._connection, self._exchange
        assert exchange is not None
        sent = aio_pika.Message(
            message.body,
            message_id=str(message.id),
            type=message.type,
            content_type=self._content_type,
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        )
        try:
            async with asyncio.timeout(self._patience):
                with _lost_when_cancelled():
                    await exchange.publish(sent, message.type, mandatory=True)
        except PublishError:
            raise NotAccepted("no queue takes this type", lasting=True) from None
        except DeliveryError:
            raise NotAccepted("not acknowledged") from None
        except _LOST as error:
            await self._give_up(connection)
            raise OutOfReach(_reason(error)) from None

    async def check(self) -> str | None:
        """Return nothing when the exchange is there, else a short reason."""
        try:
            await self.connect()
        except OutOfReach as away:
            return str(away)
        return None

    async def close(self) -> None:
        """Close the connection."""
        async with self._turn:
            await self._leave()

    @property
    def _alive(self) -> bool:
        return self._exchange is not None and not (
            self._connection is None
            or self._connection.is_closed
            or self._channel is None
            or self._channel.is_closed
        )

    async def _open(self) -> None:
        self._connection = await aio_pika.connect(
            self._url.reveal(),
            ssl_context=self._tls,
            heartbeat=_HEARTBEAT_SECONDS,
            client_properties={"connection_name": "watchword"},
        )
        self._channel = await self._connection.channel(on_return_raises=True)
        try:
            self._exchange = await self._channel.declare_exchange(
                self._name, aio_pika.ExchangeType.TOPIC, durable=True
            )
        except ChannelClosed as refusal:
            if type(refusal).__name__ != _NOT_PERMITTED:
                raise
            self._channel = await self._connection.channel(on_return_raises=True)
            self._exchange = await self._channel.get_exchange(self._name)

    async def _give_up(self, connection: AbstractConnection | None) -> None:
        """Leave a connection of which nobody knows what became; a newer one stays."""
        async with self._turn:
            if connection is self._connection:
                await self._leave()

    async def _leave(self) -> None:
        connection, self._connection, self._exchange = self._connection, None, None
        if connection is not None and not connection.is_closed:
            with contextlib.suppress(*_LOST):
                async with asyncio.timeout(_LEAVING_SECONDS):
                    with _lost_when_cancelled():
                        await connection.close()


@contextlib.contextmanager
def _lost_when_cancelled() -> Iterator[None]:
    """Call the line lost when aiormq cancels who waits, as it does after missed heartbeats."""
    try:
        yield
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise ConnectionAbortedError from None


def _reason(error: BaseException) -> str:
    """Return what went wrong by its name alone: texts may quote addresses."""
    return type(error).__name__
