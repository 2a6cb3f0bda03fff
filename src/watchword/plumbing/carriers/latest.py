"""Latest: when each carrier last took something, and when and why it last did not.

A process remembers it between two commits, and tells what is new with the next: each refusal, and what was
taken once in a few seconds, so that a fast carrier costs no more writes than a slow one.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from watchword.plumbing.carriers.carrier import Try, TryResult

_TOLD_EVERY: Final = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Latest:
    """What last came of asking a carrier; `refusal` is in words of ours, without an address."""

    carrier: str
    taken_at: datetime | None = None
    refused_at: datetime | None = None
    refusal: str | None = None


class Untold:
    """What one process has still to tell of its carriers."""

    def __init__(self) -> None:
        """Start with nothing to tell."""
        self._of: dict[str, Latest] = {}
        self._quiet_until: dict[str, datetime] = {}

    def note(self, tried: Try, now: datetime) -> None:
        """Remember what came of a try."""
        name = tried.carrier
        known = self._of.get(name, Latest(carrier=name))
        if tried.result is not TryResult.SENT:
            self._of[name] = replace(known, refused_at=now, refusal=tried.reason)
        elif now >= self._quiet_until.get(name, now):
            self._quiet_until[name] = now + _TOLD_EVERY
            self._of[name] = replace(known, taken_at=now)

    def take(self) -> tuple[Latest, ...]:
        """Return what is new, in the order of names: so that those who write it wait in one order."""
        found, self._of = self._of, {}
        return tuple(found[name] for name in sorted(found))
