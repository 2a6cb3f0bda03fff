"""Token refresh."""

from datetime import datetime
from typing import Any

from watchword.flows.token_refresh import store
from watchword.flows.token_refresh.rules import Refreshed, ReuseDetected
from watchword.kernel.clock import Clock
from watchword.kernel.parts import service
from watchword.kernel.ports import Visitor
from watchword.kernel.secret import Secret
from watchword.kernel.times import moment
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.ports import Database, Unmet
from watchword.plumbing.issuer import Issuer
from watchword.records.deliveries.rules import Letter
from watchword.records.deliveries.service import Deliveries
from watchword.records.refresh_tokens.rules import RefreshTokenInvalid, RefreshTokenReused
from watchword.records.refresh_tokens.service import RefreshTokens, Successor
from watchword.records.sessions.rules import REUSED
from watchword.records.sessions.service import Sessions
from watchword.records.signing_keys.rules import Bearer
from watchword.records.signing_keys.service import SigningKeys


@service
class TokenRefresh:
    """Keeps API clients signed in."""

    database: Database
    refresh_tokens: RefreshTokens
    sessions: Sessions
    signing_keys: SigningKeys
    deliveries: Deliveries
    journal: Journal
    issuer: Issuer
    clock: Clock

    async def refresh(self, token: Secret, visitor: Visitor) -> Refreshed:
        """Rotate. Problems: `refresh_token_invalid`, `refresh_token_reused`."""
        await self.signing_keys.ready()
        now = self.clock.now()
        digest = self.refresh_tokens.digest(token)
        row = await store.held(self.database, digest, now)
        following = await self._rotated(row, token, visitor, now)
        if following is None:  # used before, perhaps a moment ago
            row = await store.held(self.database, digest, now)
            following = await self._repeated(row, token, visitor, now)
        bearer = Bearer(
            user_id=row.user_id,
            session_id=row.session_id,
            role=row.role,
            methods=tuple(row.methods.split()),
            authenticated_at=row.authenticated_at,
        )
        return Refreshed(
            session_id=str(row.session_id),
            access_token=await self.signing_keys.access_token(bearer, self.issuer.url, now),
            token_type="Bearer",  # noqa: S106 - RFC 6750's word
            expires_in=int(self.signing_keys.settings.lifetime.total_seconds()),
            refresh_token=following.token.reveal(),
            refresh_expires_in=int((following.expires_at - now).total_seconds()),
        )

    async def _rotated(
        self, row: Any, token: Secret, visitor: Visitor, now: datetime
    ) -> Successor | None:
        """Use the token up; nothing when somebody has. Problem: `refresh_token_invalid`."""
        if row is None or (row.used_at is None and row.expires_at <= now):
            raise RefreshTokenInvalid
        if row.used_at is not None:
            return None
        _demand_life(row)
        settings = self.sessions.settings
        try:
            async with self.database.transaction() as tx:
                following = await self.refresh_tokens.rotate(
                    tx, token, row.session_id, visitor.user_agent, settings.refresh_lifetime, now
                )
                if settings.due(row.transport, row.last_used_at, now):
                    await self.sessions.touch(tx, row.session_id, now, row.transport)
        except Unmet:
            return None
        return following

    async def _repeated(
        self, row: Any, token: Secret, visitor: Visitor, now: datetime
    ) -> Successor:
        """Tell a client's own retry the same successor again; anything else is a theft."""
        if row is None or row.used_at is None:
            raise RefreshTokenInvalid(private="ended or expired in the meantime")
        following = self.refresh_tokens.repeat(row, token, visitor.user_agent, now)
        if following is None:
            await self._end(row, visitor, now)
            raise RefreshTokenReused
        _demand_life(row)
        return following

    async def _end(self, row: Any, visitor: Visitor, now: datetime) -> None:
        """End the session whose token was stolen, and tell its owner."""
        async with self.database.transaction() as tx:
            if not await self.sessions.end(tx, row.session_id, row.user_id, REUSED, now):
                return
            fact = ReuseDetected(user_id=row.user_id, session_id=row.session_id)
            await self.journal.record(tx, fact, now, visitor)
            facts = {
                "name": row.given_name,
                "at": moment(now),
                "link": f"{self.issuer.pages}/account/sessions",
            }
            letter = Letter(
                template="token_refresh/token_reused",
                to=row.email,
                language=row.language,
                facts=facts,
            )
            await self.deliveries.queue(tx, letter, now)


def _demand_life(row: Any) -> None:
    """Problem: `refresh_token_invalid`, when the session or its account lives no more."""
    if not row.alive:
        raise RefreshTokenInvalid(private="session ended")
