"""Checkpoints: heads that we signed, so that an end cut off is found out.

They are kept in the database, and said in the log, where nobody of the database takes them back: `line_of`
tells one there, `anchors_in` gives back those that lines of a log hold.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hmac import compare_digest
from typing import Any, Final

import msgspec

from watchword.kernel.ids import TenantId
from watchword.kernel.secret import Peppers
from watchword.plumbing.chain.links import FORM, Head, encode

CHECKPOINT: Final = "AUDIT CHECKPOINT"  # the message of its line
_PURPOSE: Final = "audit checkpoint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A head that was signed; they are numbered without a gap."""

    number: int
    head: Head
    made_at: datetime
    pepper_version: int
    signature: bytes


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
    told = encode([FORM, tenant, number, head.position, head.digest, at])
    return peppers.digest(_PURPOSE, told, version=version)


def line_of(checkpoint: Checkpoint) -> dict[str, Any]:
    """Return what the log says of a checkpoint, beside its message."""
    return {
        "number": checkpoint.number,
        "position": checkpoint.head.position,
        "digest": checkpoint.head.digest.hex(),
        "made_at": checkpoint.made_at.isoformat(),
        "key_version": checkpoint.pepper_version,
        "signature": checkpoint.signature.hex(),
    }


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
