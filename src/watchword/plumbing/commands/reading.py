"""Reading: what the settings of this process came to, for commands that want no house.

`app` hands them how they are read (`Read`), so that no command knows how.
"""

from dataclasses import dataclass
from typing import Protocol, TypeVar

from watchword.plumbing.commands.handed import in_hand

Part = TypeVar("Part")


class Sections(Protocol):
    """The settings of this process."""

    def section(self, kind: type[Part]) -> Part:
        """Return the section of that type."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What reading the settings came to; `given` are the names that somebody set."""

    sections: Sections | None
    faults: tuple[tuple[str, str], ...] = ()
    given: frozenset[str] = frozenset()


class Read(Protocol):
    """Reads the settings; `app` fills it."""

    def __call__(self) -> Reading:
        """Read the settings of this process."""
        ...


def read() -> Reading:
    """Read the settings of this process."""
    return in_hand(Read)()
