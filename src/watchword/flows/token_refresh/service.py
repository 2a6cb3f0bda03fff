"""Token refresh."""

from datetime import datetime
from typing import Any

from msgspec.structs import asdict

from watchword.flows.token_refresh import store
from watchword.flows.token_refresh.rules import Refreshed, ReuseDetected
from watchword.kernel.clock import Clock
from watchword.kernel.parts import service
from watchword.kernel.ports import Visitor
from watchword.kernel.secret import Secret
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.ports import Database, Unmet
from watchword.plumbing.issuer import Issuer
from watchword.plumbing.ports import Admission, Entrance
from watchword.plumbing.words.dates import moment
from watchword.records.deliveries.rules import Letter
from watchword.records.deliveries.service import Deliveries
from watchword.records.refresh_tokens.rules import (
    RefreshTokenInvalid,
    RefreshTokenReused,
    Successor,
)
from watchword.records.refresh_tokens.service import RefreshTokens
from watchword.records.sessions.rules import REUSED
from watchword.records.sessions.service import Sessions
from watchword.records.signing_keys.service import SigningKeys


@service
class TokenRefresh:
    """Keeps API clients signed in."""

    database: Database
    refresh_tokens: RefreshTokens
    sessions: Sessions
    entrance: Entrance
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
        admission = Admission(
            session_id=row.session_id,
            user_id=row.user_id,
            role=row.role,
            methods=tuple(row.methods.split()),
            authenticated_at=row.authenticated_at,
            at=now,
            expires_at=row.session_expires_at,
            refresh_token=following.token,
            refresh_expires_at=following.expires_at,
        )
        return Refreshed(
            session_id=str(row.session_id), **asdict(await self.entrance.tokens(admission))
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
            stolen = row.session_id, row.user_id
            if not await self.sessions.end(tx, *stolen, REUSED, visitor, now):
                return
            fact = ReuseDetected(user_id=row.user_id, session_id=row.session_id)
            await self.journal.record(tx, fact, now, visitor)
            facts = {
                "name": row.given_name,
                "at": moment(now, row.language),
                "link": f"{self.issuer.pages}/account/sessions",
            }
            letter = Letter(
                template="token_refresh/token_reused",
                to=row.email,
                user_id=row.user_id,
                language=row.language,
                facts=facts,
            )
            await self.deliveries.queue(tx, letter, now)


def _demand_life(row: Any) -> None:
    """Problem: `refresh_token_invalid`, when the session or its account lives no more."""
    if not row.alive:
        raise RefreshTokenInvalid(private="session ended")
