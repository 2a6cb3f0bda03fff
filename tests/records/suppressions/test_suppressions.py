"""Suppressed addresses: what they still get, how they come off the list, and that nobody can tell."""

from datetime import timedelta

import pytest

from tests.support.feedback import ALICE, counted, facts, listed, write
from tests.support.world import World
from watchword.kernel.ports import NotAccepted
from watchword.plumbing.contact import email_address
from watchword.records.deliveries.rules import BULK, CODE, NOTICE
from watchword.records.suppressions.rules import SuppressionReason, Verdict, first, judge
from watchword.records.suppressions.service import Suppressions

AUTH = "/api/v1/auth"


async def suppress(world: World, reason: SuppressionReason, address: str = ALICE) -> None:
    async with world.database.transaction() as tx:
        now = world.clock.now()
        await world.part(Suppressions).add(tx, email_address(address), reason, "test", now)


async def withheld(world: World) -> list[int]:
    return [each.withheld for each in await world.part(Suppressions).every(world.database)]


@pytest.mark.parametrize(
    ("reasons", "code", "notice"),
    [
        ((), Verdict.SEND, Verdict.SEND),
        ((SuppressionReason.COMPLAINT,), Verdict.SEND, Verdict.WITHHOLD),
        ((SuppressionReason.BOUNCE,), Verdict.TRIAL, Verdict.WITHHOLD),
        ((SuppressionReason.BOUNCE, SuppressionReason.COMPLAINT), Verdict.TRIAL, Verdict.WITHHOLD),
        ((SuppressionReason.OPERATOR,), Verdict.WITHHOLD, Verdict.WITHHOLD),
        (
            (SuppressionReason.OPERATOR, SuppressionReason.BOUNCE),
            Verdict.WITHHOLD,
            Verdict.WITHHOLD,
        ),
    ],
)
def test_a_code_that_somebody_waits_for_is_judged_apart(
    reasons: tuple[SuppressionReason, ...], code: Verdict, notice: Verdict
) -> None:
    assert judge(reasons, asked_for=True) is code
    assert judge(reasons, asked_for=False) is notice


def test_what_an_operator_says_is_told_first() -> None:
    assert (
        first([SuppressionReason.COMPLAINT, SuppressionReason.BOUNCE, SuppressionReason.OPERATOR])
        is SuppressionReason.OPERATOR
    )


@pytest.mark.req("N-29")
@pytest.mark.parametrize("priority", [NOTICE, BULK])
async def test_a_withheld_letter_is_counted_and_recorded(world: World, priority: int) -> None:
    await suppress(world, SuppressionReason.BOUNCE)
    for _ in range(2):
        await write(world, priority=priority)
    await write(world, "bob@example.org", priority)
    assert [message.to for message in world.mailbox.messages] == ["bob@example.org"]
    assert await withheld(world) == [2]
    assert len(await facts(world, "id.email.suppressed")) == 2
    assert await counted(world, "emails_sent_total", result="suppressed") == 2
    assert ALICE not in world.log.getvalue()


async def test_a_withheld_notice_is_recorded_with_the_account_it_was_for(world: World) -> None:
    alice = await world.subscriber()
    for address in (ALICE, "bob@example.org"):
        await suppress(world, SuppressionReason.BOUNCE, address)
        await write(world, address.upper())
    kept = await facts(world, "id.email.suppressed")
    assert sorted(str(each.user_id) for each in kept) == sorted([str(alice.id), "None"])


async def test_the_list_knows_an_address_however_it_is_written(world: World) -> None:
    await suppress(world, SuppressionReason.BOUNCE, "Alice@Example.ORG")
    await suppress(world, SuppressionReason.BOUNCE, "ALICE@example.org")
    await write(world)
    assert world.mailbox.messages == []
    assert len(await listed(world)) == 1


async def test_where_letters_bounced_one_code_a_day_leaves_as_a_trial(world: World) -> None:
    await suppress(world, SuppressionReason.BOUNCE)
    for _ in range(3):
        await write(world, priority=CODE)
    assert len(world.mailbox.messages) == 1
    assert await withheld(world) == [2]
    world.clock.advance(timedelta(days=1))
    await write(world, priority=CODE)
    assert len(world.mailbox.messages) == 2


async def test_a_trial_that_no_carrier_took_is_tried_again(world: World) -> None:
    await suppress(world, SuppressionReason.BOUNCE)
    world.mailbox.trouble = NotAccepted("refused with 500")
    await write(world, priority=CODE)
    world.mailbox.trouble = None
    world.clock.advance(timedelta(seconds=3))
    await world.deliver()
    assert len(world.mailbox.messages) == 1


async def test_whoever_types_a_code_from_a_mailbox_gets_all_letters_again(world: World) -> None:
    alice = await world.subscriber()
    await suppress(world, SuppressionReason.BOUNCE)
    await suppress(world, SuppressionReason.COMPLAINT)
    async with world.client() as client:
        await client.post(f"{AUTH}/otp/request", json={"email": ALICE})
        code = await world.code(ALICE)
        answer = await client.post(f"{AUTH}/otp/verify", json={"email": ALICE, "code": code})
    assert answer.status_code == 200
    assert [reason for _, reason, _ in await listed(world)] == ["complaint"]  # only an operator may
    [fact] = await facts(world, "email.suppression_lifted")
    assert (fact.user_id, fact.facts) == (alice.id, {"reason": "bounce", "by": "owner"})


async def test_a_wrong_code_leaves_the_list_as_it_is(world: World) -> None:
    await world.subscriber()
    await suppress(world, SuppressionReason.BOUNCE)
    async with world.client() as client:
        await client.post(f"{AUTH}/otp/request", json={"email": ALICE})
        code = await world.code(ALICE)
        wrong = f"{(int(code) + 1) % 1_000_000:06d}"
        answer = await client.post(f"{AUTH}/otp/verify", json={"email": ALICE, "code": wrong})
    assert answer.status_code != 200
    assert len(await listed(world)) == 1


@pytest.mark.parametrize("reason", SuppressionReason)
async def test_nobody_is_told_that_an_address_is_suppressed(
    world: World, reason: SuppressionReason
) -> None:
    await world.subscriber()
    asked = [
        ("/otp/request", {"email": "{}"}),
        ("/forgot-password", {"email": "{}"}),
        ("/resend-verification", {"email": "{}"}),
    ]
    told = []
    async with world.client() as client:
        for address in (ALICE, "nobody@example.org"):
            await suppress(world, reason, address)
            for path, body in asked:
                answer = await client.post(f"{AUTH}{path}", json={**body, "email": address})
                told.append((path, answer.status_code, answer.text.replace(address, "")))
    half = len(asked)
    assert told[:half] == told[half:]
    async with world.client() as client:
        for (path, body), (_, status, text) in zip(asked, told, strict=False):
            free = {**body, "email": "free@example.org"}
            answer = await client.post(f"{AUTH}{path}", json=free)
            assert (answer.status_code, answer.text.replace("free@example.org", "")) == (
                status,
                text,
            )
