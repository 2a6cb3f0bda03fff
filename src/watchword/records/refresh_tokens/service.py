"""Refresh tokens: issue the first, rotate the rest. The session's own state is the flow's to check."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NewType

from watchword.kernel.chance import Chance
from watchword.kernel.ids import SessionId, mint
from watchword.kernel.parts import service
from watchword.kernel.secret import Peppers, Secret, mint_token, token_from, token_version
from watchword.plumbing.db.ports import Executor
from watchword.records.refresh_tokens import store
from watchword.records.refresh_tokens.rules import (
    RefreshTokenInvalid,
    RefreshTokenReused,
    may_repeat,
)

_KIND = "r"
_PURPOSE = "refresh"

RefreshKey = NewType("RefreshKey", bytes)


@dataclass(frozen=True, slots=True)
class Successor:
    """What follows a token: the session it belongs to and the token to use next."""

    session_id: SessionId
    token: Secret
    expires_at: datetime


class Reuse(Exception):
    """A used token came back: the flow must end this session."""

    def __init__(self, session_id: SessionId) -> None:
        """Name the session."""
        super().__init__(session_id)
        self.session_id = session_id


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
            digest=self._digest(token.reveal()),
            seed=self.chance.draw(16),
            created_at=now,
            expires_at=now + lifetime,
        )
        return token

    async def rotate(
        self, tx: Executor, token: Secret, client: str, lifetime: timedelta, now: datetime
    ) -> Successor:
        """Use a token up and return its successor. Problem: `refresh_token_invalid`; `Reuse`."""
        digest = self._digest(token.reveal())
        caller = sha256(client.encode()).digest()
        successor_id, seed = mint(now, self.chance), self.chance.draw(16)
        session_id = await store.use(tx, digest, caller, successor_id, now)
        if session_id is None:
            return await self._repeat(tx, token, digest, caller, now)
        following = self._successor(token, seed)
        await store.insert(
            tx,
            id=successor_id,
            session_id=session_id,
            digest=self._digest(following.reveal()),
            seed=seed,
            created_at=now,
            expires_at=now + lifetime,
        )
        return Successor(session_id, following, now + lifetime)

    async def _repeat(
        self, tx: Executor, token: Secret, digest: bytes, caller: bytes, now: datetime
    ) -> Successor:
        """Tell a client's own retry the same successor again; anything else is a theft."""
        row = await store.look(tx, digest)
        if row is None or (row.used_at is None and row.expires_at <= now):
            raise RefreshTokenInvalid
        if row.used_at is None or row.seed is None:
            raise RefreshTokenInvalid(private="lost a race with nobody")
        if row.successor_used_at is not None or not may_repeat(
            row.used_at, bytes(row.used_by), caller, now
        ):
            raise Reuse(row.session_id)
        return Successor(
            row.session_id, self._successor(token, bytes(row.seed)), row.successor_expires_at
        )

    async def purge(self, db: Executor, before: datetime) -> int:
        """Delete tokens that expired before a moment; return how many."""
        return await store.purge(db, before)

    def session_hint(self, token: Secret) -> bytes:
        """Return the digest of a token. Problem: `refresh_token_invalid`."""
        return self._digest(token.reveal())

    def _successor(self, token: Secret, seed: bytes) -> Secret:
        peppers = self.key.peppers
        entropy = hmac.new(peppers.keys[peppers.current], seed + token.reveal().encode(), sha256)
        return token_from(_KIND, peppers.current, entropy.digest())

    def _digest(self, token: str) -> bytes:
        version = token_version(_KIND, token)
        if version is None or version not in self.key.peppers.keys:
            raise RefreshTokenInvalid
        return self.key.peppers.digest(_PURPOSE, token, version=version)


@dataclass(frozen=True, slots=True)
class RefreshSecret:
    """The key of refresh digests (K-10): versioned, like the pepper, so that it can rotate."""

    peppers: Peppers


__all__ = [
    "RefreshSecret",
    "RefreshTokenInvalid",
    "RefreshTokenReused",
    "RefreshTokens",
    "Reuse",
    "Successor",
]
