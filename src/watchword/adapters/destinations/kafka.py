"""Kafka: one topic, the account as key, an idempotent producer, acknowledged by all that are in sync.

    acknowledged                       taken
    too large, not a valid record      NotAccepted for good
    no answer in time, no leader ...   OutOfReach: it may have it
    a fatal error of the producer      OutOfReach for all that wait; it is made anew

The producer's own threads speak to the brokers; one more thread hands us what they answered. It keeps the
order of a key also when it tries again by itself. Source: KIP-98 (idempotent producer); librdkafka.
"""

import asyncio
import contextlib
import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, cast

from confluent_kafka import KafkaError, KafkaException, Producer

from watchword.kernel.destinations import EventMessage
from watchword.kernel.ports import NotAccepted, OutOfReach

PATIENCE: Final = timedelta(seconds=8)
_POLL_SECONDS: Final = 0.1
_LEAVING_SECONDS: Final = 2.0
_CHECK_SECONDS: Final = 4.0
_MORE_SECONDS: Final = 5.0  # than its patience we give the producer, which is to answer by itself
_ABOUT_THE_EVENT: Final = frozenset(
    {
        KafkaError.MSG_SIZE_TOO_LARGE,
        KafkaError.RECORD_LIST_TOO_LARGE,
        KafkaError.INVALID_MSG,
        KafkaError.INVALID_RECORD,
    }
)
_SAYS_LITTLE: Final = frozenset({"_MSG_TIMED_OUT", "_TIMED_OUT", "_TRANSPORT"})

Answer = asyncio.Future[KafkaError | None]


class KafkaDestination:
    """Publishes to one topic of Kafka."""

    name = transport = "kafka"
    batch = 1000

    def __init__(
        self,
        place: Mapping[str, Any],
        topic: str,
        content_type: str,
        patience: timedelta = PATIENCE,
    ) -> None:
        """Publish there; `place` is librdkafka's configuration of where and who."""
        self._topic = topic
        self._headers = [("content-type", content_type.encode())]
        self._patience = patience.total_seconds() + _MORE_SECONDS
        milliseconds = patience // timedelta(milliseconds=1)
        self._configuration = {
            **place,
            "enable.idempotence": True,
            "acks": "all",
            "linger.ms": 2,
            "message.timeout.ms": milliseconds,
            "request.timeout.ms": milliseconds // 2,
            "socket.timeout.ms": milliseconds,
            "reconnect.backoff.max.ms": 2000,
            "log_level": 0,  # what goes wrong is told to us, and we tell it
        }
        self._client: _Client | None = None

    async def connect(self) -> None:
        """Have a producer; it finds its brokers by itself."""
        await self._ready()

    async def publish(self, message: EventMessage) -> None:
        """Return once the brokers have it. Problems: `NotAccepted`, `OutOfReach`."""
        client = await self._ready()
        try:
            async with asyncio.timeout(self._patience):
                error = await self._send(client, message)
        except BufferError:
            raise OutOfReach("too much waits") from None
        except TimeoutError as silence:
            await self._give_up(client)
            raise OutOfReach(type(silence).__name__) from None
        if error is not None:
            raise await self._meaning(client, error)
        client.trouble = ""

    async def check(self) -> str | None:
        """Return nothing when the brokers answer, else a short reason."""
        client = await self._ready()
        try:
            await asyncio.to_thread(client.producer.list_topics, self._topic, _CHECK_SECONDS)
        except KafkaException as away:
            return client.reason(away.args[0])
        return None

    async def close(self) -> None:
        """Let what is under way arrive, and leave."""
        if self._client is not None:
            await self._give_up(self._client)

    async def _ready(self) -> "_Client":
        """Return a client that is whole."""
        if self._client is not None and self._client.broken:
            await self._give_up(self._client)
        if self._client is None:
            self._client = _Client(self._configuration)
        return self._client

    async def _send(self, client: "_Client", message: EventMessage) -> KafkaError | None:
        """Return what became of an event; nothing: the brokers have it."""
        try:
            return await client.send(
                self._topic,
                value=message.body,
                key=str(message.key).encode() if message.key else None,
                headers=list(self._headers),
            )
        except KafkaException as refused:
            return cast(KafkaError, refused.args[0])

    async def _give_up(self, client: "_Client") -> None:
        """Leave a client, so that the next one is made anew; a newer one stays."""
        if self._client is client:
            self._client = None
            await client.leave()

    async def _meaning(self, client: "_Client", error: KafkaError) -> NotAccepted | OutOfReach:
        """Return what an error means for the event; after a fatal one the producer is made anew."""
        if error.fatal() or error.code() == KafkaError._FATAL:  # noqa: SLF001 - librdkafka's own name
            await self._give_up(client)
        elif error.code() in _ABOUT_THE_EVENT:
            return NotAccepted(error.name(), lasting=True)
        return OutOfReach(client.reason(error))


class _Client:
    """One producer, the thread that hears its answers, and who waits for one."""

    def __init__(self, configuration: Mapping[str, Any]) -> None:
        self.broken = False
        self.trouble = ""
        self._waiting: set[Answer] = set()
        self._loop = asyncio.get_running_loop()
        self._leaving = threading.Event()
        self.producer = Producer({**configuration, "error_cb": self._hear})
        self._thread = threading.Thread(target=self._serve, name="kafka", daemon=True)
        self._thread.start()

    async def send(self, topic: str, **record: Any) -> KafkaError | None:
        """Return what the brokers answer. Problems: `KafkaException`, `BufferError`: it was not sent."""
        answer: Answer = self._loop.create_future()

        def told(error: KafkaError | None, _message: object) -> None:
            self._loop.call_soon_threadsafe(_resolve, answer, error)

        self._waiting.add(answer)
        try:
            self.producer.produce(topic, on_delivery=told, **record)
            return await answer
        finally:
            self._waiting.discard(answer)

    def reason(self, error: KafkaError) -> str:
        """Return an error's own name; where that says little, what was heard of the brokers."""
        name = str(error.name())
        return self.trouble or name if name in _SAYS_LITTLE else name

    async def leave(self) -> None:
        """Let what is under way arrive, and end; who has no answer then gets none."""
        self._leaving.set()
        await asyncio.to_thread(self._thread.join)
        with contextlib.suppress(KafkaException):  # a fatal one that nobody has heard yet
            await asyncio.to_thread(self.producer.flush, _LEAVING_SECONDS)
        self._break(KafkaError(KafkaError._DESTROY))  # noqa: SLF001 - librdkafka's own name

    def _serve(self) -> None:
        """Hand over what the brokers answered; a fatal error is raised here, and then no answer comes."""
        try:
            while not self._leaving.is_set():
                self.producer.poll(_POLL_SECONDS)
        except KafkaException as fatal:
            self._loop.call_soon_threadsafe(self._break, fatal.args[0])

    def _break(self, error: KafkaError) -> None:
        """Tell all who wait that no answer comes."""
        self.broken = True
        for answer in self._waiting:
            _resolve(answer, error)

    def _hear(self, error: KafkaError) -> None:
        """Keep what went wrong with the brokers by its name; in the thread that polls."""
        self.trouble = error.name()


def _resolve(answer: Answer, error: KafkaError | None) -> None:
    if not answer.done():
        answer.set_result(error)
