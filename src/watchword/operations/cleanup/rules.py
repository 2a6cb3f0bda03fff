"""How long what is over stays."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

EVERY: Final = timedelta(hours=6)
TICKETS_STAY: Final = timedelta(hours=1)
GUESSES_STAY: Final = timedelta(days=1)
OUTBOX_STAYS: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """How many rows were deleted."""

    tickets: int = 0
    sessions: int = 0
    refresh_tokens: int = 0
    guesses: int = 0
    outbox: int = 0
