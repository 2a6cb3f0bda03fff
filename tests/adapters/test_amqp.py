"""Events by RabbitMQ: a line that fell silent is given up, and only who is cancelled by us ends so."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

import aio_pika
import pytest

from tests.support.brokers import queue
from tests.support.proxy import Wire, wire_to
from watchword.adapters.destinations import amqp
from watchword.adapters.destinations.amqp import AmqpDestination
from watchword.kernel.destinations import EventMessage
from watchword.kernel.ports import OutOfReach
from watchword.kernel.secret import Secret
from watchword.plumbing.events.envelope import CONTENT_TYPE

A_MINUTE = timedelta(minutes=1)
ALL_SECONDS = 30.0
MESSAGE = EventMessage(id=uuid4(), type="id.user.updated", key=None, body=b'{"id":"1"}')
EXCHANGE = "amqp-lines"

pytestmark = pytest.mark.needs("rabbitmq")


@pytest.fixture
async def wire(rabbitmq_url: str) -> AsyncIterator[Wire]:
    async with wire_to(rabbitmq_url) as wire:
        yield wire


@pytest.fixture
async def destination(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[AmqpDestination]:
    """Yield a way by the wire; it notices silence before its patience ends."""
    monkeypatch.setattr(amqp, "_HEARTBEAT_SECONDS", 1)
    made = AmqpDestination(Secret(wire.url), EXCHANGE, CONTENT_TYPE, patience=A_MINUTE)
    yield made
    wire.thaw()
    with suppress(OutOfReach):
        await made.close()


async def test_when_the_line_falls_silent_who_waits_is_told_and_the_next_goes_by_another(
    destination: AmqpDestination, wire: Wire, rabbitmq_url: str
) -> None:
    async with queue(rabbitmq_url, EXCHANGE) as bound:
        await destination.connect()
        wire.freeze()
        async with asyncio.timeout(ALL_SECONDS):
            waiting = [destination.publish(MESSAGE) for _ in range(3)]
            told = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(each) for each in told] == [OutOfReach] * len(told)
        wire.thaw()
        await destination.publish(MESSAGE)
        assert [each.body["id"] for each in await bound.read(1)] == ["1"]
    assert wire.taken == 2


async def test_whoever_is_cancelled_by_us_ends(destination: AmqpDestination, wire: Wire) -> None:
    await destination.connect()
    wire.freeze()
    waiting = asyncio.create_task(destination.publish(MESSAGE))
    await asyncio.sleep(0)  # it has begun
    waiting.cancel()
    async with asyncio.timeout(ALL_SECONDS):
        with pytest.raises(asyncio.CancelledError):
            await waiting


async def test_a_line_that_falls_silent_while_we_connect_is_lost(
    destination: AmqpDestination, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def connect(*_place: object, **_more: object) -> None:
        raise asyncio.CancelledError

    monkeypatch.setattr(aio_pika, "connect", connect)
    assert await destination.check() == "ConnectionAbortedError"
