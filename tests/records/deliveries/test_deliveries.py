"""Letters on their way: the urgent first, never late, tried again in good time, and never lost."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.support import exposed
from tests.support.facts import facts
from tests.support.world import World
from tests.support.worlds import Opener
from watchword.kernel.ports import NotAccepted, Undelivered
from watchword.plumbing.db import outbox, queued
from watchword.plumbing.db.journal import journal
from watchword.plumbing.db.pieces import QueuedPiece
from watchword.plumbing.db.statements import statement
from watchword.plumbing.metrics.counting import Metrics
from watchword.plumbing.work.porters import LEASE
from watchword.records.deliveries.rules import BULK, CODE, KIND, NOTICE, Letter
from watchword.records.deliveries.service import Deliveries

FACTS = statement(select(journal.c.type, journal.c.facts))
ALICE = "alice@example.org"
LOST = Undelivered("ReadTimeout")
AWAY = NotAccepted("refused with 500")
NO_SUCH = NotAccepted("refused with 550", lasting=True)


def letter(**more: Any) -> Letter:
    facts = {"name": "Alice", "link": "https://x.test", "minutes": 60}
    given = {"to": ALICE, "language": "en", "facts": facts, **more}
    return Letter(template="registration/already_registered", **given)


async def queue(world: World, **more: Any) -> None:
    async with world.database.transaction() as tx:
        await world.part(Deliveries).queue(tx, letter(**more), world.clock.now())


async def kept(world: World) -> Sequence[QueuedPiece]:
    return await queued.kept(world.database, KIND, world.clock.now(), 100)


async def rounds(world: World, number: int) -> None:
    """Let the worker look every second, so many times."""
    for _ in range(number):
        await world.deliver()
        world.clock.advance(timedelta(seconds=1))


async def test_codes_go_before_notices_and_notices_before_bulk(worlds: Opener) -> None:
    async with worlds(WORKER_CONCURRENCY="1") as world:
        for priority, name in ((BULK, "bulk"), (NOTICE, "notice"), (CODE, "code")):
            for _ in range(3):
                await queue(world, priority=priority, to=f"{name}@example.org")
                world.clock.advance(timedelta(seconds=1))
        await world.deliver()
    left = [each.to.partition("@")[0] for each in world.mailbox.messages]
    assert left == 3 * ["code"] + 3 * ["notice"] + 3 * ["bulk"]


async def test_a_letter_waits_until_it_is_wanted(world: World) -> None:
    await queue(world, not_before=world.clock.now() + timedelta(seconds=5))
    await rounds(world, 5)
    assert world.mailbox.messages == []
    await rounds(world, 1)
    assert len(world.mailbox.messages) == 1


async def test_a_letter_for_nobody_is_never_sent_nor_counted(world: World) -> None:
    async with world.database.transaction() as tx:
        await world.part(Deliveries).pretend(tx, world.clock.now())
    await world.deliver()
    assert world.mailbox.messages == []
    assert await kept(world) == []
    assert world.part(Metrics).emails.labels("none", "nobody", "expired")._value.get() == 0


async def test_a_letter_that_has_expired_is_never_sent(world: World) -> None:
    world.mailbox.trouble = AWAY
    await queue(world, expires_at=world.clock.now() + timedelta(minutes=5))
    await world.deliver()
    world.mailbox.trouble = None
    world.clock.advance(timedelta(minutes=5))
    await world.deliver()
    assert world.mailbox.messages == []
    assert await kept(world) == []


@pytest.mark.parametrize("trouble", [AWAY, LOST])
async def test_what_fails_goes_out_again_later_under_the_same_id(
    world: World, trouble: Exception
) -> None:
    world.mailbox.trouble = trouble  # type: ignore[assignment]
    await queue(world)
    await world.deliver()
    [waiting] = await kept(world)
    world.mailbox.trouble = None
    assert timedelta(seconds=2) <= waiting.due_at - world.clock.now() <= timedelta(seconds=2.5)
    assert (waiting.state, waiting.attempts) == ("waiting", 1)

    world.clock.advance(timedelta(seconds=3))
    await world.deliver()
    [message] = world.mailbox.messages
    assert message.id.startswith(f"<{waiting.id}@")


async def test_nobody_is_asked_again_sooner_than_they_want(world: World) -> None:
    world.mailbox.trouble = NotAccepted("refused with 429", retry_after=timedelta(seconds=50))
    await queue(world)
    await world.deliver()
    world.mailbox.trouble = None
    world.clock.advance(timedelta(seconds=49))
    await world.deliver()
    assert world.mailbox.messages == []
    world.clock.advance(timedelta(seconds=20))
    await world.deliver()
    assert len(world.mailbox.messages) == 1


async def test_a_letter_refused_for_itself_is_given_up_at_once_with_the_reason(
    world: World,
) -> None:
    world.mailbox.trouble = NO_SUCH
    await queue(world)
    await world.deliver()
    [dead] = await kept(world)
    assert (dead.state, dead.attempts, dead.reason) == ("dead", 1, "fake: refused with 550")

    [fact] = [
        row.facts for row in await world.database.all(FACTS) if row.type == "id.email.dead_lettered"
    ]
    assert fact == {
        "letter": str(dead.id),
        "template": "registration/already_registered",
        "reason": "fake: refused with 550",
    }
    assert "letter not delivered" in world.log.getvalue()
    assert ALICE not in world.log.getvalue()


@pytest.mark.req("N-101")
async def test_the_third_try_may_deliver_and_after_the_last_it_is_kept_for_an_operator(
    worlds: Opener,
) -> None:
    async with worlds(APP_PROFILE="nova") as world:
        world.mailbox.trouble = AWAY
        await queue(world, to="first@example.org")
        await rounds(world, 4)
        world.mailbox.trouble = None
        await rounds(world, 8)
        assert [each.to for each in world.mailbox.messages] == ["first@example.org"]

        world.mailbox.trouble = AWAY
        await queue(world, not_before=world.clock.now() + timedelta(seconds=5))
        await rounds(world, 30)
        [dead] = await kept(world)
        assert (dead.state, dead.attempts) == ("dead", 3)
        assert "letter not delivered" in world.log.getvalue()


async def test_while_every_carrier_rests_letters_wait_and_lose_no_try(world: World) -> None:
    world.mailbox.trouble = NotAccepted("refused with 429", retry_after=timedelta(minutes=30))
    for number in range(20):
        await queue(world, to=f"{number}@example.org")
    await rounds(world, 30)
    assert sorted(each.attempts for each in await kept(world)) == [0] * 19 + [1]

    world.mailbox.trouble = None
    world.clock.advance(timedelta(minutes=40))
    await world.deliver()
    assert len(world.mailbox.messages) == 20


async def test_an_operator_retries_what_was_given_up_and_drops_what_nobody_wants(
    world: World,
) -> None:
    world.mailbox.trouble = NO_SUCH
    await queue(world)
    await queue(world)
    await world.deliver()
    first, second = await kept(world)
    world.mailbox.trouble = None
    now = world.clock.now()
    async with world.database.transaction() as tx:
        assert await queued.retry(tx, KIND, first.id, now)
        assert not await queued.retry(tx, "events", second.id, now)
    assert await queued.drop(world.database, KIND, second.id, now)
    assert not await queued.drop(world.database, KIND, second.id, now)

    await world.deliver()
    assert [each.id.partition("@")[0] for each in world.mailbox.messages] == [f"<{first.id}"]
    assert await kept(world) == []


async def test_a_letter_under_way_can_be_neither_retried_nor_dropped(world: World) -> None:
    await queue(world)
    now = world.clock.now()
    [held] = await outbox.claim(world.database, KIND, now, timedelta(seconds=30), 1)
    assert (await kept(world))[0].state == "under way"
    assert not await queued.drop(world.database, KIND, held.id, now)
    async with world.database.transaction() as tx:
        assert not await queued.retry(tx, KIND, held.id, now)


async def test_a_letter_whose_worker_was_lost_leaves_again_under_its_id_and_is_counted(
    world: World,
) -> None:
    await queue(world)
    [lost] = await outbox.claim(world.database, KIND, world.clock.now(), LEASE, 1)
    world.clock.advance(LEASE)
    await world.deliver()

    [message] = world.mailbox.messages
    assert message.id.startswith(f"<{lost.id}@")
    counted = world.part(Metrics).emails.labels("none", "already_registered", "unknown")
    assert counted._value.get() == 1
    assert "letter taken over" in world.log.getvalue()


@pytest.mark.parametrize("budget", ["EMAIL_BUDGET_HOUR", "EMAIL_BUDGET_DAY"])
async def test_codes_beyond_everybodys_budget_are_withheld_counted_and_told_and_come_back_in_time(
    worlds: Opener, budget: str
) -> None:
    async with worlds(**{budget: "2/3600000"}) as world:
        for _ in range(3):
            await queue(world, priority=CODE)
        await queue(world, priority=NOTICE)
        await world.deliver()
        reason = budget.rpartition("_")[2].lower()
        told = exposed.read(world.part(Metrics).exposition().decode())
        [withheld] = await facts(world, "email.rate_limited")

        assert len(world.mailbox.messages) == 3, "two codes, and the notice, which has no budget"
        assert told.value("email_withheld_total", reason=reason) == 1
        assert withheld.facts == {"asked_for": "registration/already_registered", "reason": reason}
        assert '"category":"security"' in world.log.getvalue()
        world.clock.advance(timedelta(hours=1, minutes=1))
        await queue(world, priority=CODE)
        await world.deliver()
        assert len(world.mailbox.messages) == 4


async def test_a_code_that_a_budget_withheld_is_no_code_sent_and_is_noted_with_its_account(
    worlds: Opener,
) -> None:
    async with worlds(EMAIL_BUDGET_HOUR="1/3600000") as world:
        await world.subscriber("alice@example.org")
        bob = await world.subscriber("bob@example.org")
        async with world.client() as client:
            for name in ("alice", "bob"):
                body = {"email": f"{name}@example.org"}
                await client.post(world.path("/auth/otp/request"), json=body)
        told = exposed.read(world.part(Metrics).exposition().decode())
        [withheld] = await facts(world, "email.rate_limited")

        assert told.value("otp_generated_total", purpose="sign_in", channel="email") == 1
        assert withheld.user_id == bob.id


async def test_what_is_pretended_takes_nothing_from_everybodys_budget(worlds: Opener) -> None:
    async with worlds(EMAIL_BUDGET_HOUR="1/3600000") as world:
        for _ in range(3):
            async with world.database.transaction() as tx:
                await world.part(Deliveries).pretend(tx, world.clock.now(), CODE)
        await queue(world, priority=CODE)
        await world.deliver()
        assert len(world.mailbox.messages) == 1
