"""What is wrong with a chain, and what is sought in it.

Links tell whether a row was changed since it was linked; a row that a stranger put in is linked like any
other. So each is asked, too, whether it can be what it says: its moment fits its id and its neighbours, its
words make sense, and it does not say itself that the chain was cut. What tells why an origin is gone is
believed as far as it can be true, and no further.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import UUID

from msgspec import Meta

from watchword.kernel import ids
from watchword.kernel.problems import Kind, Problem
from watchword.kernel.times import months_before
from watchword.plumbing.chain.links import Entry, Head, Link, next_head
from watchword.plumbing.shapes import Answer, Body
from watchword.records.audit.rules import BEHIND, ChainCut
from watchword.records.subscribers.rules import UserErased

MOST: Final = 1000
OBJECT_ROWS: Final = 50_000
ERASED: Final = UserErased.type  # whose origins may be gone
RETENTION: Final = "retention.run"  # origins from before a moment may be gone
CUT: Final = ChainCut.type  # the service itself missed links
_MANY: Final = 20  # rows that are named; the others are counted
_TICK: Final = 1000  # milliseconds by which an id may miss its row's moment
_MONTHS: Final = range(1, 121)  # how long RETENTION_NAVIGATION_MONTHS can be
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


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
    MISDATED = "misdated"
    NONSENSE = "nonsense"
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
    remarks: list[str] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """Tell whether nothing is wrong."""
        return not self.faults


@dataclass(slots=True)
class _Bared:
    """The newest row of an account that lost its origin."""

    at: datetime
    link: Link


@dataclass(frozen=True, slots=True)
class LetGo:
    """What a run of retention says of origins: those from before a moment went, after so many months."""

    before: datetime
    months: int

    def until(self, at: datetime) -> datetime:
        """Return up to when it is believed, said at a moment."""
        return min(self.before, months_before(at, self.months))


def let_go(facts: Mapping[str, Any]) -> LetGo | None:
    """Read what a run of retention says; nothing when that makes no sense."""
    months = facts.get("navigation_months")
    try:
        before = datetime.fromisoformat(facts["navigation_before"])
    except (KeyError, TypeError, ValueError):
        return None
    if before.tzinfo is None or type(months) is not int or months not in _MONTHS:
        return None
    return LetGo(before, months)


@dataclass(slots=True)
class Walk:
    """Goes along a chain, and stops at the first link that is wrong; `marks` say what must be where.

    `faults` are of rows that are linked as they are, and cannot be what they say.
    """

    head: Head
    marks: Mapping[int, Sequence[bytes]]
    without_origin: int = 0
    newest: datetime = _LONG_AGO
    bared: dict[tuple[UUID | None, UUID | None], "_Bared"] = field(default_factory=dict)
    erased: dict[UUID | None, datetime] = field(default_factory=dict)
    let_go: datetime = _LONG_AGO
    shortest: int | None = None
    faults: list[Fault] = field(default_factory=list)
    more: int = 0
    remarks: list[str] = field(default_factory=list)

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
        if self.head.digest != link.digest:
            return _fault(FaultKind.CHANGED, link, "the row is not what was linked here")
        if any(mark != link.digest for mark in self.marks.get(link.position, ())):
            return _fault(FaultKind.CHANGED, link, "a checkpoint knows another chain up to here")
        self.hear(entry, link.position, link.linked_at)
        return None

    def hear(self, entry: Entry, position: int | None, known_at: datetime | None) -> None:
        """Take in what a row says, which was there at a moment; nothing is believed of one that cannot be."""
        told = misdated(entry, self.newest, known_at)
        if told is not None:
            self._note(FaultKind.MISDATED, entry, position, told)
        elif not isinstance(entry.facts, dict):
            self._note(FaultKind.NONSENSE, entry, position, "its facts are none")
        else:
            self.newest = max(self.newest, entry.at)
            if entry.type in {ERASED, RETENTION}:
                self._excuse(entry, position)
        if entry.type == CUT:
            self._note(FaultKind.CUT, entry, *_cut(entry, position))

    def _excuse(self, entry: Entry, position: int | None) -> None:
        """Take in why origins may be gone."""
        if entry.type == ERASED:
            self.erased[entry.user_id] = max(entry.at, self.erased.get(entry.user_id, _LONG_AGO))
            return
        run = let_go(entry.facts)
        if run is None:
            self._note(FaultKind.NONSENSE, entry, position, "retention that says no moment")
            return
        self.let_go = max(self.let_go, run.until(entry.at))
        if run.before > run.until(entry.at):
            told = f"said at {entry.at:%F}, is believed up to {run.until(entry.at):%F}"
            self.remarks.append(f"Retention up to {run.before:%F}, {told} ({_where(position)}).")
        self.shortest = min(self.shortest or run.months, run.months)

    def _bare(self, entry: Entry, link: Link) -> None:
        self.without_origin += 1
        whose = entry.user_id, _actor(entry.facts)
        bared = self.bared.setdefault(whose, _Bared(entry.at, link))
        if entry.at > bared.at:
            bared.at, bared.link = entry.at, link

    def _note(self, kind: FaultKind, entry: Entry, position: int | None, told: str) -> None:
        if len(self.faults) < _MANY:
            self.faults.append(Fault(kind=kind, position=position, id=entry.id, told=told))
        else:
            self.more += 1

    def bared_without_reason(self, erased: Container[UUID]) -> Iterator[Fault]:
        """Yield the newest bare row of each account, if it is too young for that; but for the `erased`.

        That an account was erased is believed if it is in fact, up to the moment when the trail says so;
        it explains rows about the account, and those that tell what its owner did to others.
        """
        for whose, bared in self.bared.items():
            gone = [self.erased[each] for each in whose if each in erased and each in self.erased]
            if bared.at >= self.let_go and not any(bared.at - said <= BEHIND for said in gone):
                told = "where it came from was taken out, before its time and for nobody's erasure"
                yield _fault(FaultKind.ORIGIN, bared.link, told)


def _actor(facts: Any) -> UUID | None:
    """Return the account of whoever did what a row tells, where that is one."""
    return ids.parse(str(facts.get("by"))) if isinstance(facts, dict) else None


def misdated(entry: Entry, newest: datetime, known_at: datetime | None) -> str | None:
    """Say why a row cannot be of the moment it says: `newest` is of a row before it; nothing if it can.

    Rows wait in the order in which they came. So however long nobody linked them, one stands behind newer
    ones by no more than its own transaction took.
    """
    minted = ids.milliseconds(entry.id)
    if minted is None or abs(entry.at.timestamp() * 1000 - minted) > _TICK:
        return f"it says {entry.at:%F %T}, and its id was made at another moment"
    if newest - entry.at > BEHIND:
        return f"it says {entry.at:%F %T}, and came after a row of {newest:%F %T}"
    if known_at is not None and entry.at - known_at > BEHIND:
        return f"it says {entry.at:%F %T}, and was here at {known_at:%F %T}"
    return None


def _cut(entry: Entry, position: int | None) -> tuple[int | None, str]:
    """Return where the service saw the chain cut, and how we know."""
    after = entry.facts.get("position") if isinstance(entry.facts, dict) else None
    told = f"the service missed links after this position, and said so: {_where(position)}"
    return (after if isinstance(after, int) else position), told


def _where(position: int | None) -> str:
    return "a row that waits" if position is None else f"position {position}"


def _fault(kind: FaultKind, link: Link, told: str) -> Fault:
    return Fault(kind=kind, position=link.position, id=link.journal_id, told=told)


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
