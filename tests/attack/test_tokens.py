"""Tokens: forged, borrowed from another purpose, out of date; and read by somebody else's library."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from tests.support.forging import hs256, part, read, unsigned
from tests.support.knocking import knocker
from tests.support.world import BASE, SECRET, World, migrate, open_world
from tests.support.worlds import Opener
from watchword.operations.keys.service import Keys
from watchword.plumbing.issuer import Issuer
from watchword.records.signing_keys.service import SigningKeys

ME, SESSIONS = "/api/v1/auth/me", "/api/v1/auth/sessions"
INTROSPECT, REFRESH = "/api/v1/auth/introspect", "/api/v1/auth/refresh"
COOKIE = "__Host-watchword-session"
ANY_TIME = {"verify_exp": False, "verify_iat": False, "verify_nbf": False}


async def token_of(world: World) -> str:
    """Return a good access token."""
    await world.subscriber()
    async with world.client() as client:
        told = await world.sign_in(client)
    return str(told["access_token"])


async def entered(client: httpx2.AsyncClient, token: str) -> bool:
    """Tell whether a token opens the hot door, or the ordinary one."""
    headers = {"Authorization": f"Bearer {token}"}
    return any([(await client.get(path, headers=headers)).is_success for path in (ME, SESSIONS)])


async def refused(world: World, tokens: dict[str, str]) -> None:
    """Assert that no door takes any of the tokens, and that introspection calls none active."""
    async with knocker(world) as anyone:
        for name, token in tokens.items():
            assert not await entered(anyone.client, token), name
            asked = await anyone.client.post(
                INTROSPECT,
                json={"token": token},
                headers={"Authorization": f"Bearer {anyone.service}"},
            )
            assert asked.json() == {"active": False}, name


def _pem(key: Any) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _public_pem(key: Any) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.req("G-14", "G-15")
async def test_a_forged_token_opens_nothing(small_world: World) -> None:
    good = await token_of(small_world)
    header, claims = read(good)
    signature = good.rpartition(".")[2]
    mine = ec.generate_private_key(ec.SECP256R1())
    my_jwk = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(mine.public_key()))
    async with small_world.client() as client:
        published = (await client.get("/.well-known/jwks.json")).json()["keys"][0]
        assert await entered(client, good)
    theirs = jwt.PyJWK(published).key
    public_pem = theirs.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    admin = {**claims, "role": "admin"}

    def signed(more: dict[str, Any]) -> str:
        return jwt.encode(claims, mine, algorithm="ES256", headers={**header, **more})

    await refused(
        small_world,
        {
            "no algorithm": unsigned({**header, "alg": "none"}, claims) + ".",
            "none, spelt otherwise": unsigned({**header, "alg": "nOnE"}, claims) + ".",
            "none, with the signature": unsigned({**header, "alg": "none"}, claims)
            + f".{signature}",
            "no signature": good.rpartition(".")[0] + ".",
            "signature of zeros": good.rpartition(".")[0] + "." + part(bytes(64)),
            "other claims": unsigned(header, admin) + f".{signature}",
            "HS256 by the public PEM": hs256(header, claims, public_pem),
            "HS256 by the stripped PEM": hs256(header, claims, public_pem.strip()),
            "HS256 by the JWK": hs256(header, claims, json.dumps(published).encode()),
            "HS256 by the kid": hs256(header, claims, header["kid"].encode()),
            "HS256 by nothing": hs256(header, claims, b""),
            "HS256 of the shared kind": hs256({**header, "kid": "shared"}, claims, b""),
            "another key": signed({}),
            "another key in the header": signed({"jwk": my_jwk}),
            "another key by address": signed({"jku": "https://evil.example/jwks.json"}),
            "another key by certificate": signed({"x5u": "https://evil.example/a.pem"}),
            "an unknown kid": signed({"kid": "unknown"}),
            "a kid that is a path": signed({"kid": "../../../dev/null"}),
            "a kid that is SQL": signed({"kid": "' OR 1=1 --"}),
            "a kid that is empty": signed({"kid": ""}),
            "a token within a token": jwt.encode(
                {"token": good}, mine, algorithm="ES256", headers=header
            ),
        },
    )


@pytest.mark.req("G-14")
async def test_a_token_of_ours_that_says_something_else_opens_nothing(small_world: World) -> None:
    good = await token_of(small_world)
    header, claims = read(good)
    signer = small_world.part(SigningKeys).ring.signer
    assert signer is not None
    private = signer.key.as_pem(private=True)
    now = int(small_world.clock.now().timestamp())

    def signed(more: dict[str, Any] | None = None, **others: Any) -> str:
        body = {name: value for name, value in (claims | others).items() if value is not None}
        return jwt.encode(body, private, algorithm="ES256", headers={**header, **(more or {})})

    async with small_world.client() as client:
        assert await entered(client, signed()), "the forgery is otherwise right"
    await refused(
        small_world,
        {
            "another audience": signed(aud="another"),
            "no audience": signed(aud=None),
            "another issuer": signed(iss="https://evil.example"),
            "the issuer with a slash": signed(iss=f"{BASE}/"),
            "no issuer": signed(iss=None),
            "expired": signed(exp=now),
            "expired long ago": signed(exp=0),
            "never expires": signed(exp=None),
            "expires at some word": signed(exp="tomorrow"),
            "an ID token": signed({"typ": "JWT"}),
            "a logout token": signed({"typ": "logout+jwt"}),
            "another session": signed(sid=str(uuid4())),
            "no session": signed(sid=None),
            "another subject": signed(sub=str(uuid4())),
            "no subject": signed(sub=None),
            "a subject that is no id": signed(sub="alice@example.org"),
            "what we must understand and do not": signed({"crit": ["exp"], "b64": False}),
        },
    )


@pytest.mark.req("A-33")
async def test_a_secret_of_one_kind_is_nothing_in_the_place_of_another(small_world: World) -> None:
    await small_world.subscriber()
    async with knocker(small_world) as anyone, small_world.client() as client:
        told = await small_world.sign_in(anyone.client)
        anyone.client.headers.pop("Authorization")
        await small_world.sign_in(client, transport="cookie")
        cookie = client.cookies[COOKIE]
        csrf = (await client.get("/api/v1/auth/csrf")).json()["csrf_token"]
        await client.post("/api/v1/auth/forgot-password", json={"email": "alice@example.org"})
        ticket = await small_world.token("alice@example.org")
        access, refresh, device = (
            told["access_token"],
            told["refresh_token"],
            client.cookies["__Host-watchword-device"],
        )
        fresh = anyone.client
        for secret in (refresh, cookie, csrf, ticket, anyone.service, device):
            assert not await entered(fresh, secret), "as an access token"
        for secret in (access, refresh, csrf, ticket, anyone.service, device):
            held = {"Cookie": f"{COOKIE}={secret}"}
            assert (await fresh.get(ME, headers=held)).status_code == 401, "as a cookie"
        for secret in (access, cookie, csrf, ticket, anyone.service, device):
            answer = await fresh.post(REFRESH, json={"refresh_token": secret})
            assert answer.status_code == 401, "as a refresh token"
        for secret in (access, refresh, cookie, csrf, ticket, device):
            headers = {"Authorization": f"Bearer {secret}"}
            answer = await fresh.post(INTROSPECT, json={"token": access}, headers=headers)
            assert answer.status_code == 401, "as a service's token"
        for secret in (refresh, csrf, ticket, anyone.service, device):
            headers = {"Authorization": f"Bearer {anyone.service}"}
            answer = await fresh.post(INTROSPECT, json={"token": secret}, headers=headers)
            assert answer.json() == {"active": False}, "as a token to look at"
        assert await entered(fresh, access)
        assert (await fresh.post(REFRESH, json={"refresh_token": refresh})).status_code == 200


@pytest.mark.req("G-14")
async def test_the_token_of_another_house_opens_nothing_here(
    small_world: World, tmp_path: Path
) -> None:
    other = f"sqlite:///{tmp_path}/other.db"
    await migrate.up(other)
    async with open_world(other, tmp_path) as elsewhere:
        theirs = await token_of(elsewhere)
    await token_of(small_world)
    await refused(small_world, {"of another house": theirs})


@pytest.mark.req("N-89")
async def test_signing_in_gives_a_new_cookie_and_adopts_none(small_world: World) -> None:
    await small_world.subscriber()
    await small_world.subscriber("eve@example.org")
    async with small_world.client() as eve, small_world.client() as alice:
        await small_world.sign_in(eve, "eve@example.org", transport="cookie")
        planted = eve.cookies[COOKIE]
        for value in (planted, "wws_1_planted", "x" * 56):
            body = {"email": "alice@example.org", "password": "a quiet harbour at dawn"}
            answer = await alice.post(
                "/api/v1/auth/login",
                json={**body, "transport": "cookie"},
                headers={"Cookie": f"{COOKIE}={value}"},
            )
            assert answer.status_code == 200
            assert answer.cookies[COOKIE] != value
        assert (await eve.get(ME)).json()["email"] == "eve@example.org"


@pytest.mark.req("G-16", "K-10")
async def test_another_library_verifies_our_tokens_by_the_published_keys(
    small_world: World,
) -> None:
    token = await token_of(small_world)
    header, _ = read(token)
    assert (header["alg"], header["typ"]) == ("ES256", "at+jwt")
    async with small_world.client() as client:
        answer = await client.get("/.well-known/jwks.json")
        keys = jwt.PyJWKSet.from_dict(answer.json())
    assert not {"d", "p", "q"} & set(answer.json()["keys"][0])
    claims = jwt.decode(
        token,
        keys[header["kid"]],
        algorithms=["ES256"],
        audience="watchword",
        issuer=BASE,
        options=ANY_TIME,
    )
    assert claims["exp"] - claims["iat"] == 900
    assert claims["amr"] == ["pwd"]
    for wrong in ({"audience": "another"}, {"issuer": "https://another.example"}):
        with pytest.raises(jwt.InvalidTokenError):
            jwt.decode(
                token,
                keys[header["kid"]],
                algorithms=["ES256"],
                options=ANY_TIME,
                **{"audience": "watchword", "issuer": BASE, **wrong},
            )


@pytest.fixture(scope="module")
def rsa_key() -> Any:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
async def rsa_world(small_worlds: Opener, tmp_path: Path, rsa_key: Any) -> AsyncIterator[World]:
    """Yield a world that signs with key files."""
    private, public = tmp_path / "private.key", tmp_path / "public.key"
    private.write_bytes(_pem(rsa_key))
    private.chmod(0o600)
    public.write_bytes(_public_pem(rsa_key))
    names = {"JWT_PRIVATE_KEY_PATH": str(private), "JWT_PUBLIC_KEY_PATH": str(public)}
    async with small_worlds(JWT_AUDIENCE="clinic", JWT_ISSUER="clinic-auth", **names) as world:
        yield world


@pytest.mark.req("G-14", "G-15", "G-16", "K-10")
async def test_with_key_files_tokens_are_rs256_and_verify_by_the_public_file(
    rsa_world: World, rsa_key: Any
) -> None:
    token = await token_of(rsa_world)
    header, _ = read(token)
    assert header["alg"] == "RS256"
    told = {"audience": "clinic", "issuer": "clinic-auth", "options": ANY_TIME}
    claims = jwt.decode(token, _public_pem(rsa_key), algorithms=["RS256"], **told)
    async with rsa_world.client() as client:
        published = jwt.PyJWKSet.from_dict((await client.get("/.well-known/jwks.json")).json())
        assert jwt.decode(token, published[header["kid"]], algorithms=["RS256"], **told) == claims
        assert await entered(client, token)
    pem = _public_pem(rsa_key)
    await refused(
        rsa_world,
        {
            "HS256 by the public file": hs256(header, claims, pem),
            "HS256 by the stripped file": hs256(header, claims, pem.strip()),
            "HS256 without a kid": hs256({"typ": "at+jwt"}, claims, pem),
            "another algorithm of the same key": jwt.encode(
                claims, rsa_key, algorithm="PS256", headers=header | {"alg": "PS256"}
            ),
            "a longer digest of the same key": jwt.encode(
                claims, rsa_key, algorithm="RS512", headers=header | {"alg": "RS512"}
            ),
        },
    )


@pytest.mark.req("G-15", "K-10")
async def test_hs256_happens_only_when_it_is_asked_for_and_publishes_nothing(
    small_worlds: Opener,
) -> None:
    async with small_worlds(JWT_ALGORITHM="HS256") as world:
        token = await token_of(world)
        header, claims = read(token)
        assert header["alg"] == "HS256"
        async with world.client() as client:
            assert await entered(client, token)
            assert (await client.get("/.well-known/jwks.json")).json() == {"keys": []}
        secret = SECRET.format(name="JWT_SECRET").encode()
        await refused(
            world,
            {
                "by the secret itself": hs256(header, claims, secret),
                "by nothing": hs256(header, claims, b""),
                "none": unsigned({**header, "alg": "none"}, claims) + ".",
            },
        )


@pytest.mark.req("R-60")
async def test_keys_overlap_until_the_last_token_of_the_old_one_has_expired(
    worlds: Opener,
) -> None:
    async with worlds() as world, worlds() as other:
        old = await token_of(world)
        async with world.client() as here, other.client() as there:
            assert await entered(there, old)
            kid = await world.part(Keys).rotate()
            await world.part(SigningKeys).load()
            other.clock.advance(timedelta(seconds=1))
            told = await world.sign_in(here)
            here.headers.pop("Authorization")
            assert read(told["access_token"])[0]["kid"] == kid
            for client in (here, there):
                assert await entered(client, old)
                assert await entered(client, told["access_token"])
            kids = {key["kid"] for key in (await here.get("/.well-known/jwks.json")).json()["keys"]}
            assert kids == {kid, read(old)[0]["kid"]}
            world.clock.advance(timedelta(minutes=15))
            assert not await entered(here, old)


async def test_an_unknown_kid_asks_the_table_once_a_second_at_most(small_world: World) -> None:
    good = await token_of(small_world)
    header, claims = read(good)
    keys = small_world.part(SigningKeys)
    mine = ec.generate_private_key(ec.SECP256R1())
    forged = jwt.encode(claims, mine, algorithm="ES256", headers={**header, "kid": "other"})
    issuer = small_world.part(Issuer).url
    small_world.clock.advance(timedelta(seconds=5))
    for _ in range(3):
        assert await keys.verify(forged, issuer, small_world.clock.now()) is None
        assert keys.ring.read_at == small_world.clock.now()
    read_at = keys.ring.read_at
    small_world.clock.advance(timedelta(milliseconds=900))
    assert await keys.verify(forged, issuer, small_world.clock.now()) is None
    assert keys.ring.read_at == read_at
