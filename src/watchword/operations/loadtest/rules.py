"""What a load is made of, whom it may meet, and what it came to."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import cycle
from typing import Any, Final
from urllib.parse import urlsplit

from watchword.kernel.addresses import is_loopback
from watchword.kernel.secret import Secret

MOST_REQUESTS: Final = 100_000
MOST_CONNECTIONS: Final = 1_000
LONGEST: Final = timedelta(minutes=10)
HEALTH, SIGN_IN, CODES, MIXED = "health", "sign-in", "codes", "mixed"
STEPS: Final[dict[str, tuple[str, ...]]] = {
    HEALTH: (HEALTH,),
    SIGN_IN: (SIGN_IN,),
    CODES: (CODES,),
    MIXED: (SIGN_IN, SIGN_IN, CODES, SIGN_IN, SIGN_IN, HEALTH, SIGN_IN, CODES, SIGN_IN, SIGN_IN),
}
EXPECTED: Final[dict[str, frozenset[int]]] = {
    HEALTH: frozenset({200}),
    SIGN_IN: frozenset({200, 401, 429}),
    CODES: frozenset({200, 202, 429}),
}
NO_ANSWER: Final = 0
_WRONG: Final = "not the password of anybody"
_KINDS: Final = (
    "right",
    "right",
    "wrong",
    "right",
    "unknown",
    "right",
    "wrong",
    "right",
    "unknown",
    "right",
)
_PER_MILLE: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An account with a password."""

    email: str
    password: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is asked, how often, and how many at once."""

    base: str
    scenario: str = MIXED
    requests: int = 1_000
    connections: int = 10
    lasts: timedelta | None = None
    prefix: str = "/api/v1"
    health: str = "/health"
    spread: bool = False
    known: Sequence[Known] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request."""

    step: str
    method: str
    path: str
    body: dict[str, Any] | None = None
    address: str = ""


def may_go_to(base: str, *, owned: bool) -> bool:
    """Tell whether load may go there: to this machine, and elsewhere to what is one's own."""
    return owned or is_loopback(urlsplit(base).hostname or "")


def asks(plan: Plan, mark: str) -> Iterator[Ask]:
    """Yield what is asked, one after the other and without an end; `mark` makes strangers of ours."""
    people = _people(plan.known, mark)
    for number, step in enumerate(cycle(STEPS[plan.scenario])):
        address = _address(number) if plan.spread else ""
        if step == HEALTH:
            yield Ask(step=step, method="GET", path=plan.health, address=address)
            continue
        if step == CODES:
            body: dict[str, Any] = {"email": f"load-{mark}-{number}@example.org"}
            path = f"{plan.prefix}/auth/otp/request"
        else:
            email, password = next(people)
            body = {"email": email, "password": password, "transport": "token"}
            path = f"{plan.prefix}/auth/login"
        yield Ask(step=step, method="POST", path=path, body=body, address=address)


def _people(known: Sequence[Known], mark: str) -> Iterator[tuple[str, str]]:
    """Yield who tries to sign in, mixed; where no account is named all are strangers."""
    accounts = cycle(known)
    for number, kind in enumerate(cycle(_KINDS)):
        account = None if kind == "unknown" else next(accounts, None)
        if account is None:
            yield f"load-{mark}-{number}@example.org", _WRONG
        else:
            yield account.email, _WRONG if kind == "wrong" else account.password.reveal()


def _address(number: int) -> str:
    """Return one of the addresses that are kept for such trials."""
    number %= 1 << 17
    return f"198.{18 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"


def accounts_in(text: str) -> tuple[Known, ...]:
    """Read accounts: an address and its password on each line. ValueError: a line is none."""
    found = []
    for line in filter(None, map(str.strip, text.splitlines())):
        email, _, password = line.partition(" ")
        if "@" not in email or not password.strip():
            message = "write an address, a space and its password on each line"
            raise ValueError(message)
        found.append(Known(email=email, password=Secret(password.strip())))
    return tuple(found)


@dataclass(slots=True, kw_only=True)
class Tally:
    """What one step came to, while it is counted."""

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)

    def note(self, status: int, seconds: float) -> None:
        """Count an answer, or that there was none."""
        self.statuses[status] += 1
        if status != NO_ANSWER:
            self.seconds.append(seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one step came to; times in milliseconds."""

    step: str
    requests: int
    failed: int
    per_second: float
    p50: float
    p95: float
    p99: float
    most: float
    statuses: dict[str, int]


def result(step: str, tally: Tally, took: float) -> Result:
    """Sum up what was counted of a step, in so many seconds."""
    times = sorted(tally.seconds)
    every = sum(tally.statuses.values())
    well = sum(number for status, number in tally.statuses.items() if status in EXPECTED[step])
    return Result(
        step=step,
        requests=every,
        failed=every - well,
        per_second=round(every / took, 1) if took else 0.0,
        p50=_share(times, 500),
        p95=_share(times, 950),
        p99=_share(times, 990),
        most=_share(times, _PER_MILLE),
        statuses={_name(status): number for status, number in sorted(tally.statuses.items())},
    )


def _share(times: Sequence[float], per_mille: int) -> float:
    """Return the time within which so many of a thousand were answered, in milliseconds."""
    if not times:
        return 0.0
    place = max(0, -(-len(times) * per_mille // _PER_MILLE) - 1)
    return round(times[place] * 1000, 1)


def _name(status: int) -> str:
    return str(status) if status != NO_ANSWER else "no answer"
