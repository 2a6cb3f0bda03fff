"""A destination of events wants an address, its key, and TLS beyond this machine."""

import pytest

from tests.app.settings.conftest import Faults, Read
from tests.support.environments import production
from tests.support.markdown import ROOT, blocks
from watchword.app.settings.outward import outward
from watchword.plumbing.settings import (
    AmqpSettings,
    EventSettings,
    EventWebhookSettings,
    KafkaSettings,
)

PAGE = ROOT / "docs" / "operate" / "events.md"
KEY = "whsec_c29tZXRoaW5nIHVua25vd24gdG8gYW55IGd1aWRlIQ=="
KAFKA = {
    "KAFKA_ENABLED": "true",
    "KAFKA_BROKERS": "kafka1:9092,kafka2:9092",
    "KAFKA_CLIENT_ID": "molam-id-password-reset",
    "KAFKA_TLS": "true",
}
AMQP = {"AMQP_ENABLED": "true", "AMQP_URL": "amqps://molam:n0t-in-a-guide@rabbitmq:5671/"}
HOOK = {
    "EVENTS_WEBHOOKS": "shop=https://shop.example.org/hooks",
    "EVENTS_WEBHOOK_SECRETS": f"shop={KEY}",
}


@pytest.mark.req("M-17", "M-21")
def test_the_switches_of_the_seed_are_read_by_their_names(read: Read) -> None:
    settings = read(production(**KAFKA, **AMQP, **HOOK))
    kafka = settings.section(KafkaSettings)
    assert kafka.brokers == ("kafka1:9092", "kafka2:9092")
    assert kafka.client_id == "molam-id-password-reset"
    assert settings.section(AmqpSettings).url.reveal() == AMQP["AMQP_URL"]
    assert settings.section(EventWebhookSettings).urls == {"shop": "https://shop.example.org/hooks"}
    told = {"KAFKA_ENABLED", "AMQP_ENABLED", "EVENTS_WEBHOOKS"}
    assert told <= set(outward(settings))


@pytest.mark.req("M-17", "M-21")
def test_what_is_off_wants_nothing(read: Read) -> None:
    settings = read(production(KAFKA_ENABLED="false", AMQP_ENABLED="false"))
    assert not settings.section(KafkaSettings).enabled
    assert not settings.section(AmqpSettings).enabled
    assert not {"KAFKA_ENABLED", "AMQP_ENABLED", "EVENTS_WEBHOOKS"} & set(outward(settings))


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({**KAFKA, "KAFKA_BROKERS": ""}, "KAFKA_BROKERS"),
        ({**KAFKA, "KAFKA_BROKERS": "kafka1"}, "KAFKA_BROKERS"),
        ({**KAFKA, "KAFKA_TLS": "false"}, "KAFKA_TLS"),
        ({**KAFKA, "KAFKA_TOPIC": "a topic"}, "KAFKA_TOPIC"),
        ({**KAFKA, "KAFKA_SASL_MECHANISM": "PLAIN"}, "KAFKA_SASL_MECHANISM"),
        ({**AMQP, "AMQP_URL": ""}, "AMQP_URL"),
        ({**AMQP, "AMQP_URL": "rabbitmq:5672"}, "AMQP_URL"),
        ({**AMQP, "AMQP_URL": "amqp://molam:n0t-in-a-guide@rabbitmq/"}, "AMQP_URL"),
        ({**AMQP, "AMQP_URL": "amqp://guest:guest@127.0.0.1/"}, "AMQP_URL"),
        ({**HOOK, "EVENTS_WEBHOOK_SECRETS": ""}, "EVENTS_WEBHOOK_SECRETS"),
        ({**HOOK, "EVENTS_WEBHOOK_SECRETS": "shop=n0t-in-a-guide"}, "EVENTS_WEBHOOK_SECRETS"),
        ({**HOOK, "EVENTS_WEBHOOKS": "shop=http://shop.example.org/hooks"}, "EVENTS_WEBHOOKS"),
        ({**HOOK, "EVENTS_WEBHOOKS": "https://shop.example.org/hooks"}, "EVENTS_WEBHOOKS"),
        ({"EVENTS_TYPES": "id.nothing"}, "EVENTS_TYPES"),
    ],
)
def test_what_is_not_whole_or_not_safe_is_named_and_not_quoted(
    faults: Faults, given: dict[str, str], named: str
) -> None:
    found = faults(production(**given))
    assert list(found) == [named]
    assert "n0t-in-a-guide" not in found[named]


def test_types_are_chosen_by_patterns(read: Read) -> None:
    settings = read(production(EVENTS_TYPES="id.password.*,id.user.erased"))
    assert settings.section(EventSettings).types == {
        "id.password.changed",
        "id.password.reset.requested",
        "id.password.reset.completed",
        "id.user.erased",
    }


def test_the_page_shows_settings_that_are_whole_but_for_its_secrets(faults: Faults) -> None:
    shown = [block.text for block in blocks(PAGE) if block.language == "ini"]
    given = dict(line.split("=", 1) for text in shown for line in text.split())
    own = {
        "AMQP_URL": "amqps://watchword:n0t-in-a-guide@rabbitmq:5671/",
        "EVENTS_WEBHOOK_SECRETS": f"billing={KEY}",
        "KAFKA_SASL_PASSWORD": "n0t-in-a-guide",
    }
    assert sorted(faults(production(**given))) == sorted(own)
    assert not faults(production(**given | own))
