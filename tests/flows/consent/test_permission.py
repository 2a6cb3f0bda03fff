"""A letter that needs a consent leaves only while the reader allows it."""

import pytest

from tests.support import exposed
from tests.support.facts import facts
from tests.support.world import World
from watchword.plumbing.metrics.counting import Metrics
from watchword.records.consents.rules import ConsentSettings
from watchword.records.deliveries.rules import BULK, Letter
from watchword.records.deliveries.service import Deliveries

ALICE = "alice@example.org"
DOOR = "/api/v1/me/consents"
MARKETING = {"purpose": "marketing"}


async def offer(world: World, to: str = ALICE) -> None:
    """Queue a marketing letter."""
    facts = {"name": "", "link": "https://x.test/", "until": "", "purpose": "news"}
    letter = Letter(
        template="consent/consent_renewal",
        to=to,
        language="en",
        facts=facts | {"unsubscribe": "https://x.test/unsubscribe"},
        priority=BULK,
        needs="marketing",
    )
    async with world.database.transaction() as tx:
        await world.part(Deliveries).queue(tx, letter, world.clock.now())


@pytest.mark.req("N-50")
async def test_after_one_call_the_next_marketing_letter_is_suppressed(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        await client.post(DOOR, json=MARKETING)
        await offer(world)
        assert len(await world.letters(ALICE)) == 1
        await offer(world)  # waits while the consent is withdrawn
        assert (await client.post(f"{DOOR}/withdraw", json=MARKETING)).status_code == 200
    await offer(world)
    assert len(await world.letters(ALICE)) == 1
    told = exposed.read(world.part(Metrics).exposition().decode())
    assert told.value("emails_sent_total", result="suppressed") == 2
    suppressed = await facts(world, "id.email.suppressed")
    assert [fact.facts["reason"] for fact in suppressed] == ["no_consent"] * 2


async def test_whoever_said_nothing_gets_no_such_letter(world: World) -> None:
    await world.subscriber()
    for address in (ALICE, "nobody@example.org"):
        await offer(world, address)
        assert await world.letters(address) == []


async def test_a_consent_that_has_run_out_allows_nothing(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        await client.post(DOOR, json=MARKETING)
    world.clock.advance(world.settings.section(ConsentSettings).max_age)
    await offer(world)
    assert await world.letters(ALICE) == []
