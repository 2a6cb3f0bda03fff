"""PINs: read, screen, hash, check, replace."""

from datetime import datetime
from functools import partial

from watchword.kernel.digits import as_sent
from watchword.kernel.ids import SubscriberId
from watchword.kernel.limits import lock_length, locked_for
from watchword.kernel.parts import service
from watchword.kernel.problems import Overloaded
from watchword.kernel.secret import Peppers, Secret
from watchword.plumbing.db.ports import Executor
from watchword.plumbing.hashing import password_hash
from watchword.plumbing.hashing.pool import HashPool
from watchword.records.pins import store
from watchword.records.pins.rules import (
    PinSettings,
    Stored,
    Tried,
    is_easy,
    malformed,
    too_easy,
)

_SCHEME = "argon2id"
_ROUNDS = 12  # bcrypt's; the scheme takes none
_DECOY = "$argon2id$v=19$m=19456,t=2,p=1$c29tZWJvZHkncw$" + 43 * "A"


@service
class Pins:
    """The one place that sees PINs."""

    peppers: Peppers
    pool: HashPool
    settings: PinSettings

    def read(self, typed: Secret, field: str = "pin") -> Secret:
        """Read a PIN as it was typed. Problem: `invalid_input` naming the field."""
        digits = as_sent(typed.reveal())
        if not (digits.isascii() and digits.isdigit() and len(digits) == self.settings.length):
            raise malformed(self.settings.length, field)
        return Secret(digits)

    def screen(
        self, pin: Secret, now: datetime, number: str | None = None, field: str = "pin"
    ) -> None:
        """Refuse what is easily guessed, by whoever knows the number too. Problem: `invalid_input`."""
        if is_easy(pin.reveal(), now.year, number):
            raise too_easy(field)

    async def hash(self, user_id: SubscriberId, pin: Secret) -> Stored:
        """Hash a subscriber's PIN as we would today. Problem: `overloaded`."""
        material = _material(user_id, pin)
        make = partial(password_hash.make, self.peppers, _SCHEME, _ROUNDS, material)
        return Stored(await self.pool.run(make), self.peppers.current)

    async def check(
        self, db: Executor, user_id: SubscriberId | None, pin: Secret, now: datetime
    ) -> Tried:
        """Compare a PIN with a subscriber's. Problem: `overloaded`, which counts nothing.

        `db` is the database itself: a wrong PIN counts whatever else fails.
        """
        bound, patience = self.settings.max_failures, self.settings.lock_time
        row = None
        if user_id is not None:
            row = await store.enter(db, user_id, bound, now, left_since=now - patience)
        if user_id is None or row is None:
            tried = await self._not_compared(db, user_id, now)
            await self._matches(user_id, pin, Stored(_DECOY, self.peppers.current))
            return tried
        stored = Stored(row.hash, row.pepper_version)
        try:
            right = await self._matches(user_id, pin, stored)
        except Overloaded:
            await store.excuse(db, user_id)
            raise
        if right and await store.forgive(db, user_id, stored.hash):
            await self._renew(db, user_id, pin, stored)
            return Tried(right=True)
        last = row.failures >= bound
        until = now + lock_length(self.settings.lock_time, row.locks)
        return Tried(right=False, locked=last and await store.lock(db, user_id, bound, until))

    async def has_one(self, db: Executor, user_id: SubscriberId) -> bool:
        """Tell whether a subscriber has a PIN."""
        return await store.look(db, user_id) is not None

    async def replace(
        self, tx: Executor, user_id: SubscriberId, stored: Stored, now: datetime
    ) -> None:
        """Write a new PIN; what was counted against the old one is forgotten."""
        await store.write(tx, user_id, stored.hash, stored.pepper_version, now)

    async def forget(self, tx: Executor, user_id: SubscriberId) -> None:
        """Remove the PIN, if there is one."""
        await store.forget(tx, user_id)

    async def _not_compared(
        self, db: Executor, user_id: SubscriberId | None, now: datetime
    ) -> Tried:
        """Say why a PIN was not compared: there is none, it is locked, or as many as it bears are."""
        row = None if user_id is None else await store.look(db, user_id)
        if row is None:
            return Tried(right=False)
        full_since = row.counted_at if row.failures >= self.settings.max_failures else None
        wait = locked_for(row.locked_until, full_since, self.settings.lock_time, now)
        return Tried(right=False, busy=wait is None, refused_for=wait)

    async def _renew(
        self, db: Executor, user_id: SubscriberId, pin: Secret, stored: Stored
    ) -> None:
        """Hash a right PIN anew when its pepper is no longer the newest."""
        if stored.pepper_version != self.peppers.current:
            fresh = await self.hash(user_id, pin)
            await store.exchange(db, user_id, stored.hash, fresh.hash, fresh.pepper_version)

    async def _matches(self, user_id: SubscriberId | None, pin: Secret, stored: Stored) -> bool:
        material = _material(user_id, pin)
        check = partial(
            password_hash.matches, self.peppers, stored.hash, stored.pepper_version, material
        )
        return await self.pool.run(check)


def _material(user_id: SubscriberId | None, pin: Secret) -> str:
    """Bind a PIN to whose it is: it is nobody else's, and no password."""
    return f"pin\0{user_id}\0{pin.reveal()}"
