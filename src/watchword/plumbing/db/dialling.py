"""Dialling PostgreSQL: the first host that takes us, and a session that is told once who we are.

connect            for the pool; where a pooler stands between us and it, that one's
connect_directly   for what lasts longer than a transaction: past the pooler, if there is one
finish             let connections that nobody waits for any more end by themselves
"""

import asyncio
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from typing import Any

import asyncpg

from watchword.kernel.problems import Unavailable
from watchword.plumbing.db import pooler
from watchword.plumbing.db.hosts import Hosts
from watchword.plumbing.db.pool import PoolSettings
from watchword.plumbing.db.postgres_errors import LOST
from watchword.plumbing.db.scope import Scope
from watchword.plumbing.db.slow import watched_connection


class Dialler:
    """Opens connections to one database."""

    def __init__(self, url: str, settings: PoolSettings, scope: Scope) -> None:
        """Remember where it is, and who we are there."""
        self._settings = settings
        self._hosts = Hosts(url)
        self._direct_hosts = Hosts(settings.direct_url)
        self._scope = scope
        self._connection_class = watched_connection(asyncpg.Connection, settings.slow)
        self._judged = False
        self._connecting: set[asyncio.Task[asyncpg.Connection]] = set()

    async def connect(self) -> asyncpg.Connection:
        """Connect for the pool."""
        return await self._shielded(self._dial())

    async def connect_directly(self) -> asyncpg.Connection:
        """Connect for what lasts longer than a transaction: past the pooler, if there is one."""
        if not self._settings.direct_url:
            return await self.connect()
        return await self._shielded(self._dial_directly())

    async def finish(self) -> None:
        """Wait for the connections that are still coming about, and for those begun meanwhile."""
        while self._connecting:
            await asyncio.gather(*self._connecting, return_exceptions=True)

    async def _shielded(
        self, dialling: Coroutine[Any, Any, asyncpg.Connection]
    ) -> asyncpg.Connection:
        """Connect; whoever waits no longer leaves it to end by itself, for asyncpg cleans up only then."""
        connecting = asyncio.create_task(dialling, name="database-connect")
        self._connecting.add(connecting)
        connecting.add_done_callback(self._connecting.discard)
        try:
            return await asyncio.shield(connecting)
        except asyncio.CancelledError:
            connecting.add_done_callback(_hang_up)
            raise

    async def _dial(self) -> asyncpg.Connection:
        """Open a connection; the first one tells whether all is as we were told."""
        lent = bool(self._settings.direct_url)
        connection = await self._open(self._hosts, {} if lent else self._session)
        if not self._judged:
            await self._judge(connection, lent=lent)
            self._judged = True
        return connection

    async def _dial_directly(self) -> asyncpg.Connection:
        connection = await self._open(self._direct_hosts, self._session)
        await self._judge(connection, lent=False)
        return connection

    async def _judge(self, connection: asyncpg.Connection, *, lent: bool) -> None:
        """Look at a connection as long as connecting may take; end one that will not do, and say why."""
        try:
            async with asyncio.timeout(self._settings.connect_timeout.total_seconds()):
                await self._look_at(connection, lent=lent)
        except BaseException:  # nobody else has it
            connection.terminate()
            raise

    async def _look_at(self, connection: asyncpg.Connection, *, lent: bool) -> None:
        """Ask who is at its other end. Unavailable: not who we were told."""
        found = await pooler.fault(connection, self._scope, lent=lent)
        if found is not None:
            past_it = self._settings.direct_url and not lent
            raise Unavailable(private=pooler.not_direct(found) if past_it else found)

    @property
    def _session(self) -> dict[str, str]:
        """Return what a connection of ours is told once, and keeps."""
        patience = self._settings.statement_timeout.total_seconds()
        return {
            "search_path": self._scope.schema,
            "statement_timeout": str(round(patience * 1000)),
            "watchword.tenant": str(self._scope.tenant),
        }

    async def _open(self, hosts: Hosts, session: Mapping[str, str]) -> asyncpg.Connection:
        """Connect to the first host that takes us."""
        *others, last = hosts
        for url in others:
            with suppress(*LOST):
                return await self._reach(url, hosts, session)
        return await self._reach(last, hosts, session)

    async def _reach(
        self, url: str, hosts: Hosts, session: Mapping[str, str]
    ) -> asyncpg.Connection:
        options: dict[str, Any] = {"ssl": self._settings.tls} if self._settings.tls else {}
        if not self._settings.keeps_statements:
            options["statement_cache_size"] = 0
        connection = await asyncpg.connect(
            url,
            timeout=self._settings.connect_timeout.total_seconds(),
            command_timeout=self._settings.statement_timeout.total_seconds(),
            connection_class=self._connection_class,
            server_settings={"application_name": "watchword", **session},
            **options,
        )
        hosts.took(url)
        return connection


def _hang_up(connecting: asyncio.Task[asyncpg.Connection]) -> None:
    """Close a connection that nobody waits for any more, if it came about."""
    if not connecting.cancelled() and connecting.exception() is None:
        connecting.result().terminate()
