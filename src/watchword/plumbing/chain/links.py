"""Links: how rows become a chain. A digest covers its row and the digest before it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

import msgspec

from watchword.kernel.ids import TenantId

FORM: Final = 1

encode: Final = msgspec.json.Encoder(order="sorted").encode  # the same bytes for the same values


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


@dataclass(frozen=True, slots=True)
class Link:
    """A link as it was found; without an entry its row is gone."""

    position: int
    journal_id: UUID
    entry: Entry | None
    origin: bytes | None
    digest: bytes
    linked_at: datetime | None = None
    exposed: bool = False


def beginning(tenant: TenantId) -> Head:
    """Return what the first link of a tenant's chain stands on."""
    return Head(0, sha256(b"watchword audit chain " + tenant.bytes).digest())


def next_head(head: Head, entry: Entry | None) -> Head:
    """Link an entry to the head; without one, a row that was gone before it had a link."""
    position = head.position + 1
    told = [FORM, position, None]
    if entry is not None:
        told[2:] = [entry.id, entry.at, entry.type, entry.user_id, entry.facts, entry.origin]  # type: ignore[list-item]
    return Head(position, sha256(head.digest + encode(told)).digest())


def origin_of(
    salt: bytes | None, address: str | None, user_agent: str | None, request_id: str | None
) -> bytes | None:
    """Return the digest of an origin; none without a salt: nothing is known of it, or not any more."""
    if salt is None:
        return None
    return sha256(salt + encode([address, user_agent, request_id])).digest()
