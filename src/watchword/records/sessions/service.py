"""Sessions: open, list, end; and when they were last used."""

from collections.abc import Sequence
from datetime import datetime

from watchword.kernel.chance import Chance
from watchword.kernel.facts import OWNER
from watchword.kernel.ids import SessionId, SubscriberId, mint
from watchword.kernel.parts import service
from watchword.kernel.ports import Caller, Visitor
from watchword.kernel.problems import Unauthenticated
from watchword.kernel.secret import Peppers, mint_token, token_version
from watchword.plumbing.db.changes import SESSIONS
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.ports import Database, Executor, Transaction
from watchword.records.sessions import store
from watchword.records.sessions.rules import (
    COOKIE,
    Opened,
    Session,
    SessionRevoked,
    SessionSettings,
)

_KIND = "s"
_PURPOSE = "session"


@service
class Sessions:
    """The living sessions."""

    chance: Chance
    peppers: Peppers
    settings: SessionSettings
    journal: Journal

    async def open(
        self,
        tx: Executor,
        *,
        user_id: SubscriberId,
        methods: Sequence[str],
        visitor: Visitor,
        transport: str,
        now: datetime,
    ) -> Opened:
        """Open a session; only a cookie's is opaque, an API client gets tokens that name it."""
        cookie = mint_token(_KIND, self.peppers, self.chance) if transport == COOKIE else None
        idle, lifetime = self.settings.lifetimes(transport)
        expires_at = now + lifetime
        session_id = SessionId(mint(now, self.chance))
        await store.insert(
            tx,
            id=session_id,
            user_id=user_id,
            transport=transport,
            digest=None if cookie is None else self.peppers.digest(_PURPOSE, cookie.reveal()),
            methods=" ".join(methods),
            created_at=now,
            authenticated_at=now,
            last_used_at=now,
            idle_until=min(now + idle, expires_at),
            expires_at=expires_at,
            address=visitor.address,
            user_agent=visitor.user_agent,
        )
        return Opened(
            id=session_id,
            user_id=user_id,
            transport=transport,
            methods=tuple(methods),
            expires_at=expires_at,
            authenticated_at=now,
            cookie=cookie,
        )

    def digest(self, cookie: str) -> bytes | None:
        """Return the digest under which a cookie's session stands, or nothing for rubbish."""
        version = token_version(_KIND, cookie)
        if version is None or version not in self.peppers.keys:
            return None
        return self.peppers.digest(_PURPOSE, cookie, version=version)

    async def of_user(self, db: Executor, user_id: SubscriberId, now: datetime) -> list[Session]:
        """Return a subscriber's living sessions, the last used first."""
        return await store.of_user(db, user_id, now)

    async def demand(self, tx: Executor, caller: Caller) -> None:
        """Go on only if the caller's session has not been ended since they were recognised.

        To be asked with the account held: what ends all sessions holds it, too. Problem: `unauthenticated`.
        """
        if not await store.lives(tx, caller.session_id, caller.user_id):
            raise Unauthenticated(private="the session ended in the meantime")

    async def end(
        self,
        tx: Transaction,
        session_id: SessionId,
        user_id: SubscriberId,
        reason: str,
        visitor: Visitor | None,
        now: datetime,
    ) -> bool:
        """End one session of a subscriber, and tell it; false when there was none."""
        tx.announce(SESSIONS, f"session:{session_id}")
        ended = await store.end(tx, session_id, user_id, reason, now)
        if ended:
            await self._tell(tx, session_id, user_id, reason, OWNER, visitor, now)
        return ended

    async def end_any(
        self, tx: Transaction, session_id: SessionId, reason: str, by: str, now: datetime
    ) -> SubscriberId | None:
        """End one session, whoever's it is, and tell it; return whose it was, or nothing."""
        tx.announce(SESSIONS, f"session:{session_id}")
        owner = await store.end_any(tx, session_id, reason, now)
        if owner is not None:
            await self._tell(tx, session_id, owner, reason, by, None, now)
        return owner

    async def end_all(
        self,
        tx: Transaction,
        user_id: SubscriberId,
        reason: str,
        visitor: Visitor | None,
        now: datetime,
        *,
        by: str = OWNER,
        spare: SessionId | None = None,
    ) -> list[SessionId]:
        """End a subscriber's sessions but one, and tell of each; return those ended."""
        tx.announce(SESSIONS, f"user:{user_id}")
        ended = await store.end_all(tx, user_id, reason, now, spare)
        for session_id in ended:
            await self._tell(tx, session_id, user_id, reason, by, visitor, now)
        return ended

    async def _tell(
        self,
        tx: Transaction,
        session_id: SessionId,
        user_id: SubscriberId,
        reason: str,
        by: str,
        visitor: Visitor | None,
        now: datetime,
    ) -> None:
        fact = SessionRevoked(user_id=user_id, session_id=session_id, reason=reason, by=by)
        await self.journal.record(tx, fact, now, visitor)

    async def touch(
        self, db: Executor, session_id: SessionId, used: datetime, transport: str
    ) -> None:
        """Write when a session was last used; a browser's idle time starts anew."""
        idle, _ = self.settings.lifetimes(transport)
        await store.touch(db, session_id, used, used + idle)

    async def active(self, db: Executor, now: datetime) -> int:
        """Return how many sessions live."""
        return await store.active(db, now)

    async def new_device(self, db: Executor, user_id: SubscriberId, user_agent: str) -> bool:
        """Tell whether this user agent is new to a subscriber who had sessions before."""
        return await store.new_device(db, user_id, user_agent)

    async def purge(self, db: Database, before: datetime) -> int:
        """Delete sessions that ended before a moment; return how many."""
        return await store.purge(db, before)
