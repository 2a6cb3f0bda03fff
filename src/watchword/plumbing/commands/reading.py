"""Reading: what the settings of this process came to, for commands that want no house.

`app` hands them how they are read (`Read`), so that no command knows how.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol, TypeVar

from watchword.plumbing.commands.handed import in_hand

Part = TypeVar("Part")
SECRET_LIFE: Final = timedelta(days=90)


class Sections(Protocol):
    """The settings of this process."""

    def section(self, kind: type[Part]) -> Part:
        """Return the section of that type."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Secretive:
    """A secret that somebody set; `since` is when it came to be where it is, if that place tells."""

    name: str
    source: str
    since: datetime | None

    def days(self, now: datetime) -> int | None:
        """Return its age."""
        return None if self.since is None else max(0, (now - self.since).days)

    def old(self, now: datetime, most: timedelta = SECRET_LIFE) -> bool:
        """Tell whether it is time for another."""
        return self.since is not None and now - self.since > most


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What reading the settings came to; `given` are the names that somebody set."""

    sections: Sections | None
    faults: tuple[tuple[str, str], ...] = ()
    given: frozenset[str] = frozenset()
    secrets: tuple[Secretive, ...] = ()


class Read(Protocol):
    """Reads the settings; `app` fills it."""

    def __call__(self) -> Reading:
        """Read the settings of this process."""
        ...


def read() -> Reading:
    """Read the settings of this process."""
    return in_hand(Read)()
