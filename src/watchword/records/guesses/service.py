"""Guesses: count them before they are judged, lock when there are too many."""

import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from watchword.kernel.chance import Chance
from watchword.kernel.limits import MOMENT, lock_length, locked_for
from watchword.kernel.parts import service
from watchword.kernel.problems import TooManyRequests
from watchword.kernel.secret import Peppers
from watchword.plumbing.db.ports import Database, Executor
from watchword.plumbing.metrics.counting import Metrics
from watchword.plumbing.throttle import TooManyAttempts
from watchword.records.guesses import store
from watchword.records.guesses.rules import (
    Guess,
    GuessCount,
    GuessRefused,
    GuessSettings,
)

_PURPOSE = "guess"


@service
class Guesses:
    """Counts failures at accounts. `db` is the database itself: counts stand whatever else fails."""

    peppers: Peppers
    chance: Chance
    settings: GuessSettings
    metrics: Metrics

    def key(self, kind: str, address: str, device: str | None = None) -> bytes:
        """Return the key of an address; a known device has its own."""
        return self.peppers.digest(_PURPOSE, kind, address, device or "")

    def device(self, address: str, password_hash: str) -> str:
        """Return the token of a device now known; worthless once the password changes."""
        return self._device(address, password_hash, self.chance.draw(12).hex())

    def knows(self, device: str | None, address: str, password_hash: str | None) -> bool:
        """Tell whether the token is one that this address got with its present password."""
        nonce, dot, _ = (device or "").partition(".")
        if not dot or device is None or password_hash is None or not device.isascii():
            return False
        return hmac.compare_digest(self._device(address, password_hash, nonce), device)

    def _device(self, address: str, password_hash: str, nonce: str) -> str:
        return f"{nonce}.{self.peppers.digest('device', address, password_hash, nonce).hex()}"

    async def enter(self, db: Executor, key: bytes, now: datetime) -> Guess:
        """Count a guess under way. Problems: `too_many_attempts` while it is locked, `rate_limited`."""
        return self.judge(key, await store.enter(db, self.entry(key, now)), now)

    def entry(self, key: bytes, now: datetime) -> Mapping[str, Any]:
        """Return what counts a guess, for who asks for more in the same statement."""
        bound, patience = self.settings.max_failures, self.settings.lock_time
        return store.entry(key, bound, now, left_since=now - patience)

    def judge(self, key: bytes, row: Any, now: datetime) -> Guess:
        """Say whether a guess that was counted may be compared. Problems: those of `enter`."""
        full_since = row.updated_at if row.failures > self.settings.max_failures else None
        wait = locked_for(row.locked_until, full_since, self.settings.lock_time, now)
        if wait is not None:
            private = "account refuses guesses"
            raise TooManyAttempts(retry_after=wait, private=private, fact=GuessRefused())
        if full_since is not None:
            raise TooManyRequests(retry_after=MOMENT, private="guesses are under way")
        return Guess(key, row.failures, row.locks)

    async def failed(self, db: Executor, guess: Guess, now: datetime) -> bool:
        """The guess was wrong; lock if it was the last one. True when this call locked."""
        if guess.failures < self.settings.max_failures:
            return False
        until = now + lock_length(self.settings.lock_time, guess.locks)
        locked = await store.lock(db, guess.key, self.settings.max_failures, until, now)
        if locked:
            self.metrics.lockouts.inc()
        return locked

    async def excuse(self, db: Executor, key: bytes) -> None:
        """The guess was never judged."""
        await store.excuse(db, key, self.settings.max_failures)

    async def forget(self, tx: Executor, key: bytes) -> None:
        """The owner is back: start anew."""
        await store.forget(tx, key)

    async def standing(self, db: Executor, key: bytes, now: datetime) -> GuessCount:
        """Return how the account of a key stands."""
        row = await store.look(db, key)
        if row is None:
            return GuessCount()
        locked = row.locked_until is not None and row.locked_until > now
        return GuessCount(row.failures, row.locked_until if locked else None)

    async def purge(self, db: Database, before: datetime) -> int:
        """Delete old counts; return how many."""
        return await store.purge(db, before)
