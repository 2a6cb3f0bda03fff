"""Freshness: a post that is older than it may be proves nothing, nor does one from the future."""

from datetime import UTC, datetime, timedelta
from typing import Final

from watchword.kernel.feedback import NotGenuine

CLOCKS_DIFFER: Final = timedelta(minutes=5)


def at_seconds(text: str) -> datetime:
    """Read seconds since 1970. Problem: `NotGenuine`."""
    if not (text.isascii() and text.isdigit() and len(text) <= 11):  # noqa: PLR2004 - the year 5138
        raise NotGenuine("no time")
    return datetime.fromtimestamp(int(text), UTC)


def check(at: datetime, now: datetime, max_age: timedelta) -> None:
    """Refuse what was not posted just now. Problem: `NotGenuine`."""
    if not -CLOCKS_DIFFER <= now - at < max_age:
        raise NotGenuine("too old, or from the future")
