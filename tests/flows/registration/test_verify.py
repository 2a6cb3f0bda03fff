"""Proving a mailbox, by programs: link, code, another letter, and addresses that two have wanted."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from tests.support.facts import facts
from tests.support.world import PASSWORD, World

AUTH = "/api/v1/auth"
ALICE = "alice@example.org"
BODY = {"email": ALICE, "password": PASSWORD, "firstName": "Alice"}
VERIFY = f"{AUTH}/verify-email"
RESEND = f"{AUTH}/resend-verification"


async def verify(client: httpx2.AsyncClient, **body: str) -> tuple[int, dict[str, Any]]:
    answer = await client.post(VERIFY, json=body)
    return answer.status_code, answer.json()


@pytest.mark.req("A-32")
async def test_a_link_proves_a_mailbox_once_and_the_password_of_a_single_registration_stays(
    world: World,
) -> None:
    async with world.client() as alice:
        await alice.post(f"{AUTH}/register", json=BODY)
        token = await world.token(ALICE)
        status, told = await verify(alice, token=token)
        assert (status, told) == (
            200,
            {"status": "active", "email_verified": True, "password_required": False},
        )
        status, told = await verify(alice, token=token)
        assert (status, told["code"]) == (400, "token_used")
        await world.sign_in(alice)


@pytest.mark.req("K-17")
async def test_a_code_proves_a_mailbox_and_the_link_of_its_letter_is_spent_with_it(
    world: World,
) -> None:
    async with world.client() as alice:
        await alice.post(f"{AUTH}/register", json=BODY)
        token, code = await world.token(ALICE), await world.code(ALICE)
        status, told = await verify(alice, email=ALICE, code=code)
        assert (status, told["password_required"]) == (200, False)
        assert (await verify(alice, token=token))[1]["code"] == "token_used"
        assert (await verify(alice, email=ALICE, code=code))[1]["code"] == "code_invalid"
        await world.sign_in(alice)


@pytest.mark.req("A-32", "D-41")
async def test_opening_the_page_of_a_link_spends_nothing(world: World) -> None:
    async with world.client() as alice, world.client("198.51.100.4") as scanner:
        await alice.post(f"{AUTH}/register", json=BODY)
        token = await world.token(ALICE)
        for method in ("GET", "HEAD", "GET"):
            opened = await scanner.request(method, f"/verify-email?token={token}")
            assert opened.status_code == 200
        assert (await scanner.get(f"{VERIFY}?token={token}")).status_code == 405
        assert (await verify(alice, token=token))[0] == 200


@pytest.mark.req("A-03", "A-55")
async def test_a_link_lives_a_day(world: World) -> None:
    async with world.client() as alice:
        await alice.post(f"{AUTH}/register", json=BODY)
        token = await world.token(ALICE)
        world.clock.advance(timedelta(hours=25))
        status, told = await verify(alice, token=token)
        assert (status, told["code"]) == (400, "token_expired")


async def test_a_code_lives_five_minutes_and_bears_three_guesses(world: World) -> None:
    async with world.client() as alice:
        await alice.post(f"{AUTH}/register", json=BODY)
        code = await world.code(ALICE)
        world.clock.advance(timedelta(minutes=5))
        assert (await verify(alice, email=ALICE, code=code))[1]["code"] == "code_invalid"
        await alice.post(RESEND, json={"email": ALICE})
        code = await world.code(ALICE)
        for _ in range(3):
            await verify(alice, email=ALICE, code=f"{(int(code) + 1) % 10**6:06d}")
        assert (await verify(alice, email=ALICE, code=code))[1]["code"] == "code_invalid"


async def test_the_link_of_a_password_reset_proves_nothing_here(world: World) -> None:
    await world.subscriber()
    async with world.client() as alice:
        await alice.post(f"{AUTH}/forgot-password", json={"email": ALICE})
        reset = await world.token(ALICE)
        assert (await verify(alice, token=reset))[1]["code"] == "token_invalid"
        await alice.post(f"{AUTH}/register", json={**BODY, "email": "bob@example.org"})
        link = await world.token("bob@example.org")
        body = {"token": link, "password": "seven lemons on the stairs"}
        refused = await alice.post(f"{AUTH}/reset-password", json=body)
        assert refused.json()["code"] == "token_invalid"
        assert (await verify(alice, token=link))[0] == 200


async def test_neither_a_token_nor_a_code_is_a_fault_at_the_token(small_world: World) -> None:
    async with small_world.client() as client:
        status, told = await verify(client, email=ALICE)
    assert (status, told["errors"][0]["field"]) == (422, "token")


@pytest.mark.req("A-02")
async def test_one_welcome_letter_comes_however_often_the_link_is_used(world: World) -> None:
    async with world.client() as alice:
        await alice.post(f"{AUTH}/register", json=BODY)
        token = await world.token(ALICE)
        answers = await asyncio.gather(*(verify(alice, token=token) for _ in range(6)))
    assert sorted(status for status, _ in answers) == [200, 400, 400, 400, 400, 400]
    templates = [letter.template for letter in await world.letters(ALICE)]
    assert templates == ["registration/verification", "registration/welcome"]
    assert len(await facts(world, "id.user.email_verified")) == 1


@pytest.mark.req("A-06")
async def test_the_fourth_letter_within_an_hour_is_withheld_and_nobody_can_tell(
    world: World,
) -> None:
    async with world.client() as alice:
        await alice.post(f"{AUTH}/register", json=BODY)
        answers = []
        for _ in range(4):
            world.clock.advance(timedelta(seconds=1))
            answers.append(await alice.post(RESEND, json={"email": ALICE}))
        answers.append(await alice.post(RESEND, json={"email": "nobody@example.org"}))
        assert {(each.status_code, each.text) for each in answers} == {
            (202, '{"status":"accepted"}')
        }
        assert len(await world.letters(ALICE)) == 1 + 3
        [withheld] = await facts(world, "email.rate_limited")
        assert withheld.facts == {"asked_for": "verification", "reason": "mailbox"}
        assert (await verify(alice, token=await world.token(ALICE)))[0] == 200
    assert await world.letters("nobody@example.org") == []


@pytest.mark.req("A-06")
async def test_an_hour_later_letters_are_sent_again(world: World) -> None:
    async with world.client() as alice:
        await alice.post(f"{AUTH}/register", json=BODY)
        for _ in range(4):
            await alice.post(RESEND, json={"email": ALICE})
        world.clock.advance(timedelta(minutes=61))
        await alice.post(RESEND, json={"email": ALICE})
    assert len(await world.letters(ALICE)) == 1 + 3 + 1


async def test_another_letter_for_a_proven_address_says_that_it_has_an_account(
    world: World,
) -> None:
    await world.subscriber()
    async with world.client() as alice:
        await alice.post(RESEND, json={"email": ALICE})
    assert (await world.newest(ALICE)).template == "registration/already_registered"


@pytest.mark.parametrize("by", ["link", "code"])
async def test_when_two_have_wanted_an_address_neither_password_survives_the_proof(
    world: World, by: str
) -> None:
    """The owner came first this time: no order helps the stranger."""
    theirs = {**BODY, "password": "the trap is set here", "firstName": "Mallory"}
    async with world.client() as owner, world.client("198.51.100.9") as mallory:
        await owner.post(f"{AUTH}/register", json=BODY)
        await world.deliver()
        await mallory.post(f"{AUTH}/register", json=theirs)
        token, code = await world.token(ALICE), await world.code(ALICE)
        proof = {"token": token} if by == "link" else {"email": ALICE, "code": code}
        status, told = await verify(owner, **proof)
        assert (status, told["password_required"]) == (200, True)
        for somebody, password in ((owner, PASSWORD), (mallory, theirs["password"])):
            body = {"email": ALICE, "password": password}
            assert (await somebody.post(f"{AUTH}/login", json=body)).status_code == 401


async def test_registering_twice_oneself_asks_for_a_new_password_too(world: World) -> None:
    async with world.client() as alice:
        for _ in range(2):
            await alice.post(f"{AUTH}/register", json=BODY)
            token = await world.token(ALICE)
        assert (await verify(alice, token=token))[1]["password_required"] is True
