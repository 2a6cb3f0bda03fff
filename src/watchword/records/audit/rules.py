"""How rows of the journal become a chain, what a checkpoint says, and what the journal learns of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from typing import Any, ClassVar, Final
from uuid import UUID

import msgspec

from watchword.kernel.cron import Cron, cron
from watchword.kernel.facts import SECURITY_EVENT, Fact, Line
from watchword.kernel.ids import TenantId
from watchword.kernel.parsing import whole
from watchword.kernel.parts import section, setting
from watchword.kernel.secret import Peppers

S3: Final = "s3://"
CHECKPOINT: Final = "AUDIT CHECKPOINT"  # the message of its line
EVERY: Final = timedelta(minutes=5)
LATE: Final = timedelta(minutes=15)
BEHIND: Final = timedelta(hours=1)  # more than transactions take and clocks differ
BATCH: Final = 1000
_FORM: Final = 1
_PURPOSE: Final = "audit checkpoint"


def _place(text: str) -> str:
    place = text.strip()
    if place.startswith(S3) and not re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]{1,62}[\w./-]*", place):
        message = "write s3://bucket/prefix, or the path of a folder"
        raise ValueError(message)
    return place


def _address(text: str) -> str:
    url = text.strip().rstrip("/")
    if url and not re.fullmatch(r"https?://[^\s/@]+(/[\w.-]+)*", url):
        message = "write https://host"
        raise ValueError(message)
    return url


@section
class AuditSettings:
    """The audit trail."""

    online_days: int = setting(
        "AUDIT_RETENTION_DAYS",
        "How many days the audit trail stays in the database, before it may go to cold storage.",
        parse=whole(1, 36_500),
        default="90",
    )
    archive: str = setting(
        "AUDIT_ARCHIVE",
        "Cold storage of the audit trail: a folder, or s3://bucket/prefix. None if empty.",
        parse=_place,
        default="",
    )
    archive_times: Cron = setting(
        "AUDIT_ARCHIVE_CRON",
        "When the worker puts away what is older, where AUDIT_ARCHIVE is set: minute, hour, day, month and"
        " day of the week, in UTC.",
        parse=cron,
        default="30 4 * * *",
    )
    s3_url: str = setting(
        "AUDIT_S3_URL",
        "Where S3, or what speaks like it, is; empty is where AWS has it in AWS_REGION.",
        parse=_address,
        default="",
    )


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the journal as the chain knows it; `origin` is the digest of where it came from."""

    id: UUID
    at: datetime
    type: str
    user_id: UUID | None
    facts: Mapping[str, Any]
    origin: bytes | None


@dataclass(frozen=True, slots=True)
class Head:
    """How far a chain has come: its last position, and the digest there."""

    position: int
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A head that was signed; they are numbered without a gap."""

    number: int
    head: Head
    made_at: datetime
    pepper_version: int
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A stretch of the chain in cold storage: the object's name, size and checksum, the head at its end."""

    first: int
    head: Head
    name: str
    size: int
    checksum: bytes
    made_at: datetime


def beginning(tenant: TenantId) -> Head:
    """Return what the first link of a tenant's chain stands on."""
    return Head(0, sha256(b"watchword audit chain " + tenant.bytes).digest())


_encode = msgspec.json.Encoder(order="sorted").encode


def next_head(head: Head, entry: Entry | None) -> Head:
    """Link an entry to the head; without one, a row that was gone before it had a link."""
    position = head.position + 1
    told = [_FORM, position, None]
    if entry is not None:
        told[2:] = [entry.id, entry.at, entry.type, entry.user_id, entry.facts, entry.origin]  # type: ignore[list-item]
    return Head(position, sha256(head.digest + _encode(told)).digest())


def origin_of(
    salt: bytes | None, address: str | None, user_agent: str | None, request_id: str | None
) -> bytes | None:
    """Return the digest of an origin; none without a salt: nothing is known of it, or not any more."""
    if salt is None:
        return None
    return sha256(salt + _encode([address, user_agent, request_id])).digest()


def sign(number: int, head: Head, tenant: TenantId, now: datetime, peppers: Peppers) -> Checkpoint:
    """Sign a head under the newest pepper."""
    version = peppers.current
    return Checkpoint(
        number=number,
        head=head,
        made_at=now,
        pepper_version=version,
        signature=_signature(number, head, tenant, now, peppers, version),
    )


def is_genuine(checkpoint: Checkpoint, tenant: TenantId, peppers: Peppers) -> bool | None:
    """Tell whether we signed it; None: its pepper is not known here, so nobody can tell."""
    version = checkpoint.pepper_version
    if version not in peppers.keys:
        return None
    number, head, made_at = checkpoint.number, checkpoint.head, checkpoint.made_at
    ours = _signature(number, head, tenant, made_at, peppers, version)
    return compare_digest(ours, checkpoint.signature)


def _signature(
    number: int, head: Head, tenant: TenantId, at: datetime, peppers: Peppers, version: int
) -> bytes:
    told = _encode([_FORM, tenant, number, head.position, head.digest, at])
    return peppers.digest(_PURPOSE, told, version=version)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainCut(Fact):
    """Links that this process had written are not in the chain any more, or are others."""

    type: ClassVar[str] = "audit.chain_cut"
    position: int

    @property
    def lines(self) -> tuple[Line, ...]:
        """Return what it says in the log beside its audit line."""
        return (SECURITY_EVENT,)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditArchived(Fact):
    """A stretch of the chain went to cold storage, and is here no more."""

    type: ClassVar[str] = "audit.archived"
    name: str
    first: int
    last: int
    by: str
