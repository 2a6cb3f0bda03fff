"""The switches: kept in the database, known to every process."""

from datetime import datetime
from typing import Any

from watchword.kernel.flags import Flag
from watchword.kernel.parts import service
from watchword.plumbing.db.ports import Database, Transaction
from watchword.plumbing.flags import Flags
from watchword.records.flags import store
from watchword.records.flags.rules import NEWS


@service
class Switches:
    """What is switched."""

    database: Database
    flags: Flags

    async def load(self) -> None:
        """Let this process know what is switched now."""
        rows = await store.every(self.database)
        self.flags.take({(row.name, row.holds_for): row.share for row in rows})

    async def every(self) -> list[Any]:
        """Return all that is switched."""
        return await store.every(self.database)

    async def put(
        self, tx: Transaction, flag: Flag, tenant: str, share: int, now: datetime
    ) -> None:
        """Give a flag a share, in every process."""
        await store.put(tx, flag.name, tenant, share, now)
        tx.announce(NEWS)

    async def drop(self, tx: Transaction, flag: Flag, tenant: str) -> None:
        """Leave a flag to its default, or to what holds for all."""
        await store.drop(tx, flag.name, tenant)
        tx.announce(NEWS)
