"""How the text of a setting becomes a value. Every parser raises ValueError with a sentence."""

import re
from collections.abc import Callable
from datetime import timedelta

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_LONGEST = 100 * 365 * _UNITS["d"]
_MOST_MILLISECONDS = 100 * 365 * 86_400_000  # a hundred years
MILLISECOND, SECOND, MINUTE = timedelta(milliseconds=1), timedelta(seconds=1), timedelta(minutes=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


def boolean(text: str) -> bool:
    """Read true/false, yes/no, on/off, 1/0."""
    word = text.strip().lower()
    if word in _TRUE | _FALSE:
        return word in _TRUE
    message = "write true or false"
    raise ValueError(message)


def duration(text: str) -> timedelta:
    """Read `15m`, `7d`, `900` (seconds) or `250ms`."""
    match = re.fullmatch(r"([0-9]{1,12})\s*(ms|s|m|h|d|w)?", text.strip().lower())
    seconds = int(match[1]) * _UNITS[match[2] or "s"] if match else 0
    if not 0 < seconds <= _LONGEST:
        message = "write a duration such as 15m, 7d or 900 (seconds)"
        raise ValueError(message)
    return timedelta(seconds=seconds)


def none_or_duration(text: str) -> timedelta:
    """Read a duration; 0 is none at all."""
    return timedelta(0) if text.strip() in {"0", "0s"} else duration(text)


def milliseconds(text: str) -> timedelta:
    """Read a whole number of milliseconds."""
    return timedelta(milliseconds=whole(1, _MOST_MILLISECONDS)(text))


def whole(low: int, high: int | None = None) -> Callable[[str], int]:
    """Make a parser of whole numbers within bounds."""

    def parse(text: str) -> int:
        bounds = f"from {low} to {high}" if high is not None else f"of at least {low}"
        if not re.fullmatch(r"-?\d{1,18}", text.strip()):
            message = f"write a whole number {bounds}"
            raise ValueError(message)
        number = int(text)
        if number < low or (high is not None and number > high):
            message = f"write a whole number {bounds}"
            raise ValueError(message)
        return number

    return parse


def whole_of(unit: timedelta, low: int, high: int) -> Callable[[str], timedelta]:
    """Make a parser of whole numbers of a unit of time, within bounds."""
    number = whole(low, high)
    return lambda text: unit * number(text)


def choice(*words: str) -> Callable[[str], str]:
    """Make a parser that takes one of the words."""

    def parse(text: str) -> str:
        if text.strip() not in words:
            empty = " or nothing" if "" in words else ""
            message = "write one of: " + ", ".join(filter(None, words)) + empty
            raise ValueError(message)
        return text.strip()

    return parse


def listed(text: str) -> tuple[str, ...]:
    """Read a comma-separated list."""
    return tuple(part.strip() for part in text.split(",") if part.strip())
