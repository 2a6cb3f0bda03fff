"""Backing: where backups go, how this database is dumped, and the whole service on another database."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from watchword.app import archiving
from watchword.app.settings import Settings
from watchword.app.wiring import House
from watchword.kernel.clock import Clock
from watchword.kernel.secret import Secret
from watchword.operations.audit.rules import FaultKind
from watchword.operations.audit.service import Auditor
from watchword.operations.backup.service import Elsewhere, Kit
from watchword.plumbing.db.dumps.contents import Dumps
from watchword.plumbing.db.dumps.libpq import Access
from watchword.plumbing.db.scope import Scope
from watchword.plumbing.house import House as Parts
from watchword.plumbing.settings import AwsSettings, DatabaseSettings, SecretSettings
from watchword.records.backups.rules import BackupSettings
from watchword.records.backups.service import Vault


class Opener(Protocol):
    """Opens the whole service, as settings say."""

    def __call__(
        self, settings: Settings, *, clock: Clock, scope: Scope
    ) -> AbstractAsyncContextManager[Parts]:
        """Open it; in the end it is closed."""
        ...


_AT_REST = {FaultKind.LATE, FaultKind.UNSIGNED}  # nobody links and signs in a backup


def put_kit(house: House, settings: Settings, opener: Opener) -> None:
    """Put in what backups need; `opener` opens the whole service."""
    kit = _kit(settings, house.part(Clock), opener)
    house.put(Kit, kit)
    house.put(Dumps, kit.dumps)


@asynccontextmanager
async def open_kit(settings: Settings, clock: Clock, opener: Opener) -> AsyncIterator[Kit]:
    """Open what backups need, without a house."""
    kit = _kit(settings, clock, opener)
    try:
        yield kit
    finally:
        await kit.vault.storage.close()


async def close(house: House) -> None:
    """Leave the storage of backups."""
    await house.part(Kit).vault.storage.close()


def _kit(settings: Settings, clock: Clock, opener: Opener) -> Kit:
    backups = settings.section(BackupSettings)
    database = settings.section(DatabaseSettings)
    return Kit(
        vault=_vault(settings, clock),
        dumps=_dumps(database, backups),
        elsewhere=Elsewhere(
            lambda url, scope: opener(_moved(settings, url), clock=clock, scope=scope), _prove
        ),
        settings=backups,
        database=database,
        clock=clock,
        home=Path(),
    )


def _vault(settings: Settings, clock: Clock) -> Vault:
    backups = settings.section(BackupSettings)
    place = backups.bucket or backups.folder
    aws = settings.section(AwsSettings)
    storage = archiving.storage(place, backups.s3_url, aws, clock)
    return Vault(storage, settings.section(SecretSettings).peppers(), place)


def _dumps(database: DatabaseSettings, backups: BackupSettings) -> Dumps:
    if database.url.startswith("sqlite"):
        from watchword.plumbing.db.dumps.sqlite import SqliteDumps
        from watchword.plumbing.db.sqlite import sqlite_path

        return SqliteDumps(sqlite_path(database.url))
    from watchword.plumbing.db.dumps.postgres import PostgresDumps

    access = Access(
        url=Secret(database.direct_url),
        tls=database.tls,
        ca=database.ca_path,
        certificate=database.cert_path,
        key=database.key_path,
        programs=backups.programs,
    )
    return PostgresDumps(
        access=access,
        dumped_by=replace(access, url=backups.source_url) if backups.source_url else access,
        scratch_url=backups.scratch_url,
        tls=database.tls_context(),
    )


def _moved(settings: Settings, url: Secret) -> Settings:
    """Return the settings of the whole service on another database."""
    found = settings.section(DatabaseSettings)
    database = replace(found, given_url=url, given_direct_url=Secret(""))  # no pooler before it
    return replace(settings, sections={**settings.sections, DatabaseSettings: database})


async def _prove(house: Parts) -> list[str]:
    """Return what is wrong with the audit trail of a restored database."""
    report = await house.part(Auditor).verify([], lambda _done, _total: None, cold_too=False)
    return [f"audit trail: {each.told}" for each in report.faults if each.kind not in _AT_REST]
