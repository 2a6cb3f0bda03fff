"""Resets of a password and of a PIN, as readers of Kafka and of RabbitMQ get them, on the profile molam."""

from typing import Any
from uuid import uuid4

import msgspec
import pytest

from tests.support.brokers import MockKafka, Read, queue
from tests.support.rounds import relay_once
from tests.support.world import NEW_PASSWORD, World
from tests.support.worlds import Opener
from watchword.kernel.secret import Secret
from watchword.records.pins.service import Pins
from watchword.records.subscribers.rules import Subscriber

AUTH = "/api/v1/auth"
NUMBER, PIN = "+213550123456", "0937"
TOPIC = "molam.id.events"
COMPLETED = "id.password.reset.completed", "id.ussd.pin.reset.completed"


async def owner_of_a_pin(world: World) -> Subscriber:
    owner = await world.subscriber(phone=NUMBER)
    pins = world.part(Pins)
    stored = await pins.hash(owner.id, Secret("8391"))
    async with world.database.transaction() as tx:
        await pins.replace(tx, owner.id, stored, world.clock.now())
    return owner


async def reset(world: World, what: str, **secret: str) -> None:
    """Choose a new secret by the code that the telephone got."""
    async with world.client() as client:
        asked = await client.post(f"{AUTH}/{what}/request", json={"phone": NUMBER})
        assert asked.status_code == 202
        code = {"phone": NUMBER, "code": await world.texted(NUMBER)}
        grant = (await client.post(f"{AUTH}/{what}/verify", json=code)).json()["reset_token"]
        done = await client.post(f"{AUTH}/{what}/confirm", json={"resetToken": grant, **secret})
        assert done.status_code == 200, done.text


def completed(read: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for each in read if each["type"] in COMPLETED]


@pytest.mark.req("M-18", "M-19", "M-20", "M-22")
@pytest.mark.needs("rabbitmq")
async def test_a_reset_is_one_event_on_each_broker_without_secret_or_number(
    small_worlds: Opener, rabbitmq_url: str
) -> None:
    kafka, exchange = MockKafka(), f"resets-{uuid4()}"
    async with (
        queue(rabbitmq_url, exchange) as bound,
        small_worlds(
            APP_PROFILE="molam",
            KAFKA_ENABLED="true",
            KAFKA_BROKERS=kafka.servers,
            AMQP_ENABLED="true",
            AMQP_URL=rabbitmq_url,
            AMQP_EXCHANGE=exchange,
        ) as world,
    ):
        owner = await owner_of_a_pin(world)
        await reset(world, "password-reset", password=NEW_PASSWORD)
        await reset(world, "ussd-pin-reset", pin=PIN)
        while await relay_once(world):
            pass
        messages: list[Read] = await bound.rest()
    records = await kafka.read(TOPIC, len(messages))
    events = [msgspec.json.decode(each.value) for each in records]
    by_rabbit = [each.body for each in messages]
    assert sorted(completed(events), key=lambda each: str(each["time"])) == completed(by_rabbit)
    assert [each["type"] for each in completed(by_rabbit)] == list(COMPLETED)
    for event in completed(by_rabbit):
        assert event["subject"] == str(owner.id)
        assert event["data"] == {"user_id": str(owner.id), "channel": "sms", "country": "DZ"}
    assert {each.key for each in records} == {str(owner.id).encode()}
    assert [each.routing_key for each in messages] == [each["type"] for each in by_rabbit]
    everything = b"".join(each.value for each in records)
    for secret in (NUMBER, NUMBER[4:], NEW_PASSWORD):
        assert secret.encode() not in everything
    assert PIN not in str([each["data"] | {"user_id": ""} for each in events])
