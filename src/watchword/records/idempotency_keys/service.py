"""Idempotency keys: keep one, or tell that what it stands for was done."""

import hmac
from datetime import datetime

from watchword.kernel.chance import Chance
from watchword.kernel.ids import mint
from watchword.kernel.parts import service
from watchword.kernel.secret import Peppers
from watchword.plumbing.db.ports import Database, Transaction
from watchword.records.idempotency_keys import store
from watchword.records.idempotency_keys.rules import IdempotencyKeyReused


@service
class IdempotencyKeys:
    """The keys of programs."""

    peppers: Peppers
    chance: Chance

    async def keep(
        self, tx: Transaction, whose: str, key: str, request: bytes, now: datetime
    ) -> bool:
        """Keep a key; false: the same was asked for before. Problem: `idempotency_key_reused`."""
        entry = mint(now, self.chance)
        digest = self.peppers.digest("idempotency-key", whose, key)
        asked = self.peppers.digest("idempotent-request", request)
        kept, known = await store.keep(tx, digest, asked, entry, now)
        if not hmac.compare_digest(known, asked):
            raise IdempotencyKeyReused
        return kept == entry

    async def purge(self, db: Database, before: datetime) -> int:
        """Delete old keys; return how many."""
        return await store.purge(db, before)
