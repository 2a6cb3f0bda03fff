"""A grant is good for one thing, once, for some minutes; whatever is not one opens nothing."""

import base64
import json
from datetime import timedelta

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from tests.support.world import NEW_PASSWORD, PASSWORD, SECRET, World
from tests.support.worlds import Opener
from watchword.plumbing.sealing import derive

AUTH = "/api/v1/auth"
ASK, VERIFY, CONFIRM = (
    f"{AUTH}/password-reset/{step}" for step in ("request", "verify", "confirm")
)
ALICE = "alice@example.org"
OURS = SECRET.format(name="JWT_RESET_SECRET")
ANOTHER = SECRET.format(name="another")


async def granted(world: World, client: httpx2.AsyncClient) -> str:
    """Ask for a code, prove it, return the grant."""
    await client.post(ASK, json={"email": ALICE})
    proven = await client.post(VERIFY, json={"email": ALICE, "code": await world.code(ALICE)})
    grant: str = proven.json()["reset_token"]
    return grant


async def confirm(client: httpx2.AsyncClient, grant: str) -> tuple[int, str]:
    answer = await client.post(CONFIRM, json={"resetToken": grant, "password": NEW_PASSWORD})
    told = answer.json()
    return answer.status_code, told.get("code") or told["status"]


def claims_of(grant: str) -> dict[str, object]:
    """Return what a grant says, as anybody can read it."""
    body = grant.split(".")[1]
    told: dict[str, object] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return told


def signed(secret: str, claims: dict[str, object], **header: str) -> str:
    """Sign claims as the service does, under a secret."""
    key = OctKey.import_key(derive(secret, "reset grants"))
    algorithm = header.setdefault("alg", "HS256")
    return jwt.encode({"typ": "reset+jwt", **header}, claims, key, algorithms=[algorithm])


async def test_a_grant_says_nothing_of_whom_it_is_for(world: World) -> None:
    alice = await world.subscriber()
    async with world.client() as client:
        grant = await granted(world, client)
    told = claims_of(grant)
    assert set(told) == {"aud", "jti", "iat", "exp"}
    assert str(alice.id) not in str(told)
    assert ALICE not in str(told)


@pytest.mark.req("M-06", "K-10")
async def test_a_grant_under_another_key_is_none(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        claims = claims_of(await granted(world, client))
        assert await confirm(client, signed(ANOTHER, claims)) == (401, "grant_invalid")
        assert await confirm(client, signed(OURS, claims)) == (200, "password_reset")


@pytest.mark.req("M-06")
async def test_an_access_token_is_no_grant_and_a_grant_is_no_access_token(world: World) -> None:
    await world.subscriber()
    async with world.client() as client, world.client() as alice:
        told = await world.sign_in(alice)
        for token in (told["access_token"], told["refresh_token"]):
            assert await confirm(client, token) == (401, "grant_invalid")
        grant = await granted(world, client)
        bearer = {"Authorization": f"Bearer {grant}"}
        assert (await client.get(f"{AUTH}/me", headers=bearer)).status_code == 401
        assert (await alice.get(f"{AUTH}/me")).status_code == 200
        for field in ("token", "refreshToken"):
            path = "reset-password" if field == "token" else "refresh"
            body = {field: grant} | ({"password": NEW_PASSWORD} if field == "token" else {})
            assert (await client.post(f"{AUTH}/{path}", json=body)).status_code in {400, 401}
        assert await confirm(client, grant) == (200, "password_reset")


async def test_the_token_of_a_link_is_no_grant(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await client.post(ASK, json={"email": ALICE})
        token = await world.token(ALICE)
        assert await confirm(client, token) == (401, "grant_invalid")
        inside = signed(OURS, {"aud": "password", "jti": token})
        assert await confirm(client, inside) == (400, "grant_used")


@pytest.mark.req("M-06")
async def test_a_grant_of_another_type_or_purpose_is_none(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        claims = claims_of(await granted(world, client))
        for forged in (
            signed(OURS, claims, typ="at+jwt"),
            signed(OURS, claims, typ="JWT"),
            signed(OURS, {**claims, "aud": "ussd_pin"}),
            signed(OURS, {**claims, "aud": ["password"]}),
            signed(OURS, {**claims, "jti": None}),
            signed(OURS, {**claims, "jti": {"wwt": 1}}),
            signed(OURS, {}),
        ):
            assert await confirm(client, forged) == (401, "grant_invalid")
        assert await confirm(client, signed(OURS, claims)) == (200, "password_reset")


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


DEEP = base64.urlsafe_b64encode(b"[" * 20_000).decode()


@pytest.mark.parametrize(
    "grant",
    [
        "",
        "words",
        "..",
        "a.b.c",
        f"{part({'alg': 'none', 'typ': 'reset+jwt'})}.{part({'aud': 'password'})}.",
        f"{part({'alg': 'HS256', 'typ': 'reset+jwt', 'crit': ['exp']})}.{part({})}.AAAA",
        f"{part({'alg': 5})}.{part({})}.AAAA",
        f"{part([1])}.{part([])}.AAAA",
        f"{DEEP}.{DEEP}.AAAA",
        "é.ü.漢",
        "eyJ" * 5000,
    ],
)
async def test_hostile_grants_are_none(small_worlds: Opener, grant: str) -> None:
    async with small_worlds() as world, world.client() as client:
        assert await confirm(client, grant) == (401, "grant_invalid")


@pytest.mark.req("M-06")
async def test_the_secret_can_be_rotated(worlds: Opener) -> None:
    async with worlds() as world, world.client() as client:
        await world.subscriber()
        grant = await granted(world, client)
    rotated = {"JWT_RESET_SECRET": ANOTHER, "JWT_RESET_SECRET_VERSION": "2"}
    async with worlds(**rotated) as world, world.client() as client:
        assert await confirm(client, grant) == (401, "grant_invalid")
    kept = {**rotated, "JWT_RESET_SECRET_PREVIOUS": f"1:{OURS}"}
    async with worlds(**kept) as world, world.client() as client:
        assert await confirm(client, grant) == (200, "password_reset")


async def test_a_grant_dies_with_the_password_it_was_to_replace(world: World) -> None:
    await world.subscriber()
    async with world.client() as client, world.client() as alice:
        grant = await granted(world, client)
        await world.sign_in(alice)
        change = {"currentPassword": PASSWORD, "newPassword": "a lantern in the fog tonight"}
        changed = await alice.post(f"{AUTH}/change-password", json=change)
        assert changed.status_code in {200, 204}, changed.text
        assert await confirm(client, grant) == (400, "grant_used")


async def test_a_grant_lives_as_long_as_the_setting_says(worlds: Opener) -> None:
    async with worlds(RESET_GRANT_TTL_SECONDS="60") as world, world.client() as client:
        await world.subscriber()
        grant = await granted(world, client)
        world.clock.advance(timedelta(seconds=60))
        assert await confirm(client, grant) == (400, "grant_used")
