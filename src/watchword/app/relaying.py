"""Relaying: where events go, as the settings say, and what carries them there."""

from collections.abc import Iterator

from watchword.app.wiring import House
from watchword.kernel.chance import Chance
from watchword.kernel.clock import Clock
from watchword.kernel.destinations import Destination, Destinations
from watchword.plumbing.db.changes import Changes
from watchword.plumbing.db.ports import Database
from watchword.plumbing.events.envelope import CONTENT_TYPE
from watchword.plumbing.issuer import Issuer
from watchword.plumbing.metrics.counting import Metrics
from watchword.plumbing.settings import (
    AmqpSettings,
    EventSettings,
    EventWebhookSettings,
    KafkaSettings,
)
from watchword.plumbing.settings.events import WEBHOOK
from watchword.plumbing.work.relaying import Relays, Tools


def destinations(house: House) -> Destinations:
    """Return a way to each destination."""
    return Destinations(tuple(_destinations(house)))


def _destinations(house: House) -> Iterator[Destination]:
    kafka, amqp = house.part(KafkaSettings), house.part(AmqpSettings)
    if kafka.enabled:
        from watchword.adapters.destinations.kafka import KafkaDestination

        yield KafkaDestination(_place(kafka), kafka.topic, CONTENT_TYPE)
    if amqp.enabled:
        from watchword.adapters.destinations.amqp import AmqpDestination

        yield AmqpDestination(amqp.url, amqp.exchange, CONTENT_TYPE, amqp.tls_context())
    yield from _webhooks(house)


def _webhooks(house: House) -> Iterator[Destination]:
    settings = house.part(EventWebhookSettings)
    clock: Clock = house.part(Clock)
    for name, url in settings.urls.items():
        from watchword.adapters.destinations.webhook import PATIENCE, WebhookDestination
        from watchword.adapters.guarded import guarded_client

        yield WebhookDestination(
            f"{WEBHOOK}{name}",
            url,
            settings.keys[name],
            guarded_client(settings.networks, PATIENCE),
            clock,
            CONTENT_TYPE,
        )


def _place(settings: KafkaSettings) -> dict[str, str]:
    """Return where Kafka is and who we are there, in librdkafka's words; what is not told is left out."""
    sasl, tls = bool(settings.mechanism), settings.tls
    told = {
        "bootstrap.servers": ",".join(settings.brokers),
        "client.id": settings.client_id,
        "security.protocol": f"{'sasl_' * sasl}{'ssl' if tls else 'plaintext'}",
        "ssl.ca.location": settings.ca_path,
        "ssl.certificate.location": settings.cert_path,
        "ssl.key.location": settings.key_path,
        "sasl.mechanism": settings.mechanism,
        "sasl.username": settings.user,
        "sasl.password": settings.password.reveal(),
    }
    return {name: value for name, value in told.items() if value}


def relays(house: House) -> Relays:
    """Return what carries events there."""
    tools = Tools(
        database=house.part(Database),
        settings=house.part(EventSettings),
        metrics=house.part(Metrics),
        clock=house.part(Clock),
        chance=house.part(Chance),
        source=house.part(Issuer).url,
    )
    return Relays(house.part(Destinations), tools, house.part(Changes))


async def close(destinations: Destinations) -> None:
    """Leave every destination."""
    for each in destinations.each:
        await each.close()
