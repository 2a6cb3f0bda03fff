"""What restoring refuses, and what verifying and restoring come to."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from watchword.kernel.problems import Kind, Problem
from watchword.plumbing.db.dumps.contents import Tombstone
from watchword.records.backups.rules import BackupAltered, Manifest

HELD: Final = "backup"
VERIFYING: Final = "backup-verify"
RETRY: Final = timedelta(minutes=15)
SCHEDULE: Final = "schedule"
CONSOLE: Final = "console"
RESTORED: Final = "restored"
UNPRUNED: Final = (
    "the backup is made; older ones could not be thrown away: let whoever makes them delete them, or"
    " give that task to a life cycle rule of the bucket, and set BACKUP_RETENTION_DAYS beyond it"
)


class BackupOutdated(Problem):
    """There is a newer backup than this one: add --older if you mean it."""

    code = "backup_outdated"
    kind = Kind.CONFLICT


class BackupForeign(Problem):
    """This backup is not for this database, or not for this program."""

    code = "backup_foreign"
    kind = Kind.CONFLICT


class DatabaseNotEmpty(Problem):
    """There are accounts in this database: add --force to put the backup in their place."""

    code = "database_not_empty"
    kind = Kind.CONFLICT


class FileInTheWay(Problem):
    """A file is there already: add --force to put the one of the backup in its place."""

    code = "file_in_the_way"
    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What verifying came to."""

    name: str
    number: int
    rows: int
    faults: Sequence[str]

    @property
    def whole(self) -> bool:
        """Tell whether the backup is what it was."""
        return not self.faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What whoever restores has said: beside which backup, what they put up with."""

    asked: str
    older: bool = False
    force: bool = False
    keep_sessions: bool = False
    tombstones: Sequence[Tombstone] = ()


@dataclass(frozen=True, slots=True)
class Settled:
    """What bringing a restored database to this day came to, over all its tenants."""

    migrated: Sequence[str]
    erased_anew: int
    sessions_ended: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What restoring came to; `kept` is where the former database is.

    `unread` are the backups and the databases kept aside whose tombstones nobody could read.
    """

    name: str
    number: int
    made_at: datetime
    rows: int
    migrated: Sequence[str]
    erased_anew: int
    sessions_ended: int
    kept: str | None = None
    unread: Sequence[str] = field(default=())


def judge(wish: Wish, manifest: Manifest, newest: int, dialect: str) -> None:
    """Refuse what is not to be restored here. Problems: `backup_outdated`, `backup_foreign`."""
    if manifest.database != dialect:
        raise BackupForeign(f"This backup is of {manifest.database}, the database is {dialect}.")
    if manifest.number < newest and not wish.older:
        raise BackupOutdated(private=f"{manifest.id} is number {manifest.number} of {newest}")


def written(tombstones: Iterable[Tombstone]) -> bytes:
    """Return tombstones as `watchword gdpr tombstones export` tells them."""
    lines = (
        {
            "receipt": str(each.receipt),
            "user_id": str(each.user_id),
            "erased_at": each.erased_at.isoformat(),
            **({"tenant_id": str(each.tenant_id)} if each.tenant_id else {}),
        }
        for each in tombstones
    )
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def once_each(tombstones: Iterable[Tombstone]) -> list[Tombstone]:
    """Return one of each receipt, the one that knows its tenant if there is one."""
    found: dict[UUID, Tombstone] = {}
    for each in tombstones:
        if each.tenant_id or each.receipt not in found:
            found[each.receipt] = each
    return list(found.values())


def tombstones_in(lines: Iterable[str | bytes]) -> list[Tombstone]:
    """Read them. Problem: `backup_altered`."""
    return [_tombstone(line) for line in lines if line.strip()]


def _tombstone(line: str | bytes) -> Tombstone:
    try:
        told: Any = json.loads(line)
        receipt, user_id = UUID(told["receipt"]), UUID(told["user_id"])
        tenant = UUID(told["tenant_id"]) if "tenant_id" in told else None
        return Tombstone(receipt, user_id, datetime.fromisoformat(told["erased_at"]), tenant)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BackupAltered(
            "This is no line of `watchword gdpr tombstones export`.", private=str(error)
        ) from error
