"""A window of time: how often each key happened in the time before the newest."""

from collections import Counter, deque
from collections.abc import Hashable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)


class Window(Generic[Key]):
    """Counts by key; one that happened no more takes no room.

    Of a flood it holds `most`: as much of the time as they fill.
    """

    def __init__(self, length: timedelta, most: int) -> None:
        """Begin with nothing in it."""
        self.length = length
        self.most = most
        self.counts: Counter[Key] = Counter()
        self._held: deque[tuple[datetime, Key]] = deque()

    def __len__(self) -> int:
        """Return how many are in it."""
        return len(self._held)

    def add(self, at: datetime, key: Key) -> list[Key]:
        """Slide on to a moment at which a key happened; return which keys are gone from it since."""
        self._held.append((at, key))
        self.counts[key] += 1
        gone = []
        while self._held[0][0] <= at - self.length or len(self._held) > self.most:
            _, left = self._held.popleft()
            self.counts[left] -= 1
            if not self.counts[left]:
                del self.counts[left]
                gone.append(left)
        return gone
