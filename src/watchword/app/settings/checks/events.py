"""Destinations of events: whole, their extra at hand, and spoken to by verified TLS beyond this machine."""

from urllib.parse import urlsplit

from watchword.app.settings.checks.findings import Findings
from watchword.app.settings.checks.guessable import is_sample
from watchword.app.settings.values import Settings
from watchword.kernel.addresses import is_loopback
from watchword.plumbing.settings import AmqpSettings, EventWebhookSettings, KafkaSettings


def kafka(settings: Settings, findings: Findings) -> None:
    """Kafka, where events go there."""
    found = settings.section(KafkaSettings)
    if not found.enabled:
        return
    findings.needs_extra("KAFKA_ENABLED", "kafka", "confluent_kafka")
    if not found.brokers:
        findings.wrong(
            "KAFKA_BROKERS", "is missing; KAFKA_ENABLED needs it: kafka1:9092,kafka2:9092."
        )
    elif not found.tls and not all(_is_here(each.rpartition(":")[0]) for each in found.brokers):
        findings.unsafe(
            "KAFKA_TLS", "is false: that is only for a Kafka on this very machine. Use true."
        )
    if found.mechanism and not (found.user and found.password):
        findings.wrong("KAFKA_SASL_MECHANISM", "needs KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD.")


def amqp(settings: Settings, findings: Findings) -> None:
    """RabbitMQ, where events go there."""
    found = settings.section(AmqpSettings)
    if not found.enabled:
        return
    findings.needs_extra("AMQP_ENABLED", "amqp", "aio_pika")
    if not found.url:
        findings.wrong("AMQP_URL", "is missing; AMQP_ENABLED needs it.")
        return
    parts = urlsplit(found.url.reveal())
    if parts.scheme == "amqp" and not _is_here(parts.hostname or ""):
        findings.unsafe(
            "AMQP_URL",
            "is amqp://: that is only for a RabbitMQ on this very machine. Use amqps://.",
        )


def webhooks(settings: Settings, findings: Findings) -> None:
    """Web addresses that get events: each has its key, and is spoken to by TLS."""
    found = settings.section(EventWebhookSettings)
    for name, url in found.urls.items():
        if name not in found.keys:
            findings.wrong(
                "EVENTS_WEBHOOK_SECRETS",
                f"has no key for {name}: whsec_ and the base64 of 32 bytes.",
            )
        if any(is_sample(key.reveal()) for key in found.keys.get(name, ())):
            findings.unsafe(
                "EVENTS_WEBHOOK_SECRETS", f"holds for {name} the key of a guide: make your own."
            )
        parts = urlsplit(url)
        if parts.scheme == "http" and not _is_here(parts.hostname or ""):
            findings.unsafe("EVENTS_WEBHOOKS", f"sends to {name} by http://. Use https://.")


def _is_here(host: str) -> bool:
    return is_loopback(host.strip("[]"))
