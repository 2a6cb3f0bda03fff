"""Signing in by the link of the letter that carries the code."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.support.browser import browser
from tests.support.facts import facts
from tests.support.world import PASSWORD, World
from watchword.plumbing.db.columns import metadata
from watchword.plumbing.db.statements import statement
from watchword.plumbing.logs.logger import AccessLog
from watchword.records.subscribers.rules import LOCKED, PENDING
from watchword.records.subscribers.service import Subscribers
from watchword.records.tickets.rules import Purpose
from watchword.records.tickets.service import Tickets

AUTH = "/api/v1/auth"
REQUEST, VERIFY = f"{AUTH}/otp/request", f"{AUTH}/otp/verify"
ALICE, BOB = "alice@example.org", "bob@example.org"
LETTER = "login/sign_in_code"


async def letter(world: World, email: str = ALICE) -> tuple[str, str]:
    """Ask for a letter; return its token and its code."""
    async with world.client() as client:
        await client.post(REQUEST, json={"email": email})
    return await world.token(email, LETTER), (await world.newest(email, LETTER)).code or ""


async def test_a_letter_carries_link_and_code(world: World) -> None:
    await world.subscriber()
    _, code = await letter(world)
    sent = await world.newest(ALICE, LETTER)
    assert "https://auth.example.test/login/link?token=wwt_" in sent.text
    assert code in sent.text


@pytest.mark.req("D-41")
async def test_the_page_names_the_account_and_its_button_signs_in_there(world: World) -> None:
    await world.subscriber()
    token, _ = await letter(world)
    async with browser(world) as scanner, browser(world) as alice:
        for somebody in (scanner, alice):
            page = await somebody.open(f"/login/link?token={token}")
            assert page.status_code == 200, "opening the link spends nothing"
            assert ALICE in somebody.text
            assert page.headers["referrer-policy"] == "no-referrer"
            assert page.headers["cache-control"] == "no-store"
        await alice.send("/login/link", token=token)
        assert alice.path == "/account"
        assert (await scanner.open("/account")).url.path == "/login", (
            "only the browser that clicked"
        )
    [fact] = await facts(world, "id.session.created")
    assert fact.facts["methods"] == "otp"


async def test_a_program_signs_in_by_the_token(world: World) -> None:
    await world.subscriber()
    token, _ = await letter(world)
    async with world.client() as client:
        signed_in = await client.post(VERIFY, json={"token": token})
        assert signed_in.status_code == 200
        headers = {"Authorization": f"Bearer {signed_in.json()['access_token']}"}
        assert (await client.get(f"{AUTH}/me", headers=headers)).json()["email"] == ALICE
        again = await client.post(VERIFY, json={"token": token})
    assert (again.status_code, again.json()["code"]) == (400, "token_used")


async def test_the_link_kills_the_code_and_the_code_the_link(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        token, code = await letter(world)
        assert (await client.post(VERIFY, json={"token": token})).status_code == 200
        late = await client.post(VERIFY, json={"email": ALICE, "code": code})
        assert (late.status_code, late.json()["code"]) == (400, "code_invalid")
        token, code = await letter(world)
        assert (await client.post(VERIFY, json={"email": ALICE, "code": code})).status_code == 200
        late = await client.post(VERIFY, json={"token": token})
        assert (late.status_code, late.json()["code"]) == (400, "token_used")


async def test_of_link_and_code_at_once_one_wins(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        for _ in range(5):
            token, code = await letter(world)
            answers = await asyncio.gather(
                *(client.post(VERIFY, json={"token": token}) for _ in range(3)),
                *(client.post(VERIFY, json={"email": ALICE, "code": code}) for _ in range(3)),
            )
            assert sorted(answer.status_code for answer in answers) == [200] + 5 * [400]
    assert len(await facts(world, "id.session.created")) == 5


async def test_a_link_lives_as_long_as_its_code(world: World) -> None:
    await world.subscriber()
    token, _ = await letter(world)
    async with browser(world) as alice:
        world.clock.advance(timedelta(minutes=5) - timedelta(microseconds=1))
        assert (await alice.open(f"/login/link?token={token}")).status_code == 200
        world.clock.advance(timedelta(microseconds=1))
        late = await alice.send("/login/link", token=token)
        assert late.status_code == 400
        assert 'href="/login/code"' in late.text


async def test_a_new_letter_makes_the_old_link_worthless(world: World) -> None:
    await world.subscriber()
    first, _ = await letter(world)
    await letter(world)
    async with world.client() as client:
        old = await client.post(VERIFY, json={"token": first})
    assert (old.status_code, old.json()["code"]) == (400, "token_invalid")


async def test_strangers_wear_out_the_code_and_not_the_link(world: World) -> None:
    await world.subscriber()
    token, code = await letter(world)
    async with world.client() as client:
        for _ in range(3):
            await client.post(VERIFY, json={"email": ALICE, "code": "000000"})
        worn = await client.post(VERIFY, json={"email": ALICE, "code": code})
        assert worn.status_code == 400
        assert (await client.post(VERIFY, json={"token": token})).status_code == 200


@pytest.mark.parametrize("purpose", [p for p in Purpose if p is not Purpose.SIGN_IN])
async def test_a_ticket_of_another_purpose_opens_nothing(
    small_world: World, purpose: Purpose
) -> None:
    alice = await small_world.subscriber()
    ticket = await small_world.part(Tickets).issue(
        small_world.database,
        purpose=purpose,
        address=ALICE,
        user_id=alice.id,
        lifetime=timedelta(hours=1),
        now=small_world.clock.now(),
    )
    token = ticket.token.reveal()
    async with small_world.client() as client, browser(small_world) as person:
        answer = await client.post(VERIFY, json={"token": token})
        page = await person.open(f"/login/link?token={token}")
    assert (answer.status_code, answer.json()["code"]) == (400, "token_invalid")
    assert page.status_code == 400


async def test_a_sign_in_link_is_nothing_at_the_other_doors(small_world: World) -> None:
    await small_world.subscriber()
    token, _ = await letter(small_world)
    async with small_world.client() as client:
        for door, more in (
            ("verify-email", {}),
            ("reset-password", {"password": "seven lemons on ice"}),
            ("change-email/confirm", {}),
        ):
            answer = await client.post(f"{AUTH}/{door}", json={"token": token, **more})
            assert (answer.status_code, answer.json()["code"]) == (400, "token_invalid"), door
        assert (await client.post(VERIFY, json={"token": token})).status_code == 200


async def test_whoever_is_sent_somebody_elses_link_sees_whose_it_is(small_world: World) -> None:
    await small_world.subscriber()
    await small_world.subscriber(BOB)
    theirs, _ = await letter(small_world)
    async with browser(small_world) as bob:
        await bob.sign_in(BOB)
        await bob.open(f"/login/link?token={theirs}")
        assert ALICE in bob.text
        assert BOB in bob.text
        assert "close this page" in bob.text
        assert BOB in (await bob.open("/account")).text, "looking has changed nothing"


async def test_a_form_from_elsewhere_signs_nobody_in(small_world: World) -> None:
    await small_world.subscriber()
    token, _ = await letter(small_world)
    async with browser(small_world) as victim:
        await victim.open(f"/login/link?token={token}")
        forged = await victim.client.post("/login/link", data={"token": token, "csrf": "0" * 64})
        assert forged.status_code == 403
        assert (await victim.open("/account")).url.path == "/login"
        await victim.open(f"/login/link?token={token}")
        await victim.send("/login/link", token=token)
        assert victim.path == "/account", "and nothing was spent"


async def test_a_link_proves_a_pending_mailbox_and_drops_a_strangers_password(
    world: World,
) -> None:
    await world.subscriber(status=PENDING)
    token, _ = await letter(world)
    async with world.client() as owner, world.client("198.51.100.9") as stranger:
        signed_in = await owner.post(VERIFY, json={"token": token})
        assert signed_in.json()["user"]["email_verified"] is True
        theft = await stranger.post(f"{AUTH}/login", json={"email": ALICE, "password": PASSWORD})
        assert theft.status_code == 401
    assert len(await facts(world, "id.user.email_verified")) == 1


async def test_who_signs_in_before_the_proof_confirms_by_the_link_and_keeps_the_password(
    small_world: World,
) -> None:
    await small_world.subscriber(status=PENDING)
    async with browser(small_world) as alice:
        await alice.sign_in()
        assert "Check your mailbox" in alice.text
        sent = await small_world.newest(ALICE, LETTER)
        assert "Confirm my address" in sent.text
        token = await small_world.token(ALICE, LETTER)
        await alice.open(f"/verify-email?token={token}")
        await alice.send("/verify-email", token=token)
        assert "Your address is confirmed" in alice.text
        await alice.sign_in()
        assert alice.path == "/account"


async def test_a_link_opens_no_account_that_was_locked_meanwhile(world: World) -> None:
    alice = await world.subscriber()
    token, _ = await letter(world)
    async with world.database.transaction() as tx:
        await world.part(Subscribers).set_status(tx, alice.id, LOCKED, world.clock.now())
    async with world.client() as client, browser(world) as person:
        refused = await client.post(VERIFY, json={"token": token})
        await person.open(f"/login/link?token={token}")
        page = await person.send("/login/link", token=token)
    assert (refused.status_code, refused.json()["code"]) == (403, "account_locked")
    assert page.status_code == 403
    assert "This account is locked" in person.text


async def test_a_mailbox_without_an_account_gets_neither_link_nor_code(world: World) -> None:
    async with world.client() as client:
        await client.post(REQUEST, json={"email": "nobody@example.org"})
    [told] = await world.letters("nobody@example.org")
    assert "token=" not in told.text
    assert told.code is None


@pytest.mark.parametrize("body", [{}, {"email": ALICE}, {"code": "123456"}, {"token": None}])
async def test_what_is_neither_link_nor_code_is_refused_by_field(
    small_world: World, body: object
) -> None:
    async with small_world.client() as client:
        answer = await client.post(VERIFY, json=body)
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == ["token"]


@pytest.mark.req("N-39", "D-41")
async def test_no_table_and_no_log_line_knows_the_link(world: World) -> None:
    await world.subscriber()
    token, _ = await letter(world)
    async with browser(world) as alice:
        await alice.open(f"/login/link?token={token}")
    world.part(AccessLog).flush()
    for table in metadata.sorted_tables:
        for row in await world.database.all(statement(select(table))):
            assert token not in repr(tuple(row)), table.name
    assert token not in world.log.getvalue()
