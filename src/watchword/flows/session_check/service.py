"""Session check: from a cookie or an access token to the caller."""

import time
from dataclasses import dataclass, field

from watchword.flows.session_check import store
from watchword.flows.session_check.rules import (
    KEPT_SECONDS,
    MOST_KEPT,
    TOUCH_EVERY,
    caller_of,
    me_of,
)
from watchword.kernel.clock import Clock
from watchword.kernel.parts import service
from watchword.kernel.ports import Caller
from watchword.plumbing.db.changes import SESSIONS, Changes
from watchword.plumbing.db.ports import Database
from watchword.plumbing.issuer import Issuer
from watchword.plumbing.remembered import Remembered
from watchword.plumbing.web.shapes import to_json
from watchword.records.sessions.rules import SessionSettings
from watchword.records.sessions.service import Sessions
from watchword.records.signing_keys.service import SigningKeys


@dataclass(frozen=True, slots=True)
class Known:
    """A caller, and what `me` answers them, already written; an access token's own end of life."""

    caller: Caller
    user: str
    body: bytes
    until: float = field(default=float("inf"))


class Recent(Remembered[Known]):
    """The answers of the last seconds, taken back by news."""

    def __init__(self, changes: Changes) -> None:
        """Listen for ended sessions and changed accounts."""
        super().__init__(KEPT_SECONDS, MOST_KEPT)
        changes.listen(SESSIONS, self.forget)


class Touches:
    """Sessions used lately, waiting to be written together."""

    def __init__(self) -> None:
        """Start empty."""
        self.waiting: dict[Caller, None] = {}


@service
class SessionCheck:
    """Tells who a cookie or an access token is."""

    database: Database
    sessions: Sessions
    signing_keys: SigningKeys
    settings: SessionSettings
    changes: Changes
    recent: Recent
    touches: Touches
    issuer: Issuer
    clock: Clock

    async def by_cookie(self, value: str) -> Caller | None:
        """Return whose cookie it is, or nothing."""
        known = await self.known_by_cookie(value)
        return known.caller if known else None

    async def by_token(self, value: str) -> Caller | None:
        """Return whose access token it is, or nothing."""
        known = await self.known_by_token(value)
        return known.caller if known else None

    async def known_by_cookie(self, value: str) -> Known | None:
        """Return the caller and what `me` tells them."""
        held = self._recall(value)
        if held is not None:
            return held
        digest = self.sessions.digest(value)
        if digest is None:
            return None
        turn = self.recent.turn
        row = await store.by_digest(self.database, digest, self.clock.now())
        return self._learn(value, row, turn)

    async def known_by_token(self, value: str) -> Known | None:
        """Return the caller and what `me` tells them; the token's own expiry is kept with it."""
        held = self._recall(value)
        if held is not None:
            return held if held.until > self.clock.now().timestamp() else None
        now = self.clock.now()
        claims = await self.signing_keys.verify(value, self.issuer.url, now)
        if claims is None:
            return None
        turn = self.recent.turn
        row = await store.by_id(self.database, claims.session_id, now)
        if row is not None and row.user_id != claims.user_id:
            return None
        return self._learn(value, row, turn, claims.expires_at)

    async def flush(self) -> None:
        """Write the last uses that were gathered."""
        waiting, self.touches.waiting = self.touches.waiting, {}
        for caller in waiting:
            used = self.clock.now()
            await self.sessions.touch(self.database, caller.session_id, used, caller.transport)

    def _recall(self, key: str) -> Known | None:
        moment = time.monotonic()
        if not self.settings.cache or not self.changes.trusted(moment):
            return None
        return self.recent.recall(key, moment)

    def _learn(self, key: str, row: object, turn: int, until: float = float("inf")) -> Known | None:
        if row is None:
            return None
        caller = caller_of(row)
        known = Known(caller, str(caller.user_id), to_json(me_of(caller)), until)
        now = self.clock.now()
        idle, _ = self.settings.lifetimes(caller.transport)
        if now - row.last_used_at >= min(TOUCH_EVERY, idle / 10):  # type: ignore[attr-defined]
            self.touches.waiting[caller] = None
        moment = time.monotonic()
        if self.settings.cache and self.changes.trusted(moment):
            ids = (f"session:{caller.session_id}", f"user:{caller.user_id}")
            self.recent.keep(key, known, ids, moment, turn)
        return known
