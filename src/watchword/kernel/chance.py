"""The one place that draws; everybody else is handed a `Chance`."""

import secrets
from typing import Protocol


class Chance(Protocol):
    """A source of unpredictable bytes and numbers."""

    def draw(self, size: int) -> bytes:
        """Return `size` unpredictable bytes."""
        ...

    def below(self, limit: int) -> int:
        """Return a number in 0 ..< `limit`, each equally likely."""
        ...


class SystemChance:
    """The operating system's cryptographic generator."""

    def draw(self, size: int) -> bytes:
        """Return `size` unpredictable bytes."""
        return secrets.token_bytes(size)

    def below(self, limit: int) -> int:
        """Return a number in 0 ..< `limit`, each equally likely."""
        return secrets.randbelow(limit)
