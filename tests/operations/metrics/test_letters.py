"""What is told of letters and who carries them."""

import pytest

from tests.records.deliveries.test_deliveries import queue
from tests.support.exposed import scrape
from tests.support.watched import watched
from tests.support.world import World
from watchword.kernel.ports import NotAccepted
from watchword.operations.metrics.service import Gauges
from watchword.plumbing.carriers.latest import MANY

AUTH = "/api/v1/auth"
ALICE = "alice@example.org"


@pytest.mark.req("N-65")
async def test_the_seconds_of_a_delivery_fall_into_these_buckets(small_world: World) -> None:
    async with small_world.client() as client:
        await client.post(f"{AUTH}/otp/request", json={"email": ALICE})
    await small_world.deliver()
    exposed = await scrape(small_world)
    bounds = exposed.labels("email_delivery_duration_seconds_bucket", "le")
    assert [float(bound) for bound in bounds] == [0.1, 0.5, 1, 2, 5, 10, float("inf")]
    assert exposed.labels("email_delivery_duration_seconds_bucket", "provider") == ["fake"]
    assert exposed.value("email_delivery_duration_seconds_count", provider="fake") == 1


async def test_whether_the_carrier_answers_is_a_gauge(small_world: World) -> None:
    gauges, seen = small_world.house.part(Gauges), []
    for small_world.mailbox.well in (True, False):
        await gauges.look_at_carriers()
        told = await scrape(small_world)
        assert told.shows("email_provider_up")
        seen.append(told.value("email_provider_up", provider="fake"))
    assert seen == [1, 0]


async def test_a_carrier_that_answers_and_takes_nothing_from_many_readers_is_told_of(
    small_world: World,
) -> None:
    gauges, seen = small_world.house.part(Gauges), []
    for trouble in (NotAccepted("refused with 550", of_reader=True), None):
        small_world.mailbox.trouble = trouble
        for number in range(MANY):
            await queue(small_world, to=f"u{number}@example.org")
        await small_world.deliver()
        await gauges.look()
        await gauges.look_at_carriers()
        told = await scrape(small_world)
        seen.append(
            [told.value(f"email_provider_{what}", provider="fake") for what in ("up", "takes")]
        )
        async with small_world.client() as client:
            answer = await client.get("/api/health/email")
        seen.append([answer.status_code, answer.json()["status"]])
    assert seen == [[1, 0], [200, "degraded"], [1, 1], [200, "healthy"]]


async def test_whether_the_carrier_of_texts_answers_is_a_gauge_too(small_world: World) -> None:
    gauges, seen = small_world.house.part(Gauges), []
    for small_world.telephone.well in (True, False):
        await gauges.look_at_carriers()
        told = await scrape(small_world)
        assert told.shows("sms_provider_up")
        seen.append(told.value("sms_provider_up", provider=small_world.telephone.name))
    assert seen == [1, 0]


async def test_a_letter_that_is_given_up_is_counted(small_world: World) -> None:
    async with small_world.client() as anyone, watched(small_world) as told:
        await anyone.post(f"{AUTH}/forgot-password", json={"email": ALICE})
        small_world.mailbox.trouble = NotAccepted("no such mailbox", lasting=True)
        await small_world.deliver()
    assert told.before.shows("email_queue_dead_total")
    assert told.rise("email_queue_dead_total") == 1
