"""The audit trail: verify, search, archive."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final

from watchword.kernel.chance import Chance
from watchword.kernel.clock import Clock
from watchword.kernel.ids import DEFAULT_TENANT, mint
from watchword.kernel.parts import service
from watchword.kernel.problems import Problem
from watchword.kernel.secret import Peppers
from watchword.operations.audit import store
from watchword.operations.audit.rules import (
    CUT,
    ERASED,
    OBJECT_ROWS,
    RETENTION,
    AuditRow,
    AuditRows,
    ChainBroken,
    Fault,
    FaultKind,
    Report,
    Sought,
    Walk,
)
from watchword.plumbing.chain.checkpoints import Checkpoint, is_genuine
from watchword.plumbing.chain.cold import Cold
from watchword.plumbing.chain.links import Head, Link, beginning
from watchword.plumbing.chain.stretches import Archive, checksum_of, object_name, packed, unpacked
from watchword.plumbing.db import leases
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.leases import Lease
from watchword.plumbing.db.ports import Database
from watchword.plumbing.settings import RetentionSettings
from watchword.records.audit import store as trail
from watchword.records.audit.rules import BATCH, LATE, AuditArchived, AuditSettings
from watchword.records.audit.service import Chain

LEASE: Final = "audit-archive"
LEASE_LASTS: Final = timedelta(hours=1)
CONSOLE: Final = "console"
SCHEDULE: Final = "schedule"
_PAGE: Final = 5000

Tell = Callable[[int, int], None]


@service
class Search:
    """Finds what happened."""

    database: Database

    async def page(self, sought: Sought, most: int) -> AuditRows:
        """Return rows that are sought, newest first."""
        found = await store.search(self.database, sought, most + 1)
        rows = [_told(row) for row in found[:most]]
        return AuditRows(rows=rows, next=str(rows[-1].id) if len(found) > most else None)


@service
class Auditor:
    """Proves that the trail is whole."""

    database: Database
    chain: Chain
    cold: Cold
    peppers: Peppers
    retention: RetentionSettings
    clock: Clock

    async def verify(
        self, anchors: Sequence[Checkpoint], tell: Tell, *, cold_too: bool = True
    ) -> Report:
        """Go along the whole chain; `tell` hears how many rows are done, of how many."""
        checkpoints = await trail.checkpoints(self.database)
        archives = await trail.archives(self.database)
        head = await self.chain.head(self.database)
        report = Report(head=head.position)
        marks = self._marks(report, checkpoints, anchors)
        walk = Walk(beginning(DEFAULT_TENANT), marks)
        if archives and not cold_too:
            walk.head = archives[-1].head
        fault = await self._walk_archives(walk, archives, report, tell) if cold_too else None
        fault = fault or await self._walk(walk, head, report, tell)
        report.without_origin = walk.without_origin
        if fault is not None:
            if await trail.archives(self.database) != archives:  # rows went there meanwhile
                return await self.verify(anchors, tell, cold_too=cold_too)
            report.faults += [*walk.faults, fault]
            return report
        await self._hear_the_rest(walk)
        report.faults += walk.faults
        report.faults += walk.bared_without_reason(await store.erased(self.database))
        report.remarks += walk.remarks
        report.faults += _cut(walk.head, marks)
        report.faults += await self._loose_ends(walk.head, checkpoints, report)
        report.remarks += _remarks(walk, report, self.retention.navigation)
        return report

    async def _hear_the_rest(self, walk: Walk) -> None:
        """Take in what is to be linked: who was erased a moment ago may be without origins now."""
        telling = (ERASED, RETENTION, CUT)
        for entry in await trail.said_after(self.database, walk.head.position, telling):
            walk.hear(entry, None, self.clock.now())

    def _marks(
        self, report: Report, checkpoints: Sequence[Checkpoint], anchors: Sequence[Checkpoint]
    ) -> dict[int, list[bytes]]:
        """Return which digests must be where, as far as we signed them."""
        marks: dict[int, list[bytes]] = {}
        report.checkpoints, report.anchors = len(checkpoints), len(anchors)
        for number, each in enumerate(checkpoints, 1):
            if each.number != number:
                told = f"checkpoint {number} is gone"
                report.faults.append(Fault(kind=FaultKind.FORGED, told=told))
                break
        for each in (*checkpoints, *anchors):
            genuine = is_genuine(each, DEFAULT_TENANT, self.peppers)
            if genuine:
                marks.setdefault(each.head.position, []).append(each.head.digest)
            elif genuine is None:
                report.unknown_checkpoints += 1
            else:
                told = f"checkpoint {each.number} is not signed by this service"
                position = each.head.position
                report.faults.append(Fault(kind=FaultKind.FORGED, position=position, told=told))
        return marks

    async def _walk_archives(
        self, walk: Walk, archives: Sequence[Archive], report: Report, tell: Tell
    ) -> Fault | None:
        for each in archives:
            try:
                for link in unpacked(await self.cold.fetch(each)):
                    fault = walk.step(link)
                    if fault is not None:
                        return replace(fault, told=f"{fault.told} (in {each.name})")
            except Problem as problem:
                told = problem.private or f"{each.name}: {problem.detail}"
                return Fault(kind=FaultKind.ARCHIVE, position=each.first, told=told)
            except (ValueError, EOFError, OSError, zlib.error) as error:
                told = f"{each.name} cannot be read: {error}"
                return Fault(kind=FaultKind.ARCHIVE, position=each.first, told=told)
            if walk.head != each.head:
                told = f"{each.name} does not end as it did when it was made"
                return Fault(kind=FaultKind.ARCHIVE, position=each.head.position, told=told)
            report.archived = report.rows = walk.head.position
            tell(report.rows, report.head)
        return None

    async def _walk(self, walk: Walk, until: Head, report: Report, tell: Tell) -> Fault | None:
        async for page in _pages(self.database, walk.head.position, until.position):
            for link in page:
                fault = walk.step(link)
                if fault is not None:
                    return fault
            report.rows += len(page)
            tell(report.rows, report.head)
        return None

    async def _loose_ends(
        self, head: Head, checkpoints: Sequence[Checkpoint], report: Report
    ) -> list[Fault]:
        """Return what is not in the chain or under a checkpoint, and should be by now."""
        faults, late = [], self.clock.now() - LATE
        unlinked = await trail.unlinked(self.database)
        if unlinked is not None:
            told = "the row neither has a place in the chain nor waits for one"
            faults.append(Fault(kind=FaultKind.UNLINKED, id=unlinked, told=told))
        report.waiting, oldest = await trail.backlog(self.database)
        if oldest is not None and oldest < late:
            told = f"{report.waiting} rows wait for their links, since {oldest:%F %T}: no worker?"
            faults.append(Fault(kind=FaultKind.LATE, told=told))
        ours = [
            each.head.position
            for each in checkpoints
            if is_genuine(each, DEFAULT_TENANT, self.peppers)
        ]
        covered = max(ours, default=0)
        bare = await trail.next_linked(self.database, covered)
        if bare is not None and bare[0] <= head.position and bare[1] < late:
            told = f"no checkpoint of ours since {bare[1]:%F %T}: no worker, or its pepper?"
            faults.append(Fault(kind=FaultKind.UNSIGNED, position=bare[0], told=told))
        return faults


@service
class Archivist:
    """Puts away what is old."""

    database: Database
    journal: Journal
    cold: Cold
    settings: AuditSettings
    clock: Clock
    chance: Chance

    async def foresee(self, older_than: timedelta) -> int:
        """Return how many rows would go."""
        begins, ends = await self._stretch(older_than)
        return max(0, ends - begins.position)

    async def archive(
        self,
        older_than: timedelta,
        tell: Tell,
        by: str = CONSOLE,
        due: datetime | None = None,
    ) -> list[Archive] | None:
        """Put away what is older; return the new objects, or nothing while another process does so.

        Problems: `no_archive`, `archive_unavailable`, `audit_chain_broken`, `database_refuses`.
        """
        now = self.clock.now()
        lease = Lease(LEASE, mint(now, self.chance))
        async with leases.alone(self.database, lease, now, LEASE_LASTS, due) as ours:
            return await self._archive(older_than, tell, by) if ours else None

    async def archive_when_due(self) -> list[Archive] | None:
        """Put away what is older, once for each time, where cold storage is.

        Problems: those of `archive`; the next run tries it again.
        """
        if self.cold.storage is None:
            return None
        due = self.settings.archive_times.latest(self.clock.now())
        older_than = timedelta(days=self.settings.online_days)
        return await self.archive(older_than, lambda _done, _total: None, SCHEDULE, due)

    async def _archive(self, older_than: timedelta, tell: Tell, by: str) -> list[Archive]:
        async with self.database.transaction() as tx:
            await trail.forget(tx, 0, 0)  # who may delete nothing here shall not begin
        await self._forget()
        head, ends = await self._stretch(older_than)
        total, made = ends - head.position, []
        while head.position < ends:
            made.append(await self._put_away(head, min(ends, head.position + OBJECT_ROWS), by))
            await self._forget()
            head = made[-1].head
            tell(total - (ends - head.position), total)
        return made

    async def _stretch(self, older_than: timedelta) -> tuple[Head, int]:
        """Return where the next stretch begins, and the last position of what may go.

        What somebody is still to be told of stays, and what no checkpoint covers.
        """
        archives = await trail.archives(self.database)
        begins = archives[-1].head if archives else beginning(DEFAULT_TENANT)
        ends = await trail.last_before(self.database, self.clock.now() - older_than)
        owed = await trail.first_owed(self.database)
        signed = await trail.newest_checkpoint(self.database)
        ends = min(ends, signed.head.position if signed else 0)
        return begins, ends if owed is None else min(ends, owed - 1)

    async def _put_away(self, begins: Head, ends: int, by: str) -> Archive:
        """Write an object, read it back, and note it; a service that does so serves people meanwhile."""
        walk, links = Walk(begins, {}), []
        async for page in _pages(self.database, begins.position, ends, BATCH):
            for link in page:
                fault = walk.step(link)
                if fault is not None:
                    raise ChainBroken(private=f"position {fault.position}: {fault.told}")
            links += page
        content = await asyncio.to_thread(packed, DEFAULT_TENANT, begins, links)
        made = Archive(
            first=begins.position + 1,
            head=walk.head,
            name=object_name(DEFAULT_TENANT, begins.position + 1, walk.head.position),
            size=len(content),
            checksum=checksum_of(content),
            made_at=self.clock.now(),
        )
        await self.cold.keep(made.name, content)
        await self.cold.fetch(made)
        async with self.database.transaction() as tx:
            await trail.archive(tx, made)
            fact = AuditArchived(name=made.name, first=made.first, last=made.head.position, by=by)
            await self.journal.record(tx, fact, made.made_at)
        return made

    async def _forget(self) -> None:
        """Delete here what is in cold storage, some rows at a time."""
        archives = await trail.archives(self.database)
        until = archives[-1].head.position if archives else 0
        while (first := await trail.first_here(self.database)) is not None and first <= until:
            async with self.database.transaction() as tx:
                await trail.forget(tx, first - 1, min(until, first - 1 + BATCH))


async def _pages(
    database: Database, after: int, until: int, most: int = _PAGE
) -> AsyncIterator[list[Link]]:
    """Yield the links here, in order."""
    while after < until:
        links = await trail.links(database, after, until, most)
        if not links:
            return
        yield links
        after = links[-1].position


def _remarks(walk: Walk, report: Report, months: int) -> Iterator[str]:
    """Yield what is no fault, and worth a look."""
    if walk.more:
        yield f"{walk.more} more rows cannot be what they say."
    if report.waiting:
        yield f"{report.waiting} rows wait for their links."
    if walk.shortest is not None and walk.shortest < months:
        yield (
            f"A run of retention kept origins for {walk.shortest} months;"
            f" RETENTION_NAVIGATION_MONTHS is {months}."
        )


def _cut(head: Head, marks: Iterable[int]) -> Iterable[Fault]:
    """Yield the fault of a chain that ends before what was signed."""
    beyond = [position for position in marks if position > head.position]
    for position in islice(sorted(beyond), 1):
        told = f"the chain ends at {head.position}, and a checkpoint was made at {max(beyond)}"
        yield Fault(kind=FaultKind.CUT, position=position, told=told)


def _told(row: Any) -> AuditRow:
    return AuditRow(
        id=row.id,
        at=row.at,
        type=row.type,
        user_id=row.user_id,
        facts=row.facts,
        address=row.address,
        user_agent=row.user_agent,
        request_id=row.request_id,
        position=row.position,
    )
