"""Session check: from a cookie or an access token to the caller."""

import time
from datetime import datetime
from typing import Any

from watchword.flows.session_check import store
from watchword.flows.session_check.rules import (
    KEPT_SECONDS,
    MOST_KEPT,
    caller_of,
    me_of,
    methods_of,
)
from watchword.kernel.clock import Clock
from watchword.kernel.ids import SessionId
from watchword.kernel.parts import service
from watchword.kernel.ports import Caller
from watchword.plumbing.db.changes import SESSIONS, Changes
from watchword.plumbing.db.ports import Database
from watchword.plumbing.issuer import Issuer
from watchword.plumbing.remembered import Remembered
from watchword.plumbing.shapes import to_json
from watchword.records.consents.rules import renewal_required
from watchword.records.consents.service import Consents
from watchword.records.sessions.rules import COOKIE, TOKEN, SessionSettings
from watchword.records.sessions.service import Sessions
from watchword.records.signing_keys.service import SigningKeys

Key = tuple[str, str]  # a value is good at its own door only: (transport, value)


class Known:
    """Whose session it is: their id, and what `me` answers them, already written."""

    __slots__ = ("_row", "body", "user")

    def __init__(self, row: Any) -> None:
        """Read the statement's row; most who ask want to know no more than `body` tells."""
        self._row = row
        told = me_of(row, methods_of(row))
        self.user, self.body = told.id, to_json(told)

    @property
    def caller(self) -> Caller:
        """Everything about them."""
        return caller_of(self._row)


class Recent(Remembered[tuple[Known, float]]):
    """The answers of the last seconds, taken back by news.

    Each with when its session, or the access token, ends by itself: seconds since 1970.
    """

    def __init__(self, changes: Changes) -> None:
        """Listen for ended sessions and changed accounts."""
        super().__init__(KEPT_SECONDS, MOST_KEPT)
        changes.listen(SESSIONS, self.forget)


class Touches:
    """Sessions used lately, waiting to be written together."""

    def __init__(self) -> None:
        """Start empty."""
        self.waiting: dict[SessionId, str] = {}


@service
class SessionCheck:
    """Tells who a cookie or an access token is."""

    database: Database
    sessions: Sessions
    signing_keys: SigningKeys
    consents: Consents
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
        now, key = self.clock.now(), (COOKIE, value)
        held = self._recall(key, now)
        if held is not None:
            return held
        digest = self.sessions.digest(value)
        if digest is None:
            return None
        turn = self.recent.turn
        row = await store.by_digest(self.database, digest, now)
        return self._learn(key, row, now, turn)

    async def known_by_token(self, value: str) -> Known | None:
        """Return the caller and what `me` tells them; the token's own expiry is kept with it."""
        now, key = self.clock.now(), (TOKEN, value)
        held = self._recall(key, now)
        if held is not None:
            return held
        claims = await self.signing_keys.verify(value, self.issuer.url, now)
        if claims is None:
            return None
        turn = self.recent.turn
        row = await store.by_id(self.database, claims.session_id, now)
        if row is not None and row.user_id != claims.user_id:
            return None
        return self._learn(key, row, now, turn, claims.expires_at)

    async def renewal_required(self, caller: Caller) -> bool:
        """Tell whether the caller has a consent to renew; it costs a statement of its own."""
        found = await self.consents.standings(self.database, caller.user_id, self.clock.now())
        return renewal_required(found, needed=self.consents.settings.required)

    async def flush(self) -> None:
        """Write the last uses that were gathered."""
        waiting, self.touches.waiting = self.touches.waiting, {}
        for session_id, transport in waiting.items():
            await self.sessions.touch(self.database, session_id, self.clock.now(), transport)

    def _recall(self, key: Key, now: datetime) -> Known | None:
        moment = time.monotonic()
        if not self.settings.cache or not self.changes.trusted(moment):
            return None
        held = self.recent.recall(key, moment)
        return held[0] if held is not None and held[1] > now.timestamp() else None

    def _learn(
        self, key: Key, row: Any, now: datetime, turn: int, until: float = float("inf")
    ) -> Known | None:
        if row is None:
            return None
        known = Known(row)
        if self.settings.due(row.transport, row.last_used_at, now):
            self.touches.waiting[row.session_id] = row.transport
        moment = time.monotonic()
        if self.settings.cache and self.changes.trusted(moment):
            ids = (f"session:{row.session_id}", f"user:{known.user}")
            ends = min(until, row.expires_at.timestamp(), row.idle_until.timestamp())
            self.recent.keep(key, (known, ends), ids, moment, turn)
        return known
