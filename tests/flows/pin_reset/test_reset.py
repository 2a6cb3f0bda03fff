"""Choosing a new PIN with the code that a telephone got, or a mailbox."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from tests.support.browser import browser
from tests.support.counting import statements
from tests.support.facts import facts
from tests.support.resets import resets_of
from tests.support.world import NEW_PASSWORD, World
from watchword.kernel.secret import Secret
from watchword.plumbing.metrics.counting import Metrics
from watchword.records.pins.service import Pins
from watchword.records.subscribers.rules import DISABLED, LOCKED, Subscriber

AUTH = "/api/v1/auth"
ASK, VERIFY, CONFIRM = (
    f"{AUTH}/ussd-pin-reset/{step}" for step in ("request", "verify", "confirm")
)
CHECK = "/api/v1/ussd/pin/check"
ALICE, NUMBER, OTHER = "alice@example.org", "+213550123456", "+213550987654"
BY_PHONE, BY_MAIL = {"phone": NUMBER}, {"email": ALICE}
OLD, NEW = "8391", "0937"


@pytest.fixture
async def alice(world: World) -> Subscriber:
    """Return somebody who has a PIN."""
    return await with_pin(world)


@pytest.fixture
async def client(world: World) -> AsyncIterator[httpx2.AsyncClient]:
    """Yield a client."""
    async with world.client() as opened:
        yield opened


async def with_pin(world: World, **more: str) -> Subscriber:
    owner = await world.subscriber(phone=NUMBER, **more)
    pins = world.part(Pins)
    stored = await pins.hash(owner.id, Secret(OLD))
    async with world.database.transaction() as tx:
        await pins.replace(tx, owner.id, stored, world.clock.now())
    return owner


async def holds(world: World, owner: Subscriber, pin: str) -> bool:
    tried = await world.part(Pins).check(world.database, owner.id, Secret(pin), world.clock.now())
    return tried.right


async def granted(
    world: World, client: httpx2.AsyncClient, whom: dict[str, str] | None = None
) -> str:
    """Ask for a code, prove it, return the grant."""
    whom = whom or BY_PHONE
    asked = await client.post(ASK, json=whom)
    assert (asked.status_code, asked.json()) == (202, {"status": "accepted"})
    code = await world.texted(NUMBER) if "phone" in whom else await world.code(ALICE)
    proven = await client.post(VERIFY, json={**whom, "code": code})
    assert proven.status_code == 200, proven.text
    grant: str = proven.json()["reset_token"]
    return grant


async def confirm(client: httpx2.AsyncClient, grant: str, pin: str = NEW) -> httpx2.Response:
    return await client.post(CONFIRM, json={"resetToken": grant, "pin": pin})


@pytest.mark.req("M-01", "M-13", "M-20")
@pytest.mark.parametrize(("whom", "channel"), [(BY_PHONE, "sms"), (BY_MAIL, "email")])
async def test_a_code_leads_to_a_new_pin(
    world: World,
    alice: Subscriber,
    client: httpx2.AsyncClient,
    whom: dict[str, str],
    channel: str,
) -> None:
    async with world.client() as hers:
        await world.sign_in(hers)
        grant = await granted(world, client, whom)
        done = await confirm(client, grant)
        assert (done.status_code, done.json()) == (200, {"status": "pin_reset"})
        assert await holds(world, alice, NEW)
        assert not await holds(world, alice, OLD)
        assert (await hers.get(f"{AUTH}/me")).status_code == 200, "a PIN is no password"
    again = await confirm(client, grant, OLD)
    assert (again.status_code, again.json()["code"]) == (400, "grant_used")
    assert (await world.newest(ALICE)).template == "pin_reset/pin_reset_done"
    for step in ("requested", "verified", "completed"):
        [fact] = await facts(world, f"id.ussd.pin.reset.{step}")
        told = {"channel": channel, "country": "DZ"}
        assert (fact.user_id, fact.facts) == (alice.id, told), step
    [row] = await resets_of(world, alice.id)
    assert (row.kind, row.status, row.channel) == ("ussd_pin", "completed", channel)
    for secret in (grant, NUMBER):
        assert secret not in world.log.getvalue()


async def test_the_letter_of_a_pin_is_its_own(
    world: World, alice: Subscriber, client: httpx2.AsyncClient
) -> None:
    assert alice.email == ALICE
    await client.post(ASK, json={**BY_MAIL, "lang": "fr"})
    letter = await world.newest(ALICE)
    assert letter.template == "pin_reset/pin_code"
    assert letter.subject == "Votre code pour choisir un nouveau PIN"
    assert "/reset-pin?token=wwt_" in letter.text


async def test_a_locked_pin_is_opened_by_a_new_one(
    world: World, alice: Subscriber, client: httpx2.AsyncClient
) -> None:
    for _ in range(3):
        await holds(world, alice, "0001")
    assert not await holds(world, alice, OLD)
    await confirm(client, await granted(world, client))
    assert await holds(world, alice, NEW)


@pytest.mark.req("M-13")
@pytest.mark.parametrize("pin", ["0000", "1234", "1987", "2026", "5501", "12345", "", "abcd"])
async def test_a_weak_pin_is_refused_and_costs_no_grant(
    world: World, alice: Subscriber, client: httpx2.AsyncClient, pin: str
) -> None:
    grant = await granted(world, client)
    refused = await confirm(client, grant, pin)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "pin")
    assert await holds(world, alice, OLD)
    assert (await confirm(client, grant)).status_code == 200


async def test_no_number_of_refused_pins_shuts_anybody_out(
    world: World, alice: Subscriber, client: httpx2.AsyncClient
) -> None:
    grant = await granted(world, client)
    for _ in range(8):
        assert (await confirm(client, grant, "1234")).status_code == 422
    assert (await confirm(client, grant)).status_code == 200
    assert await holds(world, alice, NEW)
    await world.sign_in(client)


@pytest.mark.req("M-06")
async def test_a_grant_for_a_pin_is_none_for_a_password_nor_the_reverse(
    world: World, alice: Subscriber, client: httpx2.AsyncClient
) -> None:
    for_pin = await granted(world, client)
    path = f"{AUTH}/password-reset"
    refused = await client.post(
        f"{path}/confirm", json={"resetToken": for_pin, "password": NEW_PASSWORD}
    )
    assert (refused.status_code, refused.json()["code"]) == (401, "grant_invalid")
    await client.post(f"{path}/request", json=BY_MAIL)
    body = {**BY_MAIL, "code": await world.code(ALICE)}
    assert (await client.post(VERIFY, json=body)).json()["code"] == "code_invalid"
    for_password = (await client.post(f"{path}/verify", json=body)).json()["reset_token"]
    refused = await confirm(client, for_password)
    assert (refused.status_code, refused.json()["code"]) == (401, "grant_invalid")
    assert await holds(world, alice, OLD)


@pytest.mark.req("M-13", "M-20")
async def test_of_many_at_once_one_proves_the_code_and_one_uses_the_grant(
    world: World, alice: Subscriber, client: httpx2.AsyncClient
) -> None:
    await client.post(ASK, json=BY_PHONE)
    body = {**BY_PHONE, "code": await world.texted(NUMBER)}
    answers = await asyncio.gather(*(client.post(VERIFY, json=body) for _ in range(4)))
    [won] = [answer for answer in answers if answer.status_code == 200]
    grant = won.json()["reset_token"]
    answers = await asyncio.gather(
        *(confirm(client, grant, pin) for pin in ("0937", "7304", "6182"))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400]
    assert len(await facts(world, "id.ussd.pin.reset.completed")) == 1
    assert not await holds(world, alice, OLD)


async def test_a_new_pin_ends_every_other_way_to_one(
    world: World, alice: Subscriber, client: httpx2.AsyncClient
) -> None:
    by_mail = await granted(world, client, BY_MAIL)
    await client.post(ASK, json=BY_MAIL)
    token = await world.token(ALICE, "pin_reset/pin_code")
    assert (await confirm(client, await granted(world, client))).status_code == 200
    assert (await confirm(client, by_mail, "7304")).json()["code"] == "grant_used"
    async with browser(world) as hers:
        page = await hers.open(f"/reset-pin?token={token}")
        assert page.status_code == 400
        assert 'href="/forgot-pin"' in page.text
    assert await holds(world, alice, NEW)


@pytest.mark.req("M-13", "D-37")
async def test_known_and_unknown_addresses_get_the_same_answer_after_the_same_work(
    world: World, alice: Subscriber
) -> None:
    assert alice.phone == NUMBER
    states = {"locked": LOCKED, "closed": DISABLED}
    whom: dict[str, list[dict[str, str]]] = {
        "active": [BY_PHONE, BY_MAIL],
        "nobody": [{"phone": OTHER}, {"email": "nobody@example.org"}],
    }
    for place, (name, status) in enumerate(states.items()):
        email, number = f"{name}@example.org", f"+21355000000{place}"
        await world.subscriber(email, phone=number, status=status)
        whom[name] = [{"phone": number}, {"email": email}]
    told: dict[str, list[Any]] = {}
    for place, (name, ways) in enumerate(whom.items()):
        headers = {"X-Request-Id": "same"}
        async with world.client(f"203.0.113.{place}", headers) as client:
            for way in ways:
                for path, more in ((ASK, {}), *4 * ((VERIFY, {"code": "000000"}),)):
                    with statements(world) as ran:
                        answer = await client.post(path, json={**way, **more})
                    seen = (answer.status_code, answer.content, sorted(ran))
                    told.setdefault(name, []).append(seen)
    assert all(answers == told["active"] for answers in told.values())
    await world.deliver()
    assert [text.to for text in world.telephone.texts] == [NUMBER]
    assert [message.to for message in world.mailbox.messages] == [ALICE]


@pytest.mark.req("D-61")
async def test_a_number_that_was_proven_lately_gets_no_code(
    world: World, client: httpx2.AsyncClient
) -> None:
    owner = await with_pin(world)
    async with world.client() as hers:
        await world.sign_in(hers)
        await hers.patch(f"{AUTH}/me", json={"phone": OTHER})
        await hers.post(f"{AUTH}/phone/code")
        await hers.post(f"{AUTH}/phone/verify", json={"code": await world.texted(OTHER)})
    await client.post(ASK, json={"phone": OTHER})
    await world.deliver()
    assert len(world.telephone.to(OTHER)) == 1, "the code of the proof alone"
    [fact] = await facts(world, "id.ussd.pin.reset.blocked")
    assert (fact.user_id, fact.facts["reason"]) == (owner.id, "number_changed")
    world.clock.advance(timedelta(hours=24))
    await client.post(ASK, json={"phone": OTHER})
    await world.deliver()
    assert len(world.telephone.to(OTHER)) == 2


@pytest.mark.req("M-34")
async def test_requests_are_counted_by_channel(world: World, client: httpx2.AsyncClient) -> None:
    for whom in (BY_PHONE, BY_MAIL):
        await client.post(ASK, json=whom)
    told = world.part(Metrics).exposition().decode()
    assert 'ussd_pin_reset_requests_total{channel="sms",country="DZ"} 1.0' in told
    assert 'ussd_pin_reset_requests_total{channel="email",country="unknown"} 1.0' in told


async def test_somebody_chooses_a_pin_on_the_pages(world: World, alice: Subscriber) -> None:
    async with browser(world) as hers:
        await hers.open("/forgot-pin")
        await hers.send("/forgot-pin", contact="+213 550 12 34 56")
        code = await world.texted(NUMBER)
        wrong = "000000" if code != "000000" else "000001"
        page = await hers.send("/reset-pin/code", contact=NUMBER, code=wrong)
        assert page.status_code == 400
        await hers.open("/login/code/verify")
        assert hers.path == "/login/code", "a number is no mailbox"
        await hers.open("/reset-pin/code")
        assert NUMBER in hers.text
        page = await hers.send("/reset-pin/code", contact=NUMBER, code=code)
        grant = page.text.partition('name="reset_token" value="')[2].partition('"')[0]
        page = await hers.send("/reset-pin/choose", reset_token=grant, pin="1234")
        assert page.status_code == 422
        assert "easy to guess" in hers.text
        await hers.send("/reset-pin/choose", reset_token=grant, pin=NEW)
        assert "Your PIN is changed" in hers.text
    assert await holds(world, alice, NEW)


async def test_somebody_follows_the_link_of_the_letter(
    world: World, alice: Subscriber, client: httpx2.AsyncClient
) -> None:
    await client.post(ASK, json=BY_MAIL)
    token = await world.token(ALICE, "pin_reset/pin_code")
    async with browser(world) as hers:
        await hers.open(f"/reset-pin?token={token}")
        assert ALICE in hers.text
        page = await hers.send("/reset-pin", token=token, pin="0000")
        assert page.status_code == 422
        await hers.send("/reset-pin", token=token, pin=NEW)
        assert "Your PIN is changed" in hers.text
    assert await holds(world, alice, NEW)
    [fact] = await facts(world, "id.ussd.pin.reset.completed")
    assert fact.facts == {"channel": "email", "country": "DZ"}
