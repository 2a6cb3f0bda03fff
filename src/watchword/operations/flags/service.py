"""Switching: what is wished is kept, told to every process, and written into the journal."""

from watchword.kernel.clock import Clock
from watchword.kernel.parts import service
from watchword.kernel.ports import Visitor
from watchword.operations.flags.rules import DEFAULT, FlagTold, Wish, standing
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.ports import Database
from watchword.plumbing.flags import ALL, Flags
from watchword.records.flags.rules import FlagChanged
from watchword.records.flags.service import Switches


@service
class Switching:
    """What operators do with flags."""

    database: Database
    switches: Switches
    flags: Flags
    journal: Journal
    clock: Clock

    async def every(self) -> list[FlagTold]:
        """Tell how every flag stands."""
        rows = await self.switches.every()
        return [standing(flag, rows) for _, flag in sorted(self.flags.declared.items())]

    async def show(self, name: str) -> FlagTold:
        """Tell how a flag stands. Problem: `not_found`."""
        return standing(self.flags.named(name), await self.switches.every())

    async def switch(
        self, name: str, wish: Wish, by: str, visitor: Visitor | None = None
    ) -> FlagTold:
        """Switch a flag, in every process. Problem: `not_found`."""
        flag, now = self.flags.named(name), self.clock.now()
        was = _before(await self.show(name), wish.tenant)
        async with self.database.transaction() as tx:
            if wish.share is None:
                await self.switches.drop(tx, flag, wish.tenant)
            else:
                await self.switches.put(tx, flag, wish.tenant, wish.share, now)
            fact = FlagChanged(flag=flag.name, tenant=wish.tenant, value=wish.value, was=was, by=by)
            await self.journal.record(tx, fact, now, visitor)
        await self.switches.load()
        return await self.show(name)


def _before(told: FlagTold, tenant: str) -> str:
    """Return how a flag stood for whom it is switched."""
    return told.value if tenant == ALL else told.tenants.get(tenant, DEFAULT)
