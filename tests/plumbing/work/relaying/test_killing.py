"""Relays are killed again and again: nothing is lost, the order holds, copies come under the same id.

`python -m tests.support.killing_relays` does the same for longer.
"""

from pathlib import Path

import pytest

from tests.support.killing_relays import on_kafka, on_rabbit, trial

KILLS = 10  # on two databases and two brokers


@pytest.mark.req("M-23")
@pytest.mark.parametrize(
    "broker", [pytest.param("rabbitmq", marks=pytest.mark.needs("rabbitmq")), "kafka"]
)
async def test_relays_are_killed_and_nothing_is_lost(
    database_url: str, tmp_path: Path, broker: str, request: pytest.FixtureRequest
) -> None:
    there = (
        on_rabbit(request.getfixturevalue("rabbitmq_url")) if broker == "rabbitmq" else on_kafka()
    )
    tale = await trial(database_url, tmp_path, there, kills=KILLS, seed=7)
    assert tale.lost == 0, str(tale)
    assert tale.disordered == [], str(tale)
    assert tale.forged == 0, str(tale)
    assert tale.copies > 0, "no relay was killed between publish and mark"
