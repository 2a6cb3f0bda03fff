"""Choosing a new password with the code of the letter that carries the link."""

import asyncio
from datetime import timedelta

import pytest

from tests.support.browser import browser
from tests.support.facts import facts
from tests.support.world import NEW_PASSWORD, PASSWORD, World
from tests.support.worlds import Opener
from watchword.records.subscribers.rules import LOCKED, PENDING
from watchword.records.subscribers.service import Subscribers

AUTH = "/api/v1/auth"
FORGOT, RESET = f"{AUTH}/forgot-password", f"{AUTH}/reset-password"
LOGIN, ME = f"{AUTH}/login", f"{AUTH}/me"
ALICE = "alice@example.org"
LETTER = "password_reset/password_reset"


async def letter(world: World, email: str = ALICE) -> tuple[str, str]:
    """Ask for a letter; return its token and its code."""
    async with world.client() as client:
        await client.post(FORGOT, json={"email": email})
    return await world.token(email, LETTER), (await world.newest(email, LETTER)).code or ""


def by_code(code: str, password: str = NEW_PASSWORD) -> dict[str, str]:
    return {"email": ALICE, "code": code, "password": password}


def wrong(code: str) -> str:
    return "000000" if code != "000000" else "000001"


@pytest.mark.req("A-30")
async def test_the_new_password_holds_and_every_session_has_ended(world: World) -> None:
    alice = await world.subscriber()
    _, code = await letter(world)
    assert (len(code), code.isdigit()) == (6, True)
    async with world.client() as phone, world.client() as client:
        told = await world.sign_in(phone)
        done = await client.post(RESET, json=by_code(f"{code[:3]} {code[3:]}"))
        assert (done.status_code, done.json()) == (200, {"status": "password_reset"})
        assert "set-cookie" not in done.headers, "a reset signs nobody in"
        assert (await phone.get(ME)).status_code == 401
        refresh = {"refreshToken": told["refresh_token"]}
        assert (await phone.post(f"{AUTH}/refresh", json=refresh)).status_code == 401
        old = await client.post(LOGIN, json={"email": ALICE, "password": PASSWORD})
        new = await client.post(LOGIN, json={"email": ALICE, "password": NEW_PASSWORD})
    assert (old.status_code, new.status_code) == (401, 200)
    assert await world.newest(ALICE, "password_reset/password_reset_done")
    [fact] = await facts(world, "id.password.reset.completed")
    assert fact.user_id == alice.id


async def test_somebody_types_the_code_on_the_page_that_asked_for_it(world: World) -> None:
    await world.subscriber()
    async with browser(world) as alice:
        await alice.open("/forgot-password")
        await alice.send("/forgot-password", email=ALICE)
        code = (await world.newest(ALICE, LETTER)).code or ""
        form = {"email": ALICE, "password": NEW_PASSWORD}
        page = await alice.send("/reset-password/code", code=wrong(code), **form)
        assert page.status_code == 400
        assert "This code is wrong" in alice.text
        assert NEW_PASSWORD not in page.text
        await alice.send("/reset-password/code", code=code, **form)
        assert "Your password is changed" in alice.text
        await alice.sign_in(password=NEW_PASSWORD)
        assert alice.path == "/account"


async def test_somebody_has_a_code_and_comes_by_another_way(small_world: World) -> None:
    await small_world.subscriber()
    _, code = await letter(small_world)
    async with browser(small_world) as alice:
        page = await alice.open("/forgot-password")
        assert 'href="/reset-password/code"' in page.text
        page = await alice.open("/reset-password/code")
        assert 'id="email"' in page.text, "the address is asked for"
        assert page.headers["referrer-policy"] == "no-referrer"
        form = {"code": code, "password": NEW_PASSWORD}
        page = await alice.send("/reset-password/code", email="no address", **form)
        assert page.status_code == 422
        assert 'href="#email"' in page.text
        assert 'value="no address"' in page.text
        await alice.send("/reset-password/code", email=ALICE, **form)
        assert "Your password is changed" in alice.text


@pytest.mark.parametrize(
    ("language", "title", "says"),
    [
        ("en", "Type your code", "mailbox or your phone"),
        ("fr", "Saisissez votre code", "votre messagerie ou sur votre téléphone"),
        ("ar", "أدخلوا الرمز", "بريدكم أو إلى هاتفكم"),
    ],
)
async def test_whoever_brings_a_code_may_have_it_from_a_mailbox_or_a_telephone(
    small_world: World, language: str, title: str, says: str
) -> None:
    async with browser(small_world) as somebody:
        page = await somebody.open(f"/reset-password/code?lang={language}")
    assert f"<title>{title}" in page.text
    assert title in somebody.text
    assert says in somebody.text


@pytest.mark.req("K-17")
async def test_the_link_kills_the_code_and_the_code_the_link(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        token, code = await letter(world)
        assert (await client.post(RESET, json=by_code(code))).status_code == 200
        late = await client.post(RESET, json={"token": token, "password": PASSWORD})
        assert (late.status_code, late.json()["code"]) == (400, "token_used")
        token, code = await letter(world)
        by_link = await client.post(RESET, json={"token": token, "password": PASSWORD})
        assert by_link.status_code == 200
        late = await client.post(RESET, json=by_code(code))
        assert (late.status_code, late.json()["code"]) == (400, "code_invalid")


@pytest.mark.req("A-48")
async def test_of_link_and_code_at_once_one_wins(world: World) -> None:
    await world.subscriber()
    token, code = await letter(world)
    async with world.client() as client:
        answers = await asyncio.gather(
            *(client.post(RESET, json=by_code(code, f"{NEW_PASSWORD} {n}")) for n in range(3)),
            *(
                client.post(RESET, json={"token": token, "password": f"{NEW_PASSWORD} {n}"})
                for n in range(3, 6)
            ),
        )
        assert sorted(answer.status_code for answer in answers) == [200] + 5 * [400]
        winner = next(n for n, answer in enumerate(answers) if answer.status_code == 200)
        body = {"email": ALICE, "password": f"{NEW_PASSWORD} {winner}"}
        assert (await client.post(LOGIN, json=body)).status_code == 200
    assert len(await facts(world, "id.password.reset.completed")) == 1


async def test_the_fourth_guess_fails_even_with_the_right_code_and_the_link_holds(
    world: World,
) -> None:
    await world.subscriber()
    token, code = await letter(world)
    async with world.client() as client:
        for _ in range(3):
            guess = await client.post(RESET, json=by_code(wrong(code)))
            assert (guess.status_code, guess.json()["code"]) == (400, "code_invalid")
        assert (await client.post(RESET, json=by_code(code))).status_code == 400
        by_link = await client.post(RESET, json={"token": token, "password": NEW_PASSWORD})
        assert by_link.status_code == 200
    tried = await facts(world, "otp.validated")
    assert {fact.facts["purpose"] for fact in tried} == {"password_reset"}
    assert sorted(fact.facts["result"] for fact in tried) == ["blocked", *3 * ["failed"]]


async def test_parallel_guesses_never_get_more_tries_than_one_after_the_other(
    world: World,
) -> None:
    await world.subscriber()
    _, code = await letter(world)
    async with world.client() as client:
        answers = await asyncio.gather(
            *(client.post(RESET, json=by_code(wrong(code))) for _ in range(10))
        )
        assert sorted(answer.status_code for answer in answers) == [*5 * [400], *5 * [429]]
        assert (await client.post(RESET, json=by_code(code))).status_code == 429
    tried = await facts(world, "otp.validated")
    assert [fact.facts["result"] for fact in tried].count("failed") == 3


async def test_a_code_is_refused_after_five_minutes_and_its_link_is_not(world: World) -> None:
    await world.subscriber()
    token, code = await letter(world)
    async with world.client() as client:
        world.clock.advance(timedelta(minutes=5))
        late = await client.post(RESET, json=by_code(code))
        assert (late.status_code, late.json()["code"]) == (400, "code_invalid")
        by_link = await client.post(RESET, json={"token": token, "password": NEW_PASSWORD})
        assert by_link.status_code == 200


@pytest.mark.parametrize("password", ["short", "passwordpassword", ALICE])
async def test_a_refused_password_costs_no_guess(world: World, password: str) -> None:
    await world.subscriber()
    _, code = await letter(world)
    async with world.client() as client:
        for _ in range(4):
            weak = await client.post(RESET, json=by_code(code, password))
            assert (weak.status_code, weak.json()["errors"][0]["field"]) == (422, "password")
        assert (await client.post(RESET, json=by_code(code))).status_code == 200


async def test_only_who_has_the_code_learns_that_a_password_is_made_of_the_owners_name(
    world: World,
) -> None:
    await world.subscriber()
    _, code = await letter(world)
    async with world.client() as client:
        guess = await client.post(RESET, json=by_code(wrong(code), "Alice Benali 1!"))
        assert (guess.status_code, guess.json()["code"]) == (400, "code_invalid")
        right = await client.post(RESET, json=by_code(code, "Alice Benali 1!"))
        assert (right.status_code, right.json()["errors"][0]["field"]) == (422, "password")
        assert (await client.post(RESET, json=by_code(code))).status_code == 200


async def test_guesses_count_among_a_networks_attempts_to_sign_in(worlds: Opener) -> None:
    async with worlds(RATE_LIMIT_AUTH="2/900000") as world, world.client() as client:
        await world.subscriber()
        _, code = await letter(world)
        for _ in range(3):
            weak = await client.post(RESET, json=by_code(code, "short"))
            assert weak.status_code == 422, "what is not judged does not count"
        for _ in range(2):
            await client.post(RESET, json=by_code(wrong(code)))
        refused = await client.post(RESET, json=by_code(code))
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_attempts")
        assert int(refused.headers["retry-after"]) > 0
        login = await client.post(LOGIN, json={"email": ALICE, "password": PASSWORD})
        assert login.status_code == 429
        async with world.client("198.51.100.9") as elsewhere:
            assert (await elsewhere.post(RESET, json=by_code(code))).status_code == 200


async def test_codes_of_other_letters_are_nothing_here_and_this_one_is_nothing_there(
    small_world: World,
) -> None:
    world = small_world
    await world.subscriber()
    async with world.client() as client:
        await client.post(f"{AUTH}/otp/request", json={"email": ALICE})
        sign_in = (await world.newest(ALICE, "login/sign_in_code")).code or ""
        _, reset = await letter(world)
        assert sign_in != reset, "a chance of one in a million"
        here = await client.post(RESET, json=by_code(sign_in))
        assert (here.status_code, here.json()["code"]) == (400, "code_invalid")
        for door in ("otp/verify", "verify-email"):
            there = await client.post(f"{AUTH}/{door}", json={"email": ALICE, "code": reset})
            assert (there.status_code, there.json()["code"]) == (400, "code_invalid"), door
        assert (await client.post(RESET, json=by_code(reset))).status_code == 200


async def test_a_pending_account_becomes_active_by_the_code(world: World) -> None:
    await world.subscriber(status=PENDING)
    _, code = await letter(world)
    async with world.client() as client:
        assert (await client.post(RESET, json=by_code(code))).status_code == 200
        await world.sign_in(client, password=NEW_PASSWORD)
    assert len(await facts(world, "id.user.email_verified")) == 1


async def test_a_lock_by_an_administrator_outlives_a_code(world: World) -> None:
    alice = await world.subscriber()
    _, code = await letter(world)
    async with world.database.transaction() as tx:
        await world.part(Subscribers).set_status(tx, alice.id, LOCKED, world.clock.now())
    async with world.client() as client:
        answer = await client.post(RESET, json=by_code(code))
    assert (answer.status_code, answer.json()["code"]) == (403, "account_locked")


async def test_a_code_of_a_mailbox_that_the_account_has_left_is_worthless(world: World) -> None:
    await world.subscriber()
    new = "alice@new.example.org"
    async with world.client() as client:
        await world.sign_in(client)
        await client.post(f"{AUTH}/change-email", json={"newEmail": new})
        confirm = await world.token(new, "address_change/confirm")
        _, code = await letter(world)
        await client.post(f"{AUTH}/change-email/confirm", json={"token": confirm})
        late = await client.post(RESET, json=by_code(code))
    assert (late.status_code, late.json()["code"]) == (400, "code_invalid")


@pytest.mark.parametrize("left_out", ["token", "email", "code"])
async def test_what_is_neither_link_nor_code_is_refused_by_field(
    small_world: World, left_out: str
) -> None:
    body = {name: text for name, text in by_code("123456").items() if name != left_out}
    if left_out == "token":
        body = {"password": NEW_PASSWORD}
    async with small_world.client() as client:
        answer = await client.post(RESET, json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "token"


async def test_a_form_from_elsewhere_is_refused(small_world: World) -> None:
    await small_world.subscriber()
    _, code = await letter(small_world)
    async with browser(small_world) as alice:
        await alice.open("/reset-password/code")
        forged = await alice.client.post(
            "/reset-password/code", data={**by_code(code), "csrf": "0" * 64}
        )
        assert forged.status_code == 403
    assert not await facts(small_world, "otp.validated"), "nothing was judged"
