"""What is told of codes and of resets."""

import httpx2
import pytest

from tests.support.watched import watched
from tests.support.world import World
from watchword.records.tickets.rules import TicketSettings

AUTH = "/api/v1/auth"
ALICE = "alice@example.org"
SIGN_IN = {"purpose": "sign_in"}


async def guess(client: httpx2.AsyncClient, code: str) -> int:
    body = {"email": ALICE, "code": code}
    return (await client.post(f"{AUTH}/otp/verify", json=body)).status_code


def other(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


@pytest.mark.req("N-61", "N-62", "N-64", "N-68")
async def test_a_code_is_counted_when_it_is_made_sent_guessed_and_used(small_world: World) -> None:
    await small_world.subscriber()
    async with small_world.client() as alice, watched(small_world) as told:
        await alice.post(f"{AUTH}/otp/request", json={"email": ALICE})
        code = await small_world.code(ALICE)
        assert await guess(alice, other(code)) == 400
        assert await guess(alice, code) == 200
    assert told.rise("otp_generated_total", **SIGN_IN, channel="email") == 1
    assert told.rise("otp_validated_total", **SIGN_IN, result="failed") == 1
    assert told.rise("otp_validated_total", **SIGN_IN, result="success") == 1
    sent = {"provider": "fake", "template": "otp_verification", "result": "sent"}
    assert told.rise("emails_sent_total", **sent) == 1
    assert told.rise("login_attempts_total", method="otp", reason="none") == 1
    assert told.rise("login_attempts_failed_total", method="otp", reason="code_invalid") == 1


@pytest.mark.req("N-61")
async def test_only_a_code_that_a_letter_carries_is_counted(small_world: World) -> None:
    await small_world.subscriber()
    await small_world.subscriber("closed@example.org", status="disabled")
    async with small_world.client() as alice, watched(small_world) as told:
        await small_world.sign_in(alice)
        for email in (ALICE, "closed@example.org", "nobody@example.org"):
            for door in ("otp/request", "forgot-password", "resend-verification"):
                await alice.post(f"{AUTH}/{door}", json={"email": email})
        for wanted in ("alice@new.example.org", "closed@example.org"):
            await alice.post(f"{AUTH}/change-email", json={"newEmail": wanted})
        for _ in range(5):
            body = {"email": ALICE, "password": "wrong horse wrong"}
            await alice.post(f"{AUTH}/login", json=body)
    for purpose, codes in {
        "sign_in": 1,
        "password_reset": 1,
        "email_change": 1,
        "verify_email": 0,
        "email_change_undo": 0,
        "unlock": 0,
    }.items():
        counted = told.rise("otp_generated_total", purpose=purpose, channel="email")
        assert counted == codes, purpose


@pytest.mark.req("N-62")
async def test_a_guess_that_comes_too_late_or_once_too_often_is_counted_as_such(
    world: World,
) -> None:
    await world.subscriber()
    async with world.client() as alice, watched(world) as told:
        await alice.post(f"{AUTH}/otp/request", json={"email": ALICE})
        code = await world.code(ALICE)
        for _ in range(3):
            await guess(alice, other(code))
        assert await guess(alice, code) == 400
        await alice.post(f"{AUTH}/otp/request", json={"email": ALICE})
        late = await world.code(ALICE)
        world.clock.advance(world.part(TicketSettings).code_lifetime)
        assert await guess(alice, late) == 400
    results = {
        result: told.rise("otp_validated_total", **SIGN_IN, result=result)
        for result in ("success", "failed", "blocked", "expired")
    }
    assert results == {"success": 0, "failed": 3, "blocked": 1, "expired": 1}


async def test_resets_are_counted_whoever_asks(small_world: World) -> None:
    async with small_world.client() as anyone, watched(small_world) as told:
        await anyone.post(f"{AUTH}/forgot-password", json={"email": "nobody@example.org"})
    assert told.rise("password_reset_requests_total", channel="email", country="unknown") == 1
