"""SendGrid's webhook: the signature is over the bytes, and each event of a batch counts once."""

import asyncio
import json
from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.feedback import ALICE, counted, facts, left, listed, states, take
from tests.support.webhooks import Sendgrid
from tests.support.world import START, environment
from tests.support.worlds import Opener
from watchword.app.settings import SettingsRefused, read

SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
TIME = "X-Twilio-Email-Event-Webhook-Timestamp"


@pytest.mark.req("N-30", "N-29")
async def test_a_batch_is_acted_on_event_by_event(worlds: Opener) -> None:
    sendgrid = Sendgrid()
    async with worlds(**sendgrid.settings) as world:
        for number in (1, 2, 3):
            await left(world, "sendgrid", f"sg-{number}", f"{number}@example.org")
        batch = [
            sendgrid.event("delivered", "1@example.org"),
            sendgrid.event("bounce", "2@example.org", type="bounce", reason="550 5.1.1"),
            sendgrid.event("spamreport", "3@example.org"),
            sendgrid.event("open", "1@example.org"),
            sendgrid.event("bounce", "stranger@example.net", type="bounce"),
        ]
        assert await take(world, sendgrid.post(*batch)) == [200]
        assert await states(world) == {"sg-1": "delivery", "sg-2": "bounce", "sg-3": "complaint"}
        assert sorted(await listed(world)) == [
            ("2@example.org", "bounce", "sendgrid"),
            ("3@example.org", "complaint", "sendgrid"),
            ("stranger@example.net", "bounce", "sendgrid"),
        ]
        bounces = {"provider": "sendgrid", "kind": "bounce"}
        assert await counted(world, "email_feedback_total", **bounces) == 2


@pytest.mark.req("N-30", "D-59")
async def test_what_is_forged_old_unsigned_or_written_anew_changes_nothing(worlds: Opener) -> None:
    sendgrid, stranger = Sendgrid(), Sendgrid()
    async with worlds(**sendgrid.settings) as world:
        post = sendgrid.post(sendgrid.event("bounce", type="bounce"))
        other = sendgrid.post(
            sendgrid.event("bounce", type="bounce"), at=START + timedelta(seconds=1)
        )
        posts = [
            stranger.post(stranger.event("bounce", type="bounce")),
            post.written_anew(),
            post.but(post.body + b" "),
            replace(post, headers={"Content-Type": "application/json"}),
            replace(post, headers={**post.headers, TIME: other.headers[TIME]}),
            replace(post, headers={**post.headers, SIGNATURE: other.headers[SIGNATURE]}),
            replace(post, headers={**post.headers, SIGNATURE: "!" * 40}),
            replace(post, headers={**post.headers, SIGNATURE: b64encode(b"0" * 70).decode()}),
            replace(post, headers={**post.headers, SIGNATURE: "A" * 10_000}),
            sendgrid.post(sendgrid.event("bounce", type="bounce"), at=START - timedelta(hours=1)),
            sendgrid.post(sendgrid.event("bounce", type="bounce"), at=START + timedelta(hours=1)),
        ]
        assert set(await take(world, *posts)) == {401}
        assert await listed(world) == []


async def test_an_event_counts_once_however_often_and_in_whatever_batch_it_comes(
    worlds: Opener,
) -> None:
    sendgrid = Sendgrid()
    async with worlds(**sendgrid.settings) as world:
        events = [
            sendgrid.event("bounce", f"{number}@example.org", type="bounce") for number in range(7)
        ]
        posts = [sendgrid.post(*events), sendgrid.post(*reversed(events)), sendgrid.post(events[3])]
        told = await asyncio.gather(*(take(world, post) for post in posts * 2))
        assert told == [[200]] * 6
        assert len(await facts(world, "id.email.bounced")) == 7
        assert await counted(world, "email_feedback_total", kind="bounce") == 7


async def test_a_large_batch_is_taken_whole(worlds: Opener) -> None:
    sendgrid = Sendgrid()
    async with worlds(**sendgrid.settings) as world:
        events = [sendgrid.event("spamreport", f"{number}@example.org") for number in range(250)]
        assert await take(world, sendgrid.post(*events)) == [200]
        assert len(await listed(world)) == 250


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({"event": "bounce", "type": "blocked"}, None),
        ({"event": "deferred"}, None),
        ({"event": "processed"}, None),
        ({"event": "dropped", "reason": "Bounced Address"}, "bounce"),
        ({"event": "dropped", "reason": "Spam Reporting Address"}, "complaint"),
        ({"event": "dropped", "reason": "Invalid SMTPAPI header"}, None),
        ({"event": "bounce", "type": "bounce", "sg_event_id": ""}, None),
    ],
)
async def test_what_was_not_delivered_is_told_apart(
    small_worlds: Opener, event: dict[str, Any], reason: str | None
) -> None:
    sendgrid = Sendgrid()
    async with small_worlds(**sendgrid.settings) as world:
        assert await take(world, sendgrid.post(sendgrid.event(**event))) == [200]
        assert await listed(world) == ([(ALICE, reason, "sendgrid")] if reason else [])


@pytest.mark.req("N-30")
@pytest.mark.parametrize("bad", [{"event": "delivered", "email": 5}, 1, None, [], {"reason": []}])
async def test_a_misshapen_event_is_left_out_counted_and_told_and_the_others_are_acted_on(
    small_worlds: Opener, bad: Any
) -> None:
    sendgrid = Sendgrid()
    async with small_worlds(**sendgrid.settings) as world:
        good = [
            sendgrid.event("bounce", f"{number}@example.org", type="bounce") for number in (1, 2)
        ]
        assert await take(world, sendgrid.post(good[0], bad, good[1])) == [200]
        assert [address for address, *_ in sorted(await listed(world))] == [
            "1@example.org",
            "2@example.org",
        ]
        unreadable = {"provider": "sendgrid", "kind": "unreadable"}
        assert await counted(world, "email_feedback_total", **unreadable) == 1
        assert "webhook not understood" in world.log.getvalue()


@pytest.mark.parametrize("body", [b"", b"{}", b"[" * 99_999, b"\xff", b'[{"event": 1}'])
async def test_a_signed_body_that_says_nothing_is_malformed(
    small_worlds: Opener, body: bytes
) -> None:
    sendgrid = Sendgrid()
    async with small_worlds(**sendgrid.settings) as world:
        assert await take(world, sendgrid.sign(body)) == [400]


@pytest.mark.parametrize("key", ["no-key", "AAAA", json.dumps({})])
def test_a_key_that_is_none_is_told_before_the_start(key: str, tmp_path: Any) -> None:
    with pytest.raises(SettingsRefused) as refusal:
        read(environment("sqlite:///x.db", SENDGRID_WEBHOOK_PUBLIC_KEY=key), cwd=tmp_path)
    assert "SENDGRID_WEBHOOK_PUBLIC_KEY" in str(refusal.value.faults)
