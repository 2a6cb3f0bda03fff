"""The limit of everything else: a hundred requests in a quarter of an hour, unless told otherwise."""

from datetime import timedelta

import httpx2
import pytest

from tests.support.worlds import Opener

CSRF = "/api/v1/auth/csrf"


@pytest.mark.req("R-41", "A-58")
@pytest.mark.parametrize(
    ("profile", "window"), [("romapi", timedelta(minutes=15)), ("ariya", timedelta(hours=1))]
)
async def test_the_hundred_and_first_request_is_refused_until_the_window_has_passed(
    small_worlds: Opener, profile: str, window: timedelta
) -> None:
    async with (
        small_worlds(APP_PROFILE=profile, RATE_LIMIT_API="") as world,
        world.client() as client,
    ):
        allowed = [(await client.get(CSRF)).status_code for _ in range(100)]
        refused = await client.get(CSRF)
        world.clock.advance(window - timedelta(seconds=1))
        still = await client.get(CSRF)
        wait = timedelta(seconds=int(still.headers["retry-after"]))
        assert wait == timedelta(seconds=1)
        world.clock.advance(wait)
        again = await client.get(CSRF)
    assert allowed == [200] * 100
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert (still.status_code, again.status_code) == (429, 200)


def limits(headers: httpx2.Headers) -> dict[str, str]:
    """Return what an answer tells of limits."""
    return {name: text for name, text in headers.items() if "ratelimit" in name}


@pytest.mark.req("K-22")
@pytest.mark.parametrize("path", ["/api/v1/auth/me", CSRF])
async def test_answers_tell_the_limit_by_the_standards_names(
    small_worlds: Opener, path: str
) -> None:
    async with small_worlds(RATE_LIMIT_API="1/60000") as world, world.client() as client:
        first, refused = await client.get(path), await client.get(path)
    told = {"ratelimit-limit": "1", "ratelimit-remaining": "0"}
    assert limits(first.headers) == {**told, "ratelimit-reset": "60"}
    assert limits(refused.headers) == {**told, "ratelimit-reset": "60"}
    assert refused.headers["retry-after"] == "60"
    assert "retry-after" not in first.headers


@pytest.mark.req("K-22")
@pytest.mark.parametrize("path", ["/api/v1/auth/me", CSRF])
async def test_the_old_names_stand_beside_them_by_setting_alone(
    small_worlds: Opener, path: str
) -> None:
    given = {"RATE_LIMIT_API": "1/60000", "RATE_LIMIT_LEGACY_HEADERS": "true"}
    async with small_worlds(**given) as world, world.client() as client:
        told = limits((await client.get(path)).headers)
        resets = int(world.clock.now().timestamp()) + 60
    assert told == {
        "ratelimit-limit": "1",
        "ratelimit-remaining": "0",
        "ratelimit-reset": "60",
        "x-ratelimit-limit": "1",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": str(resets),
    }
