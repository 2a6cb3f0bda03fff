"""Backup: create, verify, restore, prune."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from watchword import __version__
from watchword.kernel.chance import Chance
from watchword.kernel.clock import Clock
from watchword.kernel.ids import DEFAULT_TENANT, SubscriberId, TenantId, mint
from watchword.kernel.parts import service
from watchword.kernel.problems import Problem
from watchword.kernel.secret import Secret
from watchword.migrations import migrate
from watchword.migrations.known import status_of
from watchword.operations.backup import store
from watchword.operations.backup.rules import (
    CONSOLE,
    HELD,
    RESTORED,
    RETRY,
    SCHEDULE,
    UNPRUNED,
    VERIFYING,
    BackupForeign,
    DatabaseNotEmpty,
    FileInTheWay,
    Restored,
    Settled,
    Verdict,
    Wish,
    judge,
    once_each,
    tombstones_in,
    written,
)
from watchword.plumbing import folders
from watchword.plumbing.archives import poured, tar
from watchword.plumbing.archives.sealed import Opening, Sealing, opening, sealing
from watchword.plumbing.db import leases
from watchword.plumbing.db.dumps.contents import (
    SCRATCH,
    Contents,
    DumpFailed,
    Dumps,
    RestoreFailed,
    RoleMissing,
    Tombstone,
)
from watchword.plumbing.db.holding import hold_folder
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.leases import Lease
from watchword.plumbing.db.ports import Database
from watchword.plumbing.db.scope import Scope
from watchword.plumbing.house import House
from watchword.plumbing.logs import logger
from watchword.plumbing.metrics.counting import Metrics
from watchword.plumbing.ports import Eraser
from watchword.plumbing.settings import DatabaseSettings, RedisSettings
from watchword.records.backups import store as ledger
from watchword.records.backups.rules import (
    CONFIGURATION,
    DATABASE,
    LATEST,
    REDIS,
    TOMBSTONES,
    BackupAltered,
    BackupCreated,
    BackupFailed,
    BackupRestored,
    BackupSettings,
    BackupUnconfigured,
    BackupVerified,
    Manifest,
    Part,
    Trail,
    differences,
    kept_as,
    name_for,
)
from watchword.records.backups.service import Desk, FetchedPart, Vault, newest_number

_BEGUN: Final = ".begun-"
_OUR_OWN_LEAVE: Final = timedelta(seconds=30)

Tell = Callable[[int, int], None]


@dataclass(frozen=True)
class Elsewhere:
    """The whole service on another database, and who proves the trail there; `app` fills it."""

    open: Callable[[Secret, Scope], AbstractAsyncContextManager[House]]
    prove: Callable[[House], Awaitable[list[str]]]


@dataclass(frozen=True)
class Kit:
    """What backups need beside a house: it may be that there is none any more."""

    vault: Vault
    dumps: Dumps
    elsewhere: Elsewhere
    settings: BackupSettings
    database: DatabaseSettings
    clock: Clock
    home: Path

    @asynccontextmanager
    async def fetched(
        self, manifest: Manifest, parts: Sequence[Part], key: Opening, tell: Tell
    ) -> AsyncIterator[Mapping[str, FetchedPart]]:
        """Yield parts by their kinds, each whole. Problems: `backup_altered`, `backup_key_wrong`."""
        done, total = 0, sum(part.size for part in parts)
        with self.workplace() as folder:
            found = {}
            for part in parts:
                path = await self.vault.fetch(manifest, part, folder)
                found[part.kind] = FetchedPart(part, path, key)
                done += part.size
                tell(done, total)
            for each in found.values():
                await each.check()
            yield found

    @contextmanager
    def workplace(self) -> Iterator[Path]:
        """Yield a folder of BACKUP_DIR for what is under way, all encrypted. Problem: `backup_failed`."""
        place = Path(self.settings.folder)
        with contextlib.ExitStack() as held:
            try:
                folder = held.enter_context(hold_folder(place, _BEGUN))
            except OSError as error:
                raise DumpFailed(private=folders.trouble(place, error)) from error
            yield folder


class OpenKit(Protocol):
    """Opens a kit without a house; `app` hands it to commands."""

    def __call__(self) -> AbstractAsyncContextManager[Kit]:
        """Open it for the length of a block."""
        ...


@service
class Backups:
    """Makes backups, and throws old ones away."""

    kit: Kit
    database: Database
    redis: RedisSettings
    journal: Journal
    metrics: Metrics
    clock: Clock
    chance: Chance

    async def create(self, tell: Tell, by: str = CONSOLE) -> Manifest | None:
        """Make one; nothing while another process does. Problems: see the story."""
        async with self.database.exclusively(HELD) as held:
            return None if held is None else await self._create(tell, by)

    async def create_when_due(self) -> Manifest | None:
        """Make one for each time of BACKUP_CRON, whoever comes first; a failed one again, after a while."""
        settings, now = self.kit.settings, self.clock.now()
        if not settings.recipients:
            return None
        async with self.database.exclusively(HELD) as held:
            newest = await ledger.newest(self.database, BackupCreated.type, now)
            if held is None or (newest and newest.at >= settings.times.latest(now)):
                return None
            lease = Lease(HELD, mint(now, self.chance))
            if not await leases.take(self.database, lease, now, RETRY):
                return None
            made = await self._create(_unheard, SCHEDULE)
            await leases.give_back(self.database, lease)
            return made

    async def prune(self, *, really: bool) -> list[str]:
        """Throw away what is too old, or only say what that would be."""
        now = self.clock.now()
        gone = await self.kit.vault.prunable(now, self.kit.settings.stays)
        for name in gone if really else ():
            await self.kit.vault.remove(name)
        if really:
            await self.kit.vault.tidy(now)
        return gone

    async def _create(self, tell: Tell, by: str) -> Manifest:
        begun = self.clock.now()
        try:
            manifest = await self._make(begun, tell)
        except Problem as problem:
            self.metrics.backup_failures.inc()
            with contextlib.suppress(Problem):
                fact = BackupFailed(reason=problem.code, by=by)
                await self.journal.note(self.database, fact, self.clock.now())
            raise
        ended = self.clock.now()
        created = BackupCreated(
            name=manifest.id,
            number=manifest.number,
            size=manifest.size,
            seconds=(ended - begun).total_seconds(),
            by=by,
        )
        await self.journal.note(self.database, created, ended)
        await self._prune_if_we_may()
        return manifest

    async def _prune_if_we_may(self) -> None:
        """Throw away what is too old; where that is denied, what was made is made all the same."""
        try:
            await self.prune(really=True)
        except Problem as problem:
            logger.log().warning(UNPRUNED, reason=problem.private or problem.detail)

    async def _make(self, now: datetime, tell: Tell) -> Manifest:
        work = self._sealing()
        vault, dumps = self.kit.vault, self.kit.dumps
        known = newest_number(await vault.manifests())
        name = name_for(now, await vault.names())
        with self.kit.workplace() as folder:
            async with dumps.moment() as dump:
                desk = Desk(folder, name, work)
                parts = [
                    await desk.database(dump, dumps.ending, tell),
                    await desk.content(TOMBSTONES, written(dump.contents.tombstones)),
                    *await desk.configuration(self.kit.home, self.kit.settings.configuration),
                    *[await desk.redis(url) for url in self._redis()],
                ]
                contents = dump.contents
                known = max(known, contents.known)
            manifest = Manifest(
                id=name,
                number=1 + known,
                made_at=now,
                version=__version__,
                database=dumps.dialect,
                schema=list(contents.schema),
                rows=dict(contents.rows),
                trail=Trail(position=contents.head[0], digest=contents.head[1]),
                recipients=list(self.kit.settings.recipients),
                parts=parts,
            )
            await vault.keep(manifest, folder)
        return manifest

    def _redis(self) -> list[Secret]:
        """Return where the Redis is whose state goes along, if any."""
        settings = self.kit.settings
        url = settings.redis_url or Secret(self.redis.url)
        return [url] if settings.redis and url else []

    def _sealing(self) -> Sealing:
        recipients = self.kit.settings.recipients
        if not recipients:
            raise BackupUnconfigured
        try:
            return sealing(recipients)
        except ValueError as error:
            raise BackupUnconfigured(f"BACKUP_RECIPIENT {error}.") from error


@service
class Verifier:
    """Proves that a backup can be restored, and is what it was."""

    kit: Kit
    database: Database
    journal: Journal
    clock: Clock
    chance: Chance

    async def verify(self, asked: str, identity: Secret, tell: Tell, by: str = CONSOLE) -> Verdict:
        """Restore a backup into a scratch database and compare; what cannot be restored is not whole.

        Problems: those of who cannot even try.
        """
        key = opening(identity)
        manifest = await self.kit.vault.find(asked)
        try:
            faults = await self._faults(manifest, key, tell)
        except (BackupAltered, RestoreFailed, RoleMissing) as problem:
            faults = [problem.private or problem.detail]
        verdict = Verdict(
            name=manifest.id,
            number=manifest.number,
            rows=sum(manifest.rows.values()),
            faults=faults,
        )
        fact = BackupVerified(name=manifest.id, number=manifest.number, whole=verdict.whole, by=by)
        with contextlib.suppress(Problem):  # it may be that this database has no tables
            await self.journal.note(self.database, fact, self.clock.now())
        return verdict

    async def verify_when_due(self) -> Verdict | None:
        """Verify the newest one for each time of BACKUP_VERIFY_CRON, where the identity is given.

        Who cannot even try does so again after a while.
        """
        settings, now = self.kit.settings, self.clock.now()
        if not (settings.identity and settings.recipients):
            return None
        async with self.database.exclusively(VERIFYING) as held:
            last = await ledger.newest(self.database, BackupVerified.type, now)
            due = settings.verify_times.latest(now)
            if held is None or (last and last.at >= due) or not await self.kit.vault.names():
                return None
            lease = Lease(VERIFYING, mint(now, self.chance))
            if not await leases.take(self.database, lease, now, RETRY):
                return None
            verdict = await self.verify(LATEST, settings.identity, _unheard, SCHEDULE)
            await leases.give_back(self.database, lease)
            return verdict

    async def _faults(self, manifest: Manifest, key: Opening, tell: Tell) -> list[str]:
        kind = _database_of(manifest).kind
        async with (
            self.kit.fetched(manifest, manifest.parts, key, tell) as parts,
            self.kit.dumps.scratch(f"{SCRATCH}{manifest.id}") as scratch,
        ):
            await scratch.restore(parts[kind].pour, manifest.rows)
            found = await scratch.look()
            faults = differences(manifest, found.schema, found.rows)
            if found.head != (manifest.trail.position, manifest.trail.digest):
                faults.append("the audit trail ends elsewhere")
            await migrate.up(scratch.url.reveal(), tls=self.kit.database.tls_context())
            async with self.kit.elsewhere.open(scratch.url, Scope()) as house:
                return faults + await self.kit.elsewhere.prove(house)


@dataclass(frozen=True)
class Restorer:
    """Puts a backup in the place of the database; works where there is none any more."""

    kit: Kit

    async def restore(self, wish: Wish, identity: Secret, tell: Tell) -> Restored:
        """Refuse all that can be refused, then restore beside what is there, settle, and put it in its place.

        Until that last step, which is one, everything is as it was. Problems: see the story.
        """
        key, kit = opening(identity), self.kit
        manifest = await kit.vault.find(wish.asked)
        former = await self._former()
        newer = [each for each in await kit.vault.manifests() if each.number > manifest.number]
        newest = max([former.known if former else 0, manifest.number, newest_number(newer)])
        judge(wish, manifest, newest, kit.dumps.dialect)
        if unknown := status_of(manifest.schema).unknown:
            raise BackupForeign(f"A newer program made it: it has {', '.join(unknown)}.")
        part = _database_of(manifest)
        with_it = [each for each in [manifest.part(TOMBSTONES)] if each]
        async with kit.fetched(manifest, [part, *with_it], key, tell) as parts:
            told, unread = await self._told_by(newer, key)
            people = await self._people(wish, former)
            await kit.dumps.refuse_in_use()
            known = await kit.dumps.erased()
            tombstones = once_each([*wish.tombstones, *told, *known.tombstones])
            keep = kept_as(kit.clock.now()) if people else None
            fact = BackupRestored(name=manifest.id, number=manifest.number, newest=newest)
            settling = Settling(kit, fact, wish.keep_sessions, tombstones)
            async with kit.dumps.beside() as beside:
                await beside.restore(parts[part.kind].pour, manifest.rows)
                settled = await settling.settle(beside)
                await kit.dumps.refuse_in_use(_OUR_OWN_LEAVE)
                kept = await kit.dumps.take_in(beside, keep)
        return Restored(
            name=manifest.id,
            number=manifest.number,
            made_at=manifest.made_at,
            rows=sum(manifest.rows.values()),
            migrated=settled.migrated,
            erased_anew=settled.erased_anew,
            sessions_ended=settled.sessions_ended,
            kept=kept,
            unread=[*unread, *known.unread],
        )

    async def configuration(
        self, asked: str, identity: Secret, home: Path, *, over: bool
    ) -> list[Path]:
        """Write the files of the configuration below a folder, for their owner alone; return them.

        Problems: those of `restore`, and `file_in_the_way`, without `over` where there is a file already.
        """

        def unpack(pour: Callable[[BinaryIO], None]) -> list[Path]:
            if not over and (
                there := poured.through(pour, lambda source: tar.in_the_way(source, home))
            ):
                raise FileInTheWay(f"{there[0]} is there already: add --force.")
            return poured.through(pour, lambda source: tar.unpack(source, home))

        return await self._from(asked, identity, CONFIGURATION, unpack)

    async def redis(self, asked: str, identity: Secret, path: Path, *, over: bool) -> list[Path]:
        """Write the state of Redis into a file, for its server to start from; likewise."""

        def write(pour: Callable[[BinaryIO], None]) -> list[Path]:
            if path.exists() and not over:
                raise FileInTheWay(f"{path} is there already: add --force.")
            opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(opened, "wb") as file:
                pour(file)
            return [path]

        return await self._from(asked, identity, REDIS, write)

    async def _from(
        self,
        asked: str,
        identity: Secret,
        kind: str,
        work: Callable[[Callable[[BinaryIO], None]], list[Path]],
    ) -> list[Path]:
        """Work on what is in another part of a backup."""
        key, manifest = opening(identity), await self.kit.vault.find(asked)
        part = manifest.part(kind)
        if part is None:
            raise BackupForeign(f"{manifest.id} has no {kind}.")
        async with self.kit.fetched(manifest, [part], key, _unheard) as parts:
            try:
                return await asyncio.to_thread(work, parts[kind].pour)
            except OSError as error:
                raise FileInTheWay(f"{error.filename}: {error.strerror}.") from error

    async def _former(self) -> Contents | None:
        """Return what the database holds now; nothing when nobody can tell."""
        try:
            return await self.kit.dumps.look()
        except Problem:
            return None

    async def _people(self, wish: Wish, former: Contents | None) -> bool:
        """Tell whether there is, or may be, somebody in the database. Problem: `database_not_empty`."""
        if former is None:
            if not wish.force:
                raise DatabaseNotEmpty("Nobody can tell what is in this database: add --force.")
            return True
        people = await self.kit.dumps.people()
        if people and not wish.force:
            raise DatabaseNotEmpty
        return bool(people)

    async def _told_by(
        self, newer: Sequence[Manifest], key: Opening
    ) -> tuple[list[Tombstone], list[str]]:
        """Return whom the newest of them knows to be erased, and which of them nobody could read."""
        unread: list[str] = []
        for manifest in newer:
            part = manifest.part(TOMBSTONES)
            try:
                if part is not None:
                    async with self.kit.fetched(manifest, [part], key, _unheard) as parts:
                        content = BytesIO()
                        parts[TOMBSTONES].pour(content)
                        return tombstones_in(content.getvalue().splitlines()), unread
            except Problem:
                unread.append(manifest.id)
        return [], unread


@dataclass(frozen=True)
class Settling:
    """Brings what was restored to this day, before anybody is let to it."""

    kit: Kit
    fact: BackupRestored
    keep_sessions: bool
    tombstones: Sequence[Tombstone]

    async def settle(self, place: Dumps) -> Settled:
        """Migrate, and settle the rows of each tenant. Problem: `restore_failed`: everything is as it was."""
        with _nothing_done():
            url, tls = place.url, self.kit.database.tls_context()
            migrated = await migrate.up(url.reveal(), tls=tls, schema=place.schema)
            told = []
            for tenant in await place.tenants():
                scope = Scope(schema=place.schema, tenant=tenant)
                async with self.kit.elsewhere.open(url, scope) as house:
                    told.append(await self._settle(house, tenant))
        erased, ended = (sum(numbers) for numbers in zip(*told, strict=True))
        return Settled(migrated, erased, ended)

    async def _settle(self, house: House, tenant: TenantId) -> tuple[int, int]:
        """Erase anew who was erased, end what was issued, and note it; return how many those were."""
        database, eraser, now = house.part(Database), house.part(Eraser), self.kit.clock.now()
        erased, ended = 0, 0
        for each in self.tombstones:
            tombstone = each.receipt, SubscriberId(each.user_id), each.erased_at
            if await eraser.repeat(
                *tombstone
            ):  # an id is of one tenant, whichever kept the tombstone
                erased += 1
            elif (each.tenant_id or DEFAULT_TENANT) == tenant:
                await eraser.remember(*tombstone)
        async with database.transaction() as tx:
            if not self.keep_sessions:
                ended = await store.end_what_was_issued(tx, RESTORED, now)
            fact = replace(self.fact, erased_anew=erased, sessions_ended=ended)
            await house.part(Journal).record(tx, fact, now)
        return erased, ended


@contextlib.contextmanager
def _nothing_done() -> Iterator[None]:
    """Say of whatever went wrong that everything is as it was."""
    try:
        yield
    except RestoreFailed:
        raise
    except Problem as problem:
        raise RestoreFailed(private=str(problem.private or problem.detail)) from problem


def _database_of(manifest: Manifest) -> Part:
    part = manifest.part(DATABASE)
    if part is None:
        raise BackupForeign(f"{manifest.id} has no database.")
    return part


def _unheard(_done: int, _total: int) -> None:
    """Tell nobody."""
