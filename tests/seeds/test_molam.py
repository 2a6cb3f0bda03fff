"""Molam, end to end on its own profile: people of a wallet who forget their password or their PIN."""

import hmac
from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import urlencode

import asyncpg
import httpx2
import pytest

from tests.support.facts import facts
from tests.support.world import NEW_PASSWORD, PASSWORD, World
from tests.support.worlds import Opener
from watchword.plumbing.metrics.counting import Metrics
from watchword.records.resets import store

P = "/api/v1"
GATEWAY = "the gateway's own 5f21c8a0d94be37716ac"
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
    rows = await store.of(molam.database, fact.user_id)
    assert [(row.kind, row.status) for row in rows] == [("password", "completed")]
    metrics = molam.part(Metrics).exposition().decode()
    assert 'molam_id_password_reset_requests_total{country="SN"} 2.0' in metrics


@pytest.mark.req("M-01", "M-14", "M-20")
async def test_a_pin_is_reset_over_ussd(
    molam: World, awa: httpx2.AsyncClient, wallet: httpx2.AsyncClient
) -> None:
    assert await pin_is(wallet, OLD_PIN)
    typed: list[str] = []

    async def press(*inputs: str) -> str:
        """Type, as the gateway of the mobile network posts it, and return the screen."""
        typed.extend(inputs)
        body = urlencode(
            {
                "sessionId": "ATUid_8f2c",
                "phoneNumber": NUMBER,
                "serviceCode": "*384*7#",
                "text": "*".join(typed),
            }
        )
        timestamp = str(int(molam.clock.now().timestamp()))
        mac = hmac.digest(GATEWAY.encode(), f"{timestamp}.{body}".encode(), "sha256").hex()
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Ussd-Timestamp": timestamp,
            "X-Ussd-Signature": mac,
        }
        answer = await awa.post(f"{P}/ussd/callback", content=body, headers=headers)
        assert answer.status_code == 200, answer.text
        assert len(answer.text) <= 182
        return answer.text

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
