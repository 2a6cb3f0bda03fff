"""Former addresses: give one up, and tell which there were."""

from datetime import datetime

from watchword.kernel.ids import SubscriberId
from watchword.kernel.parts import service
from watchword.plumbing.db.ports import Executor, Transaction
from watchword.records.former_addresses import store


@service
class FormerAddresses:
    """What accounts were reached at."""

    async def give_up(
        self, tx: Transaction, user_id: SubscriberId, key: str, now: datetime
    ) -> None:
        """Note that an account no longer has an address that it had proven."""
        await store.give_up(tx, user_id, key, now)

    async def of(self, db: Executor, user_id: SubscriberId) -> tuple[str, ...]:
        """Return the addresses that an account had."""
        return await store.of_user(db, user_id)
