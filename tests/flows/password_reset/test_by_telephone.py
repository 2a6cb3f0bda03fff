"""Choosing a new password with the code that a telephone got, or a mailbox, by way of a grant."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from tests.support.browser import browser
from tests.support.counting import statements
from tests.support.facts import facts
from tests.support.resets import resets_of
from tests.support.watched import watched
from tests.support.world import NEW_PASSWORD, PASSWORD, World
from tests.support.worlds import Opener
from watchword.plumbing.metrics.counting import Metrics
from watchword.records.resets.service import Resets
from watchword.records.subscribers.rules import DISABLED, LOCKED

AUTH = "/api/v1/auth"
ASK, VERIFY, CONFIRM = (
    f"{AUTH}/password-reset/{step}" for step in ("request", "verify", "confirm")
)
ALICE, NUMBER, OTHER = "alice@example.org", "+213550123456", "+213550987654"
BY_PHONE = {"phone": NUMBER}


async def granted(world: World, client: httpx2.AsyncClient, **whom: str) -> str:
    """Ask for a code, prove it, return the grant."""
    whom = whom or BY_PHONE
    asked = await client.post(ASK, json=whom)
    assert (asked.status_code, asked.json()) == (202, {"status": "accepted"})
    code = await world.texted(NUMBER) if "phone" in whom else await world.code(ALICE)
    proven = await client.post(VERIFY, json={**whom, "code": code})
    assert proven.status_code == 200, proven.text
    assert proven.json()["expires_in"] == 600
    grant: str = proven.json()["reset_token"]
    return grant


async def confirm(
    client: httpx2.AsyncClient, grant: str, password: str = NEW_PASSWORD
) -> httpx2.Response:
    return await client.post(CONFIRM, json={"resetToken": grant, "password": password})


async def ledger(world: World, user_id: Any) -> list[tuple[str, ...]]:
    rows = await resets_of(world, user_id)
    return [(row.kind, row.status, row.channel, row.country) for row in rows]


def wrong(code: str) -> str:
    return "000000" if code != "000000" else "000001"


@pytest.mark.req("M-01", "M-10", "M-11", "M-12", "M-19")
async def test_a_telephone_leads_to_a_new_password(world: World) -> None:
    alice = await world.subscriber(phone=NUMBER, language="fr")
    async with world.client() as phone, world.client() as client:
        told = await world.sign_in(phone)
        grant = await granted(world, client)
        [text] = world.telephone.to(NUMBER)
        assert text.body.startswith("Votre code est ")
        assert "5 minutes" in text.body

        done = await confirm(client, grant)
        assert (done.status_code, done.json()) == (200, {"status": "password_reset"})
        assert "set-cookie" not in done.headers, "a reset signs nobody in"
        assert (await phone.get(f"{AUTH}/me")).status_code == 401
        refresh = {"refreshToken": told["refresh_token"]}
        assert (await phone.post(f"{AUTH}/refresh", json=refresh)).status_code == 401
        old = await client.post(f"{AUTH}/login", json={"email": ALICE, "password": PASSWORD})
        new = await client.post(f"{AUTH}/login", json={"email": ALICE, "password": NEW_PASSWORD})
        assert (old.status_code, new.status_code) == (401, 200)

        again = await confirm(client, grant, PASSWORD)
        assert (again.status_code, again.json()["code"]) == (400, "grant_used")
    assert await world.newest(ALICE, "password_reset/password_reset_done")
    for step in ("requested", "verified", "completed"):
        [fact] = await facts(world, f"id.password.reset.{step}")
        assert (fact.user_id, fact.facts) == (alice.id, {"channel": "sms", "country": "DZ"}), step
    assert await ledger(world, alice.id) == [("password", "completed", "sms", "DZ")]
    for secret in (grant, NUMBER, text.body, NEW_PASSWORD):
        assert secret not in world.log.getvalue()


@pytest.mark.req("M-10", "M-11", "M-12")
async def test_a_mailbox_does_so_too_and_link_and_code_are_one(world: World) -> None:
    alice = await world.subscriber()
    async with world.client() as client:
        grant = await granted(world, client, email="Alice@Example.org")
        token = await world.token(ALICE, "password_reset/password_reset")
        link = {"token": token, "password": PASSWORD}
        used = await client.post(f"{AUTH}/reset-password", json=link)
        assert (used.status_code, used.json()["code"]) == (400, "token_used")
        assert (await confirm(client, grant)).status_code == 200
    [fact] = await facts(world, "id.password.reset.completed")
    assert (fact.user_id, fact.facts) == (alice.id, {"channel": "email", "country": ""})


@pytest.mark.req("M-16")
@pytest.mark.parametrize(
    "spelling",
    [{"phone": "0550 12 34 56", "country": "DZ"}, {"phone": NUMBER}, {"phone": "0550123456"}],
)
async def test_any_spelling_of_the_number_finds_its_owner(
    worlds: Opener, spelling: dict[str, str]
) -> None:
    async with worlds(DEFAULT_COUNTRY="DZ") as world, world.client() as client:
        await world.subscriber(phone=NUMBER)
        assert (await client.post(ASK, json=spelling)).status_code == 202
        code = await world.texted(NUMBER)
        assert (await client.post(VERIFY, json={"code": code, **spelling})).status_code == 200


@pytest.mark.req("M-16")
@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["email"]),
        ({"email": ALICE, "phone": NUMBER}, ["email", "phone"]),
        ({"phone": "0550 12 34 56"}, ["phone"]),
        ({"phone": "0550 12 34 56", "country": "Algeria"}, ["phone"]),
        ({"phone": "+21355"}, ["phone"]),
        ({"phone": ["+213550123456"]}, ["phone"]),
        ({"email": "no address"}, ["email"]),
        ({"phone": NUMBER, "user_id": 1}, ["user_id"]),
    ],
)
async def test_what_is_no_address_is_refused_by_field(
    small_worlds: Opener, body: dict[str, Any], fields: list[str]
) -> None:
    async with small_worlds() as world, world.client() as client:
        for path, more in ((ASK, {}), (VERIFY, {"code": "123456"})):
            refused = await client.post(path, json={**body, **more})
            assert (refused.status_code, refused.json()["code"]) == (422, "invalid_input")
            assert [each["field"] for each in refused.json()["errors"]] == fields


@pytest.mark.req("M-10", "D-37")
async def test_known_and_unknown_numbers_get_the_same_answer_after_the_same_work(
    world: World,
) -> None:
    numbers = {
        "active": NUMBER,
        "locked": "+213550000001",
        "closed": "+213550000002",
        "nobody": "+213550000003",
        "unproven": "+213550000004",
    }
    await world.subscriber("active@example.org", phone=NUMBER)
    await world.subscriber("locked@example.org", phone=numbers["locked"], status=LOCKED)
    await world.subscriber("closed@example.org", phone=numbers["closed"], status=DISABLED)
    told: dict[str, list[Any]] = {}
    for place, (name, number) in enumerate(numbers.items()):
        headers = {"X-Request-Id": "same"}
        async with world.client(f"203.0.113.{place}", headers) as client:
            for path, more in ((ASK, {}), *3 * ((VERIFY, {"code": "000000"}),)):
                with statements(world) as ran:
                    answer = await client.post(path, json={"phone": number, **more})
                seen = (answer.status_code, answer.content, sorted(ran))
                told.setdefault(name, []).append(seen)
    assert all(answers == told["active"] for answers in told.values()), told
    await world.deliver()
    assert [text.to for text in world.telephone.texts] == [NUMBER]


async def test_requests_one_too_many_by_telephone_and_by_mail_are_counted_apart(
    small_worlds: Opener,
) -> None:
    async with small_worlds() as world, world.client() as client, watched(world) as told:
        for body in (*4 * (BY_PHONE,), *5 * ({"email": ALICE},)):
            await client.post(ASK, json=body)
    hits = {
        route: told.rise("rate_limit_hits_total", route=route, rule="letters")
        for route in ("forgot-password", "forgot-password-by-text")
    }
    assert hits == {"forgot-password": 2, "forgot-password-by-text": 1}


@pytest.mark.req("M-11", "D-36")
async def test_a_new_code_makes_the_old_one_worthless(world: World) -> None:
    alice = await world.subscriber(phone=NUMBER)
    async with world.client() as client:
        await client.post(ASK, json=BY_PHONE)
        first = await world.texted(NUMBER)
        await client.post(ASK, json=BY_PHONE)
        second = await world.texted(NUMBER)
        if first != second:
            old = await client.post(VERIFY, json={**BY_PHONE, "code": first})
            assert (old.status_code, old.json()["code"]) == (400, "code_invalid")
        assert (await client.post(VERIFY, json={**BY_PHONE, "code": second})).status_code == 200
    assert [row[1] for row in await ledger(world, alice.id)] == ["expired", "verified"]


@pytest.mark.req("D-36", "M-53")
async def test_three_wrong_codes_block_the_reset(world: World) -> None:
    alice = await world.subscriber(phone=NUMBER)
    async with world.client() as client:
        await client.post(ASK, json=BY_PHONE)
        code = await world.texted(NUMBER)
        for _ in range(3):
            refused = await client.post(VERIFY, json={**BY_PHONE, "code": wrong(code)})
            assert refused.json()["code"] == "code_invalid"
        late = await client.post(VERIFY, json={**BY_PHONE, "code": code})
        assert (late.status_code, late.json()["code"]) == (400, "code_invalid")
    assert await ledger(world, alice.id) == [("password", "blocked", "sms", "DZ")]
    [fact] = await facts(world, "id.password.reset.blocked")
    told = {"channel": "sms", "country": "DZ", "reason": "wrong_codes"}
    assert (fact.user_id, fact.facts) == (alice.id, told)


@pytest.mark.req("M-11")
async def test_of_many_who_prove_one_code_at_once_one_has_a_grant(world: World) -> None:
    await world.subscriber(phone=NUMBER)
    async with world.client() as client:
        await client.post(ASK, json=BY_PHONE)
        body = {**BY_PHONE, "code": await world.texted(NUMBER)}
        answers = await asyncio.gather(*(client.post(VERIFY, json=body) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200] + 4 * [400]
    assert len(await facts(world, "id.password.reset.verified")) == 1


@pytest.mark.req("M-11", "M-12", "M-19")
async def test_of_many_who_use_one_grant_at_once_one_wins(world: World) -> None:
    await world.subscriber(phone=NUMBER)
    async with world.client() as client:
        grant = await granted(world, client)
        answers = await asyncio.gather(
            *(confirm(client, grant, f"{NEW_PASSWORD} {n}") for n in range(5))
        )
        won = [n for n, answer in enumerate(answers) if answer.status_code == 200]
        assert len(won) == 1
        losers = {answer.json()["code"] for n, answer in enumerate(answers) if n not in won}
        assert losers == {"grant_used"}
        body = {"email": ALICE, "password": f"{NEW_PASSWORD} {won[0]}"}
        assert (await client.post(f"{AUTH}/login", json=body)).status_code == 200
    assert len(await facts(world, "id.password.reset.completed")) == 1


async def test_a_bad_password_costs_no_grant(world: World) -> None:
    await world.subscriber(phone=NUMBER)
    async with world.client() as client:
        grant = await granted(world, client)
        for bad in ("short", "aaaaaaaaaaaaaaaaaaaa", "alice benali 2026"):
            refused = await confirm(client, grant, bad)
            assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "password")
        assert (await confirm(client, grant)).status_code == 200


@pytest.mark.req("M-53")
async def test_what_nobody_finishes_in_time_expires(world: World) -> None:
    alice = await world.subscriber(phone=NUMBER)
    async with world.client() as client:
        await client.post(ASK, json=BY_PHONE)
        code = await world.texted(NUMBER)
        world.clock.advance(timedelta(minutes=5))
        late = await client.post(VERIFY, json={**BY_PHONE, "code": code})
        assert late.json()["code"] == "code_invalid"
        grant = await granted(world, client)
        world.clock.advance(timedelta(minutes=10))
        late = await confirm(client, grant)
        assert (late.status_code, late.json()["code"]) == (400, "grant_used")
    await world.part(Resets).expire(world.database, world.clock.now())
    assert [row[1] for row in await ledger(world, alice.id)] == ["expired", "expired"]


@pytest.mark.req("D-61")
async def test_a_number_that_was_proven_lately_resets_nothing_yet(worlds: Opener) -> None:
    async with worlds(PHONE_CHANGE_DELAY="72h") as world, world.client() as client:
        alice = await world.subscriber()
        async with world.client() as hers:
            await world.sign_in(hers)
            await hers.patch(f"{AUTH}/me", json={"phone": NUMBER})
            await hers.post(f"{AUTH}/phone/code")
            await hers.post(f"{AUTH}/phone/verify", json={"code": await world.texted(NUMBER)})
        before = len(world.telephone.texts)
        assert (await client.post(ASK, json=BY_PHONE)).status_code == 202
        await world.deliver()
        assert len(world.telephone.texts) == before
        [fact] = await facts(world, "id.password.reset.blocked")
        assert (fact.user_id, fact.facts["reason"]) == (alice.id, "number_changed")
        assert [row[1] for row in await ledger(world, alice.id)] == ["blocked"]

        world.clock.advance(timedelta(hours=72))
        await granted(world, client)


async def test_a_number_leads_to_whoever_proved_it_last(world: World) -> None:
    first = await world.subscriber(phone=NUMBER)
    world.clock.advance(timedelta(days=1))
    second = await world.subscriber("bob@example.org", phone=NUMBER)
    async with world.client() as client:
        await confirm(client, await granted(world, client))
    [fact] = await facts(world, "id.password.reset.completed")
    assert (fact.user_id, fact.user_id == first.id) == (second.id, False)


async def test_a_number_that_changed_since_the_code_or_the_grant_resets_nothing(
    world: World,
) -> None:
    await world.subscriber(phone=NUMBER)
    async with world.client() as client, world.client() as hers:
        await world.sign_in(hers)
        grant = await granted(world, client)
        await client.post(ASK, json=BY_PHONE)
        code = await world.texted(NUMBER)
        await hers.patch(f"{AUTH}/me", json={"phone": OTHER})
        late = await client.post(VERIFY, json={**BY_PHONE, "code": code})
        assert (late.status_code, late.json()["code"]) == (400, "code_invalid")
        late = await confirm(client, grant)
        assert (late.status_code, late.json()["code"]) == (400, "grant_used")
        assert (await hers.get(f"{AUTH}/me")).status_code == 200


async def test_three_texts_an_hour_go_to_one_number(world: World) -> None:
    await world.subscriber(phone=NUMBER)
    async with world.client() as client:
        answers = [await client.post(ASK, json=BY_PHONE) for _ in range(5)]
    assert {(answer.status_code, answer.content) for answer in answers} == {
        (202, answers[0].content)
    }
    await world.deliver()
    assert len(world.telephone.to(NUMBER)) == 3


async def test_numbers_of_nobody_use_up_nobodys_budget(worlds: Opener) -> None:
    async with worlds(SMS_BUDGET_HOUR="2/3600000") as world, world.client() as client:
        await world.subscriber(phone=NUMBER)
        for number in ("+213550000001", "+213550000002", "+213550000003"):
            await client.post(ASK, json={"phone": number})
        await client.post(ASK, json=BY_PHONE)
        await world.deliver()
        assert [text.to for text in world.telephone.texts] == [NUMBER]


@pytest.mark.req("M-43")
async def test_the_field_lang_beats_what_the_account_prefers(world: World) -> None:
    await world.subscriber(phone=NUMBER, language="en")
    async with world.client(headers={"Accept-Language": "ar"}) as client:
        await client.post(ASK, json={**BY_PHONE, "lang": "fr"})
        await world.deliver()
        assert world.telephone.texts[-1].language == "fr"
        await client.post(ASK, json={"email": ALICE, "lang": "fr"})
        assert (await world.newest(ALICE)).language == "fr"


async def test_requests_are_counted_by_channel_and_country(world: World) -> None:
    await world.subscriber(phone=NUMBER)
    async with world.client() as client:
        for whom in (BY_PHONE, {"phone": "+221770000000"}, {"email": "nobody@example.org"}):
            await client.post(ASK, json=whom)
    told = world.part(Metrics).exposition().decode()
    for channel, country in (("sms", "DZ"), ("sms", "SN"), ("email", "unknown")):
        labels = f'channel="{channel}",country="{country}"'
        assert f"password_reset_requests_total{{{labels}}} 1.0" in told


async def test_somebody_types_the_code_of_the_text_on_the_page(world: World) -> None:
    await world.subscriber(phone=NUMBER)
    async with browser(world) as alice:
        await alice.open("/forgot-password")
        await alice.send("/forgot-password", email="+213 550 12 34 56")
        assert "Check your phone" in alice.text
        code = await world.texted(NUMBER)
        form = {"email": NUMBER, "password": NEW_PASSWORD}
        page = await alice.send("/reset-password/code", code=wrong(code), **form)
        assert page.status_code == 400
        await alice.open("/reset-password/code?sent=1")
        assert NUMBER in alice.text
        await alice.send("/reset-password/code", code=code, **form)
        assert "Your password is changed" in alice.text
        await alice.sign_in(password=NEW_PASSWORD)
        assert alice.path == "/account"
