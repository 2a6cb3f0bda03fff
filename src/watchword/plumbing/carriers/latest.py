"""Latest: when each carrier last took something, and when and why it last did not.

A process remembers it between two commits, and tells what is new with the next: each refusal, and what was
taken once in a few seconds, so that a fast carrier costs no more writes than a slow one; after a
refusal at once.

A carrier may answer well, and take nothing from anybody: whoever asks it how it is finds nothing wrong. So
the readers are counted whose letters it did not take, one after the other; from ten on the refusal says so.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from watchword.plumbing.carriers.carrier import Try, TryResult

_TOLD_EVERY: Final = timedelta(seconds=5)
MANY: Final = 10
_MOST_COUNTED: Final = 1000
_AND_OTHERS: Final = "; nothing was taken for so many readers in a row"


@dataclass(frozen=True, slots=True, kw_only=True)
class Latest:
    """What last came of asking a carrier; `refusal` is in words of ours, without an address."""

    carrier: str
    taken_at: datetime | None = None
    refused_at: datetime | None = None
    refusal: str | None = None

    @property
    def takes_nothing(self) -> bool:
        """Tell whether it has not taken anything since it refused many readers in a row."""
        if self.refused_at is None or not (self.refusal or "").endswith(_AND_OTHERS):
            return False
        return self.taken_at is None or self.taken_at < self.refused_at


class Untold:
    """What one process has still to tell of its carriers."""

    def __init__(self) -> None:
        """Start with nothing to tell."""
        self._of: dict[str, Latest] = {}
        self._quiet_until: dict[str, datetime] = {}
        self._refused: dict[str, set[int]] = {}

    def in_a_row(self, carrier: str) -> int:
        """Return how many readers were refused since it last took something, as far as we count."""
        return len(self._refused.get(carrier, ()))

    def note(self, tried: Try, now: datetime, reader: str = "") -> None:
        """Remember what came of a try, and for which reader."""
        name = tried.carrier
        known = self._of.get(name, Latest(carrier=name))
        if tried.result is not TryResult.SENT:
            self._count(tried, reader)
            self._quiet_until.pop(name, None)
            more = _AND_OTHERS if self.in_a_row(name) >= MANY else ""
            self._of[name] = replace(known, refused_at=now, refusal=f"{tried.reason}{more}")
            return
        self._refused.pop(name, None)
        if now >= self._quiet_until.get(name, now):
            self._quiet_until[name] = now + _TOLD_EVERY
            self._of[name] = replace(known, taken_at=now)

    def _count(self, tried: Try, reader: str) -> None:
        readers = self._refused.setdefault(tried.carrier, set())
        if tried.result is not TryResult.UNFIT and len(readers) < _MOST_COUNTED:
            readers.add(hash(reader.casefold()))

    def take(self) -> tuple[Latest, ...]:
        """Return what is new, in the order of names: so that those who write it wait in one order."""
        found, self._of = self._of, {}
        return tuple(found[name] for name in sorted(found))
