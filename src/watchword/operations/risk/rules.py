"""Which facts count, how much is too much, and what that makes of the facts of a window."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from watchword.kernel.addresses import Network, is_within, network_key, networks
from watchword.kernel.parsing import duration, whole
from watchword.kernel.parts import section, setting
from watchword.kernel.window import Window
from watchword.plumbing.throttle import AttemptRefused
from watchword.records.deliveries.rules import LetterWithheld
from watchword.records.guesses.rules import GuessRefused
from watchword.records.resets.rules import PasswordResetRequested, PinResetRequested
from watchword.records.sessions.rules import LoginFailed
from watchword.records.signals.rules import STAYS, Data, Share, Signal, SignalReason
from watchword.records.tickets.rules import SUCCESS, CodeTried, LinkRefused

LEASE: Final = "risk"
LEASE_LASTS: Final = timedelta(minutes=1)
LOOK_BACK: Final = timedelta(minutes=15)
_STRAGGLERS: Final = timedelta(minutes=1)  # how late a fact may come to the journal
_MOST_SHARES: Final = 5
MOST_HELD: Final = 100_000  # facts of a window
_OF_RESETS: Final = ("", "password_reset", "pin_reset")
_NOWHERE: Final = ("", "unknown")


class Role(StrEnum):
    """As what a fact counts."""

    CODE = "code"
    FAILURE = "failure"
    RESET = "reset"


ROLES: Final[Mapping[str, frozenset[Role]]] = {
    CodeTried.type: frozenset({Role.CODE, Role.FAILURE}),  # a failure unless the code was right
    LoginFailed.type: frozenset({Role.FAILURE}),
    GuessRefused.type: frozenset({Role.FAILURE}),
    LinkRefused.type: frozenset({Role.FAILURE}),
    AttemptRefused.type: frozenset({Role.FAILURE}),  # by the limit of its network, unheard
    PasswordResetRequested.type: frozenset({Role.RESET}),
    PinResetRequested.type: frozenset({Role.RESET}),
    LetterWithheld.type: frozenset({Role.RESET}),  # where the letter was one of a reset
}


def types_of(*roles: Role) -> tuple[str, ...]:
    """Return the types of facts that count as any of these."""
    return tuple(name for name, counts_as in ROLES.items() if counts_as & set(roles))


def _share(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 < number < 1:
        message = "write a share between 0 and 1, such as 0.4"
        raise ValueError(message)
    return number


def _rest(text: str) -> timedelta:
    rest = duration(text)
    if rest > STAYS:
        message = f"write {STAYS.days}d at most: what was told is remembered no longer"
        raise ValueError(message)
    return rest


@section
class RiskSettings:
    """Risk signals: how much is too much."""

    failure_rate: float = setting(
        "SIRA_THRESHOLD_OTP_FAILURE_RATE",
        "The share of codes tried that may fail; more of them is otp_anomaly.",
        parse=_share,
        default="0.4",
    )
    code_window: timedelta = setting(
        "SIRA_OTP_WINDOW",
        "How far back codes that were tried count for that share.",
        parse=duration,
        default="10m",
    )
    least_codes: int = setting(
        "SIRA_OTP_MIN_SAMPLE",
        "How many codes must have been tried before their share tells anything.",
        parse=whole(1, MOST_HELD),
        default="10",
    )
    failures: int = setting(
        "SIRA_FAILURES_PER_ADDRESS",
        "Failures (passwords, codes, links) from one network that are brute_force_attempt.",
        parse=whole(1, MOST_HELD),
        default="20",
    )
    failure_window: timedelta = setting(
        "SIRA_FAILURE_WINDOW",
        "How far back the failures of a network count.",
        parse=duration,
        default="10m",
    )
    accounts: int = setting(
        "SIRA_RESET_ACCOUNTS_PER_ADDRESS",
        "Accounts that one network asked a reset for that are suspicious_reset_pattern.",
        parse=whole(2, MOST_HELD),
        default="5",
    )
    resets: int = setting(
        "SIRA_RESETS_PER_ACCOUNT",
        "Resets asked for one account that are suspicious_reset_pattern.",
        parse=whole(2, MOST_HELD),
        default="5",
    )
    reset_window: timedelta = setting(
        "SIRA_RESET_WINDOW", "How far back resets count.", parse=duration, default="1h"
    )
    country_memory: timedelta = setting(
        "SIRA_COUNTRY_MEMORY",
        "How far back the countries of an account's resets are remembered; a new one beside them is"
        " suspicious_reset_pattern.",
        parse=duration,
        default="90d",
    )
    rest: timedelta = setting(
        "SIRA_COOLDOWN",
        "How long the same signal of the same subject is not told again; 7d at most.",
        parse=_rest,
        default="30m",
    )
    shared: tuple[Network, ...] = setting(
        "SIRA_SHARED_NETWORKS",
        "Addresses and networks behind which many people stand (an office, a carrier's gateway): not judged"
        " by the number of their failures or resets.",
        parse=networks,
        default="",
    )

    def network(self, address: str) -> str:
        """Return the network that an address is judged by; empty for none."""
        return "" if not address or is_within(address, self.shared) else network_key(address)


def begin(last: datetime | None, now: datetime) -> datetime:
    """Return from when on facts are looked at, by whoever looked at those of before `last`."""
    return max(now - LOOK_BACK, last - _STRAGGLERS) if last else now - LOOK_BACK


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedFact:
    """What is read of one fact."""

    id: UUID
    at: datetime
    type: str
    user_id: UUID | None = None
    address: str = ""
    result: str = ""
    channel: str = ""
    country: str = ""
    asked_for: str = ""

    @property
    def asks_reset(self) -> bool:
        """Tell whether a reset was asked for, also beyond the limit of letters."""
        return Role.RESET in ROLES[self.type] and self.asked_for in _OF_RESETS

    @property
    def failed(self) -> bool:
        """Tell whether something was refused."""
        return Role.FAILURE in ROLES[self.type] and self.result != SUCCESS


class Spacing:
    """Lets a signal be told unless the same was told of its subject lately."""

    def __init__(
        self, rest: timedelta, key: Callable[[Signal], bytes], latest: Mapping[bytes, datetime]
    ) -> None:
        """`latest` is when each subject was told of last, by its key."""
        self._rest = rest
        self._key = key
        self._told = dict(latest)

    def lets(self, signal: Signal) -> bool:
        """Tell whether a signal may be told; if so, its subject rests from then on."""
        key = self._key(signal)
        if key in self._told and signal.at < self._told[key] + self._rest:
            return False
        self._told[key] = signal.at
        return True


# the channel and country of a code that was tried, and whether it failed
_Code = tuple[str, str, bool]


class GuessWatch:
    """Looks at what was tried, in its order: at the share of codes that fail, at each network's failures."""

    def __init__(self, settings: RiskSettings, since: datetime, spacing: Spacing) -> None:
        """Tell of windows that end at `since` or later; what comes before only fills them."""
        self._settings = settings
        self._since = since
        self._spacing = spacing
        self._codes = Window[_Code](settings.code_window, MOST_HELD)
        self._failures = Window[str](settings.failure_window, MOST_HELD)

    @staticmethod
    def reach(settings: RiskSettings) -> timedelta:
        """Return how much of what came before fills the windows."""
        return max(settings.code_window, settings.failure_window)

    def see(self, seen: WatchedFact) -> Iterator[Signal]:
        """Look at one; yield what passes a threshold with it, and may be told."""
        if Role.CODE in ROLES[seen.type]:
            yield from self._code(seen)
        network = self._settings.network(seen.address)
        if seen.failed and network:
            yield from self._failure(seen, network)

    def _code(self, seen: WatchedFact) -> Iterator[Signal]:
        self._codes.add(
            seen.at, (seen.channel or "unknown", seen.country or "unknown", seen.failed)
        )
        tried, rate = len(self._codes), self._settings.failure_rate
        failed = sum(n for (_, _, wrong), n in self._codes.counts.items() if wrong)
        enough = seen.at >= self._since and tried >= self._settings.least_codes
        if enough and failed / tried > rate:
            signal = Signal(
                reason=SignalReason.FAILURE_RATE,
                at=seen.at,
                window=self._codes.length,
                count=failed,
                threshold=rate,
                tried=tried,
            )
            if self._spacing.lets(signal):
                yield replace(signal, shares=_shares(self._codes.counts))

    def _failure(self, seen: WatchedFact, network: str) -> Iterator[Signal]:
        self._failures.add(seen.at, network)
        count = self._failures.counts[network]
        if seen.at >= self._since and count >= self._settings.failures:
            signal = Signal(
                reason=SignalReason.FAILURES_FROM_ONE_ADDRESS,
                at=seen.at,
                window=self._failures.length,
                count=count,
                threshold=self._settings.failures,
                network=network,
            )
            if self._spacing.lets(signal):
                yield signal


def _shares(codes: Counter[_Code]) -> tuple[Share, ...]:
    """Return the channels and countries with the most failures, and how many tried there."""
    tried: Counter[tuple[str, str]] = Counter()
    failed: Counter[tuple[str, str]] = Counter()
    for (channel, country, wrong), count in codes.items():
        tried[channel, country] += count
        failed[channel, country] += count if wrong else 0
    worst = sorted(tried, key=lambda place: (-failed[place], place))[:_MOST_SHARES]
    return tuple(
        Share(channel=place[0], country=place[1], tried=tried[place], failed=failed[place])
        for place in worst
    )


class ResetWatch:
    """Looks at the resets that were asked for, in their order: by network, by account, by country."""

    def __init__(self, settings: RiskSettings, since: datetime, spacing: Spacing) -> None:
        """Tell of windows that end at `since` or later; what comes before only fills them."""
        self._settings = settings
        self._since = since
        self._spacing = spacing
        self._asked = Window[tuple[str, UUID]](settings.reset_window, MOST_HELD)
        self._accounts: Counter[str] = Counter()  # of each network, in that window
        self._times = Window[UUID](settings.reset_window, MOST_HELD)
        self._countries: dict[UUID, set[str]] = {}

    def wonders(self, seen: WatchedFact) -> UUID | None:
        """Return the account whose countries must be told (`knew`) before this one is looked at."""
        if seen.at < self._since or seen.country in _NOWHERE or not seen.asks_reset:
            return None
        return None if seen.user_id in self._countries else seen.user_id

    def knew(self, whose: UUID, countries: Iterable[str]) -> None:
        """Learn by which countries an account's resets came before."""
        self._countries[whose] = set(countries)

    def see(self, seen: WatchedFact) -> Iterator[Signal]:
        """Look at one; yield what is unusual with it, and may be told."""
        yield from filter(self._spacing.lets, self._unusual(seen))

    def _unusual(self, seen: WatchedFact) -> Iterator[Signal]:
        if seen.user_id is None or not seen.asks_reset:
            return
        network = self._settings.network(seen.address)
        accounts = self._accounts_of(seen.at, network, seen.user_id) if network else 0
        self._times.add(seen.at, seen.user_id)
        times = self._times.counts[seen.user_id]
        if seen.at < self._since:
            return
        if accounts >= (most := self._settings.accounts):
            yield self._signal(
                seen, SignalReason.ACCOUNTS_FROM_ONE_ADDRESS, accounts, most, network
            )
        if times >= (most := self._settings.resets):
            yield self._signal(seen, SignalReason.ONE_ACCOUNT, times, most)
        if before := self._learn(seen.user_id, seen.country):
            yield self._new_country(seen, before, network)

    def _accounts_of(self, at: datetime, network: str, whose: UUID) -> int:
        """Return of how many accounts resets were asked for from a network, with this one."""
        is_new = (network, whose) not in self._asked.counts
        self._accounts[network] += is_new
        for gone, _ in self._asked.add(at, (network, whose)):
            self._accounts[gone] -= 1
            if not self._accounts[gone]:
                del self._accounts[gone]
        return self._accounts[network]

    def _learn(self, whose: UUID, country: str) -> tuple[str, ...]:
        """Remember a country; return those that the account had before, if it is new beside them."""
        if country in _NOWHERE:
            return ()
        known = self._countries.setdefault(whose, set())
        before = () if country in known else tuple(sorted(known))
        known.add(country)
        return before

    def _signal(
        self, seen: WatchedFact, reason: SignalReason, count: int, threshold: int, network: str = ""
    ) -> Signal:
        return Signal(
            reason=reason,
            at=seen.at,
            window=self._settings.reset_window,
            count=count,
            threshold=threshold,
            network=network,
            user_id=None if network else seen.user_id,
        )

    def _new_country(self, seen: WatchedFact, before: tuple[str, ...], network: str) -> Signal:
        return Signal(
            reason=SignalReason.NEW_COUNTRY,
            at=seen.at,
            window=self._settings.country_memory,
            count=1,
            threshold=1,
            network=network,
            user_id=seen.user_id,
            country=seen.country,
            countries_before=before,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A signal of past data: when, which, and what would have been told."""

    at: datetime
    signal: str
    data: Data
