"""What looks like an attack is told, once, and never in anybody's way."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from tests.support.facts import facts
from tests.support.handset import GATEWAY, NUMBER, handset_in
from tests.support.risk import KEY, codes, is_signed, look, resets, sira, told, write
from tests.support.stub import SILENCE, answer, stub
from tests.support.terminal import Terminal
from tests.support.world import START, open_world
from tests.support.worlds import Opener
from watchword.records.signals.rules import Signal, SignalReason
from watchword.records.signals.service import Signals

TAKEN = answer(202)
ALICE, BOB = UUID(int=1), UUID(int=2)
CROWD = tuple(UUID(int=number) for number in range(10, 15))
OTP = ("otp_anomaly", "failure_rate")
BRUTE = ("brute_force_attempt", "failures_from_one_address")


@pytest.mark.req("M-24", "M-25")
async def test_more_than_four_of_ten_wrong_codes_are_told_once(worlds: Opener) -> None:
    async with stub(TAKEN) as receiver, worlds(**sira(receiver.url)) as world:
        await write(world, *codes("+-+-+-+-+-"))
        assert await look(world) == 1
        await write(world, *codes("-----"))
        assert await look(world) == 0
    (asked,) = receiver.asked
    assert (asked.method, asked.path) == ("POST", "/signals")
    assert asked.json["type"] == "otp_anomaly"
    assert asked.json["timestamp"] == "2026-03-01T12:00:09Z"
    assert asked.json["data"] == {
        "reason": "failure_rate",
        "count": 5,
        "tried": 10,
        "rate": 0.5,
        "threshold": 0.4,
        "window_seconds": 600,
        "by": [{"channel": "sms", "country": "DZ", "tried": 10, "failed": 5}],
    }
    assert is_signed(asked, KEY)
    assert asked.headers["webhook-id"] == asked.json["id"]


@pytest.mark.req("M-26")
async def test_a_network_that_guesses_past_its_limit_is_told_with_the_limits_as_shipped(
    worlds: Opener,
) -> None:
    shipped = {"RATE_LIMIT_AUTH": "5/900000"}
    async with stub(TAKEN) as receiver, worlds(**sira(receiver.url), **shipped) as world:
        async with world.client("203.0.113.7") as client:
            for number in range(60):
                guess = {"email": f"person{number}@example.org", "password": "a wrong one, surely"}
                answer = await client.post("/api/v1/auth/login", json=guess)
                assert answer.status_code == (401 if number < 5 else 429)
        assert await look(world) == 1
        assert len(await facts(world, "auth.rate_limited")) == 25, "no flood of rows"
    [asked] = receiver.asked
    assert asked.json["type"] == "brute_force_attempt"
    assert asked.json["data"]["count"] >= 20


@pytest.mark.req("M-25")
async def test_wrong_codes_of_the_menu_are_told_as_the_menus_though_they_went_by_mail(
    worlds: Opener,
) -> None:
    few = {"SIRA_OTP_MIN_SAMPLE": "2", "USSD_GATEWAY_SECRET": GATEWAY}
    async with stub(TAKEN) as receiver, worlds(**sira(receiver.url, **few)) as world:
        await world.subscriber(phone=NUMBER)
        async with world.client() as client:
            handset = handset_in(world, client)
            await handset.dial("ATUid_1")
            for text in ("2", "000000", "000001"):
                await handset.press(text)
        assert await look(world) == 1
    [asked] = receiver.asked
    assert asked.json["data"]["by"] == [
        {"channel": "ussd", "country": "SN", "tried": 2, "failed": 2}
    ]


@pytest.mark.req("M-25")
@pytest.mark.parametrize("results", ["+-+-+-+-++", "---------", "-" * 4 + "+" * 6])
async def test_four_of_ten_and_too_few_tell_nothing(small_worlds: Opener, results: str) -> None:
    async with stub(TAKEN) as receiver, small_worlds(**sira(receiver.url)) as world:
        await write(world, *codes(results))
        assert await look(world) == 0
    assert receiver.asked == []


@pytest.mark.req("M-25")
async def test_what_goes_on_is_told_again_after_its_rest(small_worlds: Opener) -> None:
    rest = {"SIRA_COOLDOWN": "5m"}
    async with stub(TAKEN) as receiver, small_worlds(**sira(receiver.url, **rest)) as world:
        for _ in range(8):
            await write(world, *codes("-" * 20))
            await look(world)
            world.clock.advance(timedelta(seconds=40))
    assert sorted(told(receiver)) == [BRUTE, BRUTE, OTP, OTP]


@pytest.mark.req("M-26")
async def test_failures_from_one_address_are_told_with_a_digest_of_it(
    small_worlds: Opener,
) -> None:
    few = {"SIRA_FAILURES_PER_ADDRESS": "6", "SIRA_OTP_MIN_SAMPLE": "100"}
    async with stub(TAKEN) as receiver, small_worlds(**sira(receiver.url, **few)) as world:
        async with world.client("198.51.100.9") as stranger:
            for number in range(6):
                body = {"email": f"u{number}@example.org", "password": "not this one"}
                answered = await stranger.post(world.path("/auth/login"), json=body)
                assert answered.status_code == 401
        assert await look(world) == 1
    (asked,) = receiver.asked
    data = asked.json["data"]
    assert (asked.json["type"], data["count"], data["window_seconds"]) == (BRUTE[0], 6, 600)
    assert data["ip_form"] == "hashed"
    assert "198.51.100.9" not in asked.body.decode()
    assert len(data["ip"]) == 64


@pytest.mark.req("M-26")
async def test_an_operator_may_have_the_address_itself(small_worlds: Opener) -> None:
    plain = {"SIRA_FAILURES_PER_ADDRESS": "3", "SIRA_ADDRESS": "plain"}
    async with stub(TAKEN) as receiver, small_worlds(**sira(receiver.url, **plain)) as world:
        for host in ("1", "2", "3"):
            await write(world, *codes("-"), address=f"2001:db8:1:2::{host}")
        await write(world, *codes("---"), address="198.51.100.9")
        assert await look(world) == 2
    ips = {asked.json["data"]["ip"] for asked in receiver.asked}
    assert ips == {"2001:db8:1:2::/64", "198.51.100.9"}


async def test_many_people_behind_one_address_are_not_judged_by_their_number(
    small_worlds: Opener,
) -> None:
    few = {"SIRA_FAILURES_PER_ADDRESS": "3", "SIRA_SHARED_NETWORKS": "198.51.100.0/24"}
    async with stub(TAKEN) as receiver, small_worlds(**sira(receiver.url, **few)) as world:
        await write(world, *codes("---"), address="198.51.100.9")
        assert await look(world) == 0


@pytest.mark.req("M-27")
async def test_unusual_resets_are_told_with_the_reason(worlds: Opener) -> None:
    async with stub(TAKEN) as receiver, worlds(**sira(receiver.url)) as world:
        await write(world, *resets(*CROWD))
        await write(world, *resets(*[ALICE] * 5), address="198.51.100.9")
        assert await look(world) == 2
    assert sorted(told(receiver)) == [
        ("suspicious_reset_pattern", "many_accounts_from_one_address"),
        ("suspicious_reset_pattern", "one_account_many_times"),
    ]
    by_reason = {asked.json["data"]["reason"]: asked.json["data"] for asked in receiver.asked}
    assert by_reason["one_account_many_times"]["user_id"] == str(ALICE)
    assert by_reason["many_accounts_from_one_address"]["count"] == len(CROWD)
    assert "user_id" not in by_reason["many_accounts_from_one_address"]


@pytest.mark.req("M-27")
async def test_a_country_that_an_account_never_had_is_told(worlds: Opener) -> None:
    async with stub(TAKEN) as receiver, worlds(**sira(receiver.url)) as world:
        await write(world, *resets(ALICE, country="SN"), *resets(BOB, country="FR"))
        world.clock.advance(timedelta(days=30))
        await write(world, *resets(ALICE, country="SN"), *resets(ALICE, country="FR"))
        await write(world, *resets(BOB, country="unknown"), *resets(CROWD[0], country="DZ"))
        assert await look(world) == 1
        world.clock.advance(timedelta(minutes=1))
        assert await look(world) == 0
    (asked,) = receiver.asked
    data = asked.json["data"]
    assert (data["reason"], data["country"]) == ("new_country", "FR")
    assert (data["countries_before"], data["user_id"]) == (["SN"], str(ALICE))


async def test_a_reset_beyond_the_limit_of_letters_counts_too(small_worlds: Opener) -> None:
    async with stub(TAKEN) as receiver, small_worlds(**sira(receiver.url)) as world:
        alice = await world.subscriber()
        async with world.client() as client:
            for door in [*["/auth/forgot-password"] * 5, *["/auth/resend-verification"] * 9]:
                body = {"email": "alice@example.org"}
                await client.post(world.path(door), json=body)
        assert await look(world) == 1
    data = receiver.asked[0].json["data"]
    assert (data["reason"], data["user_id"]) == ("one_account_many_times", str(alice.id))


@pytest.mark.req("M-24")
async def test_who_wants_no_signals_posts_none(small_worlds: Opener) -> None:
    async with (
        stub(TAKEN) as receiver,
        small_worlds(**sira(receiver.url, SIRA_ENABLED="false")) as world,
    ):
        await write(world, *codes("-" * 20))
        assert await look(world) == 0
    assert receiver.asked == []


@pytest.mark.req("M-24", "D-62")
async def test_nobody_who_tries_a_code_waits_for_a_receiver_that_is_silent(
    small_worlds: Opener,
) -> None:
    async with stub(SILENCE) as receiver, small_worlds(**sira(receiver.url)) as world:
        await write(world, *codes("-" * 20))
        posting = asyncio.create_task(look(world))
        while not receiver.asked:
            await asyncio.sleep(0)
        async with world.client() as alice:
            body = {"email": "alice@example.org", "code": "000000"}
            assert (await alice.post(world.path("/auth/otp/verify"), json=body)).status_code == 400
        assert not posting.done()
        assert await posting == 2


@pytest.mark.needs("postgres")
async def test_of_many_workers_one_tells(postgres_url: str, tmp_path: Path) -> None:
    async with (
        stub(TAKEN) as receiver,
        open_world(postgres_url, tmp_path, **sira(receiver.url)) as here,
        open_world(postgres_url, tmp_path, **sira(receiver.url)) as there,
    ):
        await write(here, *codes("-" * 12))
        there.clock.advance(here.clock.now() - START)
        raised = [
            number
            for _ in range(3)
            for number in await asyncio.gather(*(look(each) for each in (here, there) * 4))
        ]
    assert (sum(raised), told(receiver)) == (1, [OTP])


async def test_two_who_saw_the_same_tell_it_once(worlds: Opener) -> None:
    async with stub(TAKEN) as receiver, worlds(**sira(receiver.url)) as world:
        seen = Signal(
            reason=SignalReason.ONE_ACCOUNT,
            at=START,
            window=timedelta(hours=1),
            count=5,
            threshold=5,
            user_id=ALICE,
        )
        signals, rest = world.part(Signals), timedelta(minutes=30)
        raised = await asyncio.gather(*(signals.raise_(seen, rest, START) for _ in range(5)))
        assert sorted(raised) == [False] * 4 + [True]
        later = replace(seen, at=START + rest)
        assert await signals.raise_(later, rest, START + rest)


@pytest.mark.req("M-25")
def test_an_operator_sees_what_would_have_been_told(sqlite_url: str, tmp_path: Path) -> None:
    async def happened() -> None:
        async with open_world(sqlite_url, tmp_path) as world:
            await write(world, *codes("+-+-+-+-+-"))
            await write(world, *resets(ALICE, country="SN"))

    asyncio.run(happened())
    terminal = Terminal(sqlite_url, tmp_path)
    terminal.clock.advance(timedelta(hours=3))  # type: ignore[attr-defined]
    (seen,) = terminal.run("risk", "evaluate", "--since", "24h", "--json").json
    assert (seen["signal"], seen["at"]) == ("otp_anomaly", "2026-03-01T12:00:09Z")
    assert seen["data"]["rate"] == 0.5
    lines = terminal.run("risk", "evaluate").out.splitlines()
    assert lines[1].split("\t")[1:] == ["otp_anomaly", "failure_rate", "5 of 10", "all"]
    assert terminal.run("risk", "evaluate", "--since", "1h", "--json").json == []
    assert terminal.run("risk", "evaluate", "--since", "soon").code == 2
    terminal.more["SIRA_THRESHOLD_OTP_FAILURE_RATE"] = "0.6"
    assert terminal.run("risk", "evaluate", "--json").json == []
