"""What a backup consists of, how it is named and signed, which one is meant, and which may go."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from typing import ClassVar, Final

import msgspec

from watchword.kernel.cron import Cron, cron
from watchword.kernel.facts import SECURITY_EVENT, Fact, Line
from watchword.kernel.parsing import DAY, boolean, listed, whole_of
from watchword.kernel.parts import Alias, section, setting
from watchword.kernel.problems import Kind, Problem
from watchword.kernel.secret import Peppers, Secret
from watchword.plumbing.archives.age import IDENTITY, RECIPIENT
from watchword.plumbing.settings.parsers import web_address
from watchword.plumbing.settings.stores import database_url, redis_url

MANIFEST: Final = "manifest.json"
LATEST: Final = "latest"
DATABASE: Final = "database"
TOMBSTONES: Final = "tombstones"
CONFIGURATION: Final = "configuration"
REDIS: Final = "redis"
LATE: Final = timedelta(hours=26)
_FORM: Final = "watchword-backup-1"
_PURPOSE: Final = "backup manifest"
_NAME: Final = re.compile(r"\d{8}_\d{6}")
_WRITTEN: Final = "%Y%m%d_%H%M%S"
_DAY: Final = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})")
_FILE: Final = re.compile(r"[a-z_]+_\d{8}(_\d{6})?\.[a-z.]+\.age")


class BackupUnconfigured(Problem):
    """Nobody could read a backup: say to whom it is encrypted in BACKUP_RECIPIENT."""

    code = "backup_unconfigured"
    kind = Kind.CONFLICT


class BackupMissing(Problem):
    """There is no such backup."""

    code = "backup_missing"
    kind = Kind.MISSING


class BackupAltered(Problem):
    """This is not what was backed up: it was changed, cut short, put together, or is not of this service."""

    code = "backup_altered"
    kind = Kind.CONFLICT


class BackupStorageUnavailable(Problem):
    """The storage of backups does not keep, or does not give back, what is put there."""

    code = "backup_storage_unavailable"
    kind = Kind.UNAVAILABLE


def _recipients(text: str) -> tuple[str, ...]:
    found = tuple(listed(text))
    if any(each.startswith(IDENTITY) for each in found):
        message = "is a secret key; give its public one, which begins with age1, and make another"
        raise ValueError(message)
    if not all(RECIPIENT.fullmatch(each) for each in found):
        message = "write public keys of age (age1...) or of SSH, separated by commas"
        raise ValueError(message)
    return found


def _identity(text: str) -> Secret:
    if text and not (IDENTITY in text or text.lstrip().startswith("-----BEGIN ")):
        message = (
            "write AGE-SECRET-KEY-1..., or name the file of age-keygen in BACKUP_IDENTITY_FILE"
        )
        raise ValueError(message)
    return Secret(text)


def _bucket(text: str) -> str:
    place = text.strip().rstrip("/")
    if place and not re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]{1,62}[\w./-]*", place):
        message = "write s3://bucket/prefix"
        raise ValueError(message)
    return place


@section
class BackupSettings:
    """Backups."""

    recipients: Sequence[str] = setting(
        "BACKUP_RECIPIENT",
        "Public keys of age (age1...) or of SSH that backups are encrypted to, several separated by commas."
        " No backups are made while it is empty.",
        parse=_recipients,
        default="",
        aliases=("BACKUP_AGE_RECIPIENT", "BACKUP_AGE_RECIPIENTS"),
    )
    folder: str = setting(
        "BACKUP_DIR",
        "The folder of backups; with BACKUP_S3_URI only of those under way.",
        default="/backups",
    )
    bucket: str = setting(
        "BACKUP_S3_URI",
        "Where backups go instead: s3://bucket/prefix, with AWS_REGION and the key of AWS.",
        parse=_bucket,
        default="",
        aliases=(Alias("AWS_S3_BUCKET", lambda name: f"s3://{name}/backups/"),),
    )
    s3_url: str = setting(
        "BACKUP_S3_URL",
        "Where S3, or what speaks like it, is; empty is where AWS has it in AWS_REGION.",
        parse=web_address,
        default="",
    )
    stays: timedelta = setting(
        "BACKUP_RETENTION_DAYS",
        "How many days a backup is kept; the newest one is, however old.",
        parse=whole_of(DAY, 1, 36_500),
        default="7",
        aliases=("RETENTION_DAYS",),
    )
    times: Cron = setting(
        "BACKUP_CRON",
        "When a backup is made: minute, hour, day, month and day of the week, in UTC.",
        parse=cron,
        default="0 2 * * *",
        aliases=("BACKUP_SCHEDULE",),
    )
    identity: Secret = setting(
        "BACKUP_IDENTITY",
        "The secret key of a recipient, for a machine that verifies backups by itself; keep it off those"
        " that serve.",
        parse=_identity,
        default="",
        secret=True,
    )
    verify_times: Cron = setting(
        "BACKUP_VERIFY_CRON",
        "When the newest backup is restored into a scratch database and compared, where BACKUP_IDENTITY is"
        " given.",
        parse=cron,
        default="0 5 * * 0",
    )
    configuration: Sequence[str] = setting(
        "BACKUP_CONFIG_PATHS",
        "Files and folders of the configuration, from the working directory, for an archive of their own;"
        " none if `-`.",
        parse=lambda text: () if text.strip() == "-" else tuple(listed(text)),
        default=".env,keys,ssl,config",
    )
    redis: bool = setting(
        "BACKUP_REDIS",
        "Whether the state of Redis is backed up, too: counts of limits, which nobody misses.",
        parse=boolean,
        default="false",
    )
    redis_url: Secret = setting(
        "BACKUP_REDIS_URL",
        "Redis as a user that may SYNC, which ours need not; empty is REDIS_URL.",
        parse=redis_url,
        default="",
        secret=True,
    )
    source_url: Secret = setting(
        "BACKUP_DATABASE_URL",
        "The database as a role that may read all of it, or a standby of it; empty is DATABASE_URL.",
        parse=database_url,
        default="",
        secret=True,
    )
    scratch_url: Secret = setting(
        "BACKUP_SCRATCH_URL",
        "An empty PostgreSQL database to restore into and compare; empty makes one, if our role may.",
        parse=database_url,
        default="",
        secret=True,
    )
    programs: str = setting(
        "BACKUP_POSTGRES_BIN",
        "The folder of pg_dump, pg_restore and psql; empty is where PATH finds them.",
        default="",
    )


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a backup: its size and checksum, encrypted and in the clear."""

    kind: str
    name: str
    size: int
    sha256: str
    plain_size: int
    plain_sha256: str


class Trail(msgspec.Struct, frozen=True, kw_only=True):
    """The head of the audit trail."""

    position: int
    digest: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a backup holds, as it was signed."""

    form: str = _FORM
    id: str
    number: int
    made_at: datetime
    version: str
    database: str
    schema: list[str]
    rows: dict[str, int]
    trail: Trail
    recipients: list[str]
    parts: list[Part]
    key_version: int = 0
    signature: str = ""

    @property
    def size(self) -> int:
        """Return how large all of it is."""
        return sum(part.size for part in self.parts)

    def part(self, kind: str) -> Part | None:
        """Return the part of a kind."""
        return next((part for part in self.parts if part.kind == kind), None)


def signed(manifest: Manifest, peppers: Peppers) -> bytes:
    """Return a manifest as its file holds it, signed under the newest pepper."""
    version = peppers.current
    whole_one = msgspec.structs.replace(
        manifest, key_version=version, signature=_signature(manifest, peppers, version)
    )
    return msgspec.json.format(msgspec.json.encode(whole_one), indent=1) + b"\n"


def read(name: str, content: bytes, peppers: Peppers) -> Manifest:
    """Read the manifest of a backup. Problem: `backup_altered`: we did not sign it, or not for this name."""
    try:
        manifest = msgspec.json.decode(content, type=Manifest)
    except msgspec.MsgspecError as error:
        raise BackupAltered(private=f"{name}: {error}") from error
    if manifest.key_version not in peppers.keys:
        raise BackupAltered(private=f"{name}: signed under pepper {manifest.key_version}")
    ours = _signature(manifest, peppers, manifest.key_version)
    if not compare_digest(ours, manifest.signature) or manifest.form != _FORM:
        raise BackupAltered(private=f"{name}: the manifest is not as it was signed")
    if manifest.id != name or not all(_FILE.fullmatch(part.name) for part in manifest.parts):
        raise BackupAltered(private=f"{name}: the manifest is of {manifest.id}")
    return manifest


def _signature(manifest: Manifest, peppers: Peppers, version: int) -> str:
    bare = msgspec.structs.replace(manifest, key_version=version, signature="")
    told = msgspec.json.encode(bare, order="deterministic")
    return peppers.digest(_PURPOSE, told, version=version).hex()


def name_for(now: datetime, taken: Collection[str]) -> str:
    """Return the name of a backup that is made now: its second, or the next one that is free."""
    moment = now.astimezone(UTC).replace(microsecond=0)
    while (name := moment.strftime(_WRITTEN)) in taken:
        moment += timedelta(seconds=1)
    return name


def kept_as(now: datetime) -> str:
    """Return what to call the database that a backup takes the place of; no two moments share it."""
    return now.astimezone(UTC).strftime(f"before-{_WRITTEN}_%f")


def file_name(kind: str, name: str, ending: str = "") -> str:
    """Return the name of a part."""
    names = {
        DATABASE: f"auth_db_{name}.{ending}.age",
        TOMBSTONES: f"tombstones_{name}.jsonl.age",
        CONFIGURATION: f"config_{name.partition('_')[0]}.tar.gz.age",
        REDIS: f"redis_{name}.rdb.age",
    }
    return names[kind]


def is_name(text: str) -> bool:
    """Tell whether a folder may be one of a backup."""
    return _NAME.fullmatch(text) is not None


def meant(asked: str, names: Sequence[str]) -> list[str]:
    """Return the backups of a name, of a day (2026-03-01), or all of them. Problem: `backup_missing`."""
    day = _DAY.fullmatch(asked)
    begins = "" if asked == LATEST else "".join(day.groups()) if day else asked
    found = [name for name in names if name.startswith(begins)]
    if not found or not (begins == "" or day or _NAME.fullmatch(asked)):
        raise BackupMissing(f"There is no backup of {asked}: see `watchword backup list`.")
    return sorted(found)


def outdated(manifests: Sequence[Manifest], before: datetime) -> list[str]:
    """Return the backups that may go: those from before a moment, but for the newest."""
    newest = max((each.number for each in manifests), default=0)
    return [each.id for each in manifests if each.made_at < before and each.number != newest]


def left_over(names: Collection[str], whole_ones: Collection[str], before: datetime) -> list[str]:
    """Return what was begun before a moment and never became a backup."""
    bound = before.astimezone(UTC).strftime(_WRITTEN)
    return [name for name in names if name not in whole_ones and name < bound]


def differences(manifest: Manifest, schema: Sequence[str], rows: Mapping[str, int]) -> list[str]:
    """Return in what a restored database differs from its manifest."""
    faults = []
    if sorted(schema) != sorted(manifest.schema):
        faults.append(f"the schema is {', '.join(schema)}, and was {', '.join(manifest.schema)}")
    for table in sorted({*rows, *manifest.rows}):
        here, there = rows.get(table), manifest.rows.get(table)
        if here != there:
            faults.append(f"{table} has {here or 0} rows, and had {there or 0}")
    return faults


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupCreated(Fact):
    """A backup was made."""

    type: ClassVar[str] = "backup.created"
    name: str
    number: int
    size: int
    seconds: float
    by: str = "console"


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupFailed(Fact):
    """A backup could not be made."""

    type: ClassVar[str] = "backup.failed"
    reason: str
    by: str = "console"


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupVerified(Fact):
    """A backup was restored into a scratch database and compared."""

    type: ClassVar[str] = "backup.verified"
    name: str
    number: int
    whole: bool
    by: str = "console"


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupRestored(Fact):
    """The database is as it was in a backup; `newest` is the newest one that was known."""

    type: ClassVar[str] = "backup.restored"
    name: str
    number: int
    newest: int
    erased_anew: int = 0
    sessions_ended: int = 0
    by: str = "console"

    @property
    def lines(self) -> tuple[Line, ...]:
        """Return what it says in the log beside its audit line."""
        return (SECURITY_EVENT,)
