"""The end of a session."""

from watchword.flows.sign_out import store
from watchword.kernel.clock import Clock
from watchword.kernel.parts import service
from watchword.kernel.ports import Caller, Visitor
from watchword.kernel.secret import Secret
from watchword.plumbing.db.ports import Database
from watchword.records.refresh_tokens.rules import RefreshTokenInvalid
from watchword.records.refresh_tokens.service import RefreshTokens
from watchword.records.sessions.rules import SIGNED_OUT
from watchword.records.sessions.service import Sessions


@service
class SignOut:
    """The ways out."""

    database: Database
    sessions: Sessions
    refresh_tokens: RefreshTokens
    clock: Clock

    async def here(self, caller: Caller | None, refresh: Secret | None, visitor: Visitor) -> None:
        """End the caller's session and the refresh token's, as far as there are any."""
        now = self.clock.now()
        async with self.database.transaction() as tx:
            if caller is not None:
                mine = caller.session_id, caller.user_id
                await self.sessions.end(tx, *mine, SIGNED_OUT, visitor, now)
            digest = self._digest(refresh)
            row = await store.by_refresh_token(tx, digest) if digest is not None else None
            if row is not None:
                await self.sessions.end(tx, row.id, row.user_id, SIGNED_OUT, visitor, now)

    async def everywhere(self, caller: Caller, visitor: Visitor) -> None:
        """End every session of the caller."""
        now = self.clock.now()
        async with self.database.transaction() as tx:
            await self.sessions.end_all(tx, caller.user_id, SIGNED_OUT, visitor, now)

    def _digest(self, refresh: Secret | None) -> bytes | None:
        if refresh is None:
            return None
        try:
            return self.refresh_tokens.digest(refresh)
        except RefreshTokenInvalid:
            return None
