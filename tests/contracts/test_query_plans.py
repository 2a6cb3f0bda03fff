"""The statements that every request or sign-in runs: prepared, parameterised, and found by an index."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from tests.support.services.postgres import Postgres
from tests.support.world import migrate, open_world
from watchword.flows.password_proof.store import BY_EMAIL, BY_EMAIL_COUNTED
from watchword.flows.session_check.store import BY_DIGEST, BY_ID
from watchword.flows.token_refresh.store import HELD
from watchword.kernel.feedback import Outcome
from watchword.kernel.ids import DEFAULT_TENANT
from watchword.operations.risk.store import OF_TYPE
from watchword.plumbing.db.event_queue import DUE
from watchword.plumbing.db.statements import Statement
from watchword.records.dispatches.store import SETTLE, SOFT_BOUNCES
from watchword.records.guesses.store import entry
from watchword.records.pins.store import ENTER
from watchword.records.subscribers.store import BY_PHONE
from watchword.records.suppressions.store import REASONS
from watchword.records.tickets.store import GUESS, LOOK, SPEND
from watchword.records.ussd_sessions.store import FIND

NOW = datetime(2026, 3, 1, tzinfo=UTC)
MANY = 5000
DIGEST = bytes(32)
ANY_ID = UUID(int=7)

FILL = (
    f"""INSERT INTO users (id, email, email_key, given_name, family_name, name, status, role, language,
        contested, version, created_at, updated_at)
        SELECT gen_random_uuid(), 'u' || n || '@example.org', 'u' || n || '@example.org', 'U', '', 'U',
        'active', 'user', 'en', false, 1, now(), now() FROM generate_series(1, {MANY}) n""",
    """UPDATE users SET phone = '+2135500' || right(email_key, 3) || left(id::text, 4),
        phone_verified_at = now()""",
    """INSERT INTO pins (user_id, hash, pepper_version, set_at, failures, locks)
        SELECT id, 'hash', 1, now(), 0, 0 FROM users""",
    """INSERT INTO ussd_sessions (digest, consumed, typed_digest, created_at, expires_at)
        SELECT sha256(email::bytea), 0, '', now(), now() + interval '5 minutes' FROM users""",
    """INSERT INTO passwords (user_id, hash, pepper_version, set_at)
        SELECT id, 'hash', 1, now() FROM users""",
    """INSERT INTO sessions (id, user_id, transport, digest, methods, created_at, authenticated_at,
        last_used_at, idle_until, expires_at, address, user_agent)
        SELECT gen_random_uuid(), id, 'cookie', sha256(email::bytea), 'pwd', now(), now(), now(),
        now() + interval '1 day', now() + interval '1 day', '', '' FROM users""",
    """INSERT INTO refresh_tokens (id, session_id, digest, seed, created_at, expires_at)
        SELECT gen_random_uuid(), id, digest, '', now(), now() FROM sessions""",
    """INSERT INTO tickets (id, purpose, address_key, user_id, digest, code_digest, pepper_version,
        guesses, created_at, expires_at, code_expires_at)
        SELECT gen_random_uuid(), 'sign_in', email_key, id, sha256(email::bytea), '', 1, 0, now(),
        now() + interval '1 day', now() + interval '1 day' FROM users""",
)
FILL += (
    """INSERT INTO dispatches (id, channel, carrier, reference, letter_id, template, address_digest,
        state, sent_at, told_at)
        SELECT gen_random_uuid(), 'mail', 'ses', email, id, 'x', sha256(email::bytea), 'soft_bounce',
        now(), now() FROM users""",
    """INSERT INTO suppressions (address_key, reason, address, source, since, withheld)
        SELECT email_key, 'bounce', email, 'ses', now(), 0 FROM users""",
    f"""INSERT INTO journal (id, at, type, facts) SELECT gen_random_uuid(),
        timestamptz '2026-03-01 00:00Z' + n * interval '1 second',
        CASE WHEN n % 100 = 0 THEN 'otp.validated' ELSE 'id.session.created' END, '{{}}'
        FROM generate_series(1, {MANY}) n""",
    """INSERT INTO receipts (digest, expires_at) SELECT sha256(email::bytea), now() FROM users""",
    """INSERT INTO event_outbox (destination, event_id, subject, created_at, attempts, published_at)
        SELECT 'kafka', id, id, now(), 0, now() FROM users""",
)
HOT: dict[str, tuple[Statement, dict[str, Any], str]] = {
    "session of a cookie": (
        BY_DIGEST,
        {BY_DIGEST.key: [DIGEST], "now": NOW},
        "idx_sessions_digest",
    ),
    "session of a token": (BY_ID, {BY_ID.key: [ANY_ID], "now": NOW}, "pk_sessions"),
    "account of an address": (
        BY_EMAIL,
        {"email_key": "u7@example.org", "user_agent": "curl"},
        "idx_users_email",
    ),
    "account of a number": (BY_PHONE, {"phone": "+213550012"}, "idx_users_phone"),
    "PIN tried": (
        ENTER,
        {"whose": ANY_ID, "now": NOW, "bound": 3, "left_since": NOW},
        "pk_pins",
    ),
    "session of a telephone": (FIND, {"which": DIGEST, "now": NOW}, "pk_ussd_sessions"),
    "account of an address, and a guess at it": (
        BY_EMAIL_COUNTED,
        {
            "email_key": "u7@example.org",
            "user_agent": "curl",
            **entry(DIGEST, 5, NOW, NOW),
        },
        "idx_users_email",
    ),
    "refresh token": (
        HELD,
        {HELD.key: [DIGEST], "now": NOW},
        "idx_refresh_tokens_digest",
    ),
    "link looked at": (LOOK, {"digest": DIGEST, "purpose": "sign_in"}, "idx_tickets_digest"),
    "link spent": (
        SPEND,
        {"digest": DIGEST, "purpose": "sign_in", "now": NOW},
        "idx_tickets_digest",
    ),
    "letter of a report": (
        SETTLE[Outcome.DELIVERY],
        {"whose": "ses", "which": "u7@example.org", "now": NOW},
        "idx_dispatches_reference",
    ),
    "soft bounces of an address": (
        SOFT_BOUNCES,
        {"digest": DIGEST, "since": NOW},
        "idx_dispatches_soft",
    ),
    "reasons to send nothing": (REASONS, {"key": "u7@example.org"}, "pk_suppressions"),
    "facts of a type": (
        OF_TYPE,
        {
            "which": "otp.validated",
            "after": NOW,
            "until": NOW + timedelta(hours=1),
            "seen": ANY_ID,
        },
        "idx_journal_type",
    ),
    "code guessed at": (
        GUESS,
        {"purpose": "sign_in", "address_key": "u7@example.org", "now": NOW, "bound": 3},
        "idx_tickets_live",
    ),
}


@pytest.fixture
async def full(postgres_url: str) -> AsyncIterator[asyncpg.Connection]:
    """Yield a connection to a database in which there is much to find."""
    settings = {"search_path": "auth", "watchword.tenant": str(DEFAULT_TENANT)}
    connection = await asyncpg.connect(postgres_url, server_settings=settings)
    for fill in FILL:
        await connection.execute(fill)
    await connection.execute("ANALYZE")
    yield connection
    await connection.close()


@pytest.mark.req("G-63", "A-57")
async def test_every_hot_query_goes_by_an_index(full: asyncpg.Connection) -> None:
    for what, (statement, values, index) in HOT.items():
        form = statement.postgres
        rows = await full.fetch(f"EXPLAIN {form.text}", *form.arguments(values))
        plan = "\n".join(row[0] for row in rows)
        assert index in plan, f"{what}:\n{plan}"
        assert "Seq Scan" not in plan, f"{what}:\n{plan}"


async def test_the_events_that_are_due_go_by_their_indexes_whatever_plan_is_kept(
    full: asyncpg.Connection,
) -> None:
    """A plan that was made while nothing waited, and for any values, is good for a backlog too."""
    form = DUE.postgres
    values = form.arguments({"destination": "kafka", "now": NOW, "most": 1000})
    await full.execute("SET plan_cache_mode = force_generic_plan")
    await full.execute(f"PREPARE due AS {form.text}")
    told = ", ".join(f"'{value}'" for value in values)
    rows = await full.fetch(f"EXPLAIN EXECUTE due ({told})")
    plan = "\n".join(row[0] for row in rows)
    assert "idx_event_outbox_waiting on event_outbox" in plan, plan
    assert "idx_event_outbox_tried on event_outbox before" in plan, plan
    assert "Seq Scan" not in plan, plan


@pytest.mark.req("N-99")
async def test_the_server_knows_both_lookups_as_parameterised_statements(tmp_path: Path) -> None:
    counting = {"shared_preload_libraries": "pg_stat_statements"}
    server = await asyncio.to_thread(Postgres.start, tmp_path, fsync=False, settings=counting)
    try:
        url = server.create_database("counted")
        await migrate.up(url)
        server.execute("CREATE EXTENSION pg_stat_statements", database="counted")
        async with open_world(url, tmp_path, SESSION_CACHE="false") as world:
            await world.subscriber()
            async with world.client() as client:
                for _ in range(2):
                    await world.sign_in(client, transport="cookie")
                for _ in range(3):
                    me = await client.get(world.path("/auth/me"))
                    assert me.status_code == 200
        admin = await asyncpg.connect(server.url("counted", "postgres"))
        rows = await admin.fetch("SELECT query, calls FROM pg_stat_statements")
        await admin.close()
    finally:
        server.stop()
    calls = {" ".join(row["query"].split()): row["calls"] for row in rows}
    by_email = [each for each in calls if "LEFT OUTER JOIN passwords ON" in each]
    [by_token] = [
        each for each in calls if "sessions.digest = ANY ($" in each and "JOIN users" in each
    ]
    assert all("users.email_key = $" in each for each in by_email)
    for condition in ("sessions.ended_at IS NULL", "sessions.expires_at > $", "users.status = $"):
        assert condition in by_token
    assert sum(calls[each] for each in by_email) >= 2
    assert calls[by_token] == 3
    assert not [each for each in calls if "alice@example.org" in each]
