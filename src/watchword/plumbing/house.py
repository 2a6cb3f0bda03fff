"""The house, as doors, commands and jobs see it: one part of each type."""

from typing import Protocol, TypeVar

Part = TypeVar("Part")


class House(Protocol):
    """Where the services stand; built by `app/wiring.py`."""

    def part(self, kind: type[Part]) -> Part:
        """Return the one service (or section of settings) of that type."""
        ...
