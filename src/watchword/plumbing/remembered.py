"""A short memory of answers that news can take back.

    keep     an answer under a key, for some seconds, with the ids it depends on
    recall   it, while it is young
    forget   what depends on an id (or everything)

`turn` grows with every `forget`: an answer that was asked for before the news and arrives after it is
not kept (`keep` with an old turn does nothing).
"""

from collections import defaultdict
from collections.abc import Hashable
from typing import Generic, TypeVar

Kept = TypeVar("Kept")


class Remembered(Generic[Kept]):
    """The memory of one process; not shared between threads."""

    def __init__(self, seconds: float, most: int) -> None:
        """Keep each answer so long, and never more than `most` of them."""
        self._seconds = seconds
        self._most = most
        self._kept: dict[Hashable, tuple[float, Kept, tuple[str, ...]]] = {}
        self._by_id: dict[str, set[Hashable]] = defaultdict(set)
        self.turn = 0

    def recall(self, key: Hashable, moment: float) -> Kept | None:
        """Return the answer, if it is young enough at this moment (monotonic seconds)."""
        held = self._kept.get(key)
        if held is None:
            return None
        if held[0] < moment:
            self._drop(key)
            return None
        return held[1]

    def keep(
        self, key: Hashable, answer: Kept, ids: tuple[str, ...], moment: float, turn: int
    ) -> None:
        """Keep an answer that was asked for in this turn."""
        if turn != self.turn:
            return
        if key in self._kept:
            self._drop(key)
        elif len(self._kept) >= self._most:
            self._kept.clear()
            self._by_id.clear()
        self._kept[key] = (moment + self._seconds, answer, ids)
        for each in ids:
            self._by_id[each].add(key)

    def forget(self, subject: str) -> None:
        """Forget what depends on an id; everything when none is named."""
        self.turn += 1
        if not subject:
            self._kept.clear()
            self._by_id.clear()
            return
        for key in self._by_id.pop(subject, set()):
            self._drop(key)

    def _drop(self, key: Hashable) -> None:
        held = self._kept.pop(key, None)
        for each in held[2] if held else ():
            keys = self._by_id.get(each)
            if keys is not None:
                keys.discard(key)
                if not keys:
                    del self._by_id[each]
