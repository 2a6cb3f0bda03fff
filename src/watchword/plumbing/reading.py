"""Reading: what the settings of this process came to, for commands that want no house.

`app` says at start how they are read (`read`), so that no command knows how.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

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


def _nobody_reads() -> Reading:
    message = "reading.read is not set: the program's root does that"
    raise RuntimeError(message)


read: Callable[[], Reading] = _nobody_reads
