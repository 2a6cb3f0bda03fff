"""What a stolen table, store or log tells: no secret, and no address where none is needed."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import redis
from sqlalchemy import bindparam, func, select, text

from tests.support.canaries import says
from tests.support.world import PASSWORD, SECRET, World
from tests.support.worlds import Opener
from watchword.kernel.chance import SystemChance
from watchword.operations.keys.service import Keys
from watchword.plumbing.db.outbox import outbox
from watchword.plumbing.db.statements import statement
from watchword.plumbing.logs.logger import AccessLog
from watchword.plumbing.sealing import Sealer, derive
from watchword.records.refresh_tokens.store import refresh_tokens
from watchword.records.signing_keys.store import signing_keys
from watchword.records.subscribers.store import users

AUTH = "/api/v1/auth"
ALICE = "alice@example.org"
LETTERS = statement(select(outbox).order_by(outbox.c.created_at))
KEYS = statement(select(signing_keys.c.kid, signing_keys.c.sealed))
REFRESHES = statement(select(refresh_tokens.c.digest))
USERS = statement(select(func.count().label("number")).select_from(users))
PHONE = statement(select(users.c.phone).where(users.c.email_key == bindparam("key")))


async def letters(world: World) -> list[Any]:
    return list(await world.database.all(LETTERS))


@pytest.mark.req("D-60")
async def test_a_letter_that_waits_is_sealed_and_a_dead_code_is_never_sent(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await client.post(f"{AUTH}/otp/request", json={"email": ALICE})
        [waiting] = await letters(world)
        code = await world.code(ALICE)
        world.clock.advance(timedelta(minutes=1))
        await client.post(f"{AUTH}/otp/request", json={"email": ALICE})
    for secret in (code, ALICE, "Alice", "alice"):
        assert secret not in repr(tuple(waiting))
        assert secret.encode() not in bytes(waiting.payload)
    world.clock.advance(timedelta(minutes=6))
    assert len(await world.letters(ALICE)) == 1
    sent, expired = await letters(world)
    assert (sent.outcome, expired.outcome) == ("sent", "expired")
    assert (sent.payload, expired.payload) == (None, None)
    for secret in (code, ALICE):
        assert not says(world.log.getvalue(), secret)


async def test_jwt_secret_wraps_the_signing_keys_and_another_one_opens_nothing(
    worlds: Opener,
) -> None:
    async with worlds() as world, world.client() as client:
        await world.subscriber()
        token = (await world.sign_in(client))["access_token"]
        [row] = await world.database.all(KEYS)
        assert b"PRIVATE KEY" not in bytes(row.sealed)
        published = (await client.get("/.well-known/jwks.json")).json()["keys"]
        assert [(key["kid"], key["alg"]) for key in published] == [(row.kid, "ES256")]
        assert "d" not in published[0]
    bearer = {"Authorization": f"Bearer {token}"}
    async with worlds() as world, world.client(headers=bearer) as client:
        assert (await client.get(f"{AUTH}/me")).status_code == 200
    other = SECRET.format(name="ANOTHER")
    async with worlds(JWT_SECRET=other) as world, world.client(headers=bearer) as client:
        assert (await client.get(f"{AUTH}/me")).status_code != 200


@pytest.mark.req("N-91")
async def test_every_sealed_field_carries_the_id_of_its_key(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await client.post(f"{AUTH}/otp/request", json={"email": ALICE})
        await world.sign_in(client)
    [letter, *_] = await letters(world)
    [key] = await world.database.all(KEYS)
    secrets = {name: SECRET.format(name=name) for name in ("SESSION_SECRET", "JWT_SECRET")}
    for sealed, secret, purpose in (
        (letter.payload, secrets["SESSION_SECRET"], "letters"),
        (key.sealed, secrets["JWT_SECRET"], "signing keys"),
    ):
        sealer = Sealer(derive(secret, purpose), SystemChance())
        assert bytes(sealed)[:5] == b"\x02" + sealer.key_id


async def test_jwt_refresh_secret_keys_the_digests_of_refresh_tokens(worlds: Opener) -> None:
    async with worlds() as world, world.client() as client:
        await world.subscriber()
        body = {"refreshToken": (await world.sign_in(client))["refresh_token"]}
        [row] = await world.database.all(REFRESHES)
        assert len(bytes(row.digest)) == 32
    other = SECRET.format(name="ANOTHER")
    async with worlds(JWT_REFRESH_SECRET=other) as world, world.client() as client:
        assert (await client.post(f"{AUTH}/refresh", json=body)).status_code == 401
    async with worlds() as world, world.client() as client:
        assert (await client.post(f"{AUTH}/refresh", json=body)).status_code == 200


@pytest.mark.req("D-42", "D-15")
@pytest.mark.needs("valkey")
async def test_redis_holds_no_address_and_is_never_asked_for_all_its_keys(
    small_worlds: Opener, valkey_url: str
) -> None:
    who, secret = f"app{uuid4().hex}", uuid4().hex
    forbidden = ["-keys", "-scan", "-flushdb", "-flushall", "-config"]
    with redis.Redis.from_url(valkey_url) as line:
        line.acl_setuser(
            who, enabled=True, passwords=[f"+{secret}"], keys=["*"], commands=["+@all", *forbidden]
        )
        parts = urlsplit(valkey_url)
        where = parts.netloc.rpartition("@")[2]
        url = parts._replace(netloc=f"{who}:{secret}@{where}").geturl()
        async with small_worlds(REDIS_URL=url) as world, world.client() as client:
            await world.subscriber()
            await world.sign_in(client)
            for door in ("otp/request", "forgot-password", "resend-verification"):
                await client.post(f"{AUTH}/{door}", json={"email": ALICE})
            assert (await client.get("/health")).status_code == 200
        refused = [entry for entry in line.acl_log() if entry["username"] == who]
        names = list(line.scan_iter())
        kept = b" ".join(names) + b" ".join(b" ".join(line.lrange(name, 0, -1)) for name in names)
        line.acl_deluser(who)
    assert refused == []
    assert len(names) >= 5
    for personal in (b"alice", b"example.org", b"203.0.113"):
        assert personal not in kept


@pytest.mark.req("D-41")
@pytest.mark.parametrize("path", ["/verify-email", "/reset-password", "/unlock", "/setup"])
async def test_the_token_of_a_link_is_in_no_line_of_the_log(small_world: World, path: str) -> None:
    token = "wwt_1_" + "A1b2" * 13
    async with small_world.client() as client:
        page = await client.get(path, params={"token": token})
        await client.get("/login", headers={"Referer": f"https://x.test{path}?token={token}"})
    assert page.headers["referrer-policy"] == "no-referrer"
    small_world.part(AccessLog).flush()
    said = small_world.log.getvalue()
    assert f'"route":"{path}"' in said
    assert token not in said


@pytest.mark.req("A-37")
async def test_when_the_second_insert_fails_there_is_no_account_either(small_world: World) -> None:
    await small_world.database.run(statement(text("ALTER TABLE passwords RENAME TO elsewhere")))
    body = {"email": ALICE, "password": PASSWORD, "firstName": "Alice", "role": "vendor"}
    async with small_world.client() as client:
        failed = await client.post(f"{AUTH}/register", json=body)
        assert failed.status_code == 503
        assert (await small_world.database.first(USERS)).number == 0
        await small_world.database.run(statement(text("ALTER TABLE elsewhere RENAME TO passwords")))
        assert (await client.post(f"{AUTH}/register", json=body)).status_code == 201
    assert (await small_world.database.first(USERS)).number == 1


@pytest.mark.req("D-54")
async def test_the_longest_number_fits_and_an_address_in_capitals_is_taken(world: World) -> None:
    longest = "+436601234567890"
    assert len(longest) == 16
    body = {"email": ALICE, "password": PASSWORD, "firstName": "Alice", "phone": longest}
    async with world.client() as client:
        for email in (ALICE, "ALICE@Example.ORG"):
            await client.post(f"{AUTH}/register", json={**body, "email": email})
    assert (await world.database.first(PHONE, key=ALICE)).phone == longest
    assert (await world.database.first(USERS)).number == 1


@pytest.mark.req("D-67")
@pytest.mark.parametrize("name", ["محمد بن عليّ", "Zoë Besançon-Cité", "Łukasz Œuvré"])
async def test_a_name_of_any_script_comes_back_as_it_went_in(worlds: Opener, name: str) -> None:
    clinic = {"CLINIC_NAME": "Cité médicale 109", "CLINIC_ADDRESS": "Cité 109, El Achour, الجزائر"}
    async with worlds(**clinic) as world, world.client() as client:
        await world.subscriber()
        await world.sign_in(client)
        changed = await client.patch("/api/v1/me", json={"firstName": name})
        me = await client.get(f"{AUTH}/me")
        await client.post(f"{AUTH}/otp/request", json={"email": ALICE})
        letter = await world.newest(ALICE)
    assert changed.json()["first_name"] == me.json()["first_name"] == name
    assert name.encode() in me.content
    assert "Cité médicale 109" in letter.subject
    assert "√" not in letter.text + me.text


async def test_another_jwt_secret_opens_no_key_and_a_rotation_mends_it(worlds: Opener) -> None:
    async with worlds() as world, world.client() as client:
        await world.subscriber()
        refresh = (await world.sign_in(client))["refresh_token"]
    async with worlds(JWT_SECRET=SECRET.format(name="ANOTHER")) as world, world.client() as client:
        told = await client.post(f"{AUTH}/refresh", json={"refreshToken": refresh})
        assert (told.status_code, told.json()["code"]) == (503, "signing_key_sealed")

        await world.part(Keys).rotate()
        told = await client.post(f"{AUTH}/refresh", json={"refreshToken": refresh})
        assert told.status_code == 200  # the token was not used up in vain
