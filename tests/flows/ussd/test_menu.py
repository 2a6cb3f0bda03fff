"""The menu on a plain telephone: what a gateway posts, what it is answered, and what changes nothing."""

import asyncio
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from urllib.parse import urlencode

import httpx2
import pytest
from sqlalchemy import select

from tests.support.facts import facts
from tests.support.markdown import ROOT
from tests.support.world import BASE, World
from tests.support.worlds import Opener
from watchword.flows.ussd.rules import signature
from watchword.kernel.secret import Secret
from watchword.plumbing.db.statements import statement
from watchword.plumbing.ussd import MOST_SEPTETS
from watchword.records.pins.service import Pins
from watchword.records.resets import store
from watchword.records.subscribers.rules import DISABLED, Subscriber
from watchword.records.subscribers.service import Subscribers
from watchword.records.ussd_sessions.store import ussd_sessions

CALLBACK = "/api/v1/ussd/callback"
GATEWAY = "gateway-7c41d9e07f52b8631d0ea94c7b25f8d6e3"
ALICE, NUMBER, OTHER = "alice@example.org", "+221770123456", "+221770987654"
PIN, WEAK = "0937", "1234"
FORM = "application/x-www-form-urlencoded"


@dataclass
class Handset:
    """A telephone, as the gateway tells of it: it repeats all that was typed, signed."""

    world: World
    client: httpx2.AsyncClient
    number: str = NUMBER
    session: str = "ATUid_1"
    service_code: str = "*384*7#"
    typed: list[str] = field(default_factory=list)

    async def dial(self, session: str) -> str:
        """Begin a session."""
        self.session, self.typed = session, []
        return await self.post()

    async def press(self, text: str) -> str:
        """Type and send."""
        self.typed.append(text)
        return await self.post()

    async def post(self, text: str | None = None, **changed: str) -> str:
        """Post what the gateway would, and return the screen."""
        answer = await self.send(text, **changed)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.text.startswith(("CON ", "END "))
        assert len(answer.text) <= MOST_SEPTETS
        return answer.text

    async def send(self, text: str | None = None, **changed: str) -> httpx2.Response:
        """Post, and return the bare answer."""
        told = {
            "sessionId": self.session,
            "phoneNumber": self.number,
            "serviceCode": self.service_code,
            "networkCode": "60801",
            "text": "*".join(self.typed) if text is None else text,
            **changed,
        }
        return await self.client.post(
            CALLBACK, content=urlencode(told), headers=self.signed(urlencode(told))
        )

    def signed(self, body: str, secret: str = GATEWAY, age: int = 0) -> dict[str, str]:
        """Return the headers of a signed post."""
        timestamp = str(int(self.world.clock.now().timestamp()) - age)
        mac = hmac.digest(secret.encode(), f"{timestamp}.{body}".encode(), "sha256").hex()
        return {
            "Content-Type": FORM,
            "X-Ussd-Timestamp": timestamp,
            "X-Ussd-Signature": mac,
        }


@pytest.fixture
async def world(worlds: Opener) -> AsyncIterator[World]:
    """Yield a world with a gateway."""
    async with worlds(USSD_GATEWAY_SECRET=GATEWAY, ORG_NAME="Molam") as opened:
        yield opened


@pytest.fixture
async def handset(world: World) -> AsyncIterator[Handset]:
    """Yield a telephone of Senegal."""
    async with world.client("196.216.167.10") as client:
        yield Handset(world, client)


async def holds(world: World, owner: Subscriber, pin: str = PIN) -> bool:
    tried = await world.part(Pins).check(world.database, owner.id, Secret(pin), world.clock.now())
    return tried.right


async def at_the_pin(world: World, handset: Handset, session: str = "ATUid_1") -> str:
    """Go to where the PIN is chosen; return the code that led there."""
    await handset.dial(session)
    await handset.press("1")
    code = await world.texted(handset.number)
    assert "nouveau PIN de 4 chiffres" in await handset.press(code)
    return code


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
    [row] = await store.of(world.database, alice.id)
    assert (row.status, row.channel, row.country) == ("completed", "ussd", "SN")


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
        assert secret not in world.log.getvalue()
        assert secret.encode() not in kept


@pytest.mark.req("M-14")
async def test_a_repeated_post_gets_the_same_answer_and_nothing_happens(
    world: World, handset: Handset
) -> None:
    alice = await world.subscriber(phone=NUMBER)
    await handset.dial("ATUid_1")
    assert await handset.post() == await handset.post()
    asked = await handset.press("1")
    for _ in range(3):
        assert await handset.post() == asked
    code = await world.texted(NUMBER)
    assert len(world.telephone.texts) == 1
    proven = await handset.press(code)
    assert await handset.post() == proven
    await handset.press(PIN)
    done = await handset.press(PIN)
    assert await handset.post() == done
    assert done.startswith("END Votre PIN est changé")
    assert await holds(world, alice)
    for step in ("requested", "verified", "completed"):
        assert len(await facts(world, f"id.ussd.pin.reset.{step}")) == 1
    assert (await handset.press("1")).startswith("END Cette session est terminée")


@pytest.mark.req("M-14")
async def test_what_is_shortened_reordered_or_leaps_changes_nothing(
    world: World, handset: Handset
) -> None:
    alice = await world.subscriber(phone=NUMBER)
    code = await at_the_pin(world, handset)
    for text in (
        "",
        "1",
        code,
        f"{code}*1",
        f"2*{code}*{PIN}",
        f"1*{code}*{PIN}*{PIN}",
        f"1*{code}*{PIN}*{PIN}*{PIN}",
        f"1*{code}*",
        f"*1*{code}",
    ):
        assert (await handset.post(text)).startswith(("END Cette session", "CON Un PIN a")), text
        if text.endswith("*"):
            handset.typed.append("")
    await handset.press(PIN)
    assert (await handset.press(PIN)).startswith("END Votre PIN est changé")
    assert await holds(world, alice)
    assert len(world.telephone.texts) == 1


@pytest.mark.req("M-14")
async def test_a_foreign_session_changes_nothing(world: World, handset: Handset) -> None:
    alice = await world.subscriber(phone=NUMBER)
    await world.subscriber("eve@example.org", phone=OTHER)
    code = await at_the_pin(world, handset)
    told = f"1*{code}*{PIN}"
    for changed in (
        {"sessionId": "ATUid_2"},
        {"sessionId": ""},
        {"phoneNumber": OTHER},
        {"serviceCode": "*384*8#"},
    ):
        assert (await handset.post(told, **changed)).startswith("END Cette session est terminée")
    assert not await facts(world, "id.ussd.pin.reset.completed")
    await handset.press(PIN)
    await handset.press(PIN)
    [fact] = await facts(world, "id.ussd.pin.reset.completed")
    assert fact.user_id == alice.id


@pytest.mark.req("M-14")
async def test_of_two_alike_at_once_one_acts(world: World, handset: Handset) -> None:
    alice = await world.subscriber(phone=NUMBER)
    await handset.dial("ATUid_1")
    handset.typed = ["1"]
    screens = await asyncio.gather(*(handset.post() for _ in range(5)))
    assert {screen[:16] for screen in screens} == {"CON Si ce numéro"}
    code = await world.texted(NUMBER)
    assert len(world.telephone.texts) == 1
    handset.typed = ["1", code]
    await asyncio.gather(*(handset.post() for _ in range(5)))
    handset.typed.append(PIN)
    await asyncio.gather(*(handset.post() for _ in range(5)))
    handset.typed.append(PIN)
    screens = await asyncio.gather(*(handset.post() for _ in range(5)))
    assert {screen[:24] for screen in screens} == {"END Votre PIN est changé"}
    assert len(await facts(world, "id.ussd.pin.reset.completed")) == 1
    assert await holds(world, alice)


async def test_two_who_dial_at_once_with_one_id_see_the_menu(
    world: World, handset: Handset
) -> None:
    screens = await asyncio.gather(*(handset.post("") for _ in range(4)))
    assert {screen[:9] for screen in screens} == {"CON Molam"}
    assert world.database.size >= 1


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


async def test_another_language_is_chosen(world: World, handset: Handset) -> None:
    await world.subscriber(phone=NUMBER, language="ar")
    await handset.dial("ATUid_1")
    assert (await handset.press("9")).startswith("CON 1. English\n2. Francais")
    assert (await handset.press("1")).startswith("CON Molam: new PIN\n1. Code by SMS")
    await handset.press("1")
    await world.deliver()
    assert world.telephone.texts[-1].language == "en"


@pytest.mark.parametrize(
    ("ucs2", "begins"), [("false", "CON Molam : nouveau PIN"), ("true", "CON Molam: رقم")]
)
async def test_arabic_is_shown_where_the_gateway_carries_it(
    small_worlds: Opener, ucs2: str, begins: str
) -> None:
    settings = {"USSD_GATEWAY_SECRET": GATEWAY, "ORG_NAME": "Molam", "USSD_UCS2": ucs2}
    async with small_worlds(**settings) as world, world.client() as client:
        handset = Handset(world, client, number="+213550123456")
        assert (await handset.dial("ATUid_1")).startswith(begins)


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


async def test_a_session_is_over_after_five_minutes_and_its_id_may_come_again(
    world: World, handset: Handset
) -> None:
    await world.subscriber(phone=NUMBER)
    code = await at_the_pin(world, handset)
    world.clock.advance(timedelta(minutes=5))
    assert (await handset.press(PIN)).startswith("END Cette session est terminée")
    assert (await handset.dial("ATUid_1")).startswith("CON Molam")
    await handset.press("3")
    assert (await handset.press(code)).startswith("CON Ce code est faux ou trop ancien")


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


async def test_no_session_goes_on_for_ever(world: World, handset: Handset) -> None:
    await handset.dial("ATUid_1")
    screens = [await handset.press("0") for _ in range(30)]
    assert screens[0].startswith("CON Molam")
    assert screens[-1].startswith("END Cette session est terminée")
    assert world.settings


@pytest.mark.req("M-14")
async def test_who_is_not_the_gateway_is_refused(world: World, handset: Handset) -> None:
    body = urlencode({"sessionId": "1", "phoneNumber": NUMBER, "serviceCode": "*1#", "text": ""})
    signed = handset.signed(body)
    forged = [
        {"Content-Type": FORM},
        {**signed, "X-Ussd-Signature": ""},
        {**signed, "X-Ussd-Signature": signed["X-Ussd-Signature"][:-1] + "x"},
        {**signed, "X-Ussd-Timestamp": str(int(signed["X-Ussd-Timestamp"]) + 1)},
        {**signed, "X-Ussd-Timestamp": "soon"},
        {**signed, "X-Ussd-Timestamp": "9" * 5000},
        handset.signed(body, secret="another " * 5),
        handset.signed(body, age=301),
        handset.signed(body, age=-301),
        handset.signed(body + "&text=1"),
        {"Content-Type": FORM, "Authorization": f"Bearer {GATEWAY}"},
    ]
    for headers in forged:
        answer = await handset.client.post(CALLBACK, content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "gateway_unknown"), headers
    basic = httpx2.BasicAuth("gateway", GATEWAY)
    answer = await handset.client.post(
        CALLBACK, content=body, headers={"Content-Type": FORM}, auth=basic
    )
    assert answer.status_code == 401, "no networks are named that it may come from"
    good = await handset.client.post(CALLBACK, content=body, headers=signed)
    assert good.status_code == 200


@pytest.mark.req("M-14")
async def test_a_gateway_that_cannot_sign_is_known_by_network_and_secret(
    small_worlds: Opener,
) -> None:
    body = {"sessionId": "1", "phoneNumber": "221770123456", "serviceCode": "*1#"}
    settings = {"USSD_GATEWAY_SECRET": GATEWAY, "USSD_GATEWAY_NETWORKS": "196.216.167.0/24"}
    right, wrong = httpx2.BasicAuth("any", GATEWAY), httpx2.BasicAuth("any", "another")
    async with small_worlds(**settings) as world:
        for address, auth, status in (
            ("196.216.167.10", right, 200),
            ("196.216.167.10", wrong, 401),
            ("196.216.167.10", None, 401),
            ("203.0.113.7", right, 401),
        ):
            async with world.client(address) as client:
                answer = await client.post(CALLBACK, json=body, auth=auth)
            assert answer.status_code == status, (address, auth)
        async with world.client() as client:
            elsewhere = await Handset(world, client).send("")
        assert elsewhere.status_code == 401, "signed, but from elsewhere"


async def test_without_a_secret_there_is_no_door(small_world: World) -> None:
    async with small_world.client() as client:
        assert (await client.post(CALLBACK, json={})).status_code == 404


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        (FORM, b"", 422),
        (FORM, b"sessionId=1&phoneNumber=12&serviceCode=1", 422),
        (FORM, b"sessionId=1&phoneNumber=abc&serviceCode=1", 422),
        (FORM, b"sessionId=%ff&phoneNumber=221770123456&serviceCode=1", 400),
        (FORM, b"sessionId=%00&phoneNumber=221770123456&serviceCode=1", 422),
        (FORM, b"sessionId=" + b"1" * 300 + b"&phoneNumber=221770123456&serviceCode=1", 422),
        (FORM, b"sessionId=1&phoneNumber=221770123456&serviceCode=1&text=" + b"1*" * 300, 422),
        (FORM, b"&".join(b"a%d=1" % n for n in range(100)), 400),
        (FORM, b"x" * 9000, 413),
        ("application/json", b"[]", 400),
        ("application/json", b"{" * 3000, 400),
        ("application/json", b'{"sessionId": 5}', 422),
        ("application/json", json.dumps({"text": ["1"]}).encode(), 422),
        ("text/plain", b"hello", 415),
        (
            FORM,
            b"sessionId=1&phoneNumber=%2B221770123456&serviceCode=%2A1%23&text=" + b"%2A" * 20,
            200,
        ),
        (FORM, "sessionId=1&phoneNumber=221770123456&serviceCode=1&text=é😀".encode(), 200),
    ],
)
async def test_hostile_posts_of_a_known_gateway_are_refused_or_change_nothing(
    small_worlds: Opener, kind: str, body: bytes, status: int
) -> None:
    async with small_worlds(USSD_GATEWAY_SECRET=GATEWAY) as world, world.client() as client:
        timestamp = str(int(world.clock.now().timestamp()))
        mac = hmac.digest(GATEWAY.encode(), timestamp.encode() + b"." + body, "sha256").hex()
        headers = {
            "Content-Type": kind,
            "X-Ussd-Timestamp": timestamp,
            "X-Ussd-Signature": mac,
        }
        answer = await client.post(CALLBACK, content=body, headers=headers)
        assert answer.status_code == status, answer.text
        if status == 200:
            assert answer.text.startswith("END ")


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
        handset = Handset(world, client)
        await handset.dial("ATUid_1")
        assert (await handset.press("1")).startswith("CON Aucun code ne peut venir par SMS.")
        assert (await handset.press("2")).startswith("CON Si ce numéro a un compte")
        await world.deliver()
        assert not world.telephone.texts
        asked = {"phone": NUMBER}
        refused = await client.post("/api/v1/auth/ussd-pin-reset/request", json=asked)
        assert refused.json()["errors"][0]["code"] == "no_texts"


def test_the_page_for_operators_signs_as_we_do() -> None:
    body = b"sessionId=ATUid_1&phoneNumber=%2B221770123456&serviceCode=%2A384%2A7%23&text=1"
    secret = Secret("kept by the gateway and by us alone")
    page = (ROOT / "docs/operate/ussd.md").read_text()
    assert body.decode() in page
    assert signature(secret, "1793300000", body) in page
