"""Somebody whose every word is a canary is erased; then everything that is kept is searched for them."""

import asyncio
import json
import sqlite3
import subprocess
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis

from tests.support.running import until
from tests.support.services.postgres import Postgres, find
from tests.support.world import World, open_world
from tests.support.worlds import Opener
from watchword.flows.data_export.service import DataExport
from watchword.flows.erasure.service import Erasing
from watchword.operations.audit.service import Auditor
from watchword.operations.gdpr.service import Retention
from watchword.plumbing.contact import email_address
from watchword.plumbing.db.dev_messages import keep
from watchword.plumbing.logs.logger import AccessLog
from watchword.records.audit.service import Chain
from watchword.records.suppressions.rules import SuppressionReason
from watchword.records.suppressions.service import Suppressions

EMAIL = "canarymail@example.org"
PHONE = "+213555998877"
CANARIES = (
    "canarymail",
    "Canarygiven",
    "Canaryfamily",
    "Canaryrenamed",
    "canaryagent",
    "canaryrequest",
    "canarymoved",
    "555998877",
    "198.51.100.77",
)
HEADERS = {"User-Agent": "canaryagent/1.0", "X-Request-Id": "canaryrequest-0001"}
PASSWORD = "a canary sings before dawn"


async def live(world: World) -> str:
    """Do all that leaves a trace; return the account's id."""
    auth, me = "/api/v1/auth", "/api/v1/me"
    body = {
        "email": EMAIL,
        "password": PASSWORD,
        "firstName": "Canarygiven",
        "lastName": "Canaryfamily",
        "phone": PHONE,
        "consents": {"processing": True, "marketing": True, "transactional": True},
    }
    async with world.client("198.51.100.77", headers=HEADERS) as client:
        assert (await client.post(f"{auth}/register", json=body)).status_code == 201
        proof = {"email": EMAIL, "code": await world.code(EMAIL)}
        assert (await client.post(f"{auth}/verify-email", json=proof)).status_code == 200
        wrong = {"email": EMAIL, "password": "not this one at all"}
        assert (await client.post(f"{auth}/login", json=wrong)).status_code == 401
        await world.sign_in(client, EMAIL, PASSWORD, transport="cookie")
        assert (await client.get("/account")).status_code == 200
        told = await world.sign_in(client, EMAIL, PASSWORD)
        renamed = await client.patch(me, json={"firstName": "Canaryrenamed"})
        assert renamed.status_code == 200
        await client.post(f"{me}/consents/withdraw", json={"purpose": "marketing"})
        await client.get(f"{me}/export?format=csv")
        await client.post(f"{me}/exports")
        await world.part(DataExport).prepare()
        moved = {"newEmail": "canarymoved@example.org"}
        assert (await client.post(f"{auth}/change-email", json=moved)).status_code == 202
        await world.deliver()
        for door in ("otp/request", "forgot-password", "ussd-pin-reset/request"):
            await client.post(f"{auth}/{door}", json={"email": EMAIL})
        closed = await client.request("DELETE", me)
        assert closed.status_code == 202, closed.text
    async with world.database.transaction() as tx:
        now, address = world.clock.now(), email_address(EMAIL)
        await world.part(Suppressions).add(tx, address, SuppressionReason.COMPLAINT, "ses", now)
    await keep(world.database, world.mailbox.messages[0], "raw canarymail", now)
    return str(told["user"]["id"])


async def erase(world: World) -> str:
    """Live, be erased, and get the last letter."""
    user_id = await live(world)
    world.clock.advance(timedelta(days=14))
    assert await world.part(Erasing).erase_due() == 1
    await world.deliver()
    world.part(AccessLog).flush()
    return user_id


def found(kept: bytes) -> list[str]:
    return [each for each in CANARIES if each.encode() in kept]


@pytest.mark.req("N-55", "N-58")
async def test_nothing_of_them_is_in_the_files_of_sqlite(
    sqlite_url: str, small_worlds: Opener
) -> None:
    path = Path(urlsplit(sqlite_url).path)
    async with small_worlds() as world:
        user_id = await erase(world)
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        kept = b"".join(each.read_bytes() for each in path.parent.glob(f"{path.name}*"))
        assert found(kept) == []
        [stub] = _stubs(path)
    assert stub == (user_id.replace("-", ""), "erased", f"{user_id}@erased.invalid")


@pytest.mark.req("N-55", "N-58")
@pytest.mark.needs("postgres", "valkey")
async def test_nothing_of_them_is_in_a_dump_of_postgresql_or_in_redis(
    postgres_url: str, postgres_server: Postgres, valkey_url: str, tmp_path: Path
) -> None:
    stores = {"REDIS_URL": valkey_url, "REDIS_CACHE_URL": valkey_url}
    async with open_world(postgres_url, tmp_path, **stores) as world:
        user_id = await erase(world)
        assert _in_redis(valkey_url), "attempts are counted there"
        await asyncio.to_thread(until, lambda: not found(_in_redis(valkey_url)), "no copy is left")
        name = urlsplit(postgres_url).path.removeprefix("/")
        dump = await asyncio.to_thread(
            _dumped, postgres_server.url(name, urlsplit(postgres_server.admin_url).username)
        )
    assert user_id.encode() in dump
    assert found(dump) == []


async def test_the_audit_trail_stays_whole_when_they_are_erased_and_when_time_has_passed(
    small_world: World,
) -> None:
    chain, auditor = small_world.part(Chain), small_world.part(Auditor)
    await live(small_world)
    await chain.link()
    small_world.clock.advance(timedelta(days=14))
    assert await small_world.part(Erasing).erase_due() == 1
    assert await small_world.part(Retention).run(small_world.clock.now()) is not None
    late = small_world.clock.now() + timedelta(days=800)
    assert await small_world.part(Retention).run(late) is not None
    await chain.link()
    await chain.checkpoint()
    report = await auditor.verify([], lambda _done, _total: None)
    assert report.faults == []
    assert report.without_origin > 5


async def test_their_lines_of_the_log_name_no_mailbox_and_no_name(small_world: World) -> None:
    await erase(small_world)
    said = small_world.log.getvalue()
    for canary in ("canarymail", "Canarygiven", "Canaryfamily", "555998877"):
        assert canary not in said
    assert json.loads(said.splitlines()[0])


def _stubs(path: Path) -> list[tuple[str, str, str]]:
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT id, status, email FROM users").fetchall()
    connection.close()
    return rows


def _in_redis(url: str) -> bytes:
    """Return every key and what is under it, as the server would write it to its disk."""
    with redis.Redis.from_url(url) as line:
        return b"".join(key + (line.dump(key) or b"") for key in line.scan_iter())


def _dumped(url: str) -> bytes:
    tool = find().home / "bin" / "pg_dump"
    ran = subprocess.run([tool, "--data-only", url], capture_output=True, check=True, timeout=60)
    return ran.stdout
