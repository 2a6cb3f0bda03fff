"""A subscriber's own profile and sessions."""

import msgspec

from watchword.flows.account.rules import (
    ProfilePatch,
    SessionEntry,
    changed_fields,
    entry_of,
    read_copy,
    revised,
)
from watchword.kernel.clock import Clock
from watchword.kernel.ids import SessionId
from watchword.kernel.parts import service
from watchword.kernel.ports import Cache, Caller, Visitor
from watchword.kernel.problems import Conflict, NotFound
from watchword.plumbing.contact import PhoneSettings
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.ports import Database
from watchword.plumbing.settings import RedisSettings, ServerSettings
from watchword.records.former_addresses.service import FormerAddresses
from watchword.records.sessions.rules import REVOKED
from watchword.records.sessions.service import Sessions
from watchword.records.subscribers.rules import Subscriber, UserUpdated, addresses_of
from watchword.records.subscribers.service import Subscribers

_TRIES = 3


@service
class Account:
    """What is one's own."""

    database: Database
    subscribers: Subscribers
    former_addresses: FormerAddresses
    sessions: Sessions
    journal: Journal
    phones: PhoneSettings
    server: ServerSettings
    redis: RedisSettings
    cache: Cache
    clock: Clock

    async def profile(self, caller: Caller) -> Subscriber:
        """Return the subscriber; a copy of the cache only if it is what the session check saw just now."""
        if not self.redis.cache_url:
            return await self.subscribers.get(self.database, caller.user_id)
        key = f"user:{caller.user_id}"
        copy = read_copy(await self.cache.get(key), caller)
        if copy is not None:
            return copy
        found = await self.subscribers.get(self.database, caller.user_id)
        await self.cache.put(key, msgspec.json.encode(found), self.redis.user_lifetime)
        return found

    async def change(self, caller: Caller, patch: ProfilePatch, visitor: Visitor) -> Subscriber:
        """Change the profile. Problems: `invalid_input`, `conflict` when `version` is not the one seen."""
        for _ in range(_TRIES):
            try:
                return await self._change(caller, patch, visitor)
            except Conflict:
                if patch.version is not None:
                    raise
        raise Conflict

    async def _change(self, caller: Caller, patch: ProfilePatch, visitor: Visitor) -> Subscriber:
        now = self.clock.now()
        async with self.database.transaction() as tx:
            found = await self.subscribers.get(tx, caller.user_id)
            if patch.version not in {None, found.version}:
                raise Conflict
            wanted = revised(
                found,
                patch,
                self.phones.default_country,
                visitor.heard_language,
                self.server.default_language,
            )
            fields = changed_fields(found, wanted)
            if not fields:
                return found
            written = await self.subscribers.change(tx, wanted, found.version, now)
            for key in set(addresses_of(found)) - set(addresses_of(written)):
                await self.former_addresses.give_up(tx, found.id, key, now)
            fact = UserUpdated(user_id=caller.user_id, fields=fields)
            await self.journal.record(tx, fact, now, visitor)
            return written

    async def list_sessions(self, caller: Caller) -> tuple[SessionEntry, ...]:
        """Return the caller's living sessions."""
        found = await self.sessions.of_user(self.database, caller.user_id, self.clock.now())
        return tuple(entry_of(session, caller.session_id) for session in found)

    async def end_session(self, caller: Caller, session_id: SessionId, visitor: Visitor) -> None:
        """End one of the caller's sessions. Problem: `not_found`, also for somebody else's."""
        now = self.clock.now()
        async with self.database.transaction() as tx:
            whose = caller.user_id
            if not await self.sessions.end(tx, session_id, whose, REVOKED, visitor, now):
                raise NotFound

    async def end_others(self, caller: Caller, visitor: Visitor) -> None:
        """End all of the caller's sessions but this one."""
        now, mine = self.clock.now(), caller.session_id
        async with self.database.transaction() as tx:
            await self.sessions.end_all(tx, caller.user_id, REVOKED, visitor, now, spare=mine)
