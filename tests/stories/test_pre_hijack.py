"""Somebody makes an account on an address that is not theirs, and waits. The owner comes: nothing is left.

Source: Sudhodanan, Paverd: Pre-hijacked accounts (2022).
"""

import httpx2
import pytest

from tests.support.world import NEW_PASSWORD, PASSWORD, World

AUTH = "/api/v1/auth"
OWNER = "owner@example.org"
TRAP = {"email": OWNER, "password": "the trap is set here", "firstName": "Mallory"}


async def sign_in_status(client: httpx2.AsyncClient, password: str) -> int:
    answer = await client.post(f"{AUTH}/login", json={"email": OWNER, "password": password})
    return answer.status_code


@pytest.mark.req("A-31")
async def test_the_owner_resets_the_password_and_the_trap_is_gone(world: World) -> None:
    async with world.client() as mallory, world.client() as owner:
        await mallory.post(f"{AUTH}/register", json=TRAP)
        await owner.post(f"{AUTH}/forgot-password", json={"email": OWNER})
        token = await world.token(OWNER, "password_reset/password_reset")
        trap_link = await world.token(OWNER, "registration/verification")
        await owner.post(f"{AUTH}/reset-password", json={"token": token, "password": NEW_PASSWORD})
        assert await sign_in_status(mallory, TRAP["password"]) == 401
        assert await sign_in_status(owner, NEW_PASSWORD) == 200
        late = await mallory.post(f"{AUTH}/verify-email", json={"token": trap_link})
        assert late.json()["code"] == "token_used"


async def test_the_owner_registers_too_and_no_password_survives_the_proof(world: World) -> None:
    async with world.client() as mallory, world.client() as owner:
        await mallory.post(f"{AUTH}/register", json=TRAP)
        mine = {"email": OWNER, "password": PASSWORD, "firstName": "Olga"}
        await world.deliver()
        await owner.post(f"{AUTH}/register", json=mine)
        token = await world.token(OWNER)
        verified = await owner.post(f"{AUTH}/verify-email", json={"token": token})
        assert verified.json()["password_required"] is True
        assert await sign_in_status(mallory, TRAP["password"]) == 401
        assert await sign_in_status(owner, PASSWORD) == 401
        await owner.post(f"{AUTH}/forgot-password", json={"email": OWNER})
        reset = await world.token(OWNER, "password_reset/password_reset")
        await owner.post(f"{AUTH}/reset-password", json={"token": reset, "password": PASSWORD})
        assert await sign_in_status(owner, PASSWORD) == 200


async def test_the_owner_signs_in_by_code_and_the_trap_is_gone(world: World) -> None:
    async with world.client() as mallory, world.client() as owner:
        await mallory.post(f"{AUTH}/register", json=TRAP)
        await owner.post(f"{AUTH}/otp/request", json={"email": OWNER})
        code = (await world.newest(OWNER, "login/sign_in_code")).code
        signed_in = await owner.post(f"{AUTH}/otp/verify", json={"email": OWNER, "code": code})
        assert signed_in.status_code == 200
        assert await sign_in_status(mallory, TRAP["password"]) == 401


async def test_an_address_that_somebody_squats_on_can_be_taken_by_its_owner(world: World) -> None:
    await world.subscriber("elsewhere@example.org")
    async with world.client() as mallory, world.client() as owner:
        await mallory.post(f"{AUTH}/register", json=TRAP)
        await world.sign_in(owner, "elsewhere@example.org")
        await owner.post(f"{AUTH}/change-email", json={"newEmail": OWNER})
        token = await world.token(OWNER, "address_change/confirm")
        done = await owner.post(f"{AUTH}/change-email/confirm", json={"token": token})
        assert done.status_code == 200
        assert await sign_in_status(mallory, TRAP["password"]) == 401
        assert await sign_in_status(owner, PASSWORD) == 200
