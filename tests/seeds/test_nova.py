"""Nova, end to end on its own profile: a clinic's patients, codes by mail, carriers that fail."""

import asyncio
import csv
import io
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from jsonschema import Draft202012Validator

from tests.support import exposed
from tests.support.relay import certificate
from tests.support.running import ports, started, wait_until_ready
from tests.support.services import SmtpSink
from tests.support.stub import Stub, answer, stub
from tests.support.world import PASSWORD, environment
from watchword.plumbing.carriers.breaker import FAILURES

ANY_HOST = "0.0.0.0"
LOGIN = ("nova@smtp.example", "app password")
CLINIC = {
    "CLINIC_NAME": "Cabinet Dentaire NOVA",
    "CLINIC_PHONE_E164": "+213555000000",
    "CLINIC_EMAIL": "contact@nova-rdv.dz",
    "CLINIC_ADDRESS": "Cité 109, Daboussy El Achour, Alger",
    "SMTP_FROM_EMAIL": "noreply@nova-rdv.dz",
    "SMTP_FROM_NAME": "NOVA RDV",
}
A_SECOND = timedelta(seconds=1)  # what is written may be rounded
CONSENTS = {"processing": True, "marketing": False, "transactional": True}


@dataclass(frozen=True, slots=True)
class Clinic:
    """The service as a process of its own, two providers that fail, and a relay that does not."""

    client: httpx2.AsyncClient
    sendgrid: Stub
    mailgun: Stub
    relay: SmtpSink

    async def code(self, letters: int) -> str:
        """Return the code of the newest letter, once so many have arrived."""
        *_, newest = await asyncio.to_thread(self.relay.wait_for, letters, 30.0)
        assert str(newest.message["From"]) == "NOVA RDV <noreply@nova-rdv.dz>"
        part = newest.message.get_body(("plain",))
        assert part is not None
        found = re.search(r"^\s+(\d{6})\s*$", part.get_content(), re.MULTILINE)
        assert found, part.get_content()
        return found[1]


@pytest.fixture
async def clinic(database_url: str, tmp_path: Path) -> AsyncIterator[Clinic]:
    """Yield Nova's service."""
    serving, _ = certificate(tmp_path, ANY_HOST)
    async with AsyncExitStack() as stack:
        sendgrid = await stack.enter_async_context(stub(answer(500)))
        mailgun = await stack.enter_async_context(stub(answer(500)))
        relay = await stack.enter_async_context(_relay(serving))
        own = ports()
        base = f"http://127.0.0.1:{own['PORT']}"
        carriers = {
            "SENDGRID_API_KEY": "SG.kept-elsewhere",
            "SENDGRID_API_URL": sendgrid.url,
            "MAILGUN_API_KEY": "key-kept-elsewhere",
            "MAILGUN_DOMAIN": "mg.nova-rdv.dz",
            "MAILGUN_API_URL": f"{mailgun.url}/v3",
            "SMTP_HOST": ANY_HOST,
            "SMTP_PORT": str(relay.port),
            "SMTP_SECURE": "false",
            "SMTP_USER": LOGIN[0],
            "SMTP_PASS": LOGIN[1],
            "SSL_CERT_FILE": str(tmp_path / "relay.pem"),
        }
        given = environment(database_url, **CLINIC, **carriers)
        given |= own | {"APP_PROFILE": "nova", "PUBLIC_BASE_URL": base, "WEB_CONCURRENCY": "1"}
        given |= {"METRICS_PORT": "", "SESSION_DURATION": "86400000"}
        stack.enter_context(started(tmp_path, "serve", **given))
        await asyncio.to_thread(wait_until_ready, base)
        headers = {"Accept-Language": "fr"}
        client = httpx2.AsyncClient(base_url=base, headers=headers, timeout=30)
        yield Clinic(await stack.enter_async_context(client), sendgrid, mailgun, relay)


@asynccontextmanager
async def _relay(tls: ssl.SSLContext) -> AsyncIterator[SmtpSink]:
    sink = await asyncio.to_thread(SmtpSink.start, tls, LOGIN)
    yield sink
    await asyncio.to_thread(sink.stop)


@pytest.mark.req("N-45", "N-48", "N-28", "N-04", "N-09", "N-10", "N-13", "N-44", "N-64")
async def test_a_patient_registers_signs_in_by_code_and_out_while_two_carriers_fail(
    clinic: Clinic,
) -> None:
    for number, prefix in enumerate(("/api/auth", "/api/v1/auth")):
        await _whole_story(clinic, prefix, f"patient{number}@nova-rdv.dz", letters=3 * number)
    told = exposed.read((await clinic.client.get("/metrics")).text)
    for template in ("verification", "welcome", "otp_verification"):
        sent = {"provider": "smtp", "template": template, "result": "sent"}
        assert told.value("emails_sent_total", **sent) == 2, template
    for name, api in (("sendgrid", clinic.sendgrid), ("mailgun", clinic.mailgun)):
        assert api.asked
        failed = {"provider": name, "result": "failed"}
        assert told.value("emails_sent_total", template="verification", **failed) == 2, name
        assert told.value("emails_sent_total", **failed) == FAILURES, "then it is left alone"
        assert told.value("emails_sent_total", provider=name, result="sent") == 0
    assert told.value("consents_changed_total", kind="granted") == 4


@pytest.mark.req("N-53", "N-55", "N-56", "N-57", "N-59")
async def test_a_patient_takes_their_data_along_objects_and_is_erased(clinic: Clinic) -> None:
    client, email = clinic.client, "rights@nova-rdv.dz"
    registered = await client.post("/api/v1/auth/register", json=_patient(email))
    assert registered.status_code == 201, registered.text
    proof = {"email": email, "code": await clinic.code(1)}
    assert (await client.post("/api/v1/auth/verify-email", json=proof)).status_code == 200
    await asyncio.to_thread(clinic.relay.wait_for, 2, 30.0)  # the welcome
    login = {"email": email, "password": PASSWORD, "transport": "token"}
    told = (await client.post("/api/v1/auth/login", json=login)).json()
    client.headers["Authorization"] = f"Bearer {told['access_token']}"

    # The policy is the clinic's, in French.
    policy = (await client.get("/privacy")).text.replace("\xa0", " ")
    assert policy.count("<h2") == 7
    for contact in ("Cabinet Dentaire NOVA", "contact@nova-rdv.dz", "20 ans", "13 mois"):
        assert contact in policy

    # Access and portability, in a form that says of itself what it is.
    given = (await client.get("/api/v1/me/export?format=json")).json()
    schema = (await client.get("/api/v1/export/schema")).json()
    Draft202012Validator(schema).validate(given)
    assert (given["profile"]["email"], given["profile"]["phone"]) == (email, "+213555123456")
    assert {each["purpose"] for each in given["consents"]} == {"processing", "transactional"}
    table = await client.get("/api/v1/me/export?format=csv")
    assert next(csv.reader(io.StringIO(table.text))) == ["record", "row", "field", "value"]

    # Rectification and objection.
    renamed = await client.patch("/api/v1/me", json={"name": "Amina Haddad"})
    assert renamed.json()["name"] == "Amina Haddad"
    less = {"purpose": "transactional"}
    ended = (await client.post("/api/v1/me/consents/withdraw", json=less)).json()
    assert not next(e for e in ended["consents"] if e["purpose"] == "transactional")["given"]

    # Erasure: closed at once, a receipt, a letter that would undo it.
    closed = await client.request("DELETE", "/api/v1/me")
    assert closed.status_code == 202, closed.text
    assert closed.json()["status"] == "erasing"
    assert (await client.get("/api/v1/me")).status_code == 401
    *_, letter = await asyncio.to_thread(clinic.relay.wait_for, 3, 30.0)
    body = letter.message.get_body(("plain",))
    assert body is not None
    assert closed.json()["receipt"] in body.get_content()
    assert "/erasure/undo?token=" in body.get_content()


async def _whole_story(clinic: Clinic, prefix: str, email: str, letters: int) -> None:
    client, body = clinic.client, _patient(email)
    client.cookies.clear()

    # Without consent to the processing of their data nobody registers; without marketing one does.
    without: dict[str, Any] = {**body, "consents": {**CONSENTS, "processing": False}}
    refused = await client.post(f"{prefix}/register", json=without)
    assert refused.status_code == 422
    assert [each["field"] for each in refused.json()["errors"]] == ["consents.processing"]
    registered = await client.post(f"{prefix}/register", json=body)
    assert registered.status_code == 201, registered.text

    # The code of the letter proves the mailbox.
    early = {"email": email, "password": PASSWORD}
    pending = await client.post(f"{prefix}/login", json=early)
    assert (pending.status_code, pending.json()["code"]) == (403, "email_not_verified")
    proof = {"email": email, "code": await clinic.code(letters + 1)}
    verified = await client.post(f"{prefix}/verify-email", json=proof)
    assert (verified.status_code, verified.json()["status"]) == (200, "active")

    # A code signs in, for a day.
    await asyncio.to_thread(clinic.relay.wait_for, letters + 2, 30.0)  # the welcome
    asked = await client.post(f"{prefix}/otp/request", json={"email": email})
    assert asked.status_code == 202
    code = {"email": email, "code": await clinic.code(letters + 3), "transport": "cookie"}
    before = datetime.now(UTC)
    signed_in = await client.post(f"{prefix}/otp/verify", json=code)
    assert signed_in.status_code == 200, signed_in.text
    after = datetime.now(UTC)
    assert "httponly" in signed_in.headers["set-cookie"].lower()
    me = (await client.get(f"{prefix}/me")).json()
    assert (me["email"], me["name"], me["phone"]) == (email, "Amina Benali", "+213555123456")
    began = datetime.fromisoformat(me["session"]["expires_at"]) - timedelta(days=1)
    assert before - A_SECOND < began < after + A_SECOND

    # What was allowed is written; sign out, and nobody is there.
    told = (await client.get("/api/v1/me/consents")).json()
    assert told["consent_renewal_required"] is False
    assert {each["purpose"]: each["given"] for each in told["consents"]} == CONSENTS
    proven = {"X-CSRF-Token": (await client.get(f"{prefix}/csrf")).json()["csrf_token"]}
    out = await client.post(f"{prefix}/logout", headers=proven)
    assert out.status_code == 204, out.text
    assert (await client.get(f"{prefix}/me")).status_code == 401


def _patient(email: str) -> dict[str, Any]:
    return {
        "email": email,
        "password": PASSWORD,
        "name": "Amina Benali",
        "phone": "0555 12 34 56",
        "consents": CONSENTS,
    }
