"""Another address for an account: asked for, confirmed."""

import asyncio
from datetime import timedelta

import httpx2
import pytest

from tests.support.facts import facts
from tests.support.world import NEW_PASSWORD, PASSWORD, Mailbox, World
from tests.support.worlds import Opener
from watchword.flows.address_change.rules import Change
from watchword.kernel.messages import Message
from watchword.kernel.ports import NotAccepted
from watchword.plumbing.contact import email_address
from watchword.records.consents.rules import Purpose as Consent
from watchword.records.consents.service import Consents, Source
from watchword.records.subscribers.rules import PENDING
from watchword.records.suppressions.rules import SuppressionReason
from watchword.records.suppressions.service import Suppressions
from watchword.records.tickets.rules import Purpose
from watchword.records.tickets.service import Tickets

CHANGE = "/api/v1/auth/change-email"
CONFIRM, UNDO, ME = f"{CHANGE}/confirm", f"{CHANGE}/undo", "/api/v1/auth/me"
LOGIN = "/api/v1/auth/login"
ALICE, NEW, BOB = "alice@example.org", "alice@new.example.org", "bob@example.org"


async def ask(world: World, client: httpx2.AsyncClient, new: str = NEW) -> str:
    """Ask for another address while signed in; return the token of the new mailbox."""
    answer = await client.post(CHANGE, json={"newEmail": new})
    assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
    return await world.token(new, "address_change/confirm")


async def test_the_new_mailbox_confirms_by_link_and_the_old_one_is_told(world: World) -> None:
    alice = await world.subscriber()
    async with world.client() as client, world.client() as mail_reader:
        await world.sign_in(client)
        token = await ask(world, client)
        assert (await client.get(ME)).json()["email"] == ALICE, "nothing has changed yet"
        notice = await world.newest(ALICE, "address_change/notice")
        assert NEW in notice.text
        assert "/change-email/undo?token=wwt_" in notice.text
        assert "7 days" in notice.text
        done = await mail_reader.post(CONFIRM, json={"token": token})
        assert (done.status_code, done.json()) == (200, {"email": NEW, "status": "email_changed"})
        assert (await client.get(ME)).json()["email"] == NEW, "the session that asked goes on"
        old = await client.post(LOGIN, json={"email": ALICE, "password": PASSWORD})
        new = await client.post(LOGIN, json={"email": NEW, "password": PASSWORD})
    assert (old.status_code, new.status_code) == (401, 200)
    assert alice.id in {fact.user_id for fact in await facts(world, "id.user.updated")}


class SlowRoad(Mailbox):
    """A mailbox to which letters for the old address find no way yet."""

    async def send(self, message: Message) -> None:
        if message.to == ALICE:
            raise NotAccepted("try later")
        await super().send(message)


async def test_a_notice_that_may_not_leave_is_on_record_with_its_account_though_its_address_is_no_longer(
    worlds: Opener,
) -> None:
    road = SlowRoad()
    async with worlds(mailer=road) as world, world.client() as client:
        alice = await world.subscriber()
        await world.sign_in(client)
        await client.post(CHANGE, json={"newEmail": NEW})
        await world.deliver()
        [letter] = road.to(NEW)
        assert (await client.post(CONFIRM, json={"code": letter.code})).status_code == 200
        async with world.database.transaction() as tx:
            now = world.clock.now()
            await world.part(Suppressions).add(
                tx, email_address(ALICE), SuppressionReason.BOUNCE, "t", now
            )
        world.clock.advance(timedelta(minutes=1))
        await world.deliver()
        [kept] = await facts(world, "id.email.suppressed")
    assert (kept.facts["template"], kept.user_id) == ("address_change/notice", alice.id)


async def test_the_new_mailbox_confirms_by_code(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        await ask(world, client)
        code = (await world.newest(NEW, "address_change/confirm")).code
        done = await client.post(CONFIRM, json={"code": code})
        assert (done.status_code, done.json()["email"]) == (200, NEW)
        again = await client.post(CONFIRM, json={"code": code})
    assert (again.status_code, again.json()["code"]) == (400, "code_invalid")


async def test_a_code_is_for_somebody_signed_in_and_bears_three_guesses(world: World) -> None:
    await world.subscriber()
    async with world.client() as client, world.client() as stranger:
        await world.sign_in(client)
        await ask(world, client)
        code = (await world.newest(NEW, "address_change/confirm")).code or ""
        assert (await stranger.post(CONFIRM, json={"code": code})).status_code == 401
        wrong = "000000" if code != "000000" else "000001"
        for _ in range(3):
            assert (await client.post(CONFIRM, json={"code": wrong})).status_code == 400
        assert (await client.post(CONFIRM, json={"code": code})).status_code == 400


async def test_other_sessions_end_with_the_old_address(world: World) -> None:
    await world.subscriber()
    async with world.client() as client, world.client() as other:
        await world.sign_in(other)
        await world.sign_in(client)
        await client.post(CONFIRM, json={"token": await ask(world, client)})
        assert (await other.get(ME)).status_code == 401
        assert (await client.get(ME)).status_code == 200


async def test_a_reset_link_in_the_old_mailbox_is_void_after_the_change(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        await client.post("/api/v1/auth/forgot-password", json={"email": ALICE})
        reset = await world.token(ALICE, "password_reset/password_reset")
        await client.post(CONFIRM, json={"token": await ask(world, client)})
        late = {"token": reset, "password": NEW_PASSWORD}
        answer = await client.post("/api/v1/auth/reset-password", json=late)
    assert (answer.status_code, answer.json()["code"]) == (400, "token_used")


async def test_a_taken_address_gets_the_same_answer_and_its_owner_a_letter(world: World) -> None:
    await world.subscriber()
    await world.subscriber(BOB)
    async with world.client(headers={"X-Request-Id": "same"}) as client:
        await world.sign_in(client)
        taken = await client.post(CHANGE, json={"newEmail": BOB})
        free = await client.post(CHANGE, json={"newEmail": NEW})
    assert (taken.status_code, taken.content) == (free.status_code, free.content)
    letter = await world.newest(BOB)
    assert letter.template == "address_change/taken"
    assert "token=" not in letter.text
    assert letter.code is None
    notices = [m for m in await world.letters(ALICE) if m.template == "address_change/notice"]
    assert len(notices) == 2, "the old mailbox is told either way"


async def test_of_two_who_confirm_one_address_one_wins(world: World) -> None:
    await world.subscriber()
    await world.subscriber(BOB)
    async with world.client() as alice, world.client() as bob:
        await world.sign_in(alice)
        await world.sign_in(bob, BOB)
        first = await ask(world, alice)
        second = await ask(world, bob)
        answers = await asyncio.gather(
            alice.post(CONFIRM, json={"token": first}), bob.post(CONFIRM, json={"token": second})
        )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    lost = next(answer for answer in answers if answer.status_code == 409)
    assert lost.json()["code"] == "email_taken"


async def test_of_twenty_parallel_uses_of_one_link_one_wins(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        token = await ask(world, client)
        answers = await asyncio.gather(
            *(client.post(CONFIRM, json={"token": token}) for _ in range(20))
        )
    assert sorted(answer.status_code for answer in answers) == [200] + 19 * [400]


async def test_an_account_that_never_proved_the_address_gives_it_up(world: World) -> None:
    squatter = await world.subscriber(NEW, status=PENDING)
    source, now = Source(channel="registration", language="en"), world.clock.now()
    async with world.database.transaction() as tx:
        await world.part(Consents).begin(tx, squatter.id, Consent, source, now)
    await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        done = await client.post(CONFIRM, json={"token": await ask(world, client)})
    assert done.status_code == 200
    [released] = await facts(world, "id.user.erased")
    assert released.user_id == squatter.id
    acts = await world.part(Consents).history(world.database, squatter.id, 99, 99)
    assert acts == [], "what a stranger typed is nobody's consent"


async def test_a_new_request_makes_the_earlier_link_worthless(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        first = await ask(world, client)
        await ask(world, client, "alice@third.example.org")
        stale = await client.post(CONFIRM, json={"token": first})
    assert (stale.status_code, stale.json()["code"]) == (400, "token_invalid")


async def test_a_link_expires_at_its_bound(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        token = await ask(world, client)
        world.clock.advance(timedelta(hours=24))
        late = await client.post(CONFIRM, json={"token": token})
    assert (late.status_code, late.json()["code"]) == (400, "token_expired")


async def test_only_a_sign_in_of_the_last_fifteen_minutes_may_ask(world: World) -> None:
    await world.subscriber()
    async with world.client(headers={"Origin": "https://auth.example.test"}) as client:
        await world.sign_in(client, transport="cookie")
        world.clock.advance(timedelta(minutes=15))
        assert (await client.post(CHANGE, json={"newEmail": NEW})).status_code == 202
        world.clock.advance(timedelta(microseconds=1))
        stale = await client.post(CHANGE, json={"newEmail": NEW})
    assert (stale.status_code, stale.json()["code"]) == (403, "fresh_sign_in_required")


async def test_a_password_that_is_sent_along_must_be_right(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        wrong = await client.post(CHANGE, json={"newEmail": NEW, "password": "wrong horse wrong"})
        assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (422, "wrong_password")
        assert not await world.letters(NEW)
        right = await client.post(CHANGE, json={"newEmail": NEW, "password": PASSWORD})
        assert right.status_code == 202
        for _ in range(5):
            await client.post(CHANGE, json={"newEmail": NEW, "password": "wrong horse wrong"})
        locked = await client.post(CHANGE, json={"newEmail": NEW, "password": PASSWORD})
    assert (locked.status_code, locked.json()["code"]) == (429, "too_many_attempts")


@pytest.mark.parametrize("address", ["ALICE@example.org", "no address", ""])
async def test_ones_own_address_and_what_is_none_are_refused(
    small_world: World, address: str
) -> None:
    await small_world.subscriber()
    async with small_world.client() as client:
        await small_world.sign_in(client)
        answer = await client.post(CHANGE, json={"newEmail": address})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "newEmail")


@pytest.mark.req("A-47")
async def test_an_account_asks_three_times_an_hour(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        for n in range(3):
            await ask(world, client, f"alice{n}@new.example.org")
        fourth = await client.post(CHANGE, json={"newEmail": NEW})
    assert (fourth.status_code, fourth.json()["code"]) == (429, "rate_limited")
    assert int(fourth.headers["retry-after"]) > 3000


async def test_several_accounts_cannot_flood_one_mailbox(world: World) -> None:
    for n in range(4):
        await world.subscriber(f"user{n}@example.org")
        async with world.client() as client:
            await world.sign_in(client, f"user{n}@example.org")
            asked = await client.post(CHANGE, json={"newEmail": NEW})
            assert asked.status_code == 202
    assert len(await world.letters(NEW)) == 3
    assert len(await facts(world, "email.rate_limited")) == 1


@pytest.mark.parametrize(
    ("door", "mine"), [(CONFIRM, Purpose.EMAIL_CHANGE), (UNDO, Purpose.EMAIL_CHANGE_UNDO)]
)
async def test_a_ticket_of_another_purpose_is_nothing_here(
    small_world: World, door: str, mine: Purpose
) -> None:
    alice = await small_world.subscriber()
    detail = Change(old=ALICE, new=NEW, session=alice.id).text()
    async with small_world.client() as client:
        for purpose in Purpose:
            ticket = await small_world.part(Tickets).issue(
                small_world.database,
                purpose=purpose,
                address=ALICE,
                user_id=alice.id,
                detail=detail,
                lifetime=timedelta(hours=1),
                now=small_world.clock.now(),
            )
            answer = await client.post(door, json={"token": ticket.token.reveal()})
            told = (answer.status_code, answer.json().get("code"))
            assert told == ((200, None) if purpose is mine else (400, "token_invalid")), purpose


async def test_a_confirmation_without_token_or_code_is_refused(small_world: World) -> None:
    async with small_world.client() as client:
        answer = await client.post(CONFIRM, json={})
    assert answer.status_code == 422
