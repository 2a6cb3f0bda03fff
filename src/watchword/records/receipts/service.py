"""Receipts: keep one for each thing acted on."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from watchword.kernel.parts import service
from watchword.plumbing.db.ports import Database, Transaction
from watchword.records.receipts import store

STAY: Final = timedelta(days=3)


@service
class Receipts:
    """What was acted on."""

    async def keep(self, tx: Transaction, source: str, names: Sequence[str], now: datetime) -> bool:
        """Keep a receipt under each name; false when any was there: then it was acted on."""
        kept = [
            await store.keep(tx, sha256(f"{source}\0{name}".encode()).digest(), now + STAY)
            for name in names
        ]
        return all(kept)

    async def purge(self, db: Database, now: datetime) -> int:
        """Delete receipts that are over; return how many."""
        return await store.purge(db, now)
