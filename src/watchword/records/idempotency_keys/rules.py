"""What an idempotency key is, and what can be wrong with one."""

import re
from datetime import timedelta
from typing import Final

from watchword.kernel.problems import Kind, Problem

STAYS: Final = timedelta(days=1)
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


class IdempotencyKeyMissing(Problem):
    """Send an Idempotency-Key: one line of up to 255 signs."""

    code = "idempotency_key_missing"
    kind = Kind.MALFORMED


class IdempotencyKeyReused(Problem):
    """This Idempotency-Key was sent before with something else."""

    code = "idempotency_key_reused"
    kind = Kind.CONFLICT


def read_key(text: str | None) -> str:
    """Return the key that a request carries. Problem: `idempotency_key_missing`."""
    if text is None or not _KEY.fullmatch(text):
        raise IdempotencyKeyMissing
    return text
