"""Refresh tokens: issue the first, rotate the rest. The session's own state is the flow's to check."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from watchword.kernel.chance import Chance
from watchword.kernel.ids import SessionId, mint
from watchword.kernel.parts import service
from watchword.kernel.secret import Peppers, Secret, mint_token, token_from, token_version
from watchword.plumbing.db.ports import Database, Executor, Transaction
from watchword.records.refresh_tokens import store
from watchword.records.refresh_tokens.rules import RefreshTokenInvalid, Successor, may_repeat

_KIND = "r"
_PURPOSE = "refresh"


@service
class RefreshTokens:
    """The refresh tokens; `key` is derived from JWT_REFRESH_SECRET."""

    chance: Chance
    key: "RefreshSecret"

    async def issue(
        self, tx: Executor, session_id: SessionId, lifetime: timedelta, now: datetime
    ) -> Secret:
        """Issue the first token of a session."""
        token = mint_token(_KIND, self.key.peppers, self.chance)
        await store.insert(
            tx,
            id=mint(now, self.chance),
            session_id=session_id,
            digest=self.digest(token),
            seed=self.chance.draw(16),
            created_at=now,
            expires_at=now + lifetime,
        )
        return token

    async def rotate(
        self,
        tx: Transaction,
        token: Secret,
        session_id: SessionId,
        client: str,
        lifetime: timedelta,
        now: datetime,
    ) -> Successor:
        """Use a token up and return its successor. `Unmet` at the commit: somebody used it up before."""
        successor_id, seed = mint(now, self.chance), self.chance.draw(16)
        following = self._successor(token, seed)
        await store.use(tx, self.digest(token), _told(client), successor_id, now)
        await store.insert(
            tx,
            id=successor_id,
            session_id=session_id,
            digest=self.digest(following),
            seed=seed,
            created_at=now,
            expires_at=now + lifetime,
        )
        return Successor(following, now + lifetime)

    def repeat(self, row: Any, token: Secret, client: str, now: datetime) -> Successor | None:
        """Return a used token's successor again to the client that used it; nothing: it is a theft."""
        if row.successor_used_at is not None or not may_repeat(
            row.used_at, bytes(row.used_by), _told(client), now
        ):
            return None
        return Successor(self._successor(token, bytes(row.seed)), row.successor_expires_at)

    def digest(self, token: Secret) -> bytes:
        """Return the digest under which a token stands. Problem: `refresh_token_invalid`."""
        text = token.reveal()
        version = token_version(_KIND, text)
        if version is None or version not in self.key.peppers.keys:
            raise RefreshTokenInvalid
        return self.key.peppers.digest(_PURPOSE, text, version=version)

    async def purge(self, db: Database, before: datetime) -> int:
        """Delete tokens that expired before a moment; return how many."""
        return await store.purge(db, before)

    def _successor(self, token: Secret, seed: bytes) -> Secret:
        peppers = self.key.peppers
        entropy = hmac.new(peppers.keys[peppers.current], seed + token.reveal().encode(), sha256)
        return token_from(_KIND, peppers.current, entropy.digest())


@dataclass(frozen=True, slots=True)
class RefreshSecret:
    """The key of refresh digests (K-10): versioned, like the pepper, so that it can rotate."""

    peppers: Peppers


def _told(client: str) -> bytes:
    """Return what is kept of what a client says of itself."""
    return sha256(client.encode()).digest()
