"""Signing in by a code from the mailbox."""

import asyncio
import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from tests.support.facts import facts
from tests.support.world import PASSWORD, World
from tests.support.worlds import Opener
from watchword.plumbing.db.columns import metadata
from watchword.plumbing.db.statements import statement

REQUEST, VERIFY = "/api/v1/auth/otp/request", "/api/v1/auth/otp/verify"
ALICE = "alice@example.org"


async def tables(world: World) -> list[tuple[str, str]]:
    """Return every row of every table, with the table's name."""
    return [
        (table.name, repr(tuple(row)))
        for table in metadata.sorted_tables
        for row in await world.database.all(statement(select(table)))
    ]


@pytest.mark.req("N-13")
async def test_a_code_of_six_digits_signs_in_once(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        assert (await client.post(REQUEST, json={"email": ALICE})).status_code == 202
        code = await world.code(ALICE)
        assert (len(code), code.isdigit()) == (6, True)
        signed_in = await client.post(VERIFY, json={"email": ALICE, "code": code})
        assert signed_in.status_code == 200
        assert signed_in.json()["access_token"]
        again = await client.post(VERIFY, json={"email": ALICE, "code": code})
        assert (again.status_code, again.json()["code"]) == (400, "code_invalid")


@pytest.mark.req("N-13")
async def test_a_code_is_refused_after_five_minutes(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await client.post(REQUEST, json={"email": ALICE})
        code = await world.code(ALICE)
        world.clock.advance(timedelta(minutes=5))
        late = await client.post(VERIFY, json={"email": ALICE, "code": code})
        assert late.status_code == 400


@pytest.mark.parametrize("path", [REQUEST, "/api/v1/auth/forgot-password"])
async def test_a_letter_is_in_the_language_that_was_asked_for(world: World, path: str) -> None:
    await world.subscriber(language="ar")
    async with world.client(headers={"Accept-Language": "en"}) as client:
        await client.post(path, json={"email": ALICE})
        assert (await world.newest(ALICE)).language == "ar"
        await client.post(path, json={"email": ALICE, "lang": "fr"})
        assert (await world.newest(ALICE)).language == "fr"
        await client.post(path, json={"email": ALICE, "lang": "tlh"})
        assert (await world.newest(ALICE)).language == "ar"


@pytest.mark.req("N-13", "D-36", "K-21")
async def test_the_fourth_guess_fails_even_with_the_right_code(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await client.post(REQUEST, json={"email": ALICE})
        code = await world.code(ALICE)
        wrong = "000000" if code != "000000" else "000001"
        for _ in range(3):
            assert (
                await client.post(VERIFY, json={"email": ALICE, "code": wrong})
            ).status_code == 400
        right = await client.post(VERIFY, json={"email": ALICE, "code": code})
        assert right.status_code == 400


async def test_of_twenty_parallel_uses_of_one_code_one_wins(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await client.post(REQUEST, json={"email": ALICE})
        body = {"email": ALICE, "code": await world.code(ALICE)}
        answers = await asyncio.gather(*(client.post(VERIFY, json=body) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers).count(200) == 1


@pytest.mark.req("D-36")
async def test_a_new_code_makes_the_old_one_worthless(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await client.post(REQUEST, json={"email": ALICE})
        first = await world.code(ALICE)
        await client.post(REQUEST, json={"email": ALICE})
        second = await world.code(ALICE)
        if first != second:
            stale = await client.post(VERIFY, json={"email": ALICE, "code": first})
            assert stale.status_code == 400
        fresh = await client.post(VERIFY, json={"email": ALICE, "code": second})
        assert fresh.status_code == 200


@pytest.mark.req("D-36")
async def test_a_sign_in_code_is_nothing_at_the_verification_door(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await client.post(REQUEST, json={"email": ALICE})
        code = await world.code(ALICE)
        other = await client.post("/api/v1/auth/verify-email", json={"email": ALICE, "code": code})
        assert other.status_code == 400
        purpose = {"email": ALICE, "code": code, "purpose": "verify_email"}
        assert (await client.post(VERIFY, json=purpose)).status_code == 400


@pytest.mark.req("N-85")
async def test_the_fourth_request_in_a_minute_is_refused_alike_for_anybody(worlds: Opener) -> None:
    async with worlds(RATE_LIMIT_OTP="3/60000") as world:
        await world.subscriber()
        refused = []
        for number, address in enumerate((ALICE, "nobody@example.org")):
            async with world.client(f"203.0.113.{number}", {"X-Request-Id": "same"}) as client:
                for _ in range(3):
                    taken = await client.post(REQUEST, json={"email": address})
                    assert taken.status_code == 202
                refused.append(await client.post(REQUEST, json={"email": address}))
        known, unknown = refused
        assert known.status_code == unknown.status_code == 429
        assert known.content == unknown.content
        assert int(known.headers["retry-after"]) == int(unknown.headers["retry-after"]) == 60
        world.clock.advance(timedelta(seconds=61))
        async with world.client() as client:
            assert (await client.post(REQUEST, json={"email": ALICE})).status_code == 202


@pytest.mark.req("N-85")
@pytest.mark.parametrize("address", [ALICE, "nobody@example.org"])
async def test_one_mailbox_gets_its_share_however_many_networks_ask(
    worlds: Opener, address: str
) -> None:
    async with worlds(RATE_LIMIT_OTP="3/60000") as world:
        await world.subscriber()
        answers = []
        for number in range(6):
            async with world.client(f"203.0.113.{number}", {"X-Request-Id": "same"}) as client:
                answers.append(await client.post(REQUEST, json={"email": address}))
        assert {(each.status_code, each.text) for each in answers} == {
            (202, '{"status":"accepted"}')
        }
        assert len(await world.letters(address)) == 3
        withheld = await facts(world, "email.rate_limited")
        assert len(withheld) == 3
        world.clock.advance(timedelta(seconds=61))
        async with world.client() as client:
            await client.post(REQUEST, json={"email": address})
        assert len(await world.letters(address)) == 4


async def test_an_unknown_mailbox_alone_learns_that_it_has_no_account(world: World) -> None:
    async with world.client() as client:
        taken = await client.post(REQUEST, json={"email": "nobody@example.org"})
    assert (taken.status_code, taken.json()) == (202, {"status": "accepted"})
    assert (await world.newest("nobody@example.org")).template == "login/no_account"


async def test_a_mailbox_without_an_account_gets_the_way_to_make_one(world: World) -> None:
    async with world.client() as client:
        await client.post(REQUEST, json={"email": "nobody@example.org"})
        letter = await world.newest("nobody@example.org")
        (link,) = re.findall(r"https?://\S+", letter.text)
        assert (await client.get(urlsplit(link).path)).status_code == 200


@pytest.mark.parametrize("status", ["locked", "disabled"])
async def test_the_mailbox_of_a_closed_account_learns_that_it_is_closed(
    world: World, status: str
) -> None:
    await world.subscriber(status=status)
    async with world.client() as client:
        await client.post(REQUEST, json={"email": ALICE})
    [letter] = await world.letters(ALICE)
    assert letter.template == "login/account_closed"
    assert letter.code is None
    assert "token=" not in letter.text


async def test_a_code_proves_a_pending_mailbox_and_drops_a_strangers_password(world: World) -> None:
    await world.subscriber(status="pending_verification", password=PASSWORD)
    async with world.client() as owner, world.client("198.51.100.9") as stranger:
        await owner.post(REQUEST, json={"email": ALICE})
        code = await world.code(ALICE)
        assert (await owner.post(VERIFY, json={"email": ALICE, "code": code})).status_code == 200
        theft = await stranger.post(
            "/api/v1/auth/login", json={"email": ALICE, "password": PASSWORD}
        )
        assert theft.status_code == 401


@pytest.mark.req("N-39", "D-36")
async def test_no_code_stands_in_any_table(worlds: Opener) -> None:
    async with worlds(OTP_LENGTH="10") as world:
        await world.subscriber()
        async with world.client() as client:
            await client.post(REQUEST, json={"email": ALICE})
            waiting = await tables(world)
            code = await world.code(ALICE)
        for rows in (waiting, await tables(world)):
            assert [table for table, row in rows if code in row] == []
