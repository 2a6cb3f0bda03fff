"""How long a PIN is, which are refused, how many wrong ones it bears, and what the journal learns."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import ClassVar, Final

from watchword.kernel.facts import AUTH_FAILURE, SECURITY_EVENT, Fact, Line
from watchword.kernel.parsing import milliseconds, whole
from watchword.kernel.parts import section, setting
from watchword.kernel.problems import FieldError, InputInvalid, Kind, Problem, TooManyRequests

_OLDEST: Final = 1900
_YEAR: Final = 4
_UNDER_WAY: Final = timedelta(seconds=30)  # no try is for longer
MOMENT: Final = timedelta(seconds=1)  # after which one may try again while others are under way
# What people take most, of what the other rules let by: columns and corners of the keys, pairs, steps.
_TAKEN_MOST: Final = """
0007 0070 0102 0110 0147 0258 0369 0420 0510 0520 0660 0852 0911 1001 1004 1007 1012 1020 1023
1100 1101 1112 1114 1121 1122 1123 1145 1190 1200 1201 1221 1223 1225 1230 1245 1248 1324 1342
1357 1379 1397 1423 1470 1472 1478 1590 1593 1597 2255 2277 2356 2369 2468 2486 2512 2580 2589
2684 3112 3141 3366 3692 3698 4200 4268 4455 4466 4477 4488 5150 5152 5566 5577 5588 5683 6677
6688 6699 7410 7412 7531 7539 7788 7799 7896 7913 7950 8246 8520 8624 8642 8899 9512 9517 9630
9632 9638 9731 112233 123654 147258 147852 159357 159753 258000 258456 520131 741852 789456
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
class PinStanding:
    """What is counted against a PIN: tries that were wrong, or are under way."""

    failures: int
    locked_until: datetime | None
    counted_at: datetime | None

    def refused_for(self, settings: PinSettings, now: datetime) -> timedelta | None:
        """Return for how long it is locked; nothing while it only has as many tries as it bears under way.

        Of tries that nobody settled (the process died) it is not known whether they were wrong.
        """
        if self.locked_until is not None and self.locked_until > now:
            return self.locked_until - now
        if self.failures < settings.max_failures or self.counted_at is None:
            return None
        is_left = self.counted_at + _UNDER_WAY <= now
        return self.counted_at + settings.lock_time - now if is_left else None


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
        or (number is not None and pin in number)
    )


def _repeats(pin: str) -> bool:
    """Tell whether it is one digit, or one block of digits, again and again."""
    return any(
        pin == pin[:size] * (len(pin) // size)
        for size in range(1, len(pin))
        if len(pin) % size == 0
    )


def _runs(pin: str) -> bool:
    """Tell whether its digits follow one another, up or down; the nought follows the nine."""
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    return steps in ({1}, {9})


def _holds_a_birth_year(pin: str, year: int) -> bool:
    """Tell whether it is, begins or ends with, a year that somebody alive may be born in."""
    return any(_OLDEST <= int(part) <= year for part in {pin[:_YEAR], pin[-_YEAR:]})
