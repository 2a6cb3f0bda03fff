"""A signal is posted until its receiver has it, however that behaves; never into our own network."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.exposed import scrape
from tests.support.relay import certificate
from tests.support.risk import KEY, OTHER_KEY, codes, is_signed, look, sira, write
from tests.support.stub import HANG_UP, SILENCE, answer, stub
from tests.support.world import World
from tests.support.worlds import Opener
from watchword.adapters.providers import Reply
from watchword.operations.cleanup.service import Cleanup
from watchword.operations.risk.service import Risk
from watchword.plumbing.db import outbox, queued
from watchword.records.signals.rules import KIND
from watchword.records.signals.service import Signals

TAKEN = answer(200)
SOON = timedelta(minutes=2)


async def anomaly(world: World) -> None:
    """Let one signal be raised, and posted once."""
    await write(world, *codes("-" * 12))
    assert await look(world) == 1


async def again(world: World) -> None:
    """Let its next try come."""
    world.clock.advance(SOON)
    await world.part(Signals).carry()


async def waiting(world: World) -> list[tuple[str, str | None]]:
    kept = await queued.kept(world.database, KIND, world.clock.now(), 10)
    return [(each.state, each.reason) for each in kept]


@pytest.mark.req("D-62")
@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (answer(500), "answered 500"),
        (answer(503), "answered 503"),
        (answer(404), "answered 404"),
        (answer(302, Location="http://169.254.169.254/latest"), "answered 302"),
        (HANG_UP, "RemoteProtocolError"),
    ],
)
async def test_what_a_receiver_did_not_take_comes_again_under_its_id(
    small_worlds: Opener, trouble: Reply, reason: str
) -> None:
    async with stub(TAKEN, trouble) as receiver, small_worlds(**sira(receiver.url)) as world:
        await anomaly(world)
        assert await waiting(world) == [("waiting", reason)]
        await again(world)
        assert await waiting(world) == []
        exposed = await scrape(world)
    first, second = receiver.asked
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]
    assert is_signed(first, KEY)
    assert is_signed(second, KEY)
    for result in ("delayed", "posted"):
        assert exposed.value("sira_signals_total", signal="otp_anomaly", result=result) == 1


@pytest.mark.req("D-62")
async def test_a_redirect_leads_nowhere(small_worlds: Opener) -> None:
    async with stub(TAKEN) as inside:
        away = answer(307, Location=f"{inside.url}/admin")
        async with stub(away) as receiver, small_worlds(**sira(receiver.url)) as world:
            await anomaly(world)
            await again(world)
    assert len(receiver.asked) == 2
    assert inside.asked == []


@pytest.mark.req("M-24")
async def test_a_receiver_has_two_seconds(small_worlds: Opener) -> None:
    async with stub(TAKEN, SILENCE) as receiver, small_worlds(**sira(receiver.url)) as world:
        await anomaly(world)
        ((state, reason),) = await waiting(world)
        assert state == "waiting"
        assert reason in {"TimeoutError", "ReadTimeout"}  # whichever of our two clocks is first
        await again(world)
        assert await waiting(world) == []


@pytest.mark.req("D-62")
@pytest.mark.parametrize(
    "settings",
    [
        {"SIRA_WEBHOOK_NETWORKS": ""},
        {"SIRA_WEBHOOK_NETWORKS": "10.0.0.0/8"},
        {"SIRA_WEBHOOK_NETWORKS": "", "host": "localhost"},
        {"SIRA_WEBHOOK_NETWORKS": "", "host": "[::1]"},
        {"SIRA_WEBHOOK_NETWORKS": "", "host": "[::ffff:127.0.0.1]"},
    ],
)
async def test_nothing_goes_into_our_own_network_unless_an_operator_says_so(
    small_worlds: Opener, settings: dict[str, str]
) -> None:
    async with stub(TAKEN) as receiver:
        host = settings.pop("host", "127.0.0.1")
        url = f"http://{host}:{receiver.port}"
        async with small_worlds(**sira(url, **settings)) as world:
            await anomaly(world)
            assert await waiting(world) == [("waiting", "leads into a private network")]
    assert receiver.asked == []


@pytest.mark.req("D-62")
async def test_who_cannot_prove_its_name_gets_nothing(small_worlds: Opener, tmp_path: Path) -> None:
    server, _ = certificate(tmp_path)  # signed by nobody whom we know
    async with stub(TAKEN, tls=server) as receiver:
        url = receiver.url.replace("http:", "https:")
        async with small_worlds(**sira(url)) as world:
            await anomaly(world)
            [(state, reason)] = await waiting(world)
            assert state == "waiting"
            assert reason.startswith("the certificate proves nothing (")
    assert receiver.asked == []


async def test_a_receiver_that_is_gone_is_left_alone(small_worlds: Opener) -> None:
    async with stub(answer(410)) as receiver, small_worlds(**sira(receiver.url)) as world:
        await anomaly(world)
        assert await waiting(world) == [("dead", "answered 410")]
        await again(world)
        assert '"risk.signal_dead_lettered"' in world.log.getvalue()
        exposed = await scrape(world)
    assert len(receiver.asked) == 1
    assert exposed.value("sira_signals_total", signal="otp_anomaly", result="dead") == 1


async def test_what_is_never_taken_is_given_up_and_kept(small_worlds: Opener) -> None:
    few = {"SIRA_MAX_TRIES": "2"}
    async with stub(answer(503)) as receiver, small_worlds(**sira(receiver.url, **few)) as world:
        await anomaly(world)
        await again(world)
        assert await waiting(world) == [("dead", "answered 503")]
    assert len(receiver.asked) == 2


async def test_while_a_key_is_exchanged_both_sign(small_worlds: Opener) -> None:
    both = {"SIRA_WEBHOOK_SECRET": f"{OTHER_KEY}|{KEY}"}
    async with stub(TAKEN) as receiver, small_worlds(**sira(receiver.url, **both)) as world:
        await anomaly(world)
    (asked,) = receiver.asked
    assert is_signed(asked, KEY)
    assert is_signed(asked, OTHER_KEY)


async def test_a_worker_that_is_killed_loses_no_signal(worlds: Opener) -> None:
    async with stub(TAKEN) as receiver, worlds(**sira(receiver.url)) as world:
        await write(world, *codes("-" * 12))
        assert await world.part(Risk).look() == 1
        lease = timedelta(seconds=30)
        (claimed,) = await outbox.claim(world.database, KIND, world.clock.now(), lease, 5)
        await world.part(Signals).carry()
        assert receiver.asked == []
        world.clock.advance(lease)
        await world.part(Signals).carry()
    assert [asked.headers["webhook-id"] for asked in receiver.asked] == [str(claimed.id)]


async def test_what_was_raised_long_ago_is_forgotten(small_worlds: Opener) -> None:
    async with stub(TAKEN) as receiver, small_worlds(**sira(receiver.url)) as world:
        await anomaly(world)
        for days, gone in ((0, 0), (8, 1)):
            world.clock.advance(timedelta(days=days))
            removed = await world.part(Cleanup).run()
            assert removed is not None
            assert removed.signals == gone
