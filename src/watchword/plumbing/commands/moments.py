"""Moments on the command line: 2026-03-01T12:00:00Z, or so long ago."""

from datetime import UTC, datetime

from watchword.kernel.parsing import duration
from watchword.kernel.problems import FieldError, InputInvalid


def moment(text: str, now: datetime, option: str) -> datetime | None:
    """Read a moment: 2026-03-01T12:00:00Z, or so long ago: 2h. Problem: `invalid_input`."""
    if not text:
        return None
    try:
        return now - duration(text)
    except ValueError:
        pass
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        sentence = "write a moment such as 2026-03-01T12:00:00Z, or so long ago: 15m, 2h, 7d"
        raise InputInvalid(errors=[FieldError(option, "invalid", sentence)]) from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)
