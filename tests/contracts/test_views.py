"""The views by which other systems knew their tables (PostgreSQL), and the indexes they looked for."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import delete

from tests.support.world import World, open_world
from watchword.kernel.ids import DEFAULT_TENANT
from watchword.plumbing.db.ports import Taken
from watchword.plumbing.db.statements import statement
from watchword.plumbing.settings import DatabaseSettings
from watchword.records.subscribers.store import users

pytestmark = pytest.mark.needs("postgres")

PAGE = Path(__file__).parents[2] / "docs/operate/database.md"
MOMENT = "timestamp with time zone"
PATIENTS = {
    "id": "uuid",
    "name": "character varying 100",
    "email": "character varying 254",
    "phone_e164": "character varying 16",
    "email_verified": "boolean",
    "phone_verified": "boolean",
    "account_status": "character varying 50",
    "created_at": MOMENT,
    "updated_at": MOMENT,
}
AUTH_SESSIONS = {
    "id": "uuid",
    "patient_id": "uuid",
    "token_hash": "character varying 255",
    "expires_at": MOMENT,
    "created_at": MOMENT,
    "ip_address": "inet",
    "user_agent": "text",
    "is_active": "boolean",
}
OTP_RECORDS = {
    "id": "uuid",
    "email": "character varying 254",
    "code_hash": "character varying 255",
    "expires_at": MOMENT,
    "attempts": "integer",
    "verified": "boolean",
    "purpose": "character varying 50",
    "created_at": MOMENT,
}
GDPR_CONSENTS = {
    "id": "uuid",
    "patient_id": "uuid",
    "data_processing_consent": "boolean",
    "data_processing_timestamp": MOMENT,
    "data_processing_ip": "inet",
    "marketing_emails_consent": "boolean",
    "marketing_emails_timestamp": MOMENT,
    "transactional_emails_consent": "boolean",
    "transactional_emails_timestamp": MOMENT,
    "created_at": MOMENT,
    "updated_at": MOMENT,
}
AUDIT_LOG = {
    "id": "uuid",
    "timestamp": MOMENT,
    "user_id": "uuid",
    "action": "text",
    "details": "jsonb",
    "ip_address": "inet",
    "user_agent": "text",
    "request_id": "text",
}


@pytest.fixture
async def known(postgres_url: str, tmp_path: Path) -> AsyncIterator[World]:
    """Yield a world in which addresses are told, as of a client that came over the network."""
    async with open_world(postgres_url, tmp_path) as world:
        yield world


async def look(world: World, asked: str, *values: object) -> list[Any]:
    connection = await asyncpg.connect(
        world.part(DatabaseSettings).url,
        server_settings={"search_path": "auth", "watchword.tenant": str(DEFAULT_TENANT)},
    )
    try:
        found: list[Any] = await connection.fetch(asked, *values)
        return found
    finally:
        await connection.close()


@pytest.mark.req("N-37", "K-25", "K-26", "K-27", "G-62")
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("auth.patients", PATIENTS),
        ("auth.auth_sessions", AUTH_SESSIONS),
        ("auth.otp_records", OTP_RECORDS),
        ("auth.gdpr_consents", GDPR_CONSENTS),
        ("audit.audit_log", AUDIT_LOG),
    ],
)
async def test_a_view_has_the_columns_that_were_known(
    known: World, name: str, expected: dict[str, str]
) -> None:
    schema, _, table = name.partition(".")
    rows = await look(
        known,
        "SELECT column_name, concat_ws(' ', data_type, character_maximum_length) AS kind"
        " FROM information_schema.columns WHERE table_schema = $1 AND table_name = $2",
        schema,
        table,
    )
    assert {row["column_name"]: row["kind"] for row in rows} == expected


@pytest.mark.req("N-37", "K-25")
async def test_a_registered_patient_waits_for_verification_and_is_there_once(known: World) -> None:
    added = await known.subscriber("Alice@example.org", status="pending_verification")
    with pytest.raises(Taken):
        await known.subscriber("ALICE@example.org")
    [row] = await look(known, "SELECT * FROM patients")
    assert (row["id"], row["name"], row["email"]) == (added.id, "Alice Benali", added.email)
    assert (row["account_status"], row["email_verified"]) == ("PENDING_VERIFICATION", False)
    assert (row["phone_e164"], row["phone_verified"]) == (None, False)


@pytest.mark.req("N-38", "K-26")
async def test_a_session_is_told_by_a_digest_and_ends(known: World) -> None:
    alice = await known.subscriber()
    async with known.client("2001:db8::7", {"User-Agent": "A browser"}) as client:
        await known.sign_in(client, transport="cookie")
        [row] = await look(known, "SELECT *, host(ip_address) AS host FROM auth_sessions")
        values = [cookie.value for cookie in client.cookies.jar]
    assert (row["patient_id"], row["user_agent"]) == (alice.id, "A browser")
    assert (row["host"], len(row["token_hash"])) == ("2001:db8::7", 64)
    assert row["token_hash"] not in values
    async with known.database.transaction() as tx:
        await tx.run(statement(delete(users).where(users.c.id == alice.id)))
    assert await look(known, "SELECT FROM auth_sessions") == []


@pytest.mark.req("N-39")
async def test_a_code_is_told_by_a_digest_its_tries_and_whether_it_was_used(known: World) -> None:
    await known.subscriber()
    async with known.client() as client:
        ask = {"email": "alice@example.org"}
        await client.post(known.path("/auth/otp/request"), json=ask)
        code = await known.code("alice@example.org")
        wrong = f"{(int(code) + 1) % 10**6:06d}"
        await client.post(known.path("/auth/otp/verify"), json={**ask, "code": wrong})
        [row] = await look(known, "SELECT * FROM otp_records")
    assert (row["email"], row["attempts"], row["verified"]) == ("alice@example.org", 1, False)
    assert (row["purpose"], code in row["code_hash"]) == ("sign_in", False)


@pytest.mark.req("N-40")
async def test_a_consent_that_was_given_is_true_and_the_others_are_as_they_were(
    known: World,
) -> None:
    await known.subscriber()
    async with known.client() as client:
        await known.sign_in(client)
        told = {"purpose": "marketing"}
        answer = await client.post(known.path("/me/consents"), json=told)
        assert answer.status_code == 200, answer.text
    [row] = await look(known, "SELECT * FROM gdpr_consents")
    assert row["marketing_emails_consent"] is True
    assert row["marketing_emails_timestamp"] == row["created_at"] == row["updated_at"]
    for other in ("data_processing", "transactional_emails"):
        assert (row[f"{other}_consent"], row[f"{other}_timestamp"]) == (False, None)


@pytest.mark.req("K-27", "G-62")
async def test_the_audit_log_tells_what_was_done_and_cannot_be_changed(known: World) -> None:
    alice = await known.subscriber()
    async with known.client("203.0.113.9") as client:
        await known.sign_in(client)
    rows = await look(known, "SELECT *, host(ip_address) AS host FROM audit.audit_log")
    [row] = [each for each in rows if each["action"] == "id.session.created"]
    assert (row["user_id"], row["host"]) == (alice.id, "203.0.113.9")
    for deed in ("DELETE FROM audit.audit_log", "UPDATE audit.audit_log SET action = 'x'"):
        with pytest.raises(asyncpg.PostgresError):
            await look(known, deed)


async def test_an_address_that_is_none_is_told_as_unknown(known: World) -> None:
    [row] = await look(known, "SELECT address_of('not one') AS it, address_of('') AS empty")
    assert (row["it"], row["empty"]) == (None, None)


@pytest.mark.req("N-41", "G-62")
async def test_every_index_that_was_known_is_here_or_has_an_equivalent_that_is_told(
    known: World,
) -> None:
    told = dict(
        re.findall(r"^\| `(idx_\w+)` \| `(idx_\w+)` \|", PAGE.read_text("utf-8"), re.MULTILINE)
    )
    assert set(told) == {
        *("idx_patients_email", "idx_auth_sessions_patient_id", "idx_auth_sessions_token_hash"),
        *("idx_otp_records_email", "idx_otp_records_expires_at", "idx_gdpr_consents_patient_id"),
        *("idx_users_email", "idx_sessions_user_id", "idx_sessions_expires_at"),
        *("idx_audit_log_user_id", "idx_audit_log_timestamp"),
        *("idx_reset_user_kind", "idx_reset_created"),
    }
    rows = await look(known, "SELECT indexname FROM pg_indexes WHERE schemaname = 'auth'")
    assert set(told.values()) <= {row["indexname"] for row in rows}
