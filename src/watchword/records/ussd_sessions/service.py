"""USSD sessions: find, begin, claim, answer."""

from datetime import datetime

from watchword.kernel.parts import service
from watchword.kernel.secret import Peppers
from watchword.plumbing.db.ports import Database, Executor
from watchword.plumbing.sealing import SealBroken, Sealer
from watchword.records.ussd_sessions import store
from watchword.records.ussd_sessions.rules import LASTS, REMEMBERED, Kept


class UssdSealer(Sealer):
    """Seals what a session remembers."""


@service
class UssdSessions:
    """Where people are in the menu. `db` is the database itself: each step is its own commit."""

    peppers: Peppers
    sealer: UssdSealer

    def key(self, session_id: str, number: str, service_code: str) -> bytes:
        """Return what a session is known by: a gateway's id, whose it is, and where it was dialled."""
        return self.peppers.digest("ussd session", session_id, number, service_code)

    def digest(self, key: bytes, typed: str) -> bytes:
        """Return what is known of all that was typed in a session."""
        return self.peppers.digest("ussd typed", key, typed)

    async def find(self, db: Executor, key: bytes, now: datetime) -> Kept | None:
        """Return a living session; its state is opened, or nothing while an input is acted on."""
        row = await store.find(db, key, now)
        if row is None:
            return None
        state = None if row.state is None else self._open(key, bytes(row.state))
        return Kept(consumed=row.consumed, typed_digest=bytes(row.typed_digest), state=state)

    async def begin(self, db: Executor, key: bytes, state: bytes, now: datetime) -> bool:
        """Begin a session with its first answer; false when there was one, be it over."""
        return await store.begin(
            db,
            digest=key,
            consumed=0,
            typed_digest=self.digest(key, ""),
            state=self.sealer.seal(state, _context(key)),
            created_at=now,
            expires_at=now + LASTS,
            forgotten=now - REMEMBERED,
        )

    async def claim(self, db: Executor, key: bytes, seen: Kept, typed: str, now: datetime) -> bool:
        """Take the input that comes after those seen; false when another call did."""
        fresh = self.digest(key, typed)
        return await store.claim(db, key, seen.consumed, seen.typed_digest, fresh, now)

    async def answer(self, db: Executor, key: bytes, consumed: int, state: bytes) -> None:
        """Keep what was answered, to be said again."""
        await store.answer(db, key, consumed, self.sealer.seal(state, _context(key)))

    async def purge(self, db: Database, now: datetime) -> int:
        """Of sessions that are over forget the state, and in the end all; return how many."""
        await store.wipe(db, now)
        return await store.purge(db, now - REMEMBERED)

    def _open(self, key: bytes, sealed: bytes) -> bytes | None:
        """Return the state; one that another key sealed is lost, as if it were being acted on."""
        try:
            return self.sealer.open(sealed, _context(key))
        except SealBroken:
            return None


def _context(key: bytes) -> str:
    return f"ussd:{key.hex()}"
