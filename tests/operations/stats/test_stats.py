"""Counts."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.terminal import Terminal
from tests.support.world import World
from watchword.operations.stats.service import Statistics

ALICE = "alice@example.org"


@pytest.mark.req("N-80", "D-15")
async def test_accounts_sessions_and_letters_are_counted(world: World) -> None:
    await world.subscriber()
    await world.subscriber("bob@example.org", None, status="locked")
    async with world.client() as client:
        await world.sign_in(client)
        await client.post(world.path("/auth/otp/request"), json={"email": ALICE})
    counted = await world.part(Statistics).count()
    assert counted["accounts"] == {
        "pending_verification": 0,
        "active": 1,
        "locked": 1,
        "disabled": 0,
    }
    assert counted["sessions"] == 1
    assert counted["codes"]["sign_in"] == 1
    assert counted["letters_waiting"] == 1
    assert 0 < counted["connections"]["open"] <= counted["connections"]["most"]


@pytest.mark.req("N-77")
async def test_codes_are_counted_by_what_became_of_them(world: World) -> None:
    request, verify = world.path("/auth/otp/request"), world.path("/auth/otp/verify")
    async with world.client() as client:
        for address in ("used", "failed", "active", "expired"):
            await world.subscriber(f"{address}@example.org", None)
        await client.post(request, json={"email": "expired@example.org"})
        world.clock.advance(timedelta(minutes=6))
        for name in ("used", "failed", "active"):
            await client.post(request, json={"email": f"{name}@example.org"})
        code = await world.code("used@example.org")
        await client.post(verify, json={"email": "used@example.org", "code": code})
        for _ in range(3):
            await client.post(verify, json={"email": "failed@example.org", "code": "0000000"})
    (tally,) = await world.part(Statistics).codes()
    assert (tally.purpose, tally.active, tally.expired, tally.failed, tally.used) == (
        "sign_in",
        1,
        1,
        1,
        1,
    )


@pytest.mark.req("N-80", "N-77")
def test_an_operator_reads_them_as_text_or_json(sqlite_url: str, tmp_path: Path) -> None:
    terminal = Terminal(sqlite_url, tmp_path)
    assert terminal.run("stats", "--json").json["sessions"] == 0
    assert "accounts.active" in terminal.run("stats").out
    assert terminal.run("otp", "stats", "--json").json == []
