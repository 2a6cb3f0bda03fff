"""The board: memory that the processes of one service share, so that each can tell what all counted.

    place   one for each process, made before it is forked; only that process writes there
    write   onto the side that nobody reads, then turn the place over: one byte says which side is up
    read    the side that is up, and again if it was turned meanwhile

What stands on a place outlives its process: a killed one leaves its last whole writing, even in the
middle of the next, and its successor counts on from there. Nobody waits for anybody, and requests pay
nothing: a process writes now and then, and before it answers a scrape.
"""

import mmap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_SIDE: Final = 4 * 1024 * 1024  # room, not memory: a page that was never written costs nothing
_LENGTH: Final = 8
_TURNS: Final = 256


class BoardSlot:
    """Where one process writes."""

    def __init__(self, side: int = _SIDE) -> None:
        """Make room for two writings of at most `side` bytes, shared with every fork."""
        self._side = side
        self._memory = mmap.mmap(-1, 1 + 2 * (side + _LENGTH))

    def write(self, text: bytes) -> None:
        """Put this in the place of what stood here. ValueError: it is too long."""
        if len(text) > self._side:
            raise ValueError(f"{len(text)} bytes do not fit on the board")
        turn = (self._memory[0] + 1) % _TURNS
        at = self._at(turn)
        self._memory[at : at + _LENGTH] = len(text).to_bytes(_LENGTH, "big")
        self._memory[at + _LENGTH : at + _LENGTH + len(text)] = text
        self._memory[0] = turn

    def read(self) -> bytes:
        """Return what stands here; empty when nobody has written yet."""
        while True:
            turn = self._memory[0]
            at = self._at(turn)
            length = int.from_bytes(self._memory[at : at + _LENGTH], "big")
            text = self._memory[at + _LENGTH : at + _LENGTH + length]
            if self._memory[0] == turn:
                return text

    def _at(self, turn: int) -> int:
        return 1 + turn % 2 * (self._side + _LENGTH)


@dataclass(frozen=True, slots=True)
class Board:
    """The places of all processes, and which is ours; the first process has the first."""

    places: Sequence[BoardSlot]
    ours: int = 0

    @property
    def place(self) -> BoardSlot:
        """Return where we write."""
        return self.places[self.ours]
