"""Signing in by password."""

import pytest

from tests.support.world import NEW_PASSWORD, PASSWORD, World
from tests.support.worlds import Opener

LOGIN = "/api/v1/auth/login"
ALICE = {"email": "alice@example.org", "password": PASSWORD}


@pytest.mark.req("A-33", "R-38")
async def test_the_right_password_gives_an_access_and_a_refresh_token(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        answer = await client.post(LOGIN, json=ALICE)
    told = answer.json()
    assert answer.status_code == 200
    assert told["token_type"] == "Bearer"
    assert told["expires_in"] == 900
    assert told["access_token"].count(".") == 2
    assert told["refresh_token"].startswith("wwr_")
    assert "set-cookie" not in answer.headers


@pytest.mark.req("R-38")
async def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(world: World) -> None:
    await world.subscriber()
    async with world.client(headers={"X-Request-Id": "same"}) as client:
        wrong = await client.post(LOGIN, json={**ALICE, "password": NEW_PASSWORD})
        unknown = await client.post(LOGIN, json={**ALICE, "email": "nobody@example.org"})
    assert (wrong.status_code, wrong.content) == (unknown.status_code, unknown.content)
    assert wrong.status_code == 401
    assert wrong.json()["code"] == "invalid_credentials"
    ignored = {"ratelimit-remaining", "ratelimit-reset"}
    assert {k: v for k, v in wrong.headers.items() if k not in ignored} == {
        k: v for k, v in unknown.headers.items() if k not in ignored
    }


@pytest.mark.req("N-44")
@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("pending_verification", "email_not_verified"),
        ("locked", "account_locked"),
        ("disabled", "account_disabled"),
    ],
)
async def test_only_an_active_account_signs_in(world: World, status: str, code: str) -> None:
    await world.subscriber(status=status)
    async with world.client() as client:
        refused = await client.post(LOGIN, json=ALICE)
        wrong = await client.post(LOGIN, json={**ALICE, "password": NEW_PASSWORD})
    assert (refused.status_code, refused.json()["code"]) == (403, code)
    assert wrong.json()["code"] == "invalid_credentials", "a stranger learns nothing of it"


@pytest.mark.req("N-87")
async def test_a_browser_gets_a_host_cookie_and_no_token(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        answer = await client.post(LOGIN, json={**ALICE, "transport": "cookie"})
        cookie = next(
            value for value in answer.headers.get_list("set-cookie") if "session=" in value
        )
        assert cookie.startswith("__Host-watchword-session=wws_")
        assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
        assert answer.json()["access_token"] is None
        assert (await client.get("/api/v1/auth/me")).status_code == 200


@pytest.mark.req("N-92", "A-58", "A-15")
async def test_the_sixth_try_from_one_network_is_refused_with_the_standard_headers(
    worlds: Opener,
) -> None:
    async with worlds(RATE_LIMIT_AUTH="5/900000") as world, world.client() as client:
        for number in range(5):
            tried = await client.post(LOGIN, json={**ALICE, "email": f"a{number}@example.org"})
            assert tried.status_code == 401
            assert tried.headers["ratelimit-limit"] == "5"
            assert tried.headers["ratelimit-remaining"] == str(4 - number)
        refused = await client.post(LOGIN, json=ALICE)
        assert refused.status_code == 429
        assert refused.json()["detail"].startswith("Too many authentication attempts")
        assert refused.headers["ratelimit-remaining"] == "0"
        assert "x-ratelimit-limit" not in refused.headers
        async with world.client("198.51.100.9") as other:
            assert (await other.post(LOGIN, json=ALICE)).status_code == 401


async def test_an_outdated_hash_is_made_anew_at_the_next_sign_in(worlds: Opener) -> None:
    from watchword.records.passwords.service import Passwords

    async with worlds(PASSWORD_HASH="bcrypt", BCRYPT_SALT_ROUNDS="10") as world:
        alice = await world.subscriber()
    async with worlds(PASSWORD_HASH="argon2id") as world, world.client() as client:
        before = await world.part(Passwords).find(world.database, alice.id)
        assert before is not None
        assert before.hash.startswith("$2b$10$")
        assert (await client.post(LOGIN, json=ALICE)).status_code == 200
        after = await world.part(Passwords).find(world.database, alice.id)
        assert after is not None
        assert after.hash.startswith("$argon2id$")
        assert (await client.post(LOGIN, json=ALICE)).status_code == 200
