"""A password is changed while somebody uses the old one: the change wins, whoever is faster."""

import asyncio

from tests.support.world import NEW_PASSWORD, PASSWORD, World

AUTH = "/api/v1/auth"
ALICE = "alice@example.org"
THIEFS = "the thief was never here"


async def test_a_reset_and_a_change_at_once_leave_the_resets_password_or_nothing_of_the_thief(
    world: World,
) -> None:
    await world.subscriber()
    async with world.client() as thief, world.client() as owner:
        await world.sign_in(thief)
        await owner.post(f"{AUTH}/forgot-password", json={"email": ALICE})
        token = await world.token(ALICE, "password_reset/password_reset")
        reset, change = await asyncio.gather(
            owner.post(f"{AUTH}/reset-password", json={"token": token, "password": NEW_PASSWORD}),
            thief.post(
                f"{AUTH}/change-password",
                json={"currentPassword": PASSWORD, "newPassword": THIEFS},
            ),
        )
        if reset.status_code == 200:
            login = {"email": ALICE, "password": NEW_PASSWORD}
            assert (await owner.post(f"{AUTH}/login", json=login)).status_code == 200
            if change.status_code == 200:
                thief.headers["Authorization"] = f"Bearer {change.json()['access_token']}"
            assert (await thief.get(f"{AUTH}/me")).status_code == 401
        else:
            assert reset.json()["code"] == "token_used", "the change came first and voided it"
            assert change.status_code == 200


async def test_no_sign_in_with_the_old_password_outlives_a_reset(world: World) -> None:
    await world.subscriber()
    async with world.client() as thief, world.client() as owner:
        await owner.post(f"{AUTH}/forgot-password", json={"email": ALICE})
        token = await world.token(ALICE, "password_reset/password_reset")
        body = {"email": ALICE, "password": PASSWORD}
        reset, *logins = await asyncio.gather(
            owner.post(f"{AUTH}/reset-password", json={"token": token, "password": NEW_PASSWORD}),
            *(thief.post(f"{AUTH}/login", json=body) for _ in range(4)),
        )
        assert reset.status_code == 200
        for login in logins:
            if login.status_code == 200:
                headers = {"Authorization": f"Bearer {login.json()['access_token']}"}
                assert (await thief.get(f"{AUTH}/me", headers=headers)).status_code == 401
