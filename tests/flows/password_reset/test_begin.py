"""Asking for a new password: the same answer for anybody, the rest is in the mailbox."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.facts import facts
from tests.support.world import World
from tests.support.worlds import Opener
from watchword.plumbing.metrics.counting import Metrics
from watchword.records.subscribers.rules import DISABLED, LOCKED, PENDING
from watchword.records.subscribers.service import Subscribers

FORGOT, RESET = "/api/v1/auth/forgot-password", "/api/v1/auth/reset-password"
ALICE, NOBODY = "alice@example.org", "nobody@example.org"


@pytest.mark.req("A-28", "A-29")
async def test_a_link_comes_to_the_mailbox_of_an_account(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        answer = await client.post(FORGOT, json={"email": "Alice@Example.org"})
    assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
    [letter] = await world.letters(ALICE)
    assert letter.template == "password_reset/password_reset"
    assert "https://auth.example.test/reset-password?token=wwt_" in letter.text
    assert "1 hour" in letter.text or "60 minutes" in letter.text


@pytest.mark.req("A-28")
async def test_known_and_unknown_addresses_get_the_same_answer_to_the_byte(world: World) -> None:
    await world.subscriber()
    await world.subscriber("pending@example.org", status=PENDING)
    await world.subscriber("locked@example.org", status=LOCKED)
    answers = []
    for address in (ALICE, NOBODY, "pending@example.org", "locked@example.org"):
        async with world.client(headers={"X-Request-Id": "same"}) as client:
            answers.append(await client.post(FORGOT, json={"email": address}))
    told = {
        (
            answer.status_code,
            answer.content,
            *(f"{k}={v}" for k, v in answer.headers.items() if k != "ratelimit-remaining"),
        )
        for answer in answers
    }
    assert len(told) == 1


async def test_an_unknown_mailbox_learns_that_it_has_no_account_and_gets_no_link(
    world: World,
) -> None:
    async with world.client() as client:
        await client.post(FORGOT, json={"email": NOBODY, "lang": "fr"})
    [letter] = await world.letters(NOBODY)
    assert letter.template == "password_reset/no_account"
    assert letter.language == "fr"
    assert "token=" not in letter.text
    assert letter.code is None


@pytest.mark.parametrize("status", [LOCKED, DISABLED])
async def test_a_closed_account_gets_a_letter_without_a_link(world: World, status: str) -> None:
    await world.subscriber(status=status)
    async with world.client() as client:
        await client.post(FORGOT, json={"email": ALICE})
    [letter] = await world.letters(ALICE)
    assert letter.template == "password_reset/account_closed"
    assert "token=" not in letter.text


async def test_a_strangers_words_reach_no_unproven_mailbox(world: World) -> None:
    await world.subscriber(status=PENDING)
    async with world.client() as client:
        await client.post(FORGOT, json={"email": ALICE})
    letter = await world.newest(ALICE)
    assert letter.template == "password_reset/password_reset"
    assert "Hello," in letter.text


@pytest.mark.req("A-47")
async def test_the_fourth_letter_within_an_hour_is_withheld_and_noted(world: World) -> None:
    alice = await world.subscriber()
    async with world.client() as client:
        answers = [await client.post(FORGOT, json={"email": ALICE}) for _ in range(4)]
        assert {(a.status_code, a.content) for a in answers} == {(202, answers[0].content)}
        assert len(await world.letters(ALICE)) == 3
        [noted] = await facts(world, "email.rate_limited")
        assert (noted.user_id, noted.facts) == (
            alice.id,
            {"asked_for": "password_reset", "reason": "mailbox"},
        )
        world.clock.advance(timedelta(hours=1, seconds=4))
        await client.post(FORGOT, json={"email": ALICE})
    assert len(await world.letters(ALICE)) == 4


@pytest.mark.req("A-47")
async def test_an_unknown_mailbox_is_spared_the_fourth_letter_too(world: World) -> None:
    async with world.client() as client:
        for _ in range(4):
            assert (await client.post(FORGOT, json={"email": NOBODY})).status_code == 202
    assert len(await world.letters(NOBODY)) == 3
    [noted] = await facts(world, "email.rate_limited")
    assert noted.user_id is None


@pytest.mark.req("A-48")
async def test_a_new_link_makes_the_old_one_worthless(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await client.post(FORGOT, json={"email": ALICE})
        first = await world.token(ALICE)
        await client.post(FORGOT, json={"email": ALICE})
        old = await client.post(RESET, json={"token": first, "password": "seven lemons on ice"})
    assert (old.status_code, old.json()["code"]) == (400, "token_invalid")


async def test_requests_are_counted_and_noted(world: World) -> None:
    alice = await world.subscriber()
    async with world.client() as client:
        await client.post(FORGOT, json={"email": ALICE})
        await client.post(FORGOT, json={"email": NOBODY})
    noted = await facts(world, "id.password.reset.requested")
    assert {fact.user_id for fact in noted} == {alice.id, None}
    counted = world.part(Metrics).exposition().decode()
    assert 'password_reset_requests_total{channel="email",country="unknown"} 2.0' in counted


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "email"), ({"email": "no address"}, "email"), ({"email": ALICE, "admin": True}, "admin")],
)
async def test_a_bad_request_is_refused_by_field(
    small_worlds: Opener, body: object, field: str
) -> None:
    async with small_worlds() as world, world.client() as client:
        answer = await client.post(FORGOT, json=body)
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == [field]


@pytest.mark.parametrize(("proven", "country"), [(True, "DZ"), (False, "")])
async def test_the_country_of_a_reset_by_letter_is_that_of_a_proven_number_alone(
    small_world: World, *, proven: bool, country: str
) -> None:
    alice = await small_world.subscriber(phone="+213550123456")
    if not proven:
        unproven = replace(alice, phone_verified_at=None)
        async with small_world.database.transaction() as tx:
            subscribers, now = small_world.part(Subscribers), small_world.clock.now()
            await subscribers.change(tx, unproven, alice.version, now)
    async with small_world.client() as client:
        await client.post(FORGOT, json={"email": ALICE})
    [fact] = await facts(small_world, "id.password.reset.requested")
    assert fact.facts["country"] == country
