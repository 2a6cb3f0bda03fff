"""Who may read metrics, and where."""

import pytest

from tests.support.worlds import Opener


@pytest.mark.req("D-26")
async def test_with_a_token_metrics_are_told_to_who_sends_it_and_to_nobody_else(
    small_worlds: Opener,
) -> None:
    told = [
        ({}, 401),
        ({"Authorization": "Bearer guessed"}, 401),
        ({"Authorization": "Basic only-prometheus"}, 401),
        ({"Authorization": "Bearer only-prometheus"}, 200),
    ]
    async with small_worlds(METRICS_TOKEN="only-prometheus") as world, world.client() as anyone:
        for headers, status in told:
            answer = await anyone.get("/metrics", headers=headers)
            assert answer.status_code == status
            assert ("app_info" in answer.text) == (status == 200)


@pytest.mark.req("R-42", "G-23")
@pytest.mark.parametrize(
    "told", [{"METRICS_ENABLED": "false"}, {"ENABLE_METRICS": "false"}, {"METRICS_PORT": "9090"}]
)
async def test_metrics_are_not_served_where_they_are_off_or_have_a_port_of_their_own(
    small_worlds: Opener, told: dict[str, str]
) -> None:
    async with small_worlds(**told) as world, world.client() as anyone:
        assert (await anyone.get("/metrics")).status_code == 404
