"""The end of a session."""

from datetime import datetime

from watchword.flows.sign_out import store
from watchword.kernel.clock import Clock
from watchword.kernel.ids import SessionId, SubscriberId
from watchword.kernel.parts import service
from watchword.kernel.ports import Caller, Visitor
from watchword.kernel.secret import Secret
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.ports import Database, Transaction
from watchword.records.refresh_tokens.rules import RefreshTokenInvalid
from watchword.records.refresh_tokens.service import RefreshTokens
from watchword.records.sessions.rules import SIGNED_OUT, SessionRevoked
from watchword.records.sessions.service import Sessions


@service
class SignOut:
    """The ways out."""

    database: Database
    sessions: Sessions
    refresh_tokens: RefreshTokens
    journal: Journal
    clock: Clock

    async def here(self, caller: Caller | None, refresh: Secret | None, visitor: Visitor) -> None:
        """End the caller's session and the refresh token's, as far as there are any."""
        now = self.clock.now()
        async with self.database.transaction() as tx:
            if caller is not None:
                await self._end(tx, caller.session_id, caller.user_id, visitor, now)
            digest = self._digest(refresh)
            row = await store.by_refresh_token(tx, digest) if digest is not None else None
            if row is not None:
                await self._end(tx, row.id, row.user_id, visitor, now)

    async def everywhere(self, caller: Caller, visitor: Visitor) -> None:
        """End every session of the caller."""
        now = self.clock.now()
        async with self.database.transaction() as tx:
            for session_id in await self.sessions.end_all(tx, caller.user_id, SIGNED_OUT, now):
                await self._note(tx, session_id, caller.user_id, visitor, now)

    async def _end(
        self,
        tx: Transaction,
        session_id: SessionId,
        user_id: SubscriberId,
        visitor: Visitor,
        now: datetime,
    ) -> None:
        if await self.sessions.end(tx, session_id, user_id, SIGNED_OUT, now):
            await self._note(tx, session_id, user_id, visitor, now)

    async def _note(
        self,
        tx: Transaction,
        session_id: SessionId,
        user_id: SubscriberId,
        visitor: Visitor,
        now: datetime,
    ) -> None:
        fact = SessionRevoked(user_id=user_id, session_id=session_id, reason=SIGNED_OUT)
        await self.journal.record(tx, fact, now, visitor)

    def _digest(self, refresh: Secret | None) -> bytes | None:
        if refresh is None:
            return None
        try:
            return self.refresh_tokens.digest(refresh)
        except RefreshTokenInvalid:
            return None
