"""Several processes are one service: what one counts or changes, the others know."""

import pytest

from tests.support.worlds import Opener

CSRF = "/api/v1/auth/csrf"


@pytest.mark.req("A-14")
@pytest.mark.needs("valkey")
async def test_a_limit_is_counted_over_two_processes(small_worlds: Opener, valkey_url: str) -> None:
    given = {"REDIS_URL": valkey_url, "RATE_LIMIT_API": "5/60000"}
    async with (
        small_worlds(**given) as here,
        small_worlds(**given) as there,
        here.client() as left,
        there.client() as right,
    ):
        split = [left, right, left, right, left, right]
        answers = [(await client.get(CSRF)).status_code for client in split]
        health = (await left.get("/api/health")).json()
    assert answers == [200] * 5 + [429]
    assert (health["redis"], health["checks"]["redis"]) == ("ok", True)
