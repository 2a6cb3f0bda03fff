"""The house, as doors, commands and jobs see it: one part of each type."""

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from typing_extensions import TypeForm  # PEP 747: an abstract type, too

Part = TypeVar("Part")


class House(Protocol):
    """Where the services stand; built by `app/wiring.py`."""

    def part(self, kind: "TypeForm[Part]") -> Part:
        """Return the one service (or section of settings) of that type."""
        ...
