"""Exports: ask for one, prepare it, take it once."""

from datetime import datetime
from uuid import UUID

from watchword.kernel.chance import Chance
from watchword.kernel.ids import SubscriberId, mint
from watchword.kernel.parts import service
from watchword.plumbing.db.ports import Database, Executor, Transaction
from watchword.plumbing.sealing import SealBroken, Sealer
from watchword.records.exports import store
from watchword.records.exports.rules import LEASE, MOST_TRIES, NEWS, Export, ExportSettings

_SHOWN = 10


class ExportSealer(Sealer):
    """Seals what was prepared."""


@service
class Exports:
    """What subscribers asked to be given."""

    sealer: ExportSealer
    settings: ExportSettings
    chance: Chance

    async def ask(self, tx: Transaction, user_id: SubscriberId, now: datetime) -> bool:
        """Ask for one (the subscriber's row is held); false when one is under way already."""
        if any(each.open for each in await store.of_user(tx, user_id, _SHOWN)):
            return False
        await store.replace(tx, user_id, now)
        await store.add(tx, mint(now, self.chance), user_id, now)
        tx.announce(NEWS)
        return True

    async def of_user(self, db: Executor, user_id: SubscriberId) -> list[Export]:
        """Return a subscriber's exports, the newest first."""
        return await store.of_user(db, user_id, _SHOWN)

    async def claim(self, db: Executor, now: datetime) -> Export | None:
        """Return the one that waits longest, leased to this worker; what failed too often is given up."""
        while (export := await store.claim(db, now, now + LEASE)) is not None:
            if export.attempts <= MOST_TRIES:
                return export
            await store.fail(db, export, now)
        return None

    async def progress(
        self, db: Executor, export: Export, done: int, total: int, now: datetime
    ) -> bool:
        """Note how far it is; false: another worker has it by now."""
        return await store.progress(db, export, done, total, now + LEASE)

    async def finish(self, tx: Executor, export: Export, content: bytes, now: datetime) -> bool:
        """Keep what was prepared, sealed; false: another worker has it by now."""
        sealed = self.sealer.seal(content, _context(export.id))
        return await store.finish(tx, export, sealed, now + self.settings.lifetime, now)

    async def take(
        self, tx: Transaction, export_id: UUID, user_id: SubscriberId, now: datetime
    ) -> bytes | None:
        """Return what was prepared for this subscriber, once; nothing when it is gone or another's.

        One that another key sealed is gone, too.
        """
        sealed = await store.take(tx, export_id, user_id, now)
        if sealed is None:
            return None
        try:
            return self.sealer.open(sealed, _context(export_id))
        except SealBroken:
            return None

    async def wipe(self, db: Executor, now: datetime) -> int:
        """Wipe what nobody took in time; return how many that were."""
        return await store.wipe(db, now)

    async def purge(self, db: Database, before: datetime) -> int:
        """Forget what was asked for before a moment; return how much."""
        return await store.purge(db, before)


def _context(export_id: UUID) -> str:
    return f"export:{export_id}"
