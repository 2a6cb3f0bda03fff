"""Texts on their way: as letters are, by telephone."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.support.carriers import TAKEN, provider, twilio
from tests.support.stub import answer
from tests.support.world import StoppedClock, Telephone, World
from tests.support.worlds import Opener
from watchword.kernel.chance import SystemChance
from watchword.kernel.messages import BULK, CODE, NOTICE, Text
from watchword.kernel.ports import NotAccepted, Undelivered
from watchword.plumbing.carriers.carrier import TryResult
from watchword.plumbing.carriers.texting import Texting
from watchword.plumbing.db import outbox, queued
from watchword.plumbing.db.journal import journal
from watchword.plumbing.db.pieces import QueuedPiece
from watchword.plumbing.db.statements import statement
from watchword.plumbing.metrics.counting import Metrics
from watchword.plumbing.work.porters import LEASE
from watchword.records.texts.rules import KIND, Draft
from watchword.records.texts.service import Texts

FACTS = statement(select(journal.c.type, journal.c.facts))
ROWS = statement(select(outbox.outbox.c.kind, outbox.outbox.c.outcome, outbox.outbox.c.payload))
ALGIERS, PARIS = "+213550123456", "+33612345678"
AWAY = NotAccepted("refused with 500")
LOST = Undelivered("ReadTimeout")
NO_SUCH = NotAccepted("refused with 400", lasting=True)


async def queue(world: World, **more: Any) -> bool:
    draft = Draft(**{"words": "texts.test.body", "to": ALGIERS, "language": "fr", **more})
    async with world.database.transaction() as tx:
        return await world.part(Texts).queue(tx, draft, world.clock.now())


async def kept(world: World) -> Sequence[QueuedPiece]:
    return await queued.kept(world.database, KIND, world.clock.now(), 100)


def counted(world: World, provider: str, country: str, result: str) -> float:
    labels = world.part(Metrics).texts.labels(provider, country, result)
    return labels._value.get()  # type: ignore[no-any-return]


@pytest.mark.req("M-41")
async def test_a_text_leaves_in_its_readers_language_for_its_country_and_is_wiped(
    world: World,
) -> None:
    await queue(world)
    await world.deliver()

    [text] = world.telephone.texts
    assert (text.to, text.country, text.language) == (ALGIERS, "DZ", "fr")
    assert "ceci est un essai" in text.body
    [row] = await world.database.all(ROWS)
    assert (row.kind, row.outcome, row.payload) == (KIND, "sent", None)
    assert counted(world, "fake", "DZ", "sent") == 1


async def test_what_a_text_says_and_to_whom_is_sealed_while_it_waits(world: World) -> None:
    await queue(world, facts={"code": "918273"})
    [row] = await world.database.all(ROWS)

    assert b"918273" not in row.payload
    assert ALGIERS.encode() not in row.payload


async def test_codes_go_before_notices_and_notices_before_bulk(world: World) -> None:
    for priority, to in ((BULK, "+33612345601"), (NOTICE, "+33612345602"), (CODE, "+33612345603")):
        await queue(world, priority=priority, to=to)
    await world.deliver()

    assert [each.to[-1] for each in world.telephone.texts] == ["3", "2", "1"]


async def test_a_text_that_has_expired_is_never_sent(world: World) -> None:
    await queue(world, expires_at=world.clock.now() + timedelta(minutes=5))
    world.clock.advance(timedelta(minutes=5))
    await world.deliver()

    assert world.telephone.texts == []
    assert counted(world, "none", "unknown", "expired") == 1


@pytest.mark.parametrize("trouble", [AWAY, LOST])
async def test_what_fails_goes_out_again_later_under_the_same_id(
    world: World, trouble: Exception
) -> None:
    world.telephone.trouble = trouble  # type: ignore[assignment]
    await queue(world)
    await world.deliver()
    [waiting] = await kept(world)
    world.telephone.trouble = None
    world.clock.advance(timedelta(seconds=3))
    await world.deliver()

    assert [each.id for each in world.telephone.texts] == [str(waiting.id)]


async def test_a_text_refused_for_itself_is_given_up_with_the_reason_and_no_number(
    world: World,
) -> None:
    world.telephone.trouble = NO_SUCH
    await queue(world)
    await world.deliver()

    [dead] = await kept(world)
    assert (dead.state, dead.reason) == ("dead", "fake: refused with 400")
    [fact] = [
        row.facts for row in await world.database.all(FACTS) if row.type == "id.sms.dead_lettered"
    ]
    assert fact == {"text": str(dead.id), "template": "texts.test.body", "reason": dead.reason}
    assert ALGIERS not in world.log.getvalue()
    assert world.part(Metrics).texts_dead._value.get() == 1


async def test_after_the_last_try_a_text_is_kept_for_an_operator(worlds: Opener) -> None:
    async with worlds(SMS_MAX_TRIES="2") as world:
        world.telephone.trouble = AWAY
        await queue(world)
        for _ in range(8):
            await world.deliver()
            world.clock.advance(timedelta(seconds=1))

        [dead] = await kept(world)
        assert (dead.state, dead.attempts) == ("dead", 2)


async def test_a_text_whose_worker_was_lost_leaves_again_under_its_id_and_is_counted(
    world: World,
) -> None:
    await queue(world)
    [lost] = await outbox.claim(world.database, KIND, world.clock.now(), LEASE, 1)
    world.clock.advance(LEASE)
    await world.deliver()

    assert [each.id for each in world.telephone.texts] == [str(lost.id)]
    assert counted(world, "none", "unknown", "unknown") == 1


async def test_letters_and_texts_are_counted_apart(world: World) -> None:
    await queue(world)

    assert await queued.depth(world.database, KIND) == 1
    assert await queued.depth(world.database, "mail") == 0


async def test_a_text_for_nobody_is_never_sent(world: World) -> None:
    async with world.database.transaction() as tx:
        await world.part(Texts).pretend(tx, world.clock.now())
    await world.deliver()

    assert world.telephone.texts == []
    assert await kept(world) == []
    assert counted(world, "none", "unknown", "expired") == 0


class Named(Telephone):
    """A telephone with a name of its own."""

    def __init__(self, name: str, trouble: NotAccepted | Undelivered | None) -> None:
        super().__init__()
        self.name, self.trouble = name, trouble


@pytest.mark.parametrize(
    ("trouble", "results", "second_has_it"),
    [
        (AWAY, [TryResult.FAILED, TryResult.SENT], True),
        (LOST, [TryResult.UNKNOWN], False),
        (NO_SUCH, [TryResult.REFUSED], False),
    ],
)
async def test_the_next_carrier_gets_what_the_first_certainly_did_not_take(
    trouble: NotAccepted | Undelivered, results: list[TryResult], *, second_has_it: bool
) -> None:
    first, second = Named("first", trouble), Named("second", None)
    texting = Texting([first, second], StoppedClock(), SystemChance(), Metrics("0", "generic", ""))
    text = Text(id="1", to=PARIS, body="Hi", template="x", language="en", country="FR")
    handover = await texting.send(text)

    assert [each.result for each in handover.tries] == results
    assert bool(second.texts) is second_has_it


async def test_a_text_leaves_at_once_behind_many_to_a_country_that_twilio_has_not_permitted(
    world: World,
) -> None:
    not_there = answer(400, {"code": 21408, "message": "not enabled for the region"})
    async with provider(TAKEN["twilio"], *[not_there] * 6) as (api, behind):
        metrics = world.part(Metrics)
        carriers = Texting([twilio(api)], world.clock, SystemChance(), metrics)
        texts = replace(world.part(Texts), carriers=carriers)
        for number in range(6):
            await queue(world, to=f"+35567212345{number}")
            await texts.carry()
        await queue(world)
        await texts.carry()
    assert [each.form["To"] for each in behind.asked][6:] == [ALGIERS]
    assert counted(world, "twilio", "AL", "deferred") == 6
    assert {each.state for each in await kept(world)} == {"waiting"}
