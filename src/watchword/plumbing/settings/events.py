"""Events: which are told, to whom, and how long we remember that we told them."""

import re
import ssl
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from watchword.kernel.addresses import Network, networks
from watchword.kernel.parsing import DAY, boolean, choice, listed, whole, whole_of
from watchword.kernel.parts import section, setting
from watchword.kernel.secret import Secret
from watchword.plumbing.events.catalogue import matching
from watchword.plumbing.settings.hosts import host, host_name
from watchword.plumbing.settings.parsers import full_web_address, split, webhook_keys
from watchword.plumbing.settings.tls import verified

MECHANISMS: Final = ("", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
WEBHOOK: Final = "webhook:"
_BROKER: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):[0-9]{1,5}")
_TOPIC: Final = re.compile(r"[A-Za-z0-9._-]{1,249}")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


def _types(text: str) -> frozenset[str]:
    """Read names of types; * stands for any characters."""
    found: set[str] = set()
    for pattern in listed(text):
        meant = matching(pattern)
        if not meant:
            raise ValueError(f"{pattern} is no type of event; docs/reference/events.md lists them")
        found |= meant
    return frozenset(found)


def _brokers(text: str) -> tuple[str, ...]:
    found = listed(text)
    if not all(_BROKER.fullmatch(each) for each in found):
        raise ValueError("write host:port, separated by commas: kafka1:9092,kafka2:9092")
    for each in found:
        host_name(each.rpartition(":")[0].strip("[]"))
    return found


def _topic(text: str) -> str:
    if not _TOPIC.fullmatch(text):
        raise ValueError("write letters, digits, dots, dashes and underscores: watchword.events")
    return text


def _amqp_url(text: str) -> Secret:
    if text and (split(text).scheme not in {"amqp", "amqps"} or not split(text).hostname):
        raise ValueError("write amqp://user:password@host:5672/vhost, or amqps:// for TLS")
    host(split(text).hostname or "")
    return Secret(text.strip())


def _named(text: str) -> Mapping[str, str]:
    """Read `name=value` pairs, separated by commas; names are ours, for logs and commands."""
    found = {}
    for pair in listed(text):
        name, equals, value = pair.partition("=")
        if not (_NAME.fullmatch(name) and equals and value) or name in found:
            raise ValueError("write name=value, separated by commas; names are a-z, 0-9 and -")
        found[name] = value
    return found


def _webhooks(text: str) -> Mapping[str, str]:
    return {name: full_web_address(url) for name, url in _named(text).items()}


def _keys(text: str) -> Mapping[str, tuple[Secret, ...]]:
    """Read the keys of each name, with | between them; nothing of a wrong one is quoted."""
    return {name: webhook_keys(keys) for name, keys in _named(text).items()}


@section
class EventSettings:
    """Events for other programs."""

    types: frozenset[str] = setting(
        "EVENTS_TYPES",
        "Which events are told, by their types, separated by commas; * stands for any characters.",
        parse=_types,
        default="*",
    )
    most_tries: int = setting(
        "EVENTS_MAX_TRIES",
        "How often an event that a destination refuses is tried before it is a dead letter.",
        parse=whole(1, 100),
        default="16",
    )
    stays: timedelta = setting(
        "EVENTS_RETENTION_DAYS",
        "Days that we remember which events were published, and when.",
        parse=whole_of(DAY, 0, 3650),
        default="7",
    )


@section
class KafkaSettings:
    """Events to Kafka; needs the extra `kafka`."""

    enabled: bool = setting(
        "KAFKA_ENABLED", "Whether events go to Kafka.", parse=boolean, default="false"
    )
    brokers: tuple[str, ...] = setting(
        "KAFKA_BROKERS",
        "Where it is: host:port of some brokers, separated by commas.",
        parse=_brokers,
        default="",
    )
    client_id: str = setting("KAFKA_CLIENT_ID", "Who we are there.", default="watchword")
    topic: str = setting(
        "KAFKA_TOPIC", "The topic of all events.", parse=_topic, default="watchword.events"
    )
    tls: bool = setting(
        "KAFKA_TLS",
        "Whether it is spoken to by TLS, its certificate verified.",
        parse=boolean,
        default="false",
    )
    ca_path: str = setting(
        "KAFKA_SSL_CA_PATH",
        "Who signed its certificate (PEM); empty is the system's list.",
        default="",
    )
    cert_path: str = setting("KAFKA_SSL_CERT_PATH", "Our own certificate (PEM) there.", default="")
    key_path: str = setting("KAFKA_SSL_KEY_PATH", "The key of that certificate (PEM).", default="")
    mechanism: str = setting(
        "KAFKA_SASL_MECHANISM",
        "How we prove who we are: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512; empty: not at all.",
        parse=choice(*MECHANISMS),
        default="",
    )
    user: str = setting("KAFKA_SASL_USERNAME", "Our name there.", default="")
    password: Secret = setting(
        "KAFKA_SASL_PASSWORD", "Our password there.", parse=Secret, default="", secret=True
    )


@section
class AmqpSettings:
    """Events to RabbitMQ; needs the extra `amqp`."""

    enabled: bool = setting(
        "AMQP_ENABLED", "Whether events go to RabbitMQ.", parse=boolean, default="false"
    )
    url: Secret = setting(
        "AMQP_URL",
        "Where it is: amqp://user:password@host:5672/vhost, or amqps:// for TLS.",
        parse=_amqp_url,
        default="",
        secret=True,
    )
    exchange: str = setting(
        "AMQP_EXCHANGE",
        "The durable topic exchange of all events; it is declared if it is not there.",
        parse=_topic,
        default="watchword.events",
    )
    ca_path: str = setting(
        "AMQP_SSL_CA_PATH",
        "Who signed its certificate (PEM); empty is the system's list.",
        default="",
    )
    cert_path: str = setting("AMQP_SSL_CERT_PATH", "Our own certificate (PEM) there.", default="")
    key_path: str = setting("AMQP_SSL_KEY_PATH", "The key of that certificate (PEM).", default="")

    def tls_context(self) -> ssl.SSLContext | None:
        """Return how TLS is made, certificate and host name verified; nothing where there is none."""
        if split(self.url.reveal()).scheme != "amqps":
            return None
        return verified(self.ca_path, self.cert_path, self.key_path)


@section
class EventWebhookSettings:
    """Events to web addresses, signed as Standard Webhooks says."""

    urls: Mapping[str, str] = setting(
        "EVENTS_WEBHOOKS",
        "Who gets events by HTTP: billing=https://billing.example.org/hooks, the names being yours;"
        " separated by commas.",
        parse=_webhooks,
        default="",
    )
    keys: Mapping[str, tuple[Secret, ...]] = setting(
        "EVENTS_WEBHOOK_SECRETS",
        "The key that each of them is signed with: billing=whsec_...; while a key is exchanged for"
        " another, both, with | between them.",
        parse=_keys,
        default="",
        secret=True,
    )
    networks: tuple[Network, ...] = setting(
        "EVENTS_WEBHOOK_NETWORKS",
        "Private addresses and networks that they may be at all the same: 10.1.2.0/24.",
        parse=networks,
        default="",
    )
