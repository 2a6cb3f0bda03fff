"""The menu on a plain telephone: what somebody comes to by way of it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.support.canaries import says
from tests.support.facts import facts
from tests.support.handset import (
    ALICE,
    GATEWAY,
    NUMBER,
    OTHER,
    PIN,
    Handset,
    at_the_pin,
    handset_in,
    holds,
)
from tests.support.resets import resets_of
from tests.support.world import BASE, World
from tests.support.worlds import Opener
from watchword.plumbing.db.statements import statement
from watchword.records.subscribers.rules import DISABLED
from watchword.records.subscribers.service import Subscribers
from watchword.records.ussd_sessions.store import ussd_sessions

WEAK = "1234"


@pytest.mark.req("M-01", "M-14", "M-20")
async def test_somebody_chooses_a_new_pin_on_a_plain_telephone(
    world: World, handset: Handset
) -> None:
    alice = await world.subscriber(phone=NUMBER)
    first = await handset.dial("ATUid_1")
    assert first == (
        "CON Molam : nouveau PIN\n1. Code par SMS\n2. Code par e-mail\n3. J'ai un code\n9. Langue"
    )
    assert (await handset.press("1")).startswith("CON Si ce numéro a un compte")
    code = await world.texted(NUMBER)
    assert (await handset.press(code)).startswith("CON Choisissez un nouveau PIN")
    assert (await handset.press(WEAK)).startswith("CON Ce PIN est facile à deviner")
    assert (await handset.press(PIN)).startswith("CON Tapez le nouveau PIN encore une fois")
    assert (await handset.press("7304")).startswith("CON Les deux PIN sont différents")
    assert (await handset.press(PIN)).startswith("CON Tapez")
    assert (await handset.press(PIN)).startswith("END Votre PIN est changé")

    assert await holds(world, alice)
    assert (await world.newest(ALICE)).template == "pin_reset/pin_reset_done"
    for step in ("requested", "verified", "completed"):
        [fact] = await facts(world, f"id.ussd.pin.reset.{step}")
        assert (fact.user_id, fact.facts) == (alice.id, {"channel": "ussd", "country": "SN"})
        assert not fact.address, "the gateway's address says nothing of who dialled"
    [row] = await resets_of(world, alice.id)
    assert (row.status, row.channel, row.country) == ("completed", "ussd", "SN")


async def test_a_key_pressed_by_mistake_is_no_guess(world: World, handset: Handset) -> None:
    await world.subscriber(phone=NUMBER)
    await handset.dial("ATUid_1")
    await handset.press("1")
    code = await world.texted(NUMBER)
    for slip in ("", "1", "12345", "1234567", "abcdef", "12345678901", ""):
        assert (await handset.press(slip)).startswith("CON Tapez le code"), slip
    assert (await handset.press(code)).startswith("CON Choisissez un nouveau PIN")
    assert await facts(world, "otp.validated") == [] or all(
        each.facts.get("status") != "failed" for each in await facts(world, "otp.validated")
    )


@pytest.mark.req("M-14")
async def test_nothing_that_was_typed_is_logged_or_kept(world: World, handset: Handset) -> None:
    await world.subscriber(phone=NUMBER)
    code = await at_the_pin(world, handset)
    await handset.press(PIN)
    rows = await world.database.all(statement(select(*ussd_sessions.c)))
    assert len(rows) == 1
    kept = b"".join(bytes(part) for part in rows[0] if isinstance(part, (bytes, memoryview)))
    await handset.press(PIN)
    await handset.send("x" * 500)
    for secret in (code, f"1*{code}", f"*{PIN}", NUMBER, "ATUid_1", GATEWAY):
        assert not says(world.log.getvalue(), secret)
        assert secret.encode() not in kept


@pytest.mark.parametrize("nought", ["\u0660", "\u06f0"], ids=["arabic", "eastern arabic"])
async def test_every_digit_may_be_typed_in_arabic(
    world: World, handset: Handset, nought: str
) -> None:
    def arabic(digits: str) -> str:
        return "".join(chr(ord(nought) + int(each)) for each in digits)

    alice = await world.subscriber(phone=NUMBER)
    await handset.dial("ATUid_1")
    assert (await handset.press(arabic("9"))).startswith("CON 1. English")
    assert (await handset.press(arabic("1"))).startswith("CON Molam: new PIN")
    assert (await handset.press(arabic("3"))).startswith("CON Type the code")
    assert (await handset.press(arabic("0"))).startswith("CON Molam: new PIN")
    await handset.press(arabic("1"))
    code = await world.texted(NUMBER)
    assert (await handset.press(arabic(code))).startswith("CON Choose a new PIN")
    assert (await handset.press(arabic(PIN))).startswith("CON Type the new PIN once more")
    assert (await handset.press(PIN)).startswith("END Your PIN is changed")
    assert await holds(world, alice)


@pytest.mark.req("M-14", "D-37")
async def test_a_number_without_an_account_sees_the_same(world: World, handset: Handset) -> None:
    await world.subscriber(phone=NUMBER)
    known, unknown = [], []
    for told, number in ((known, NUMBER), (unknown, OTHER)):
        handset.number = number
        told.append(await handset.dial("ATUid_1"))
        for text in ("1", "000000", "000001", "000002"):
            told.append(await handset.press(text))
        told.append(await handset.dial("ATUid_2"))
        for text in ("2", "3"):
            told.append(await handset.press(text))
    assert known == unknown
    assert known[4].startswith("END Trop de codes faux")
    await world.deliver()
    assert [text.to for text in world.telephone.texts] == [NUMBER]


async def test_whoever_must_hang_up_to_read_the_text_dials_again(
    world: World, handset: Handset
) -> None:
    alice = await world.subscriber(phone=NUMBER)
    await handset.dial("ATUid_1")
    await handset.press("1")
    code = await world.texted(NUMBER)
    world.clock.advance(timedelta(minutes=2))
    await handset.dial("ATUid_2")
    assert (await handset.press("3")).startswith("CON Tapez le code")
    for text in (code, PIN, PIN):
        last = await handset.press(text)
    assert last.startswith("END Votre PIN est changé")
    assert await holds(world, alice)


async def test_the_code_may_come_by_mail(world: World, handset: Handset) -> None:
    alice = await world.subscriber(phone=NUMBER, language="fr")
    await handset.dial("ATUid_1")
    await handset.press("2")
    letter = await world.newest(ALICE)
    assert letter.subject == "Votre code pour choisir un nouveau PIN"
    for text in (letter.code or "", PIN, PIN):
        last = await handset.press(text)
    assert last.startswith("END Votre PIN est changé")
    assert await holds(world, alice)
    assert not world.telephone.texts


async def test_a_code_of_the_menu_is_good_in_the_menu_alone(world: World, handset: Handset) -> None:
    await world.subscriber(phone=NUMBER)
    await handset.dial("ATUid_1")
    await handset.press("1")
    code = await world.texted(NUMBER)
    async with world.client() as stranger:
        for _ in range(6):
            body = {"phone": NUMBER, "code": code}
            refused = await stranger.post("/api/v1/auth/ussd-pin-reset/verify", json=body)
            assert refused.status_code in {400, 429}
    assert (await handset.press(code)).startswith("CON Choisissez"), "nobody else wears it out"


@pytest.mark.req("D-61")
async def test_a_number_that_was_proven_lately_gets_no_code(world: World, handset: Handset) -> None:
    alice = await world.subscriber(phone=NUMBER)
    now = world.clock.now()
    async with world.database.transaction() as tx:
        lately = replace(alice, phone_verified_at=now - timedelta(hours=23))
        await world.part(Subscribers).change(tx, lately, alice.version, now)
    await handset.dial("ATUid_1")
    assert (await handset.press("1")).startswith("CON Si ce numéro a un compte")
    await world.deliver()
    assert not world.telephone.texts
    [fact] = await facts(world, "id.ussd.pin.reset.blocked")
    assert fact.facts["reason"] == "number_changed"


async def test_a_closed_account_hears_so_only_from_the_right_code(
    world: World, handset: Handset
) -> None:
    alice = await world.subscriber(phone=NUMBER)
    await handset.dial("ATUid_1")
    await handset.press("1")
    code = await world.texted(NUMBER)
    async with world.database.transaction() as tx:
        await world.part(Subscribers).set_status(tx, alice.id, DISABLED, world.clock.now())
    wrong = "000000" if code != "000000" else "000001"
    assert (await handset.press(wrong)).startswith("CON Ce code est faux")
    assert (await handset.press(code)).startswith("END Ce compte est fermé. Appelez Molam")


async def test_where_no_texts_leave_the_menu_says_so_and_writes_no_code(
    small_worlds: Opener,
) -> None:
    carriers = {
        "EMAIL_FROM": "noreply@molam.example",
        "SMTP_HOST": "smtp.molam.example",
        "SMTP_USER": "molam",
        "SMTP_PASSWORD": "kept-elsewhere",
    }
    settings = {"APP_PROFILE": "ariya", "REDIS_REQUIRED": "false", "USSD_GATEWAY_SECRET": GATEWAY}
    async with (
        small_worlds(APP_ENV="staging", **settings, **carriers) as world,
        world.client(base=BASE) as client,
    ):
        await world.subscriber(phone=NUMBER)
        handset = handset_in(world, client)
        await handset.dial("ATUid_1")
        assert (await handset.press("1")).startswith("CON Aucun code ne peut venir par SMS.")
        assert (await handset.press("2")).startswith("CON Si ce numéro a un compte")
        await world.deliver()
        assert not world.telephone.texts
        asked = {"phone": NUMBER}
        refused = await client.post("/api/v1/auth/ussd-pin-reset/request", json=asked)
        assert refused.json()["errors"][0]["code"] == "no_texts"
