"""Token refresh."""

from datetime import datetime

from watchword.flows.token_refresh import store
from watchword.flows.token_refresh.rules import Refreshed, ReuseDetected
from watchword.kernel.clock import Clock
from watchword.kernel.ids import SessionId
from watchword.kernel.parts import service
from watchword.kernel.ports import Visitor
from watchword.kernel.secret import Secret
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.ports import Database
from watchword.plumbing.issuer import Issuer
from watchword.records.deliveries.rules import Letter
from watchword.records.deliveries.service import Deliveries
from watchword.records.refresh_tokens.rules import RefreshTokenInvalid, RefreshTokenReused
from watchword.records.refresh_tokens.service import RefreshTokens, Reuse
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
        lifetime = self.sessions.settings.refresh_lifetime
        try:
            async with self.database.transaction() as tx:
                following = await self.refresh_tokens.rotate(
                    tx, token, visitor.user_agent, lifetime, now
                )
                row = await store.alive(tx, following.session_id, now)
                if row is None:
                    raise RefreshTokenInvalid(private="session ended")
                if self.sessions.settings.due(row.transport, row.last_used_at, now):
                    await self.sessions.touch(tx, row.id, now, row.transport)
        except Reuse as reuse:
            await self._end(reuse.session_id, visitor, now)
            raise RefreshTokenReused from reuse
        bearer = Bearer(
            user_id=row.user_id,
            session_id=row.id,
            role=row.role,
            methods=tuple(row.methods.split()),
            authenticated_at=row.authenticated_at,
        )
        return Refreshed(
            session_id=str(row.id),
            access_token=await self.signing_keys.access_token(bearer, self.issuer.url, now),
            token_type="Bearer",  # noqa: S106 - RFC 6750's word
            expires_in=int(self.signing_keys.settings.lifetime.total_seconds()),
            refresh_token=following.token.reveal(),
            refresh_expires_in=int((following.expires_at - now).total_seconds()),
        )

    async def _end(self, session_id: SessionId, visitor: Visitor, now: datetime) -> None:
        """End the session whose token was stolen, and tell its owner."""
        async with self.database.transaction() as tx:
            row = await store.whose(tx, session_id)
            if row is None or not await self.sessions.end(tx, session_id, row.user_id, REUSED, now):
                return
            fact = ReuseDetected(user_id=row.user_id, session_id=session_id)
            await self.journal.record(tx, fact, now, visitor)
            facts = {
                "name": row.given_name,
                "at": now.strftime("%Y-%m-%d %H:%M UTC"),
                "link": f"{self.issuer.pages}/account/sessions",
            }
            letter = Letter(
                template="token_refresh/token_reused",
                to=row.email,
                language=row.language,
                facts=facts,
            )
            await self.deliveries.queue(tx, letter, now)
