"""Windows slide, and what they say does not depend on when somebody looks."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.world import START
from watchword.operations.risk.rules import (
    MOST_HELD,
    ROLES,
    GuessWatch,
    ResetWatch,
    RiskSettings,
    Role,
    Spacing,
    WatchedFact,
)
from watchword.records.signals.rules import Signal, SignalReason

SETTINGS = RiskSettings()
NO_REST = timedelta(0)
FEW = RiskSettings(
    least_codes=3,
    failures=3,
    accounts=2,
    resets=3,
    code_window=timedelta(seconds=60),
    failure_window=timedelta(seconds=45),
    reset_window=timedelta(seconds=90),
    rest=timedelta(seconds=50),
)
Moments = list[tuple[int, str, str, int]]


def key(signal: Signal) -> bytes:
    return signal.subject.encode()


def unspaced() -> Spacing:
    return Spacing(NO_REST, key, {})


def tried(seconds: float, result: str = "failed", address: str = "198.51.100.9") -> WatchedFact:
    return WatchedFact(
        id=UUID(int=0),
        at=START + timedelta(seconds=seconds),
        type="otp.validated",
        result=result,
        address=address,
    )


def guessed(happened: Iterable[WatchedFact], settings: RiskSettings = SETTINGS) -> list[Signal]:
    watch = GuessWatch(settings, START, unspaced())
    return [signal for each in happened for signal in watch.see(each)]


def rates(signals: Iterable[Signal]) -> list[tuple[int, int | None]]:
    return [
        (each.count, each.tried) for each in signals if each.reason == SignalReason.FAILURE_RATE
    ]


@pytest.mark.req("M-25")
def test_what_left_the_window_counts_no_more() -> None:
    early = [tried(second) for second in range(6)]

    def followed_at(second: int) -> list[WatchedFact]:
        return early + [tried(second + each, "success") for each in range(10)]

    assert rates(guessed(followed_at(500)))[0] == (6, 10)
    assert rates(guessed(followed_at(603))) == []


def test_a_code_that_came_too_late_or_once_too_often_is_a_failure() -> None:
    happened = [tried(0, "expired"), tried(1, "blocked"), tried(2)]
    assert rates(guessed(happened, FEW)) == [(3, 3)]


def test_who_would_be_judged_by_a_shared_address_is_not() -> None:
    happened = [tried(second, address="") for second in range(30)]
    reasons = {each.reason for each in guessed(happened)}
    assert reasons == {SignalReason.FAILURE_RATE}


MOMENTS = st.lists(
    st.tuples(
        st.integers(0, 40),
        st.sampled_from(["failed", "success", "blocked"]),
        st.sampled_from(["198.51.100.1", "198.51.100.2", "2001:db8::1", "2001:db8::2"]),
        st.integers(1, 3),
    ),
    max_size=60,
)


def tried_codes(moments: Moments) -> list[WatchedFact]:
    """Return what happened, each so many seconds after the one before."""
    happened, second = [], 0
    for number, (later, result, address, _) in enumerate(moments):
        second += later
        happened.append(
            WatchedFact(
                id=UUID(int=number),
                at=START + timedelta(seconds=second),
                type="otp.validated",
                result=result,
                address=address,
            )
        )
    return happened


def asked(moments: Moments) -> list[WatchedFact]:
    """Return resets, of one account each."""
    return [
        WatchedFact(
            id=each.id,
            at=each.at,
            type="id.password.reset.requested",
            address=each.address,
            user_id=UUID(int=whose),
            country={1: "DZ", 2: "FR", 3: ""}[(whose * 7 + number) % 3 + 1],
        )
        for number, (each, (_, _, _, whose)) in enumerate(
            zip(tried_codes(moments), moments, strict=True)
        )
    ]


def within(happened: Sequence[WatchedFact], end: int, length: timedelta) -> list[WatchedFact]:
    """Return what is in the window that ends at one of them: told anew, the slow way."""
    at = happened[end].at
    return [each for each in happened[: end + 1] if each.at > at - length]


@given(MOMENTS)
def test_the_windows_hold_what_one_would_count_by_hand(moments: Moments) -> None:
    happened = tried_codes(moments)
    wanted = []
    for end, seen in enumerate(happened):
        codes = within(happened, end, FEW.code_window)
        failed = sum(each.result != "success" for each in codes)
        if len(codes) >= FEW.least_codes and failed / len(codes) > FEW.failure_rate:
            wanted.append((SignalReason.FAILURE_RATE, seen.at, failed))
        alike = [
            each
            for each in within(happened, end, FEW.failure_window)
            if each.failed and FEW.network(each.address) == FEW.network(seen.address)
        ]
        if seen.failed and len(alike) >= FEW.failures:
            wanted.append((SignalReason.FAILURES_FROM_ONE_ADDRESS, seen.at, len(alike)))
    assert [(each.reason, each.at, each.count) for each in guessed(happened, FEW)] == wanted


@given(MOMENTS)
def test_of_one_subject_nothing_is_told_before_it_has_rested(moments: Moments) -> None:
    watch = GuessWatch(FEW, START, Spacing(FEW.rest, key, {}))
    signals = [signal for each in tried_codes(moments) for signal in watch.see(each)]
    for number, signal in enumerate(signals):
        before = [each for each in signals[:number] if each.subject == signal.subject]
        assert all(each.at + FEW.rest <= signal.at for each in before)


Watching = Callable[[Sequence[WatchedFact], timedelta, Spacing], list[Signal]]


def guesses_seen(
    happened: Sequence[WatchedFact], since: timedelta, spacing: Spacing
) -> list[Signal]:
    begin = START + since - GuessWatch.reach(FEW)
    watch = GuessWatch(FEW, START + since, spacing)
    return [signal for each in happened if each.at >= begin for signal in watch.see(each)]


def resets_seen(
    happened: Sequence[WatchedFact], since: timedelta, spacing: Spacing
) -> list[Signal]:
    begin = START + since - FEW.reset_window
    watch = ResetWatch(FEW, START + since, spacing)
    found: list[Signal] = []
    for seen in (each for each in happened if each.at >= begin):
        if (whose := watch.wonders(seen)) is not None:
            watch.knew(whose, countries_before(happened, START + since, whose))
        found += watch.see(seen)
    return found


def countries_before(
    happened: Sequence[WatchedFact], before: datetime, whose: UUID
) -> frozenset[str]:
    return frozenset(
        each.country
        for each in happened
        if each.at < before and each.user_id == whose and each.country
    )


@pytest.mark.req("M-25", "M-27")
@pytest.mark.parametrize(("what", "seen"), [(tried_codes, guesses_seen), (asked, resets_seen)])
@given(moments=MOMENTS, tick=st.integers(5, 60), back=st.integers(60, 200))
def test_whoever_looks_now_and_then_tells_what_one_look_at_all_would(
    what: Callable[[Moments], list[WatchedFact]],
    seen: Watching,
    moments: Moments,
    tick: int,
    back: int,
) -> None:
    happened = what(moments)
    at_once = seen(happened, NO_REST, Spacing(FEW.rest, key, {}))
    latest: dict[bytes, object] = {}
    by_and_by: list[Signal] = []
    end = (happened[-1].at - START).total_seconds() if happened else 0
    now = 0
    while now <= end + tick:
        there = [each for each in happened if each.at <= START + timedelta(seconds=now)]
        since = timedelta(seconds=now - back)
        for signal in seen(there, since, Spacing(FEW.rest, key, dict(latest))):  # type: ignore[arg-type]
            latest[key(signal)] = signal.at
            by_and_by.append(signal)
        now += tick
    assert sorted(by_and_by, key=lambda each: (each.at, each.reason)) == sorted(
        at_once, key=lambda each: (each.at, each.reason)
    )


def test_every_type_that_counts_has_a_role() -> None:
    assert all(ROLES.values())
    assert {role for roles in ROLES.values() for role in roles} == set(Role)


class Weighed(UUID):
    """An account that counts how often it is looked up."""

    looked_up = 0

    def __hash__(self) -> int:
        """Count it."""
        Weighed.looked_up += 1
        return super().__hash__()


def asked_once(number: int) -> WatchedFact:
    return WatchedFact(
        id=UUID(int=number),
        at=START + timedelta(milliseconds=number),
        type="id.password.reset.requested",
        address="198.51.100.9",
        user_id=Weighed(int=number),
        country="DZ",
    )


@pytest.mark.req("M-27")
def test_the_ten_thousandth_reset_of_a_network_costs_no_more_than_the_first() -> None:
    happened = [asked_once(number) for number in range(10_000)]
    watch = ResetWatch(SETTINGS, START, Spacing(SETTINGS.rest, key, {}))
    Weighed.looked_up = 0
    (told,) = [signal for each in happened for signal in watch.see(each)]
    assert told.count == SETTINGS.accounts
    assert Weighed.looked_up < 20 * len(happened)


@pytest.mark.req("M-26")
def test_of_a_flood_a_window_holds_as_much_of_the_time_as_there_is_room_for() -> None:
    settings = RiskSettings(failures=MOST_HELD)
    flood = [tried(number / 1000) for number in range(MOST_HELD + 3)]
    told = [
        each.count
        for each in guessed(flood, settings)
        if each.reason == SignalReason.FAILURES_FROM_ONE_ADDRESS
    ]
    assert told == [MOST_HELD] * 4
