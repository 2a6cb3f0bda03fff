"""A pooler between us and PostgreSQL (PgBouncer): it lends a connection of its own for one transaction.

What lasts longer than a transaction is not ours there: settings, locks, news, prepared statements. So we
are told where the server itself is as well, and the pooler sets tenant and schema on the connections that it
lends. Whether one stands between shows in the number of the server's process: a pooler tells another one.
"""

import asyncpg

from watchword.plumbing.db.scope import Scope

_ASK = (
    "SELECT pg_backend_pid() AS pid, current_setting('search_path') AS path,"
    " current_setting('watchword.tenant', true) AS tenant"
)
_UNTOLD = (
    "DATABASE_URL leads to a pooler: give DB_DIRECT_URL as well, the URL of PostgreSQL itself. News, locks"
    " and migrations cannot go by a pooler, and prepared statements get mixed up there"
)
_NOT_DIRECT = "DB_DIRECT_URL leads to a pooler: it must be the URL of PostgreSQL itself"
_UNSET = (
    "the connections that the pooler lends are of tenant {tenant!r} and schema {path!r}, ours are {ours!r}"
    " and {schema!r}: set them there, as connect_query of deploy/pgbouncer/pgbouncer.ini does"
)


async def fault(connection: asyncpg.Connection, scope: Scope, *, lent: bool) -> str | None:
    """Return what to mend before this connection may be used; nothing when it is as we were told."""
    found = await connection.fetchrow(_ASK)
    if lent:
        if (found["tenant"], found["path"]) == (str(scope.tenant), scope.schema):
            return None
        told = {"tenant": found["tenant"], "path": found["path"]}
        return _UNSET.format(ours=str(scope.tenant), schema=scope.schema, **told)
    return None if found["pid"] == connection.get_server_pid() else _UNTOLD


def not_direct(found: str | None) -> str | None:
    """Say the same of a connection that was to go past the pooler."""
    return _NOT_DIRECT if found == _UNTOLD else found
