"""What is said of a level, and which lines somebody wants to read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Final, Literal
from uuid import UUID

import msgspec

from watchword.kernel.facts import Fact
from watchword.plumbing.logs.logger import LEVELS
from watchword.plumbing.shapes import Answer, Body

NEWS: Final = "log-level"
Level = Literal["debug", "info", "warn", "error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelSet(Fact):
    """The log says more, or less, from now on."""

    type: ClassVar[str] = "log.level_set"
    level: str
    by: str


class SetLevel(Body, frozen=True):
    """The least that is worth a line."""

    level: Level


class LevelTold(Answer, frozen=True):
    """The least that is worth a line now."""

    level: str


@dataclass
class Heeded:
    """Since when this process is here, and which wish it took last."""

    since: datetime
    last: UUID | None = field(default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which lines are wanted; what is not said does not restrict."""

    level: str = "debug"
    since: datetime | None = None
    category: str = ""
    words: str = ""

    def admits(self, line: Mapping[str, Any], text: str) -> bool:
        """Tell whether a line is wanted; `text` is how it was written."""
        if LEVELS.get(line.get("level", ""), 0) < LEVELS[self.level]:
            return False
        if self.category and line.get("category") != self.category:
            return False
        if self.words and self.words.lower() not in text.lower():
            return False
        return self.since is None or _moment(line) >= self.since


def line_of(text: str) -> Mapping[str, Any] | None:
    """Read a line; nothing when it is none of ours."""
    try:
        read = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return None
    return read if isinstance(read, dict) and "timestamp" in read else None


def _moment(line: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(str(line["timestamp"]))
