"""The audience: who is told of which facts, as the settings say."""

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Audience:
    """The destinations that are in use, and the types that they get."""

    destinations: tuple[str, ...] = ()
    types: Collection[str] = frozenset()

    def of(self, type_: str) -> tuple[str, ...]:
        """Return who is told of a fact of this type."""
        return self.destinations if type_ in self.types else ()
