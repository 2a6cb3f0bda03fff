"""Ids: one type for each thing we remember, minted as UUIDv7 (RFC 9562, section 5.7).

The first 48 bits are Unix milliseconds, so new rows land at the end of their index.
"""

from datetime import UTC, datetime
from typing import NewType
from uuid import UUID

from watchword.kernel.chance import Chance

TenantId = NewType("TenantId", UUID)
SubscriberId = NewType("SubscriberId", UUID)
SessionId = NewType("SessionId", UUID)
TicketId = NewType("TicketId", UUID)
IdentityId = NewType("IdentityId", UUID)

DEFAULT_TENANT = TenantId(UUID("00000000-0000-7000-8000-000000000001"))

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_VERSION = 0x7 << 76
_VARIANT = 0x2 << 62


def mint(now: datetime, chance: Chance) -> UUID:
    """Return a fresh UUIDv7 for this moment."""
    since = now - _EPOCH
    milliseconds = (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000
    drawn = int.from_bytes(chance.draw(10), "big")
    high, low = drawn >> 68, drawn & ((1 << 62) - 1)
    return UUID(int=(milliseconds << 80) | _VERSION | (high << 64) | _VARIANT | low)


def milliseconds(minted: UUID) -> int | None:
    """Return when an id was minted, since 1970; nothing of one that was not minted here."""
    return minted.int >> 80 if minted.version == 7 else None  # noqa: PLR2004 - UUIDv7


def parse(text: str) -> UUID | None:
    """Read an id from outside, or return nothing when it is not one."""
    try:
        return UUID(text)
    except ValueError:
        return None
