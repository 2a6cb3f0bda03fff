"""Being asked to stop: how often, and whether the whole service leaves or one process of several.

    the supervisor is asked   it asks every process: all leave, and the socket closes with them
    one process is asked      it alone leaves; the socket stays with the others, who go on
    a process group is asked  (Ctrl+C, `timeout`, systemd) supervisor and processes hear it, and the processes
                              hear it again from the supervisor: it was said once, and counts once

A signal does not say who sent it. So the supervisor notes how often it was asked, in memory that all
share, before it passes that on: what a process heard beyond that was said to it alone. Where one process
is the whole service, nobody notes anything.
"""

import mmap
import os
from dataclasses import dataclass, field
from typing import Final

MOMENT_SECONDS: Final = 0.25
_MOST: Final = 255


@dataclass(slots=True)
class Times:
    """How often somebody asked; `timeout` asks a process and then its group, which is once."""

    count: int = 0
    _last: float = field(default=float("-inf"))

    def hear(self, now: float) -> bool:
        """Count it, and say so; not what comes within a moment of what was counted."""
        if now - self._last < MOMENT_SECONDS:
            return False
        self.count, self._last = self.count + 1, now
        return True


class Word:
    """What the supervisor notes for all processes: how often the whole service was asked to stop."""

    def __init__(self, supervisor: int) -> None:
        """Begin with never, before this process forks."""
        self._memory = mmap.mmap(-1, 1)
        self._supervisor = supervisor

    @property
    def count(self) -> int:
        """Return how often it was."""
        return self._memory[0]

    @count.setter
    def count(self, count: int) -> None:
        """Note how often it was."""
        self._memory[0] = min(_MOST, count)

    @property
    def is_lost(self) -> bool:
        """Tell, in a process, whether its supervisor is gone: Linux asks all processes to stop then."""
        return os.getppid() != self._supervisor


class Asked:
    """How a process was asked to stop."""

    def __init__(self, word: Word | None = None) -> None:
        """Begin with not at all; without a word of a supervisor's, the process is the whole service."""
        self._word = word
        self._heard = Times()

    def hear(self, now: float) -> None:
        """Take note of a signal."""
        self._heard.hear(now)

    @property
    def with_all(self) -> bool:
        """Tell whether the whole service leaves."""
        return self._word is None or self._word.count > 0 or self._word.is_lost

    @property
    def again(self) -> bool:
        """Tell whether it was asked a second time, and ends at once."""
        by_supervisor = self._word.count if self._word is not None else 0
        return max(by_supervisor, self._heard.count - by_supervisor) > 1
