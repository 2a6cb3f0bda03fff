"""Dispatches: note what a carrier took, settle what became of it, tell the shares."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from watchword.kernel.chance import Chance
from watchword.kernel.feedback import Outcome
from watchword.kernel.ids import mint
from watchword.kernel.parts import service
from watchword.kernel.secret import Peppers
from watchword.plumbing.carriers.latest import Latest
from watchword.plumbing.db.ports import Database, Executor, Transaction
from watchword.records.dispatches import store
from watchword.records.dispatches.rules import RATES_OVER, SENT, SOFT_OVER, Dispatch, Rates, bare

_PURPOSE = "dispatch"


@service
class Dispatches:
    """What left, and what became of it."""

    peppers: Peppers
    chance: Chance

    async def note(
        self,
        db: Executor,
        *,
        channel: str,
        carrier: str,
        reference: str | None,
        letter_id: UUID,
        template: str,
        to: str,
        now: datetime,
    ) -> None:
        """Note what a carrier took, by the name that it gave it."""
        await store.note(
            db,
            dispatch_id=mint(now, self.chance),
            channel=channel,
            carrier=carrier,
            reference=bare(reference),
            letter_id=letter_id,
            template=template,
            digest=self.digest(to),
            state=SENT,
            now=now,
        )

    def digest(self, to: str) -> bytes:
        """Return what is kept of an address."""
        return self.peppers.digest(_PURPOSE, to.casefold())

    def digests(self, to: str) -> tuple[bytes, ...]:
        """Return what may be kept of an address: under each pepper that is known still."""
        versions = sorted(self.peppers.keys)
        return tuple(self.peppers.digest(_PURPOSE, to.casefold(), version=v) for v in versions)

    async def find(self, tx: Transaction, carrier: str, reference: str) -> Dispatch | None:
        """Return what a carrier's report is about."""
        return await store.find(tx, carrier, bare(reference) or "")

    async def settle(
        self, tx: Transaction, carrier: str, reference: str, outcome: Outcome, now: datetime
    ) -> bool:
        """Say what became of a dispatch; false when more is known of it, or nothing."""
        return await store.settle(tx, carrier, bare(reference) or "", outcome, now)

    async def soft_bounces(
        self, tx: Transaction, dispatch: Dispatch, address: str, now: datetime
    ) -> int:
        """Return how many letters to the same address came back for now, within a week."""
        known = sorted({dispatch.address_digest, *self.digests(address)})
        since = now - SOFT_OVER
        return sum([await store.soft_bounces(tx, digest, since) for digest in known])

    async def tell(self, db: Executor, channel: str, latest: Iterable[Latest]) -> None:
        """Remember what last came of asking carriers; of what is not told, what was known stays."""
        for each in latest:
            await store.tell(db, channel, each)

    async def latest(self, db: Executor, channel: str) -> dict[str, Latest]:
        """Return what last came of asking each carrier, by whichever process."""
        return {each.carrier: each for each in await store.latest(db, channel)}

    async def rates(self, db: Executor, now: datetime) -> dict[str, Rates]:
        """Return what became of the letters of the last week, by carrier."""
        states: dict[str, dict[str, int]] = defaultdict(dict)
        for row in await store.counts(db, now - RATES_OVER):
            states[row.carrier][row.state] = row.number
        return {
            carrier: Rates(
                letters=sum(found.values()),
                bounces=found.get(Outcome.BOUNCE, 0) + found.get(Outcome.SOFT_BOUNCE, 0),
                complaints=found.get(Outcome.COMPLAINT, 0),
            )
            for carrier, found in states.items()
        }

    async def purge(self, db: Database, before: datetime) -> int:
        """Delete what was sent before a moment; return how many."""
        return await store.purge(db, before)
