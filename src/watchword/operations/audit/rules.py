"""What is wrong with a chain, what is sought in it, and how a stretch of it looks in cold storage."""

import gzip
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from watchword.kernel.ids import parse
from watchword.kernel.problems import Kind, Problem
from watchword.plumbing.shapes import Answer, Body
from watchword.records.audit.rules import CHECKPOINT, Checkpoint, Entry, Head, next_head

MOST: Final = 1000
OBJECT_ROWS: Final = 50_000
ERASED: Final = "id.user.erased"  # whose origins may be gone
RETENTION: Final = "retention.run"  # origins from before a moment may be gone
_BEFORE: Final = "navigation_before"
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
_FORM: Final = "watchword-audit-1"


class NoArchive(Problem):
    """There is no cold storage: say where it is in AUDIT_ARCHIVE."""

    code = "no_archive"
    kind = Kind.CONFLICT


class ArchiveUnavailable(Problem):
    """Cold storage does not keep, or does not give back, what was put there."""

    code = "archive_unavailable"
    kind = Kind.UNAVAILABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Which rows are sought; `after` is the last row of the page before."""

    user_id: UUID | None = None
    type_like: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    address: str | None = None
    request_id: str | None = None
    after: UUID | None = None


def like(pattern: str) -> str | None:
    """Return what SQL compares a type with: * stands for any characters."""
    if not pattern:
        return None
    quoted = pattern.replace("/", "//").replace("%", "/%").replace("_", "/_")
    return quoted.replace("*", "%")


class ChainBroken(Problem):
    """The chain is not whole: `watchword audit verify` says where. Nothing more is put away."""

    code = "audit_chain_broken"
    kind = Kind.CONFLICT


class FaultKind(StrEnum):
    """What may be wrong."""

    GONE = "gone"
    DELETED = "deleted"
    CHANGED = "changed"
    ORIGIN = "origin_changed"
    UNLINKED = "unlinked"
    LATE = "late"
    CUT = "cut"
    FORGED = "forged"
    UNSIGNED = "unsigned"
    ARCHIVE = "archive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong, and with which row."""

    kind: FaultKind
    position: int | None = None
    id: UUID | None = None
    told: str


@dataclass(slots=True, kw_only=True)
class Report:
    """What verifying came to."""

    rows: int = 0
    archived: int = 0
    head: int = 0
    waiting: int = 0
    without_origin: int = 0
    checkpoints: int = 0
    unknown_checkpoints: int = 0
    anchors: int = 0
    faults: list[Fault] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """Tell whether nothing is wrong."""
        return not self.faults


@dataclass(frozen=True, slots=True)
class Link:
    """A link as it was found; without an entry its row is gone."""

    position: int
    journal_id: UUID
    entry: Entry | None
    origin: bytes | None
    digest: bytes
    exposed: bool = False


@dataclass(slots=True)
class _Bared:
    """The newest row of an account that lost its origin."""

    at: datetime
    link: Link


@dataclass(slots=True)
class Walk:
    """Goes along a chain, and stops at the first link that is wrong; `marks` say what must be where."""

    head: Head
    marks: Mapping[int, Sequence[bytes]]
    without_origin: int = 0
    bared: dict[tuple[UUID | None, UUID | None], "_Bared"] = field(default_factory=dict)
    erased: set[UUID | None] = field(default_factory=set)
    let_go: datetime = _LONG_AGO

    def step(self, link: Link) -> Fault | None:
        """Take one link; return what is wrong with it."""
        expected = self.head.position + 1
        if link.position != expected:
            told = f"the link is gone; the next one here is {link.position}"
            return Fault(kind=FaultKind.GONE, position=expected, told=told)
        if link.entry is None:
            return _fault(FaultKind.DELETED, link, "the row is gone")
        entry = link.entry
        if entry.origin != link.origin:
            if entry.origin is not None or link.exposed:
                return _fault(FaultKind.ORIGIN, link, "where it came from was changed")
            self._bare(entry, link)
            entry = replace(entry, origin=link.origin)
        self.head = next_head(self.head, entry)
        return self._compare(link, entry)

    def _compare(self, link: Link, entry: Entry) -> Fault | None:
        if self.head.digest != link.digest:
            return _fault(FaultKind.CHANGED, link, "the row is not what was linked here")
        if any(mark != link.digest for mark in self.marks.get(link.position, ())):
            return _fault(FaultKind.CHANGED, link, "a checkpoint knows another chain up to here")
        if entry.type == ERASED:
            self.erased.add(entry.user_id)
        elif entry.type == RETENTION and (before := entry.facts.get(_BEFORE)):
            self.let_go = max(self.let_go, datetime.fromisoformat(before))
        return None

    def _bare(self, entry: Entry, link: Link) -> None:
        self.without_origin += 1
        whose = entry.user_id, _actor(entry.facts)
        bared = self.bared.setdefault(whose, _Bared(entry.at, link))
        if entry.at > bared.at:
            bared.at, bared.link = entry.at, link

    def bared_without_reason(self) -> Iterator[Fault]:
        """Yield the newest bare row of each account, unless it is old enough, or an erasure explains it.

        That is the erasure of whom the row is about, or of who did what it tells.
        """
        erased = self.erased - {None}
        for whose, bared in self.bared.items():
            if bared.at >= self.let_go and erased.isdisjoint(whose):
                told = "where it came from was taken out, before its time and for nobody's erasure"
                yield _fault(FaultKind.ORIGIN, bared.link, told)


def _actor(facts: Any) -> UUID | None:
    """Return the account of whoever did what a row tells, where that is one."""
    return parse(str(facts.get("by"))) if isinstance(facts, dict) else None


def _fault(kind: FaultKind, link: Link, told: str) -> Fault:
    return Fault(kind=kind, position=link.position, id=link.journal_id, told=told)


class _Header(msgspec.Struct, frozen=True):
    """The first line of an object."""

    form: str
    tenant: UUID
    first: int
    last: int
    previous: str
    digest: str


class _Line(msgspec.Struct, frozen=True):
    """A row of an object: as in the journal, without where it came from."""

    position: int
    id: UUID
    at: datetime
    type: str
    user_id: UUID | None
    facts: Any
    origin: str | None
    digest: str


def object_name(tenant: UUID, first: int, last: int) -> str:
    """Return the name of a stretch in cold storage."""
    return f"audit-{tenant}-{first:012d}-{last:012d}.jsonl.gz"


def packed(tenant: UUID, before: Head, links: Sequence[Link]) -> bytes:
    """Return a stretch as an object: a header and a line a row, compressed, the same each time."""
    last = links[-1]
    header = _Header(
        form=_FORM,
        tenant=tenant,
        first=before.position + 1,
        last=last.position,
        previous=before.digest.hex(),
        digest=last.digest.hex(),
    )
    lines = [msgspec.json.encode(header), *(msgspec.json.encode(_line(each)) for each in links)]
    return gzip.compress(b"\n".join(lines) + b"\n", compresslevel=6, mtime=0)


def _line(link: Link) -> _Line:
    entry = link.entry
    assert entry is not None, "only what was verified is packed"
    return _Line(
        position=link.position,
        id=entry.id,
        at=entry.at,
        type=entry.type,
        user_id=entry.user_id,
        facts=entry.facts,
        origin=link.origin.hex() if link.origin is not None else None,
        digest=link.digest.hex(),
    )


def unpacked(content: bytes) -> Iterator[Link]:
    """Yield the links of an object. ValueError, OSError: it is none of ours."""
    lines = iter(gzip.decompress(content).splitlines())
    header = msgspec.json.decode(next(lines, b""), type=_Header)
    if header.form != _FORM:
        message = f"not of the form {_FORM}"
        raise ValueError(message)
    decoder = msgspec.json.Decoder(_Line)
    for line in lines:
        read = decoder.decode(line)
        origin = bytes.fromhex(read.origin) if read.origin is not None else None
        entry = Entry(read.id, read.at, read.type, read.user_id, read.facts, origin)
        yield Link(read.position, read.id, entry, origin, bytes.fromhex(read.digest))


def checksum_of(content: bytes) -> bytes:
    """Return the checksum of an object, as `sha256sum` tells it."""
    return sha256(content).digest()


class _Anchor(msgspec.Struct, frozen=True):
    """A line of the log that says a checkpoint."""

    message: str
    number: int
    position: int
    digest: str
    made_at: datetime
    key_version: int
    signature: str


def anchors_in(lines: Iterable[bytes]) -> Iterator[Checkpoint]:
    """Yield the checkpoints that lines of a log hold; other lines are passed over."""
    word = CHECKPOINT.encode()
    decoder = msgspec.json.Decoder(_Anchor)
    for line in lines:
        if word not in line:
            continue
        try:
            read = decoder.decode(line)
            digest, signature = bytes.fromhex(read.digest), bytes.fromhex(read.signature)
        except ValueError:
            continue
        if read.message == CHECKPOINT:
            yield Checkpoint(
                number=read.number,
                head=Head(read.position, digest),
                made_at=read.made_at.astimezone(UTC),
                pepper_version=read.key_version,
                signature=signature,
            )


class SearchAudit(Body, frozen=True):
    """Which rows: of an account, of a type (* stands for any characters), in a time, from an address."""

    user_id: UUID | None = None
    type: Annotated[str, Meta(max_length=100)] | None = None
    since: datetime | None = None
    until: datetime | None = None
    address: Annotated[str, Meta(max_length=64)] | None = None
    request_id: Annotated[str, Meta(max_length=128)] | None = None
    after: UUID | None = None
    limit: Annotated[int, Meta(ge=1, le=MOST)] = 50


class AuditRow(Answer, frozen=True):
    """A row of the audit trail; `position` is its place in the chain, once it has one."""

    id: UUID
    at: datetime
    type: str
    user_id: UUID | None
    facts: dict[str, Any]
    address: str | None
    user_agent: str | None
    request_id: str | None
    position: int | None


class AuditRows(Answer, frozen=True):
    """Rows, newest first; `next` is the `after` of the next page."""

    rows: list[AuditRow]
    next: str | None
