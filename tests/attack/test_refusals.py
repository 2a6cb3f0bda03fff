"""Whatever secret is refused, at whichever door, operators learn of it; and never the secret."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest

from tests.support.browser import browser
from tests.support.canaries import says
from tests.support.exposed import scrape
from tests.support.facts import facts
from tests.support.world import NEW_PASSWORD, PASSWORD, World
from watchword.flows.setup.service import Setup
from watchword.plumbing.logs.logger import AccessLog
from watchword.records.subscribers.rules import PENDING

AUTH = "/api/v1/auth"
ALICE, WRONG = "alice@example.org", "not this one either"
FORGED = "wwt_1_" + "A" * 49


def said(world: World, message: str) -> list[dict[str, Any]]:
    """Return the log's lines of a message."""
    world.part(AccessLog).flush()
    told = [json.loads(line) for line in world.log.getvalue().splitlines()]
    return [line for line in told if line["message"] == message]


def other(code: str) -> str:
    """Return a code that is not this one."""
    return f"{(int(code) + 1) % 10**6:06d}"


async def forged_links(_world: World, client: httpx2.AsyncClient) -> list[str]:
    """Come with a token that never was."""
    for door in ("verify-email", "change-email/confirm", "change-email/undo"):
        await client.post(f"{AUTH}/{door}", json={"token": FORGED})
    body = {"token": FORGED, "password": NEW_PASSWORD}
    await client.post(f"{AUTH}/reset-password", json=body)
    candidate = {**body, "email": "ada@example.org", "firstName": "Ada"}
    await client.post(f"{AUTH}/setup", json=candidate)
    return 5 * ["link.refused token_invalid"]


async def used_link(world: World, client: httpx2.AsyncClient) -> list[str]:
    """Come twice with one link."""
    await world.subscriber()
    await client.post(f"{AUTH}/forgot-password", json={"email": ALICE})
    body = {"token": await world.token(ALICE), "password": NEW_PASSWORD}
    for _ in range(2):
        await client.post(f"{AUTH}/reset-password", json=body)
    return ["link.refused token_used"]


async def used_setup_link(world: World, client: httpx2.AsyncClient) -> list[str]:
    """Come twice with the link of the first start."""
    link = await world.part(Setup).offer() or ""
    body = {"token": link.partition("token=")[2], "password": PASSWORD, "firstName": "Ada"}
    for email in ("ada@example.org", "eve@example.org"):
        await client.post(f"{AUTH}/setup", json={**body, "email": email})
    return ["link.refused token_used"]


async def dead_link_on_pages(world: World, _client: httpx2.AsyncClient) -> list[str]:
    """Send the forms of pages with a link that died meanwhile; opening them is no failure."""
    await world.subscriber()
    async with browser(world) as person:
        await person.open("/forgot-password")
        await person.send("/forgot-password", email=ALICE)
        token = await world.token(ALICE)
        await person.open(f"/reset-password?token={token}")
        form = {"token": token, "password": NEW_PASSWORD}
        first = await person.post("/reset-password", **form)
        assert first.status_code == 200
        again = await person.post("/reset-password", **form)
        assert again.status_code == 400
        await person.open(f"/reset-password?token={token}")
        await person.open(f"/unlock?token={FORGED}")
        await person.open("/login")
        await person.client.post("/unlock", data={"token": FORGED, "csrf": person.csrf})
    return ["link.refused token_used", "link.refused token_invalid"]


async def wrong_verification_code(world: World, client: httpx2.AsyncClient) -> list[str]:
    """Guess at the code of a registration."""
    await world.subscriber(status=PENDING)
    await client.post(f"{AUTH}/resend-verification", json={"email": ALICE})
    body = {"email": ALICE, "code": other(await world.code(ALICE))}
    for _ in range(4):
        await client.post(f"{AUTH}/verify-email", json=body)
    return [*(3 * ["otp.validated failed"]), "otp.validated blocked"]


async def wrong_confirmation_code(world: World, client: httpx2.AsyncClient) -> list[str]:
    """Guess at the code of a change of address."""
    await world.subscriber()
    await world.sign_in(client)
    await client.post(f"{AUTH}/change-email", json={"newEmail": "new@example.org"})
    code = other(await world.code("new@example.org"))
    await client.post(f"{AUTH}/change-email/confirm", json={"code": code})
    return ["otp.validated failed"]


async def wrong_sign_in_code(world: World, client: httpx2.AsyncClient) -> list[str]:
    """Guess at a sign-in code that nobody asked for."""
    await world.subscriber()
    await client.post(f"{AUTH}/otp/verify", json={"email": ALICE, "code": "918273"})
    return ["otp.validated failed"]


async def wrong_passwords(world: World, client: httpx2.AsyncClient) -> list[str]:
    """Guess at a password at each door that asks for it, and once more than is judged."""
    await world.subscriber()
    await world.sign_in(client)
    await client.post(f"{AUTH}/login", json={"email": ALICE, "password": WRONG})
    change = {"currentPassword": WRONG, "newPassword": NEW_PASSWORD}
    await client.post(f"{AUTH}/change-password", json=change)
    for _ in range(4):
        body = {"newEmail": "new@example.org", "password": WRONG}
        await client.post(f"{AUTH}/change-email", json=body)
    wrong = "id.login.failed invalid_credentials"
    return [*(5 * [wrong]), "guess.refused too_many_attempts"]


async def dead_refresh_tokens(world: World, client: httpx2.AsyncClient) -> list[str]:
    """Come with a refresh token of an ended session, and with one that never was."""
    await world.subscriber()
    token = (await world.sign_in(client))["refresh_token"]
    await client.post(f"{AUTH}/logout")
    for each in (token, FORGED):
        await client.post(f"{AUTH}/refresh", json={"refreshToken": each})
    return 2 * ["id.token.refused refresh_token_invalid"]


Tries = Callable[[World, httpx2.AsyncClient], Awaitable[list[str]]]
TRIES: list[Tries] = [
    forged_links,
    used_link,
    used_setup_link,
    dead_link_on_pages,
    wrong_verification_code,
    wrong_confirmation_code,
    wrong_sign_in_code,
    wrong_passwords,
    dead_refresh_tokens,
]


@pytest.mark.req("N-71")
@pytest.mark.parametrize("tries", TRIES, ids=lambda each: each.__name__)
async def test_a_refused_secret_is_a_line_a_fact_and_a_count(world: World, tries: Tries) -> None:
    async with world.client("203.0.113.9") as client:
        expected = await tries(world, client)
    lines = said(world, "AUTH_FAILURE")
    found = [
        f"{line['event']} {line['details'].get('reason') or line['details']['result']}"
        for line in lines
    ]
    assert found == expected
    assert {line["category"] for line in lines} == {"security"}
    exposed = await scrape(world)
    for each in set(expected):
        event, reason = each.split()
        counted = exposed.value("auth_failures_total", event=event, reason=reason)
        assert counted == expected.count(each)
        kept = [fact for fact in await facts(world, event) if reason in fact.facts.values()]
        assert len(kept) == expected.count(each)
    for secret in (FORGED, WRONG, PASSWORD, NEW_PASSWORD, ALICE, "new@example.org", "918273"):
        assert secret not in world.log.getvalue()


async def test_a_used_link_says_whose_it_was(world: World) -> None:
    async with world.client("203.0.113.9") as client:
        await used_link(world, client)
        alice = await world.sign_in(client, password=NEW_PASSWORD)
    [fact] = await facts(world, "link.refused")
    assert (str(fact.user_id), fact.address) == (alice["user"]["id"], "203.0.113.9")
    assert fact.facts == {"reason": "token_used", "purpose": "password_reset"}
    [line] = said(world, "AUTH_FAILURE")
    assert line["user_id"] == alice["user"]["id"]


async def test_an_unknown_service_is_a_line_and_no_row(world: World) -> None:
    headers = {"Authorization": "Bearer wws_1_nobody"}
    async with world.client("203.0.113.9", headers) as client:
        refused = await client.post(f"{AUTH}/introspect", json={"token": "x"})
        assert refused.status_code == 401
    [line] = said(world, "AUTH_FAILURE")
    assert (line["event"], line["details"]["ip"]) == ("service.refused", "203.0.113.9")
    assert "nobody" not in world.log.getvalue()
    assert await facts(world, "service.refused") == []


@pytest.mark.req("N-86")
@pytest.mark.parametrize("purpose", ["sign_in", "verify_email", "email_change", "password_reset"])
async def test_every_code_issued_and_tried_is_in_the_audit(world: World, purpose: str) -> None:
    alice = await world.subscriber(status=PENDING if purpose == "verify_email" else "active")
    async with world.client("203.0.113.9") as client:
        ask, answer, mailbox = {
            "sign_in": ("otp/request", "otp/verify", ALICE),
            "verify_email": ("resend-verification", "verify-email", ALICE),
            "email_change": ("change-email", "change-email/confirm", "new@example.org"),
            "password_reset": ("forgot-password", "reset-password", ALICE),
        }[purpose]
        if purpose == "email_change":
            await world.sign_in(client)
        body = {"newEmail": mailbox} if purpose == "email_change" else {"email": mailbox}
        assert (await client.post(f"{AUTH}/{ask}", json=body)).status_code == 202
        code = await world.code(mailbox)
        whose = {} if purpose == "email_change" else {"email": mailbox}
        if purpose == "password_reset":
            whose["password"] = NEW_PASSWORD
        await client.post(f"{AUTH}/{answer}", json={**whose, "code": other(code)})
        good = await client.post(f"{AUTH}/{answer}", json={**whose, "code": code})
        assert good.status_code == 200
    by_mail = {"channel": "email", "country": ""}
    [issued] = await facts(world, "otp.generated")
    assert (issued.user_id, issued.facts, issued.address) == (
        alice.id,
        {"purpose": purpose, **by_mail},
        "203.0.113.9",
    )
    tried = await facts(world, "otp.validated")
    assert [fact.facts for fact in tried] == [
        {"purpose": purpose, "result": result, **by_mail} for result in ("failed", "success")
    ]
    assert {fact.address for fact in tried} == {"203.0.113.9"}
    assert {fact.user_id for fact in tried} == {alice.id}, "whose code it was, also of a wrong one"
    audit = [line for line in said(world, "AUDIT") if line["action"].startswith("otp.")]
    assert [line["details"].get("result") for line in audit] == [None, "failed", "success"]
    assert {(line["ip"], line["details"]["purpose"]) for line in audit} == {
        ("203.0.113.9", purpose)
    }
    assert not says(world.log.getvalue(), code)


@pytest.mark.parametrize(
    ("door", "method"),
    [("change-password", "password_change"), ("change-email", "email_change")],
)
async def test_a_wrong_password_of_somebody_signed_in_says_where_it_was_guessed(
    world: World, door: str, method: str
) -> None:
    alice = await world.subscriber()
    body = {"currentPassword": WRONG, "newPassword": NEW_PASSWORD}
    if door == "change-email":
        body = {"newEmail": "new@example.org", "password": WRONG}
    async with world.client() as thief:
        await world.sign_in(thief)
        assert (await thief.post(f"{AUTH}/{door}", json=body)).status_code == 422
    [failed] = await facts(world, "id.login.failed")
    assert (failed.user_id, failed.facts["method"]) == (alice.id, method)
