"""Backing: where backups go, how this database is dumped, and the whole service on another database."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path

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
from watchword.plumbing.house import House as Parts
from watchword.plumbing.settings import DatabaseSettings, SecretSettings, SesSettings
from watchword.records.backups.rules import BackupSettings
from watchword.records.backups.service import Vault

_AT_REST = {FaultKind.LATE, FaultKind.UNSIGNED}  # nobody links and signs in a backup


def put_kit(house: House, settings: Settings) -> None:
    """Put in what backups need."""
    kit = _kit(settings, house.part(Clock))
    house.put(Kit, kit)
    house.put(Dumps, kit.dumps)


@asynccontextmanager
async def open_kit(settings: Settings, clock: Clock) -> AsyncIterator[Kit]:
    """Open what backups need, without a house."""
    kit = _kit(settings, clock)
    try:
        yield kit
    finally:
        await kit.vault.storage.close()


async def close(house: House) -> None:
    """Leave the storage of backups."""
    await house.part(Kit).vault.storage.close()


def _kit(settings: Settings, clock: Clock) -> Kit:
    backups = settings.section(BackupSettings)
    database = settings.section(DatabaseSettings)
    return Kit(
        vault=_vault(settings, clock),
        dumps=_dumps(database, backups),
        elsewhere=Elsewhere(lambda url: _open(settings, clock, url), _prove),
        settings=backups,
        database=database,
        clock=clock,
        home=Path(),
    )


def _vault(settings: Settings, clock: Clock) -> Vault:
    backups = settings.section(BackupSettings)
    place = backups.bucket or backups.folder
    aws = settings.section(SesSettings)
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


def _open(settings: Settings, clock: Clock, url: Secret) -> AbstractAsyncContextManager[Parts]:
    """Open the whole service on another database."""
    from watchword.app.building import open_house

    found = settings.section(DatabaseSettings)
    database = replace(
        found, given_url=url, given_direct_url=Secret("")
    )  # no pooler before that one
    sections = {**settings.sections, DatabaseSettings: database}
    return open_house(replace(settings, sections=sections), clock=clock)


async def _prove(house: Parts) -> list[str]:
    """Return what is wrong with the audit trail of a restored database."""
    report = await house.part(Auditor).verify([], lambda _done, _total: None, cold_too=False)
    return [f"audit trail: {each.told}" for each in report.faults if each.kind not in _AT_REST]
