"""Kafka: one topic, the account as key, an idempotent producer, acknowledged by all that are in sync.

    acknowledged                       taken
    too large, not a valid record      NotAccepted for good
    no answer in time, no leader ...   OutOfReach: it may have it

The producer's own threads speak to the brokers; one more thread hands us what they answered. It keeps the
order of a key also when it tries again by itself. Source: KIP-98 (idempotent producer); librdkafka.
"""

import asyncio
import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, Producer

from watchword.kernel.destinations import EventMessage
from watchword.kernel.ports import NotAccepted, OutOfReach

PATIENCE: Final = timedelta(seconds=8)
_POLL_SECONDS: Final = 0.1
_LEAVING_SECONDS: Final = 2.0
_CHECK_SECONDS: Final = 4.0
_ABOUT_THE_EVENT: Final = frozenset(
    {
        KafkaError.MSG_SIZE_TOO_LARGE,
        KafkaError.RECORD_LIST_TOO_LARGE,
        KafkaError.INVALID_MSG,
        KafkaError.INVALID_RECORD,
    }
)


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
        self._producer: Producer | None = None
        self._leaving = threading.Event()
        self._thread: threading.Thread | None = None
        self._trouble = ""

    async def connect(self) -> None:
        """Have a producer; it finds its brokers by itself."""
        if self._producer is None:
            self._leaving.clear()
            self._producer = Producer({**self._configuration, "error_cb": self._hear})
            self._thread = threading.Thread(
                target=_serve, args=(self._producer, self._leaving), name="kafka", daemon=True
            )
            self._thread.start()

    async def publish(self, message: EventMessage) -> None:
        """Return once the brokers have it. Problems: `NotAccepted`, `OutOfReach`."""
        await self.connect()
        assert self._producer is not None
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[KafkaError | None] = loop.create_future()

        def told(error: KafkaError | None, _message: object) -> None:
            loop.call_soon_threadsafe(_resolve, answer, error)

        try:
            self._producer.produce(
                self._topic,
                value=message.body,
                key=str(message.key).encode() if message.key else None,
                headers=list(self._headers),
                on_delivery=told,
            )
        except BufferError:
            raise OutOfReach("too much waits") from None
        except KafkaException as refused:
            raise await self._meaning(refused.args[0]) from None
        error = await answer
        if error is not None:
            raise await self._meaning(error)

    async def check(self) -> str | None:
        """Return nothing when the brokers answer, else a short reason."""
        await self.connect()
        assert self._producer is not None
        try:
            await asyncio.to_thread(self._producer.list_topics, self._topic, _CHECK_SECONDS)
        except KafkaException as away:
            return self._trouble or str(away.args[0].name())
        return None

    async def close(self) -> None:
        """Let what is under way arrive, and leave."""
        if self._producer is not None and self._thread is not None:
            producer, self._producer = self._producer, None
            self._leaving.set()
            await asyncio.to_thread(self._thread.join)
            await asyncio.to_thread(producer.flush, _LEAVING_SECONDS)

    async def _meaning(self, error: KafkaError) -> NotAccepted | OutOfReach:
        """Return what an error means for the event; after a fatal one the producer is made anew."""
        if error.code() in _ABOUT_THE_EVENT:
            return NotAccepted(error.name(), lasting=True)
        if error.fatal():
            await self.close()
        return OutOfReach(self._trouble or error.name())

    def _hear(self, error: KafkaError) -> None:
        """Keep what went wrong with the brokers by its name; in the thread that polls."""
        self._trouble = error.name()


def _serve(producer: Producer, leaving: threading.Event) -> None:
    """Hand over what the brokers answered."""
    while not leaving.is_set():
        producer.poll(_POLL_SECONDS)


def _resolve(answer: asyncio.Future[KafkaError | None], error: KafkaError | None) -> None:
    if not answer.done():
        answer.set_result(error)
