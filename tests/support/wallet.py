"""Molam's service as its operators run it: two processes, `serve` and `worker`, and all around them.

letters    Amazon SES                 texts     Twilio             signals   the risk engine
amqp       a wire to RabbitMQ         queue     bound with `id.#`  kafka     a cluster of its own
phone      the gateway of a mobile network, which signs what it posts
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import aio_pika
import httpx2

from tests.support.brokers import MockKafka, Queue, Read
from tests.support.handset import GATEWAY
from tests.support.program import watchword
from tests.support.proxy import Wire, wire_to
from tests.support.risk import sira
from tests.support.running import ports, started, wait_until_ready
from tests.support.stub import Asked, Stub, answer, stub
from tests.support.world import environment

P = "/api/v1"
BUS = "molam.id.events"
PATIENCE = 40.0
Found = TypeVar("Found")


async def soon(find: Callable[[], Found]) -> Found:
    """Return what is found, once it is; TimeoutError: it never is."""
    async with asyncio.timeout(PATIENCE):
        while not (found := find()):
            await asyncio.sleep(0.02)
    return found


@dataclass(slots=True)
class Wallet:
    """The running service, and what stands around it."""

    client: httpx2.AsyncClient
    source: str
    mail: Stub
    sms: Stub
    risk: Stub
    amqp: Wire
    queue: Queue
    kafka: MockKafka
    token: str = field(repr=False)

    def letters(self, address: str) -> list[EmailMessage]:
        """Return what SES got for an address, oldest first."""
        found = [each.letter for each in self.mail.asked if each.path.endswith("outbound-emails")]
        return [each for each in found if each["To"] == address]

    async def letter(self, address: str, subject: str) -> EmailMessage:
        """Return the newest letter of a subject, once there is one."""
        found = await soon(
            lambda: [each for each in self.letters(address) if each["Subject"] == subject]
        )
        return found[-1]

    def texts(self, number: str) -> list[Asked]:
        """Return what Twilio got for a number, oldest first."""
        found = [each for each in self.sms.asked if each.path.endswith("/Messages.json")]
        return [each for each in found if each.form["To"] == number]

    async def code(self, number: str, texts: int) -> str:
        """Return the code of the newest text, once so many have come."""
        came = await soon(lambda: len(self.texts(number)) >= texts and self.texts(number))
        assert came
        code = re.search(r"\b\d{6}\b", came[-1].form["Body"])
        assert code
        return code[0]

    async def heard(self, last: str) -> list[Read]:
        """Return what this service told the exchange, which others share, until an event of this type."""
        found: list[Read] = []
        while not any(each.body["type"] == last for each in found):
            found += self._own(await self.queue.read(1))
        return found + self._own(await self.queue.rest())

    def _own(self, read: list[Read]) -> list[Read]:
        return [each for each in read if each.body["source"] == self.source]

    async def pin_is(self, number: str, pin: str) -> bool:
        """Ask as the wallet does whether this is the PIN."""
        headers = {"Authorization": f"Bearer {self.token}"}
        body = {"phone": number, "pin": pin}
        return (
            await self.client.post(f"{P}/ussd/pin/check", json=body, headers=headers)
        ).is_success


@asynccontextmanager
async def running(
    database_url: str, redis_url: str, amqp_url: str, folder: Path
) -> AsyncIterator[Wallet]:
    """Yield Molam's service, its worker in a process apart, both on a migrated database."""
    async with AsyncExitStack() as stack:
        mail = await stack.enter_async_context(stub(answer(200, {"MessageId": "ses-1"})))
        sms = await stack.enter_async_context(stub(answer(201, {"sid": "SM1"})))
        risk = await stack.enter_async_context(stub(answer(202)))
        queue = await stack.enter_async_context(_queue(amqp_url))
        amqp = await stack.enter_async_context(wire_to(amqp_url))
        kafka, own = MockKafka(), ports()
        base = f"http://127.0.0.1:{own['PORT']}"
        given = environment(
            database_url,
            APP_PROFILE="molam",
            ORG_NAME="Molam",
            REDIS_URL=redis_url,
            PUBLIC_BASE_URL=base,
            WEB_CONCURRENCY="1",
            RUN_WORKER="false",
            WORKER_METRICS_PORT="",
            EMAIL_FROM="noreply@molam.id",
            AWS_ACCESS_KEY_ID="AKIDEXAMPLE",
            AWS_SECRET_ACCESS_KEY="kept elsewhere",
            SES_API_URL=mail.url,
            TWILIO_SID="AC0123456789abcdef0123456789abcdef",
            TWILIO_TOKEN="kept elsewhere",
            TWILIO_PHONE="+15005550006",
            TWILIO_API_URL=sms.url,
            OTP_TTL_SECONDS="300",
            PHONE_CHANGE_DELAY="0",
            USSD_GATEWAY_SECRET=GATEWAY,
            KAFKA_ENABLED="true",
            KAFKA_BROKERS=kafka.servers,
            AMQP_ENABLED="true",
            AMQP_URL=amqp.url,
            **sira(risk.url),
            **own,
        )
        stack.enter_context(started(folder, "serve", **given))
        stack.enter_context(started(folder, "worker", **given))
        await asyncio.to_thread(wait_until_ready, base)
        headers = {"Accept-Language": "fr"}
        client = httpx2.AsyncClient(base_url=base, headers=headers, timeout=30)
        await stack.enter_async_context(client)
        yield Wallet(client, base, mail, sms, risk, amqp, queue, kafka, await _token(folder, given))


async def _token(folder: Path, given: dict[str, str]) -> str:
    """Let the operator add the wallet's own program, and return its token."""
    add = ("services", "add", "wallet")
    said = await asyncio.to_thread(watchword, *add, cwd=folder, environ=given)
    assert said.returncode == 0, said.stderr
    return said.stdout.strip()


@asynccontextmanager
async def _queue(url: str) -> AsyncIterator[Queue]:
    """Yield a reader of all events; the exchange stays, for another run may publish to it."""
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        there = await channel.declare_exchange(BUS, aio_pika.ExchangeType.TOPIC, durable=True)
        bound = await channel.declare_queue(f"readers-{uuid4()}", durable=True)
        await bound.bind(there, "id.#")
        try:
            yield Queue(bound, channel)
        finally:
            await bound.delete(if_unused=False, if_empty=False)


@dataclass(slots=True)
class Callers:
    """A port that says nothing and keeps the first that each caller says."""

    port: int
    said: list[bytes] = field(default_factory=list)


@asynccontextmanager
async def callers() -> AsyncIterator[Callers]:
    """Yield a broker that only listens."""
    kept = Callers(0)

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        kept.said.append(await reader.read(1024))
        writer.close()

    server = await asyncio.start_server(hear, "127.0.0.1", 0)
    kept.port = server.sockets[0].getsockname()[1]
    try:
        yield kept
    finally:
        server.close()
