"""Counters: in memory and in Redis, limits are kept to the hit."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import redis as redis_client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.proxy import Wire, wire_to
from tests.support.quiet import quiet
from watchword.adapters.counters.fallback import FallbackCounters, stricter
from watchword.adapters.counters.memory import MemoryCounters
from watchword.adapters.counters.redis import TROUBLE, RedisCounters
from watchword.kernel.limits import Limit, Verdict
from watchword.kernel.ports import Counters

NOW = datetime(2026, 11, 21, tzinfo=UTC)
HUNDRED = Limit(100, timedelta(minutes=15))
FIVE = Limit(5, timedelta(minutes=15))
PATIENT = timedelta(seconds=30)


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.needs("valkey"))])
async def counters(request: pytest.FixtureRequest) -> AsyncIterator[Counters]:
    """Yield counters of each kind, empty."""
    if request.param == "memory":
        yield MemoryCounters()
        return
    made = RedisCounters(request.getfixturevalue("valkey_url"), patience=PATIENT)
    yield made
    await made.close()


@pytest.mark.req("N-98", "D-40")
async def test_of_two_hundred_at_once_exactly_a_hundred_pass(counters: Counters) -> None:
    verdicts = await asyncio.gather(*(counters.hit("key", HUNDRED, NOW) for _ in range(200)))

    assert sum(verdict.allowed for verdict in verdicts) == 100
    assert sorted(v.remaining for v in verdicts if v.allowed) == [*range(100)]


async def test_keys_are_counted_apart(counters: Counters) -> None:
    for _ in range(5):
        await counters.hit("one", FIVE, NOW)

    assert not (await counters.hit("one", FIVE, NOW)).allowed
    assert (await counters.hit("other", FIVE, NOW)).allowed


@pytest.mark.req("A-15")
async def test_the_window_moves_on(counters: Counters) -> None:
    for _ in range(5):
        await counters.hit("key", FIVE, NOW)
    refused = await counters.hit("key", FIVE, NOW + timedelta(minutes=14))
    later = NOW + timedelta(minutes=14, seconds=refused.retry_in)

    assert not (await counters.hit("key", FIVE, later - timedelta(milliseconds=1))).allowed
    assert (await counters.hit("key", FIVE, later)).remaining == 4


async def test_a_refused_hit_costs_nothing(counters: Counters) -> None:
    once = Limit(1, timedelta(seconds=10))
    await counters.hit("key", once, NOW)
    for second in range(1, 10):
        await counters.hit("key", once, NOW + timedelta(seconds=second))

    assert (await counters.hit("key", once, NOW + timedelta(seconds=10.02))).allowed


async def test_a_clock_that_steps_back_lets_nobody_pass_twice(counters: Counters) -> None:
    for _ in range(5):
        await counters.hit("key", FIVE, NOW)

    assert not (await counters.hit("key", FIVE, NOW - timedelta(hours=1))).allowed


async def test_it_says_when_all_is_well(counters: Counters) -> None:
    assert await counters.check() is None


TICK = 10_000  # microseconds, a thousandth of ten seconds
gaps_of_ticks = st.sampled_from([0, 1, 500, 999, 1000, 1001, 1002]).map(lambda n: n * TICK)
steps = st.lists(st.integers(0, 4_000_000) | gaps_of_ticks, max_size=60)
limits = st.builds(
    Limit, st.integers(1, 6), st.sampled_from([timedelta(seconds=7), timedelta(seconds=10)])
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(limit=limits, gaps=steps)
def test_memory_and_redis_come_to_the_same_verdicts(
    valkey_url: str, limit: Limit, gaps: list[int]
) -> None:
    async def compare() -> None:
        memory, redis = MemoryCounters(), RedisCounters(valkey_url, patience=PATIENT)
        key, now = uuid4().hex, NOW
        for gap in gaps:
            now += timedelta(microseconds=gap)
            assert await memory.hit(key, limit, now) == await redis.hit(key, limit, now)
        await redis.close()

    asyncio.run(compare())


@pytest.mark.req("D-42")
async def test_keys_vanish_from_redis_after_the_window(valkey_url: str) -> None:
    counters = RedisCounters(valkey_url, patience=PATIENT)
    await counters.hit("limit:auth:198.51.100.7", Limit(5, timedelta(minutes=5)), NOW)
    with redis_client.Redis.from_url(valkey_url) as line:
        (name,) = line.keys()
        life = line.pttl(name)
    await counters.close()

    assert name.startswith(b"watchword:")
    assert b"198.51.100.7" not in name
    assert 0 < life <= 300_002


async def test_redis_that_forgot_the_script_is_taught_it_again(valkey_url: str) -> None:
    counters = RedisCounters(valkey_url, patience=PATIENT)
    await counters.hit("key", FIVE, NOW)
    with redis_client.Redis.from_url(valkey_url) as line:
        line.script_flush()

    assert (await counters.hit("key", FIVE, NOW)).remaining == 3
    await counters.close()


async def test_memory_forgets_idle_keys() -> None:
    memory = MemoryCounters()
    for number in range(1000):
        await memory.hit(f"key {number}", FIVE, NOW)
    await memory.hit("later", FIVE, NOW + timedelta(minutes=20))

    assert len(memory) == 1


async def test_memory_is_bounded_and_keeps_who_knocked_last() -> None:
    memory = MemoryCounters(most=100)
    for number in range(1000):
        await memory.hit(f"key {number}", FIVE, NOW + timedelta(milliseconds=number))

    assert len(memory) == 100
    assert (await memory.hit("key 999", FIVE, NOW + timedelta(seconds=1))).remaining == 3


# --- when Redis is away ------------------------------------------------------------


class Hands:
    """A clock whose hands we move."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
async def wire(valkey_url: str) -> AsyncIterator[Wire]:
    """Yield a wire to Valkey."""
    async with wire_to(valkey_url) as wire:
        yield wire


def falling_back(
    url: str,
    failures: list[int],
    monotonic: Callable[[], float],
    patience: timedelta = PATIENT,
) -> FallbackCounters:
    shared = RedisCounters(url, patience=patience)
    return FallbackCounters(
        shared,
        MemoryCounters(),
        trouble=TROUBLE,
        on_failure=lambda: failures.append(1),
        monotonic=monotonic,
    )


@pytest.mark.req("A-13", "D-17")
async def test_without_redis_limits_hold_in_memory_and_are_stricter(
    wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    failures: list[int] = []
    counters = falling_back(wire.url, failures, Hands())
    await counters.hit("key", FIVE, NOW)
    wire.shut()
    allowed = [(await counters.hit("key", FIVE, NOW)).allowed for _ in range(10)]

    assert allowed == [True, True] + [False] * 8
    assert (await counters.check() or "").startswith("degraded")
    assert len(failures) == 1
    assert len([each for each in caplog.records if each.name == "watchword.counters"]) == 1


@pytest.mark.req("A-13")
async def test_a_frozen_redis_costs_nobody_more_than_one_patience(wire: Wire) -> None:
    counters = falling_back(wire.url, [], Hands(), timedelta(milliseconds=100))
    await counters.hit("key", HUNDRED, NOW)
    wire.freeze()
    async with asyncio.timeout(30):  # one patience for each would be a minute, here and there
        await asyncio.gather(*(counters.hit(f"key {n}", HUNDRED, NOW) for n in range(600)))
        for number in range(600):
            await counters.hit(f"key {number}", HUNDRED, NOW)
    await counters.close()


@pytest.mark.req("A-12")
async def test_when_redis_is_back_limits_are_shared_again(wire: Wire) -> None:
    hands = Hands()
    counters = falling_back(wire.url, [], hands)
    wire.shut()
    await counters.hit("key", FIVE, NOW)
    hands.seconds = 2
    await counters.check()
    await quiet(0.3)
    assert await counters.check() is not None
    wire.reopen()
    hands.seconds = 4
    await counters.hit("key", FIVE, NOW)
    async with asyncio.timeout(30):
        while await counters.check() is not None:
            await asyncio.sleep(0.01)

    assert (await counters.hit("fresh", FIVE, NOW)).limit == 5
    await counters.close()


class Told(MemoryCounters):
    """Shared counters of which each hit is late, and each look goes as told."""

    def __init__(self, *looks: str | None) -> None:
        super().__init__()
        self._looks = [*looks]

    async def hit(self, key: str, limit: Limit, now: datetime) -> Verdict:
        await super().hit(key, limit, now)
        raise TimeoutError

    async def check(self) -> str | None:
        return self._looks.pop(0)

    async def close(self) -> None:
        """Hold nothing."""


@pytest.mark.req("A-13", "D-17")
async def test_one_late_answer_and_one_late_look_are_no_outage(
    caplog: pytest.LogCaptureFixture,
) -> None:
    failures: list[int] = []
    counters = FallbackCounters(
        Told("late", None),
        MemoryCounters(),
        trouble=TROUBLE,
        on_failure=lambda: failures.append(1),
    )
    assert (await counters.hit("key", FIVE, NOW)).limit == 2

    assert await counters.check() is None
    assert len(failures) == 2
    assert caplog.records == []


@pytest.mark.req("A-13", "D-17")
async def test_two_looks_in_a_row_without_an_answer_are_an_outage_and_count() -> None:
    failures: list[int] = []
    counters = FallbackCounters(
        Told("late", "late"),
        MemoryCounters(),
        trouble=TROUBLE,
        on_failure=lambda: failures.append(1),
        monotonic=Hands(),
    )
    assert await counters.check() == "late"

    assert (await counters.check() or "").startswith("degraded")
    assert len(failures) == 2


async def test_a_limit_of_one_stays_one() -> None:
    assert stricter(Limit(1, timedelta(1))).count == 1
    assert stricter(Limit(100, timedelta(1))).count == 50


@pytest.mark.req("M-03")
@pytest.mark.needs("valkey")
def test_they_count_on_a_server_that_speaks_as_redis_seven_or_newer(valkey_url: str) -> None:
    """A server that `TEST_REDIS_URL` names may be as old as 6.2, which is supported too."""
    least = (6, 2) if os.environ.get("TEST_REDIS_URL") else (7, 0)
    with redis_client.Redis.from_url(valkey_url, decode_responses=True) as line:
        told = line.info("server")
    assert tuple(map(int, told["redis_version"].split(".")[:2])) >= least
