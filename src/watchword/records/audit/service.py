"""The chain: links what was committed, signs its head; one process at a time."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from uuid import UUID

from watchword.kernel.chance import Chance
from watchword.kernel.clock import Clock
from watchword.kernel.ids import DEFAULT_TENANT, mint
from watchword.kernel.parts import service
from watchword.kernel.secret import Peppers
from watchword.plumbing.chain.checkpoints import CHECKPOINT, Checkpoint, line_of, sign
from watchword.plumbing.chain.links import Entry, Head, beginning, next_head
from watchword.plumbing.db import leases
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.leases import Lease
from watchword.plumbing.db.ports import Database, Executor, Taken, Transaction
from watchword.plumbing.logs.logger import log
from watchword.records.audit import store
from watchword.records.audit.rules import BATCH, ChainCut

LEASE: Final = "audit-chain"
LEASE_LASTS: Final = timedelta(seconds=30)


@dataclass
class LastSeen:
    """The head that this process saw last: a chain that was cut since is found out."""

    head: Head | None = field(default=None)


@service
class Chain:
    """The chain of this tenant."""

    database: Database
    journal: Journal
    seen: LastSeen
    peppers: Peppers
    clock: Clock
    chance: Chance

    async def link(self) -> int:
        """Link all that waits; return how many rows. Another process may do so meanwhile."""
        linked = 0
        while await store.waits(self.database):
            async with self._alone() as mine:
                if not mine:
                    break
                number = await self._link_some()
            linked += number
            if number < BATCH:
                break
        return linked

    async def checkpoint(self) -> Checkpoint | None:
        """Sign the head, unless it is signed already or another process links just now."""
        async with self._alone() as mine:
            return await self._checkpoint() if mine else None

    async def head(self, db: Executor) -> Head:
        """Return how far the chain has come."""
        found = await store.head(db)
        if found is not None:
            return found
        archived = await store.archives(db)
        return archived[-1].head if archived else beginning(DEFAULT_TENANT)

    async def _link_some(self) -> int:
        now = self.clock.now()
        try:
            async with self.database.transaction() as tx:
                head = await self.head(tx)
                await self._compare(tx, head)
                waiting = await store.waiting(tx, BATCH)
                there = await store.linked(tx, waiting.values())
                entries = await store.entries(tx, waiting.values())
                new = [each for each in dict.fromkeys(waiting.values()) if each not in there]
                head, made = _linked(head, new, entries)
                await store.link(tx, made, now)
                await store.done(tx, list(waiting))
        except Taken:  # our lease had ended, and another process linked them
            return 0
        self.seen.head = head
        return len(waiting)

    async def _compare(self, tx: Transaction, head: Head) -> None:
        """Tell when what this process saw of the chain is not in it any more."""
        seen = self.seen.head
        if seen is None or seen == head:
            return
        if head.position > seen.position:
            there = await store.at(tx, seen.position)
            if there is None and seen.position <= await _archived_until(tx):
                there = seen
            if there == seen:
                return
        cut = ChainCut(position=min(seen.position, head.position))
        await self.journal.record(tx, cut, self.clock.now())

    async def _checkpoint(self) -> Checkpoint | None:
        now = self.clock.now()
        async with self.database.transaction() as tx:
            head, last = await self.head(tx), await store.newest_checkpoint(tx)
            await self._compare(tx, head)
            made = None
            if head.position and not _is_signed(last, head, self.peppers):
                number = last.number + 1 if last else 1
                made = sign(number, head, DEFAULT_TENANT, now, self.peppers)
                await store.check(tx, made)
        self.seen.head = head
        if made is None:
            return None
        log().info(CHECKPOINT, category="audit", **line_of(made))
        return made

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[bool]:
        """Hold the lease, which ends by itself should we be killed; false: somebody else does."""
        now = self.clock.now()
        lease = Lease(LEASE, mint(now, self.chance))
        mine = await leases.take(self.database, lease, now, LEASE_LASTS)
        try:
            yield mine
        finally:
            if mine:
                await leases.give_back(self.database, lease)


def _linked(
    head: Head, ids: Sequence[UUID], entries: Mapping[UUID, Entry]
) -> tuple[Head, list[tuple[Head, UUID, bytes | None]]]:
    """Return the new head, and the links that lead to it."""
    made = []
    for journal_id in ids:
        entry = entries.get(journal_id)
        head = next_head(head, entry)
        made.append((head, journal_id, entry.origin if entry else None))
    return head, made


def _is_signed(last: Checkpoint | None, head: Head, peppers: Peppers) -> bool:
    return last is not None and last.head == head and last.pepper_version == peppers.current


async def _archived_until(tx: Transaction) -> int:
    archived = await store.archives(tx)
    return archived[-1].head.position if archived else 0
