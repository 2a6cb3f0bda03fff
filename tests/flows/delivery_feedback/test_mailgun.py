"""Mailgun's webhooks: what is signed, new and meant for us counts, once; nothing else does anything."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import NoReturn

import pytest

from tests.support.feedback import ALICE, counted, facts, left, listed, states, take, write
from tests.support.webhooks import Mailgun
from tests.support.world import SECRET, START, World
from tests.support.worlds import Opener
from watchword.flows.delivery_feedback.service import DeliveryFeedback
from watchword.kernel.feedback import Post
from watchword.records.deliveries.rules import CODE
from watchword.records.suppressions.service import Suppressions


class NoSuppressionsToday(Exception):
    """The list cannot be written."""


class Failing(Suppressions):
    """A list that cannot be written."""

    def __init__(self) -> None:
        """Need nothing."""

    async def add(self, *_: object, **__: object) -> NoReturn:
        """Fail, as a store does that is away."""
        raise NoSuppressionsToday


MESSAGE = "mg-1@mg.nova-rdv.dz"


async def feedback(world: World, kind: str) -> float:
    return await counted(world, "email_feedback_total", provider="mailgun", kind=kind)


@pytest.mark.req("N-27", "N-29")
async def test_a_bounce_is_noted_with_the_letter_and_suppresses_the_address(worlds: Opener) -> None:
    mailgun = Mailgun()
    async with worlds(**mailgun.settings) as world:
        alice = await world.subscriber()
        await left(world, "mailgun", f"<{MESSAGE}>")
        assert await take(world, mailgun.post("failed")) == [200]
        assert await states(world) == {MESSAGE: "bounce"}
        assert await listed(world) == [(ALICE, "bounce", "mailgun")]
        [fact] = await facts(world, "id.email.bounced")
        assert fact.user_id == alice.id
        assert fact.facts == {
            "carrier": "mailgun",
            "template": "login/sign_in_code",
            "lasting": True,
        }
        assert ALICE not in world.log.getvalue()


@pytest.mark.req("N-27")
async def test_each_path_takes_its_event_and_counts_it(worlds: Opener) -> None:
    mailgun = Mailgun()
    async with worlds(**mailgun.settings) as world:
        for number in (1, 2):
            await left(world, "mailgun", f"<{number}@mg.nova-rdv.dz>", f"{number}@example.org")
        delivered = mailgun.post(
            "delivered", "1@example.org", path="delivery", message="1@mg.nova-rdv.dz"
        )
        complained = mailgun.post(
            "complained", "2@example.org", path="complaint", message="2@mg.nova-rdv.dz"
        )
        assert await take(world, delivered, complained) == [200, 200]
        assert await states(world) == {
            "1@mg.nova-rdv.dz": "delivery",
            "2@mg.nova-rdv.dz": "complaint",
        }
        assert await listed(world) == [("2@example.org", "complaint", "mailgun")]
        for kind in ("delivery", "complaint"):
            assert await feedback(world, kind) == 1


@pytest.mark.req("N-27", "D-59")
async def test_what_is_forged_old_or_unsigned_changes_nothing(worlds: Opener) -> None:
    mailgun, stranger = Mailgun(), Mailgun(key="another-key")
    async with worlds(**mailgun.settings) as world:
        await left(world, "mailgun", MESSAGE)
        good = json.loads(mailgun.post("failed").body)
        later = {**good["signature"], "timestamp": str(int(START.timestamp()) + 1)}
        posts = [
            stranger.post("failed"),
            mailgun.post("failed", at=START - timedelta(hours=1)),
            mailgun.post("failed", at=START + timedelta(minutes=6)),
            *(
                mailgun.post("failed").but(body)
                for body in (
                    b"",
                    b"{}",
                    b"[]",
                    b"null",
                    b"\xff\xfe",
                    b"[" * 100_000,
                    json.dumps({"event-data": good["event-data"]}).encode(),
                    json.dumps({**good, "signature": later}).encode(),
                    json.dumps({**good, "signature": {**later, "signature": "\u00e9"}}).encode(),
                    json.dumps({**good, "signature": {**later, "signature": ""}}).encode(),
                    json.dumps({**good, "signature": ["x"]}).encode(),
                )
            ),
        ]
        assert set(await take(world, *posts)) == {401}
        assert await states(world) == {MESSAGE: "sent"}
        assert await listed(world) == []
        assert await counted(
            world, "auth_failures_total", event="webhook.refused", reason="mailgun"
        ) == len(posts)


@pytest.mark.req("N-27")
async def test_a_token_is_good_for_one_post_and_an_event_counts_once(worlds: Opener) -> None:
    mailgun = Mailgun()
    async with worlds(**mailgun.settings) as world:
        first = mailgun.post("complained")
        token = json.loads(first.body)["signature"]["token"]
        stolen = mailgun.post("failed", "bob@example.org", token=token)
        again = mailgun.post("complained", id="event-1")
        assert await take(world, first, first, first.written_anew(), stolen, again) == [200] * 5
        assert await listed(world) == [(ALICE, "complaint", "mailgun")]
        assert await feedback(world, "complaint") == 1
        assert await feedback(world, "bounce") == 0


@pytest.mark.req("N-27", "D-59")
@pytest.mark.parametrize(
    ("first", "status"),
    [
        ({"event-data": {"event": "failed", "severity": "temporary"}}, 200),
        ({"event-data": {"event": "opened", "recipient": ALICE}}, 200),
        ({}, 400),
        ({"event-data": {"event": 7}}, 400),
    ],
)
async def test_a_signature_is_spent_by_the_first_post_that_shows_it_whatever_that_says(
    worlds: Opener, first: dict[str, object], status: int
) -> None:
    mailgun = Mailgun()
    async with worlds(**mailgun.settings) as world:
        token = "a" * 50
        stolen = mailgun.post("complained", "victim@example.org", token=token)
        signature = json.loads(stolen.body)["signature"]
        post = stolen.but(json.dumps({"signature": signature, **first}).encode())
        assert await take(world, post, post, stolen) == [status, status, 200]
        assert await listed(world) == []
        assert await feedback(world, "complaint") == 0


async def test_what_could_not_be_acted_on_may_come_again_as_it_was(worlds: Opener) -> None:
    mailgun = Mailgun()
    async with worlds(**mailgun.settings) as world:
        post = mailgun.post("failed")
        came = Post(url=post.path, headers=post.headers, body=post.body)
        feedback = world.part(DeliveryFeedback)
        with pytest.raises(NoSuppressionsToday):
            await replace(feedback, suppressions=Failing()).take("mailgun", came)
        assert await listed(world) == []
        assert await take(world, post) == [200]
        assert await listed(world) == [(ALICE, "bounce", "mailgun")]


async def test_the_same_event_twice_at_once_counts_once(worlds: Opener) -> None:
    mailgun = Mailgun()
    async with worlds(**mailgun.settings) as world:
        await left(world, "mailgun", MESSAGE)
        post = mailgun.post("failed")
        told = await asyncio.gather(*(take(world, post) for _ in range(6)))
        assert told == [[200]] * 6
        assert len(await facts(world, "id.email.bounced")) == 1
        assert await feedback(world, "bounce") == 1


@pytest.mark.parametrize(
    ("more", "state", "reasons"),
    [
        ({"severity": "temporary"}, "sent", []),
        ({"reason": "old"}, "soft_bounce", []),
        ({"delivery-status": {"code": 452}}, "soft_bounce", []),
        ({"delivery-status": {"code": 550}}, "bounce", ["bounce"]),
        ({"reason": "suppress-bounce"}, "bounce", ["bounce"]),
        ({"reason": "suppress-complaint"}, "complaint", ["complaint"]),
        ({"reason": "suppress-unsubscribe"}, "sent", []),
    ],
)
async def test_what_failed_is_told_apart(
    small_worlds: Opener, more: dict[str, object], state: str, reasons: list[str]
) -> None:
    mailgun = Mailgun()
    async with small_worlds(**mailgun.settings) as world:
        await left(world, "mailgun", MESSAGE)
        assert await take(world, mailgun.post("failed", **more)) == [200]
        assert await states(world) == {MESSAGE: state}
        assert [reason for _, reason, _ in await listed(world)] == reasons


async def test_the_third_soft_bounce_within_a_week_suppresses_the_address(worlds: Opener) -> None:
    mailgun = Mailgun()
    async with worlds(**mailgun.settings) as world:
        for number, days in ((1, 8), (2, 1), (3, 1), (4, 0)):
            await left(world, "mailgun", f"{number}@mg", ALICE)
            at = world.clock.now()
            [status] = await take(
                world, mailgun.post("failed", message=f"{number}@mg", reason="old", at=at)
            )
            assert status == 200
            assert await listed(world) == ([(ALICE, "bounce", "mailgun")] if number == 4 else [])
            world.clock.advance(timedelta(days=days))


async def test_soft_bounces_from_before_the_pepper_changed_count(worlds: Opener) -> None:
    mailgun = Mailgun()
    first = SECRET.format(name="PEPPER")
    second = {"PEPPER": SECRET.format(name="NEWER"), "PEPPER_VERSION": "2"}
    rotated = {**second, "PEPPER_PREVIOUS": f"1:{first}"}
    for number, peppers in ((1, {}), (2, {}), (3, rotated)):
        async with worlds(**mailgun.settings, **peppers) as world:
            await left(world, "mailgun", f"{number}@mg", ALICE)
            await take(world, mailgun.post("failed", message=f"{number}@mg", reason="old"))
            assert await listed(world) == ([(ALICE, "bounce", "mailgun")] if number == 3 else [])


async def test_what_became_of_a_letter_never_goes_backwards(worlds: Opener) -> None:
    mailgun = Mailgun()
    async with worlds(**mailgun.settings) as world:
        await left(world, "mailgun", MESSAGE)
        told = ("complained", "failed", "delivered", "opened")
        assert await take(world, *(mailgun.post(event) for event in told)) == [200] * 4
        assert await states(world) == {MESSAGE: "complaint"}


@pytest.mark.parametrize("to", ["", "nobody", "a@b@c", "x" * 400 + "@example.org", "a\r\nb@c.org"])
async def test_a_genuine_event_about_no_address_is_taken_and_suppresses_nothing(
    small_worlds: Opener, to: str
) -> None:
    mailgun = Mailgun()
    async with small_worlds(**mailgun.settings) as world:
        assert await take(world, mailgun.post("failed", to)) == [200]
        assert await listed(world) == []


async def test_a_genuine_post_that_says_nothing_is_refused_as_malformed(
    small_worlds: Opener,
) -> None:
    mailgun = Mailgun()
    async with small_worlds(**mailgun.settings) as world:
        said = {"a": {}, "b": {"event-data": []}, "c": {"event-data": {"event": 7}}}
        at = int(START.timestamp())
        posts = [
            mailgun.post("x").but(
                json.dumps({"signature": mailgun.sign(at, token), **told}).encode()
            )
            for token, told in said.items()
        ]
        assert await take(world, *posts) == [400] * 3


@pytest.mark.req("N-25", "N-29")
async def test_after_a_complaint_later_letters_are_suppressed_and_the_journal_knows(
    worlds: Opener,
) -> None:
    mailgun = Mailgun()
    async with worlds(**mailgun.settings) as world:
        await take(world, mailgun.post("complained", path="complaint"))
        await write(world)
        assert world.mailbox.messages == []
        labels = {"provider": "none", "template": "already_registered", "result": "suppressed"}
        assert await counted(world, "emails_sent_total", **labels) == 1
        [fact] = await facts(world, "id.email.suppressed")
        assert fact.facts["template"] == "registration/already_registered"
        assert fact.facts["reason"] == "complaint"
        await write(world, priority=CODE)
        assert len(world.mailbox.messages) == 1  # somebody waits for it


async def test_without_a_key_there_is_no_door(small_worlds: Opener) -> None:
    mailgun = Mailgun()
    async with small_worlds() as world, world.client() as client:
        paths = [
            "mailgun/bounce",
            "mailgun/complaint",
            "mailgun/delivery",
            "sendgrid",
            "ses",
            "twilio",
        ]
        for path in paths:
            answer = await client.post(f"/api/webhooks/{path}", content=mailgun.post("failed").body)
            assert answer.status_code == 404
            assert answer.json()["code"] == "not_found"


async def test_a_door_takes_a_large_body_and_none_that_is_huge(small_worlds: Opener) -> None:
    mailgun = Mailgun()
    async with small_worlds(**mailgun.settings) as world:
        large = mailgun.post("failed", padding="x" * 900_000)
        huge = mailgun.post("failed", "bob@example.org", padding="x" * 1_100_000)
        assert await take(world, large, huge) == [200, 413]
        assert await listed(world) == [(ALICE, "bounce", "mailgun")]


async def test_the_doors_are_described(small_worlds: Opener) -> None:
    async with small_worlds(**Mailgun().settings) as world, world.client() as client:
        told = (await client.get("/openapi.json")).json()["paths"]
        door = told["/api/webhooks/mailgun/bounce"]["post"]
        assert set(door["responses"]) >= {"200", "401", "413"}
        assert "application/json" in door["requestBody"]["content"]
        assert "/api/webhooks/ses" not in told
