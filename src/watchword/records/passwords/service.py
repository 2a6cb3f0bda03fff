"""Passwords: screen, hash, verify, replace, forget."""

from datetime import datetime
from functools import partial

from zxcvbn_rs_py import zxcvbn

from watchword.kernel.ids import SubscriberId
from watchword.kernel.parts import service
from watchword.kernel.secret import Peppers, Secret
from watchword.plumbing.db.ports import Executor
from watchword.plumbing.hashing import elsewhere, password_hash
from watchword.plumbing.hashing.pool import ForeignHashPool, HashPool
from watchword.plumbing.settings import OrganisationSettings
from watchword.records.passwords import store
from watchword.records.passwords.rules import (
    NO_PEPPER,
    PasswordSettings,
    Stored,
    context_words,
    is_famous,
    normalise,
    only_context,
    screen_length,
    too_common,
    unreadable_hash,
)

_LEAST_SCORE = 2
_SCREENED = 100


@service
class Passwords:
    """The one place that sees passwords."""

    peppers: Peppers
    pool: HashPool
    foreign: ForeignHashPool
    settings: PasswordSettings
    organisation: OrganisationSettings

    def screen(self, password: Secret, *about: str, field: str = "password") -> None:
        """Refuse what is short or easily guessed. Problem: `invalid_input` naming the field."""
        text = normalise(password.reveal())
        screen_length(text, self.settings.min_length, field)
        context = (*about, self.organisation.name)
        if is_famous(text) or only_context(text, *context):
            raise too_common(field)
        if int(zxcvbn(text[:_SCREENED], context_words(*context)).score) < _LEAST_SCORE:
            raise too_common(field)

    async def hash(self, password: Secret) -> Stored:
        """Hash a password as we would today. Problem: `overloaded`."""
        make = partial(
            password_hash.make,
            self.peppers,
            self.settings.scheme,
            self.settings.bcrypt_rounds,
            normalise(password.reveal()),
        )
        return Stored(await self.pool.run(make), self.peppers.current)

    def adopt(self, made_elsewhere: str, field: str) -> Stored:
        """Take another system's hash as it is, until its owner signs in. Problem: `invalid_input`."""
        if elsewhere.reader(made_elsewhere) is None:
            raise unreadable_hash(field)
        return Stored(made_elsewhere, NO_PEPPER)

    async def verify(self, password: Secret, stored: Stored | None) -> bool:
        """Tell whether it is the password; takes as long when there is none. Problem: `overloaded`.

        Another system's hash takes as long as that one made it (docs/decisions/0034).
        """
        against = stored or await self._decoy()
        if against.pepper_version == NO_PEPPER:
            return await self.foreign.run(
                partial(elsewhere.matches, against.hash, password.reveal())
            )
        check = partial(
            password_hash.matches,
            self.peppers,
            against.hash,
            against.pepper_version,
            normalise(password.reveal()),
        )
        return await self.pool.run(check) and stored is not None

    def outdated(self, stored: Stored) -> bool:
        """Tell whether the hash should be made anew: other scheme, other cost, other pepper."""
        return stored.pepper_version != self.peppers.current or password_hash.outdated(
            stored.hash, self.settings.scheme, self.settings.bcrypt_rounds
        )

    async def find(self, db: Executor, user_id: SubscriberId) -> Stored | None:
        """Return what is stored for a subscriber."""
        return await store.find(db, user_id)

    async def set_at(self, db: Executor, user_id: SubscriberId) -> datetime | None:
        """Return since when the password holds."""
        return await store.set_at(db, user_id)

    async def replace(
        self, tx: Executor, user_id: SubscriberId, stored: Stored, now: datetime
    ) -> None:
        """Write a new hash."""
        await store.write(tx, user_id, stored, now)

    async def exchange(
        self, tx: Executor, user_id: SubscriberId, seen: Stored, stored: Stored, now: datetime
    ) -> bool:
        """Write a new hash instead of the one that was verified; false when that one is gone."""
        return await store.exchange(tx, user_id, seen, stored, now)

    async def forget(self, tx: Executor, user_id: SubscriberId) -> bool:
        """Remove the password; false when there was none."""
        return await store.forget(tx, user_id) > 0

    async def _decoy(self) -> Stored:
        """Return a hash that nothing matches, made once, to spend the same time on strangers."""
        known = self.__dict__.get("_known_decoy")
        if known is None:
            known = await self.hash(Secret("nobody's password"))
            object.__setattr__(self, "_known_decoy", known)
        return known
