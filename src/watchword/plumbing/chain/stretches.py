"""Stretches: parts of the chain as objects of cold storage, compressed lines of JSON, the same each time.

The first line says which stretch it is; each other one is a row as in the journal, without where it came
from: that is there as a digest alone.
"""

import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

import msgspec

from watchword.plumbing.chain.links import Entry, Head, Link

_FORM: Final = "watchword-audit-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A stretch of the chain in cold storage: the object's name, size and checksum, the head at its end."""

    first: int
    head: Head
    name: str
    size: int
    checksum: bytes
    made_at: datetime


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
