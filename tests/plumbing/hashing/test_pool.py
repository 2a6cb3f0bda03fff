"""The hash pool: as many at once as there are threads, a short queue, then an honest no."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from watchword.kernel.problems import Overloaded
from watchword.plumbing.hashing.pool import HashPool


@pytest.fixture
def pool() -> Iterator[HashPool]:
    """Yield a pool of one thread."""
    made = HashPool(threads=1)
    yield made
    made.close()


async def test_the_result_comes_back(pool: HashPool) -> None:
    assert await pool.run(lambda: "hash") == "hash"


async def test_what_a_hash_raises_comes_back_too(pool: HashPool) -> None:
    with pytest.raises(ZeroDivisionError):
        await pool.run(lambda: 1 / 0)  # type: ignore[return-value]

    assert await pool.run(lambda: "next") == "next"


async def test_a_full_queue_is_refused_at_once_with_a_time_to_return(pool: HashPool) -> None:
    go_on = threading.Event()
    under_way = [asyncio.create_task(pool.run(go_on.wait)) for _ in range(pool.room)]
    await asyncio.sleep(0)
    with pytest.raises(Overloaded) as refusal:
        await pool.run(lambda: True)
    go_on.set()

    assert all(await asyncio.gather(*under_way))
    assert refusal.value.retry_after is not None
    assert await pool.run(lambda: "room again") == "room again"


async def test_who_goes_away_gives_the_place_back_only_when_the_hash_is_done(
    pool: HashPool,
) -> None:
    go_on = threading.Event()
    tasks = [asyncio.create_task(pool.run(go_on.wait)) for _ in range(pool.room)]
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    with pytest.raises(Overloaded):
        await pool.run(lambda: True)
    go_on.set()
    async with asyncio.timeout(30):
        while pool._busy:
            await asyncio.sleep(0.01)

    assert await pool.run(lambda: True)
