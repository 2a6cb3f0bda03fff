"""The one place that draws; everybody else is handed a `Chance`."""

import secrets
from typing import Final, Protocol

_FRACTIONS: Final = 1 << 20


class Chance(Protocol):
    """A source of unpredictable bytes and numbers."""

    def draw(self, size: int) -> bytes:
        """Return `size` unpredictable bytes."""
        ...

    def below(self, limit: int) -> int:
        """Return a number in 0 ..< `limit`, each equally likely."""
        ...

    def fraction(self) -> float:
        """Return a number from 0 to 1, not 1 itself."""
        ...


class SystemChance:
    """The operating system's cryptographic generator."""

    def draw(self, size: int) -> bytes:
        """Return `size` unpredictable bytes."""
        return secrets.token_bytes(size)

    def below(self, limit: int) -> int:
        """Return a number in 0 ..< `limit`, each equally likely."""
        return secrets.randbelow(limit)

    def fraction(self) -> float:
        """Return a number from 0 to 1, not 1 itself."""
        return self.below(_FRACTIONS) / _FRACTIONS
