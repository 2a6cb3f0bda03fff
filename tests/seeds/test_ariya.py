"""Ariya, end to end on its own profile: accounts with link tokens, as its guide tells them."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tests.support.world import World
from tests.support.worlds import Opener

PREFIX = "/api/v1/auth"
ALICE = {
    "email": "user@example.com",
    "password": "SecurePassword123!",
    "firstName": "John",
    "lastName": "Doe",
}


@pytest.fixture
async def ariya(worlds: Opener) -> AsyncIterator[World]:
    """Yield Ariya's own service: its profile, its front end's address."""
    async with worlds(APP_PROFILE="ariya", NEXTAUTH_URL="https://yourdomain.example") as world:
        yield world


@pytest.mark.req("A-01", "A-04", "A-05", "A-07", "A-28", "A-29", "A-30", "A-31", "A-32", "A-33")
async def test_the_whole_story_of_a_forgotten_password(ariya: World) -> None:
    async with ariya.client() as client:
        # Register: the verification letter leaves by itself.
        registered = await client.post(f"{PREFIX}/register", json=ALICE)
        assert registered.status_code == 201
        assert "password" not in registered.text.lower()
        [verification] = await ariya.letters(ALICE["email"])
        assert verification.template == "registration/verification"
        assert re.search(r"https://yourdomain\.example/verify-email\?token=\S+", verification.text)

        # Nobody signs in before the mailbox is proven.
        early = await client.post(f"{PREFIX}/login", json=sign_in_body())
        assert (early.status_code, early.json()["code"]) == (403, "email_not_verified")

        # Verify, once; a welcome letter follows, once.
        token = await ariya.token(ALICE["email"])
        verified = await client.post(f"{PREFIX}/verify-email", json={"token": token})
        assert (verified.status_code, verified.json()["status"]) == (200, "active")
        again = await client.post(f"{PREFIX}/verify-email", json={"token": token})
        assert (again.status_code, again.json()["code"]) == (400, "token_used")
        templates = [letter.template for letter in await ariya.letters(ALICE["email"])]
        assert templates == ["registration/verification", "registration/welcome"]

        # Sign in, and be known.
        told = await ariya.sign_in(client, ALICE["email"], ALICE["password"])
        me = await client.get(f"{PREFIX}/me")
        assert me.status_code == 200
        assert (me.json()["email_verified"], me.json()["name"]) == (True, "John Doe")

        # Forget the password; the letter's link leads to the front end.
        asked = await client.post(f"{PREFIX}/forgot-password", json={"email": ALICE["email"]})
        assert asked.status_code == 202
        letter = await ariya.newest(ALICE["email"])
        assert re.search(r"https://yourdomain\.example/reset-password\?token=\S+", letter.text)

        # Reset: the old password and every session are dead, a notice arrives.
        ariya.clock.advance(timedelta(minutes=59))
        reset = {"token": await ariya.token(ALICE["email"]), "password": "NewSecurePassword123!"}
        assert (await client.post(f"{PREFIX}/reset-password", json=reset)).status_code == 200
        twice = await client.post(f"{PREFIX}/reset-password", json=reset)
        assert (twice.status_code, twice.json()["code"]) == (400, "token_used")
        assert (await client.get(f"{PREFIX}/me")).status_code == 401
        refreshed = await client.post(
            f"{PREFIX}/refresh", json={"refreshToken": told["refresh_token"]}
        )
        assert refreshed.status_code == 401
        old = await client.post(f"{PREFIX}/login", json=sign_in_body())
        assert old.status_code == 401
        newest = await ariya.newest(ALICE["email"])
        assert newest.template == "password_reset/password_reset_done"
        new = sign_in_body(password="NewSecurePassword123!")
        assert (await client.post(f"{PREFIX}/login", json=new)).status_code == 200


@pytest.mark.req("A-03", "A-55")
async def test_a_verification_link_lives_a_day(ariya: World) -> None:
    async with ariya.client() as client:
        await client.post(f"{PREFIX}/register", json=ALICE)
        token = await ariya.token(ALICE["email"])
        ariya.clock.advance(timedelta(hours=25))
        late = await client.post(f"{PREFIX}/verify-email", json={"token": token})
        assert (late.status_code, late.json()["code"]) == (400, "token_expired")


@pytest.mark.req("A-06")
async def test_a_resent_verification_makes_the_old_link_worthless(ariya: World) -> None:
    async with ariya.client() as client:
        await client.post(f"{PREFIX}/register", json=ALICE)
        first = await ariya.token(ALICE["email"])
        for address in (ALICE["email"], "nobody@example.com"):
            resent = await client.post(f"{PREFIX}/resend-verification", json={"email": address})
            assert (resent.status_code, resent.json()) == (202, {"status": "accepted"})
        stale = await client.post(f"{PREFIX}/verify-email", json={"token": first})
        assert (stale.status_code, stale.json()["code"]) == (400, "token_invalid")
        token = await ariya.token(ALICE["email"])
        fresh = await client.post(f"{PREFIX}/verify-email", json={"token": token})
        assert fresh.status_code == 200


@pytest.mark.req("A-38")
async def test_a_vendor_registers_as_one_and_nobody_registers_as_admin(ariya: World) -> None:
    async with ariya.client() as client:
        refused = await client.post(f"{PREFIX}/register", json={**ALICE, "role": "admin"})
        assert refused.status_code == 422
        await client.post(f"{PREFIX}/register", json={**ALICE, "role": "vendor"})
        token = await ariya.token(ALICE["email"])
        await client.post(f"{PREFIX}/verify-email", json={"token": token})
        await ariya.sign_in(client, ALICE["email"], ALICE["password"])
        assert (await client.get(f"{PREFIX}/me")).json()["role"] == "vendor"


def sign_in_body(password: str = ALICE["password"]) -> dict[str, str]:
    """Return the body of a sign-in."""
    return {"email": ALICE["email"], "password": password}
