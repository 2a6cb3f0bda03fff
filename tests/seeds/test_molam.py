"""Molam, end to end on its own profile: people of a wallet who forget their password or their PIN."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx2
import msgspec
import pytest

from tests.support.brokers import Read
from tests.support.facts import facts
from tests.support.handset import GATEWAY, Handset, handset_in
from tests.support.resets import resets_of
from tests.support.risk import KEY, is_signed
from tests.support.rounds import relay_once
from tests.support.wallet import BUS, Callers, P, Wallet, callers, running, soon
from tests.support.world import NEW_PASSWORD, PASSWORD, World, environment
from tests.support.worlds import Opener
from watchword.app.settings import read
from watchword.plumbing.metrics.counting import Metrics
from watchword.plumbing.settings import AmqpSettings, KafkaSettings

AWA = {
    "email": "awa@example.sn",
    "password": PASSWORD,
    "firstName": "Awa",
    "lastName": "Diop",
    "phone": "77 012 34 56",
    "country": "SN",
}
NUMBER = "+221770123456"
OLD_PIN, NEW_PIN = "8391", "0937"


@pytest.fixture
async def molam(worlds: Opener) -> AsyncIterator[World]:
    """Yield Molam's own service: its profile, a gateway, a sender."""
    async with worlds(
        APP_PROFILE="molam",
        ORG_NAME="Molam",
        EMAIL_FROM="noreply@molam.id",
        OTP_TTL_SECONDS="300",
        USSD_GATEWAY_SECRET=GATEWAY,
    ) as world:
        yield world


@pytest.fixture
async def wallet(molam: World) -> AsyncIterator[httpx2.AsyncClient]:
    """Yield the wallet's own program."""
    token = await molam.service_token("wallet")
    async with molam.client(headers={"Authorization": f"Bearer {token}"}) as client:
        yield client


@pytest.fixture
async def awa(molam: World, wallet: httpx2.AsyncClient) -> AsyncIterator[httpx2.AsyncClient]:
    """Yield the client of somebody who has registered, proven mailbox and number, and set a PIN."""
    async with molam.client(headers={"Accept-Language": "fr"}) as client:
        registered = await client.post(f"{P}/auth/register", json=AWA)
        assert registered.status_code == 201, registered.text
        verify = {"token": await molam.token(AWA["email"])}
        assert (await client.post(f"{P}/auth/verify-email", json=verify)).status_code == 200
        await molam.sign_in(client, AWA["email"])
        await client.post(f"{P}/auth/phone/code")
        proof = {"code": await molam.texted(NUMBER)}
        proven = await client.post(f"{P}/auth/phone/verify", json=proof)
        assert proven.json() == {"phone": NUMBER, "phone_verified": True}
        pin = {"phone": NUMBER, "pin": OLD_PIN}
        assert (await wallet.post(f"{P}/ussd/pin", json=pin)).status_code == 200
        await molam.deliver()
        molam.clock.advance(timedelta(days=2))
        client.headers.pop("Authorization")
        yield client


async def pin_is(wallet: httpx2.AsyncClient, pin: str) -> bool:
    """Ask as the wallet does whether this is the PIN."""
    body = {"phone": "77 012 34 56", "country": "SN", "pin": pin}
    return (await wallet.post(f"{P}/ussd/pin/check", json=body)).status_code == 200


@pytest.mark.req("M-01", "M-10", "M-11", "M-12", "M-16", "M-19")
async def test_a_password_is_reset_by_sms_in_french(molam: World, awa: httpx2.AsyncClient) -> None:
    told = await molam.sign_in(awa, AWA["email"])
    awa.headers.pop("Authorization")

    # Request: known and unknown alike; the telephone alone learns, in French.
    whom = {"phone": "77 012 34 56", "country": "SN", "lang": "fr"}
    nobody = {"phone": "77 098 76 54", "country": "SN", "lang": "fr"}
    path = f"{P}/auth/password-reset"
    known, unknown = [await awa.post(f"{path}/request", json=each) for each in (whom, nobody)]
    assert known.status_code == unknown.status_code == 202
    assert known.content == unknown.content
    code = await molam.texted(NUMBER)
    newest = molam.telephone.texts[-1]
    assert (newest.to, newest.language, newest.country) == (NUMBER, "fr", "SN")
    assert newest.body.startswith(f"Votre code est {code}.")
    assert "5 minutes" in newest.body

    # Verify: a grant for some minutes. Confirm: once.
    whom.pop("lang")
    proven = await awa.post(f"{path}/verify", json={**whom, "code": code})
    grant = proven.json()["reset_token"]
    new = {"resetToken": grant, "password": NEW_PASSWORD}
    assert (await awa.post(f"{path}/confirm", json=new)).status_code == 200
    again = await awa.post(f"{path}/confirm", json=new)
    assert (again.status_code, again.json()["code"]) == (400, "grant_used")

    # The old password and every session are dead; the new one holds; the mailbox knows.
    refresh = {"refreshToken": told["refresh_token"]}
    assert (await awa.post(f"{P}/auth/refresh", json=refresh)).status_code == 401
    old = await awa.post(f"{P}/auth/login", json={"phone": NUMBER, "password": PASSWORD})
    assert old.status_code == 401
    await molam.sign_in(awa, AWA["email"], NEW_PASSWORD)
    letter = await molam.newest(AWA["email"])
    assert (letter.template, letter.sender) == (
        "password_reset/password_reset_done",
        "noreply@molam.id",
    )

    # One fact, without a secret or a number; one row of the ledger.
    [fact] = await facts(molam, "id.password.reset.completed")
    assert fact.facts == {"channel": "sms", "country": "SN"}
    rows = await resets_of(molam, fact.user_id)
    assert [(row.kind, row.status) for row in rows] == [("password", "completed")]
    metrics = molam.part(Metrics).exposition().decode()
    assert 'molam_id_password_reset_requests_total{country="SN"} 2.0' in metrics


@pytest.mark.req("M-01", "M-14", "M-20")
async def test_a_pin_is_reset_over_ussd(
    molam: World, awa: httpx2.AsyncClient, wallet: httpx2.AsyncClient
) -> None:
    assert await pin_is(wallet, OLD_PIN)
    press = handset_in(molam, awa, NUMBER).press
    assert (await press()).startswith("CON Molam : nouveau PIN\n1. Code par SMS")
    assert (await press("1")).startswith("CON Si ce numéro a un compte, un code arrive.")
    assert await press(await molam.texted(NUMBER)) == "CON Choisissez un nouveau PIN de 4 chiffres."
    assert (await press("1234")).startswith("CON Ce PIN est facile à deviner.")
    assert await press(NEW_PIN) == "CON Tapez le nouveau PIN encore une fois."
    assert await press(NEW_PIN) == "END Votre PIN est changé. Ne le dites à personne."

    assert await pin_is(wallet, NEW_PIN)
    assert not await pin_is(wallet, OLD_PIN)
    letter = await molam.newest(AWA["email"])
    assert letter.subject == "Votre PIN Molam a été modifié"
    [fact] = await facts(molam, "id.ussd.pin.reset.completed")
    assert fact.facts == {"channel": "ussd", "country": "SN"}
    metrics = molam.part(Metrics).exposition().decode()
    assert 'molam_id_pin_reset_requests_total{channel="ussd"} 1.0' in metrics


@pytest.mark.req("M-13", "M-42")
async def test_a_pin_is_reset_by_the_letter_too(
    molam: World, awa: httpx2.AsyncClient, wallet: httpx2.AsyncClient
) -> None:
    path, whom = f"{P}/auth/ussd-pin-reset", {"email": AWA["email"]}
    await awa.post(f"{path}/request", json={**whom, "lang": "fr"})
    letter = await molam.newest(AWA["email"])
    assert letter.subject == "Votre code pour choisir un nouveau PIN"
    proven = await awa.post(f"{path}/verify", json={**whom, "code": letter.code})
    grant = proven.json()["reset_token"]
    for weak in ("0000", "1234", "1990"):
        refused = await awa.post(f"{path}/confirm", json={"resetToken": grant, "pin": weak})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "pin")
    done = await awa.post(f"{path}/confirm", json={"resetToken": grant, "pin": NEW_PIN})
    assert done.status_code == 200
    assert await pin_is(wallet, NEW_PIN)


@pytest.mark.needs("postgres")
@pytest.mark.req("M-53")
async def test_the_ledger_is_found_by_both_indexes(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    try:
        rows = await connection.fetch(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'molam_reset_requests'"
        )
    finally:
        await connection.close()
    told = {row["indexname"]: row["indexdef"].partition(" USING ")[2] for row in rows}
    assert told["idx_reset_user_kind"] == "btree (user_id, kind, status)"
    assert told["idx_reset_created"] == "btree (created_at)"


@pytest.fixture
async def service(
    database_url: str, valkey_url: str, rabbitmq_url: str, tmp_path: Path
) -> AsyncIterator[Wallet]:
    """Yield Molam's service as it runs: two processes, carriers, brokers, a risk engine."""
    async with running(database_url, valkey_url, rabbitmq_url, tmp_path) as opened:
        yield opened


DONE = ("id.password.reset.completed", "id.ussd.pin.reset.completed")


@pytest.mark.needs("valkey", "rabbitmq")
@pytest.mark.req("M-01", "M-17", "M-18", "M-19", "M-20", "M-21", "M-22", "M-23", "M-24", "M-25")
@pytest.mark.req("M-38", "M-42", "M-43")
async def test_both_resets_are_published_and_wrong_codes_are_signalled(service: Wallet) -> None:
    awa = await _registered(service)
    await _password_reset_by_sms_in_french(service)

    # The broker goes away: a PIN is chosen anew all the same, and the event waits.
    service.amqp.shut()
    await _pin_reset_over_ussd(service)
    service.amqp.reopen()

    # Both events, once each, on the exchange and on the topic.
    heard = await service.heard(DONE[1])
    for name, channel in zip(DONE, ("sms", "ussd"), strict=True):
        event = _only(heard, name)
        assert str(UUID(event["id"])) == event["id"]
        assert datetime.fromisoformat(event["time"]).tzinfo
        assert (event["subject"], event["data"]) == (
            awa,
            {"user_id": awa, "channel": channel, "country": "SN"},
        )
    records = await service.kafka.read(BUS, len({each.body["id"] for each in heard}))
    told = {record.value: record.key for record in records}
    for name in DONE:
        (body,) = (each for each in told if msgspec.json.decode(each)["type"] == name)
        assert told[body] == awa.encode()
        assert msgspec.json.decode(body) == _only(heard, name)
    everything = msgspec.json.encode([each.body for each in heard]) + b"".join(told)
    for secret in (PASSWORD, NEW_PASSWORD, NUMBER, NUMBER[1:], AWA["email"]):
        assert secret.encode() not in everything
    said = [msgspec.json.decode(each)["data"] | {"user_id": ""} for each in told]
    for pin in (OLD_PIN, NEW_PIN):  # four digits are in an id by chance
        assert pin not in str(said)

    # More than four of ten codes are wrong: the risk engine is told, signed.
    for number in range(10):
        guess = {"phone": f"+22177098765{number}", "code": "000000"}
        wrong = await service.client.post(f"{P}/auth/password-reset/verify", json=guess)
        assert wrong.status_code == 400
    signal = (await soon(lambda: [each for each in service.risk.asked if _is_anomaly(each.json)]))[
        0
    ]
    assert signal.path == "/signals"
    assert is_signed(signal, KEY)
    assert signal.json["data"]["rate"] > 0.4


async def _reset(world: World, email: str = AWA["email"]) -> None:
    """Let somebody choose a new password by code."""
    await world.subscriber(email)
    async with world.client() as client:
        path = f"{P}/auth/password-reset"
        await client.post(f"{path}/request", json={"email": email})
        code = {"email": email, "code": await world.code(email)}
        proven = await client.post(f"{path}/verify", json=code)
        new = {"resetToken": proven.json()["reset_token"], "password": NEW_PASSWORD}
        assert (await client.post(f"{path}/confirm", json=new)).status_code == 200


def _brokers(kafka: Callers, amqp: Callers, enabled: str) -> dict[str, str]:
    """Return the settings by which events go there, or do not."""
    return {
        "APP_PROFILE": "molam",
        "KAFKA_ENABLED": enabled,
        "KAFKA_BROKERS": f"127.0.0.1:{kafka.port}",
        "AMQP_ENABLED": enabled,
        "AMQP_URL": f"amqp://guest:guest@127.0.0.1:{amqp.port}/",
    }


@pytest.mark.req("M-17", "M-21")
async def test_a_broker_that_is_disabled_is_never_called(small_worlds: Opener) -> None:
    async with (
        callers() as kafka,
        callers() as amqp,
        small_worlds(**_brokers(kafka, amqp, "false")) as world,
    ):
        await _reset(world)
        await relay_once(world)
    assert (kafka.said, amqp.said) == ([], [])


@pytest.mark.req("M-17", "M-21")
async def test_a_broker_that_is_enabled_is_called_by_our_name(small_worlds: Opener) -> None:
    async with (
        callers() as kafka,
        callers() as amqp,
        small_worlds(**_brokers(kafka, amqp, "true")) as world,
    ):
        await _reset(world)
        publishing = asyncio.create_task(relay_once(world))
        await soon(lambda: kafka.said and amqp.said)
        publishing.cancel()
    assert b"\x00\x17molam-id-password-reset" in kafka.said[0], (
        "length and name, as the protocol says"
    )
    assert amqp.said[0] == b"AMQP\x00\x00\x09\x01"


@pytest.mark.req("M-17", "M-18", "M-22")
def test_the_names_on_both_brokers_are_the_profile_s(tmp_path: Path) -> None:
    given = environment("sqlite:///w.db", APP_PROFILE="molam", REDIS_URL="redis://127.0.0.1:6379")
    settings = read(given, cwd=tmp_path)
    kafka, amqp = settings.section(KafkaSettings), settings.section(AmqpSettings)
    assert (kafka.topic, kafka.client_id) == (BUS, "molam-id-password-reset")
    assert amqp.exchange == BUS
    assert (kafka.enabled, amqp.enabled) == (False, False)


def _is_anomaly(told: Any) -> bool:
    return bool(told["type"] == "otp_anomaly")


def _only(heard: list[Read], name: str) -> dict[str, Any]:
    """Return the one event of a type; its routing key is its type."""
    found = {each.body["id"]: each for each in heard if each.body["type"] == name}
    (read,) = found.values()
    assert (read.routing_key, read.properties["message_id"]) == (name, read.body["id"])
    return read.body


async def _registered(service: Wallet) -> str:
    """Register, prove mailbox and number, set a PIN; return the account's id."""
    client = service.client
    registered = await client.post(f"{P}/auth/register", json=AWA)
    assert registered.status_code == 201, registered.text
    await soon(lambda: service.letters(AWA["email"]))
    letter = service.letters(AWA["email"])[-1]
    assert str(letter["From"]) == "noreply@molam.id"
    part = letter.get_body(("plain",))
    assert part is not None
    link = re.search(r"[?&]token=([^\s&\"<]+)", part.get_content())
    assert link
    verified = await client.post(f"{P}/auth/verify-email", json={"token": link[1]})
    assert verified.status_code == 200, verified.text
    login = {"email": AWA["email"], "password": PASSWORD, "transport": "token"}
    told = (await client.post(f"{P}/auth/login", json=login)).json()
    bearer = {"Authorization": f"Bearer {told['access_token']}"}
    await client.post(f"{P}/auth/phone/code", headers=bearer)
    code = {"code": await service.code(NUMBER, 1)}
    proven = await client.post(f"{P}/auth/phone/verify", json=code, headers=bearer)
    assert proven.json() == {"phone": NUMBER, "phone_verified": True}
    pin, wallet = {"phone": NUMBER, "pin": OLD_PIN}, {"Authorization": f"Bearer {service.token}"}
    assert (await client.post(f"{P}/ussd/pin", json=pin, headers=wallet)).status_code == 200
    user_id: str = told["user"]["id"]
    return user_id


async def _password_reset_by_sms_in_french(service: Wallet) -> None:
    client, path = service.client, f"{P}/auth/password-reset"
    whom = {"phone": "77 012 34 56", "country": "SN"}
    english = {"Accept-Language": "en"}
    asked = await client.post(f"{path}/request", json={**whom, "lang": "fr"}, headers=english)
    assert asked.status_code == 202
    code = await service.code(NUMBER, 2)
    text = service.texts(NUMBER)[-1].form
    assert (text["To"], text["From"]) == (NUMBER, "+15005550006")
    assert text["Body"].startswith(f"Votre code est {code}.")
    proven = await client.post(f"{path}/verify", json={**whom, "code": code})
    new = {"resetToken": proven.json()["reset_token"], "password": NEW_PASSWORD}
    assert (await client.post(f"{path}/confirm", json=new)).status_code == 200
    login = {"phone": NUMBER, "password": PASSWORD}
    assert (await client.post(f"{P}/auth/login", json=login)).status_code == 401
    login["password"] = NEW_PASSWORD
    assert (await client.post(f"{P}/auth/login", json=login)).status_code == 200


async def _pin_reset_over_ussd(service: Wallet) -> None:
    phone = Handset(service.client, number=NUMBER)
    assert (await phone.press()).startswith("CON Molam : nouveau PIN")
    await phone.press("1")
    await phone.press(await service.code(NUMBER, 3))
    await phone.press(NEW_PIN)
    assert await phone.press(NEW_PIN) == "END Votre PIN est changé. Ne le dites à personne."
    assert await service.pin_is(NUMBER, NEW_PIN)
    assert not await service.pin_is(NUMBER, OLD_PIN)
