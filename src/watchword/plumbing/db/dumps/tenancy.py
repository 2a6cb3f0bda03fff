"""What a database of PostgreSQL holds of all its tenants, as the owner of the tables sees it when alone.

tenants_in      whose rows there are in a schema
erased_in       who was erased, as our schema knows and those that were kept aside: auth_before_...
"""

from ssl import SSLContext
from typing import Any, Final

import asyncpg

from watchword.kernel.ids import DEFAULT_TENANT, TenantId
from watchword.plumbing.db.dumps.contents import Erased, RestoreFailed, Tombstone
from watchword.plumbing.db.dumps.libpq import Access
from watchword.plumbing.db.dumps.looking import connected, failing, named, unbound
from watchword.plumbing.db.scope import SCHEMA

KEPT: Final = f"{SCHEMA}_before_"
_WITH_PEOPLE: Final = (
    "users",
    "sessions",
    "tickets",
    "erasures",
)  # what is settled after a restoration
_SCHEMAS = (
    "SELECT nspname FROM pg_namespace JOIN pg_class ON relnamespace = pg_namespace.oid"
    " WHERE relname = 'erasures' AND relkind = 'r' AND (nspname = $1 OR starts_with(nspname, $2))"
    " ORDER BY nspname"
)
_THERE = (
    "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace($1) AND relkind = 'r'"
    " AND relname = ANY($2::text[])"
)


async def tenants_in(access: Access, tls: SSLContext | None, schema: str) -> list[TenantId]:
    """Return whose rows there are, the default tenant last. Problem: `restore_failed`."""
    found: set[TenantId] = set()
    with failing(RestoreFailed):
        async with connected(access, tls) as connection, unbound(connection, schema, *_WITH_PEOPLE):
            for row in await connection.fetch(_THERE, schema, list(_WITH_PEOPLE)):
                told = f"SELECT DISTINCT tenant_id FROM {named(row['relname'], schema)}"
                found |= {TenantId(each["tenant_id"]) for each in await connection.fetch(told)}
    return [*sorted(found - {DEFAULT_TENANT}), DEFAULT_TENANT]


async def erased_in(access: Access, tls: SSLContext | None) -> Erased:
    """Return who was erased; a schema that is not ours is told as unread. Problem: `restore_failed`."""
    tombstones: list[Tombstone] = []
    unread: list[str] = []
    with failing(RestoreFailed):
        async with connected(access, tls) as connection:
            for row in await connection.fetch(_SCHEMAS, SCHEMA, KEPT):
                try:
                    tombstones += await _tombstones(connection, row["nspname"])
                except asyncpg.PostgresError:
                    unread.append(row["nspname"])
    return Erased(tuple(tombstones), tuple(unread))


async def _tombstones(connection: Any, schema: str) -> list[Tombstone]:
    query = (
        f"SELECT id, user_id, erased_at, tenant_id FROM {named('erasures', schema)}"
        " WHERE erased_at IS NOT NULL ORDER BY id"
    )
    async with unbound(connection, schema, "erasures"):
        return [Tombstone(*found) for found in await connection.fetch(query)]
