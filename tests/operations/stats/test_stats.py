"""Counts."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.handset import ALICE, GATEWAY, NUMBER, handset_in
from tests.support.risk import codes, write
from tests.support.terminal import Terminal
from tests.support.world import World, open_world
from tests.support.worlds import Opener
from watchword.operations.stats.service import Statistics
from watchword.records.tickets.rules import EXPIRED


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
        "erasing": 0,
        "erased": 0,
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
            await client.post(verify, json={"email": "failed@example.org", "code": "000000"})
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


@pytest.mark.req("M-52")
async def test_codes_are_compared_by_country_and_channel(world: World) -> None:
    await write(world, *codes("+---", country="SN"), *codes("++-", country="DZ"))
    await world.subscriber()
    async with world.client() as client:
        await client.post(world.path("/auth/otp/request"), json={"email": ALICE})
        body = {"email": ALICE, "code": await world.code(ALICE)}
        await client.post(world.path("/auth/otp/verify"), json=body)
    senegal, algeria, mail = await world.part(Statistics).compared(
        ("country", "channel"), timedelta(hours=1)
    )
    assert (senegal["country"], senegal["channel"], senegal["failed"]) == ("SN", "sms", 3)
    assert (senegal["success"], senegal["failure_rate"]) == (1, 0.75)
    assert (algeria["country"], algeria["failure_rate"]) == ("DZ", 0.3333)
    assert (mail["country"], mail["channel"]) == ("unknown", "email")
    assert (mail["asked_for"], mail["success"], mail["failure_rate"]) == (1, 1, 0.0)
    world.clock.advance(timedelta(hours=2))
    assert await world.part(Statistics).compared(("purpose",), timedelta(hours=1)) == []


async def test_codes_that_came_too_late_are_failures_like_any_other(world: World) -> None:
    late = [replace(each, result=EXPIRED) for each in codes("--", country="SN")]
    await write(world, *codes("-", country="DZ"), *late)
    rows = await world.part(Statistics).compared(("country",), timedelta(hours=1))
    assert [(row["country"], row["failure_rate"]) for row in rows] == [("SN", 1.0), ("DZ", 1.0)]


@pytest.mark.req("M-52")
def test_an_operator_compares_them_by_the_labels_there_are(sqlite_url: str, tmp_path: Path) -> None:
    async def happened() -> None:
        async with open_world(sqlite_url, tmp_path) as world:
            await write(world, *codes("+---", country="SN"))

    asyncio.run(happened())
    terminal = Terminal(sqlite_url, tmp_path)
    words = ("otp", "stats", "--by", "country,channel")
    (row,) = terminal.run(*words, "--json").json
    assert (row["country"], row["channel"], row["failed"]) == ("SN", "sms", 3)
    assert terminal.run(*words).out.splitlines()[1].startswith("SN\tsms\t0\t1\t3\t")
    assert terminal.run("otp", "stats", "--by", "telephone").code == 2
    assert terminal.run("otp", "stats", "--by", "country", "--since", "x").code == 2


async def test_a_code_by_text_tells_its_country(small_world: World) -> None:
    await small_world.subscriber()
    async with small_world.client() as client:
        await small_world.sign_in(client)
        await client.patch(small_world.path("/auth/me"), json={"phone": "+213550123456"})
        asked = await client.post(small_world.path("/auth/phone/code"))
        assert asked.status_code == 202
        await client.post(small_world.path("/auth/phone/verify"), json={"code": "000000"})
    labels = ("channel", "country", "purpose")
    (row,) = await small_world.part(Statistics).compared(labels, timedelta(hours=1))
    assert [row[label] for label in labels] == ["sms", "DZ", "verify_phone"]
    assert (row["asked_for"], row["failed"]) == (1, 1)


@pytest.mark.req("M-52")
@pytest.mark.parametrize("wanted", ["1", "2"], ids=["by text", "by mail"])
async def test_a_code_of_the_menu_counts_as_the_menus_however_it_goes(
    worlds: Opener, wanted: str
) -> None:
    async with worlds(USSD_GATEWAY_SECRET=GATEWAY) as world, world.client() as client:
        await world.subscriber(phone=NUMBER)
        handset = handset_in(world, client)
        await handset.dial("ATUid_1")
        await handset.press(wanted)
        code = await world.texted(NUMBER) if wanted == "1" else await world.code(ALICE)
        await handset.press("000000" if code != "000000" else "000001")
        await handset.press(code)
        [row] = await world.part(Statistics).compared(("channel", "country"), timedelta(hours=1))
        assert (row["channel"], row["country"]) == ("ussd", "SN")
        assert (row["asked_for"], row["failed"], row["success"]) == (1, 1, 1)
