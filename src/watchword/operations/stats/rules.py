"""What codes came to in the journal, counted by what somebody wants to compare."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from watchword.kernel.problems import FieldError, InputInvalid
from watchword.records.tickets.rules import BLOCKED, EXPIRED, FAILED, SUCCESS

UNKNOWN: Final = "unknown"
LABELS: Final = ("country", "channel", "purpose")
_FAILURES: Final = (FAILED, EXPIRED, BLOCKED)
COUNTS: Final = ("asked_for", SUCCESS, *_FAILURES, "failure_rate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many facts alike the journal has: codes asked for (no `result`), or tried."""

    country: str
    channel: str
    purpose: str
    result: str
    number: int


def labels_of(text: str) -> tuple[str, ...]:
    """Read what to compare by: country, channel, purpose. Problem: `invalid_input`."""
    found = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
    if not set(found) <= set(LABELS):
        message = "Write some of country, channel, purpose, separated by commas."
        raise InputInvalid(errors=[FieldError("--by", "unknown_label", message)])
    return found


def compared(counts: Iterable[Count], by: Sequence[str]) -> list[dict[str, Any]]:
    """Return a row for each combination of the labels, those with the most failures first."""
    rows: dict[tuple[str, ...], dict[str, Any]] = {}
    for each in counts:
        place = tuple(getattr(each, label) or UNKNOWN for label in by)
        row = rows.setdefault(
            place, dict(zip(by, place, strict=True)) | dict.fromkeys(COUNTS[:-1], 0)
        )
        name = each.result or COUNTS[0]
        row[name] = row.get(name, 0) + each.number
    for row in rows.values():
        failed = _failures(row)
        tried = failed + row[SUCCESS]
        row["failure_rate"] = round(failed / tried, 4) if tried else None
    return sorted(rows.values(), key=lambda row: (-_failures(row), *map(row.get, by)))


def _failures(row: dict[str, Any]) -> int:
    return sum(row[name] for name in _FAILURES)
