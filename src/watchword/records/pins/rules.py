"""How long a PIN is, which are refused, how many wrong ones it bears, and what the journal learns."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import ClassVar, Final

from watchword.kernel.facts import AUTH_FAILURE, SECURITY_EVENT, Fact, Line
from watchword.kernel.parsing import milliseconds, whole
from watchword.kernel.parts import section, setting
from watchword.kernel.problems import FieldError, InputInvalid, Kind, Problem, TooManyRequests

_OLDEST: Final = 1900
_YEAR: Final = 4
_LONG: Final = 5
_PAIR: Final = 2
_LINE: Final = 3
_LEAST_COUNTED: Final = 3
_SHORT_DATE: Final = 6
_ROWS: Final = ("123", "456", "789", "147", "258", "369", "159", "357", "580")
_LINES: Final = frozenset(_ROWS) | {row[::-1] for row in _ROWS}  # of the keys
# What people take most, of what the other rules let by: columns and corners of the keys, pairs, steps; all
# of the first 180 of four digits among leaked passwords (DataGenetics, "PIN analysis", 2012; SecLists).
_TAKEN_MOST: Final = """
0001 0007 0070 0077 0102 0110 0124 0147 0258 0369 0420 0510 0520 0660 0815 0852 0907 0911 1000
1001 1002 1003 1004 1005 1007 1009 1011 1012 1013 1014 1020 1021 1022 1023 1024 1025 1027 1028
1029 1030 1031 1092 1100 1101 1104 1112 1113 1114 1115 1117 1119 1120 1121 1122 1123 1124 1125
1126 1127 1128 1130 1133 1145 1190 1200 1201 1203 1204 1205 1209 1210 1211 1213 1214 1215 1217
1218 1220 1221 1222 1223 1224 1225 1226 1227 1228 1230 1231 1233 1235 1236 1245 1248 1318 1324
1342 1357 1379 1397 1423 1470 1472 1478 1590 1593 1597 1701 2112 2255 2277 2356 2369 2468 2486
2512 2580 2589 2684 3112 3141 3366 3692 3698 4200 4268 4455 4466 4477 4488 5150 5152 5425 5566
5577 5588 5683 6677 6688 6699 7410 7412 7531 7539 7788 7799 7896 7913 7942 7950 8246 8520 8624
8642 8899 9512 9517 9630 9632 9638 9731
14789 25800 38317 42069 52013 98741
135790 142857 147896 258000 314159
1080413 1212123 1478963 2848048 4830033 5201314 7005425 7895123 8675309
13467900 14789632 31415926 52013140
"""
_COMMON: Final = frozenset(_TAKEN_MOST.split())


@section
class PinSettings:
    """PINs."""

    length: int = setting("PIN_LENGTH", "Digits of a PIN.", parse=whole(4, 8), default="4")
    max_failures: int = setting(
        "MAX_PIN_ATTEMPTS",
        "Wrong PINs before the PIN is locked; the account is not.",
        parse=whole(1, 10),
        default="3",
    )
    lock_time: timedelta = setting(
        "PIN_LOCK_TIME_MS",
        "Milliseconds that the first lock of a PIN lasts.",
        parse=milliseconds,
        default="900000",
    )


class PinInvalid(Problem):
    """This PIN is wrong."""

    code = "pin_invalid"
    kind = Kind.MALFORMED


class PinLocked(TooManyRequests):
    """Too many wrong PINs: this PIN is refused for a while."""

    code = "pin_locked"


@dataclass(frozen=True, slots=True)
class Stored:
    """A PIN as the table keeps it."""

    hash: str
    pepper_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of one try; `locked`: it was one too many.

    It was not compared when the PIN is locked, `refused_for` so long, or `busy` with as many as it bears.
    """

    right: bool
    locked: bool = False
    busy: bool = False
    refused_for: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PinSet(Fact):
    """A service set a subscriber's PIN."""

    type: ClassVar[str] = "id.ussd.pin.set"
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PinRefused(Fact):
    """A PIN was wrong, or came while PINs are refused."""

    type: ClassVar[str] = "id.ussd.pin.refused"
    by: str
    reason: str

    @property
    def lines(self) -> tuple[Line, ...]:
        """Say it where operators look for it."""
        return (AUTH_FAILURE,)


@dataclass(frozen=True, slots=True, kw_only=True)
class PinLockedUp(Fact):
    """One wrong PIN too many: the PIN is locked for a while; the account goes on."""

    type: ClassVar[str] = "id.ussd.pin.locked"

    @property
    def lines(self) -> tuple[Line, ...]:
        """Say it where operators look for it."""
        return (SECURITY_EVENT,)


def malformed(length: int, field: str) -> InputInvalid:
    """Return the problem for what is no PIN."""
    return InputInvalid(errors=[FieldError(field, "pin_malformed", f"Use {length} digits.")])


def too_easy(field: str) -> InputInvalid:
    """Return the problem for a PIN that is easily guessed."""
    message = "This PIN is among the first that somebody would try: choose another."
    return InputInvalid(errors=[FieldError(field, "pin_too_easy", message)])


def is_easy(pin: str, year: int, number: str | None) -> bool:
    """Tell whether a PIN is among the first that somebody would try, in this year, of this number."""
    return (
        _repeats(pin)
        or _runs(pin)
        or _holds_a_birth_year(pin, year)
        or pin in _COMMON
        or (len(pin) >= _LONG and any(has(pin) for has in _SHAPES))
        or (number is not None and pin in number)
    )


def _repeats(pin: str) -> bool:
    """Tell whether it is one digit, or one block of digits, again and again; the last may be cut short."""
    most = len(pin) // 2
    return any(pin == (pin[:size] * len(pin))[: len(pin)] for size in range(1, most + 1))


def _runs(pin: str) -> bool:
    """Tell whether its digits follow one another, up or down; the nought follows the nine."""
    return _steps(pin) in ({1}, {9})


def _holds_a_birth_year(pin: str, year: int) -> bool:
    """Tell whether it is, begins or ends with, a year that somebody alive may be born in."""
    return any(_OLDEST <= int(part) <= year for part in {pin[:_YEAR], pin[-_YEAR:]})


def _steps(pin: str) -> set[int]:
    """Return by how much its digits go on, from each to the next."""
    return {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}


def _blocks(pin: str, size: int) -> list[str]:
    return [pin[start : start + size] for start in range(0, len(pin), size)]


def _is_plain(part: str) -> bool:
    """Tell whether it is a run, or one digit."""
    return _steps(part) in ({0}, {1}, {9})


def _is_mirrored(pin: str) -> bool:
    return pin == pin[::-1]


def _goes_on_evenly(pin: str) -> bool:
    """Tell whether its digits, those alike side by side told once, go on by equal steps: 13579, 112233."""
    once = pin[0] + "".join(after for before, after in pairwise(pin) if after != before)
    return len(_steps(once)) <= 1


def _is_plain_in_parts(pin: str) -> bool:
    """Tell whether it is plain but for one end, or in both halves: 123450, 123789, 000123."""
    middle = len(pin) // 2
    parts = [(pin[1:],), (pin[:-1],), (pin[:middle], pin[middle:]), (pin[:-middle], pin[-middle:])]
    return any(all(map(_is_plain, part)) for part in parts)


def _counts(pin: str) -> bool:
    """Tell whether it is numbers that go on by equal steps, written side by side: 246810, 010203."""
    return any(
        _is_written_by_steps(pin, size, ahead) for size in (1, _PAIR) for ahead in (1, _PAIR)
    )


def _is_written_by_steps(pin: str, size: int, ahead: int) -> bool:
    first, second = pin[:size], pin[size : size + ahead]
    width = size if size == ahead else 1
    step, written = int(second) - int(first), [first]
    while sum(map(len, written)) < len(pin) and (following := int(written[-1]) + step) >= 0:
        written.append(f"{following:0{width}d}")
    whole = len(written) if "".join(written) == pin else len(written) - 1
    return whole >= _LEAST_COUNTED and "".join(written)[: len(pin)] == pin


def _is_shifted(pin: str) -> bool:
    """Tell whether its blocks are the first one, each digit as much higher or lower: 147258, 142536."""
    sizes = [size for size in range(_PAIR, len(pin)) if len(pin) % size == 0]
    return any(
        len({tuple(_shifts(one, other)) for one, other in pairwise(_blocks(pin, size))}) == 1
        and len(set(_shifts(pin[:size], pin[size : 2 * size]))) == 1
        for size in sizes
    )


def _shifts(one: str, other: str) -> list[int]:
    return [int(after) - int(before) for before, after in zip(one, other, strict=True)]


def _follows_the_keys(pin: str) -> bool:
    """Tell whether it goes along lines of three keys, the last of them perhaps cut short."""
    *whole, last = _blocks(pin, _LINE)
    return all(each in _LINES for each in whole) and any(line.startswith(last) for line in _LINES)


def _is_a_date(pin: str) -> bool:
    """Tell whether it may be a day, a month and two digits of a year, in any of their orders."""
    if len(pin) != _SHORT_DATE:
        return False
    one, other, third = (int(part) for part in _blocks(pin, _PAIR))
    return any(
        1 <= day <= 31 and 1 <= month <= 12  # noqa: PLR2004 - of a calendar
        for day, month in ((one, other), (other, one), (third, other))
    )


_SHAPES: Final = (
    _is_mirrored,
    _goes_on_evenly,
    _is_plain_in_parts,
    _counts,
    _is_shifted,
    _follows_the_keys,
    _is_a_date,
)
