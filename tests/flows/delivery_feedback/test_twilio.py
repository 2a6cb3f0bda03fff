"""Twilio's callback: the signature is over our public address and the form; a text's end counts once."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from tests.support.carriers import TAKEN, TEXT, provider
from tests.support.feedback import counted, states, take
from tests.support.webhooks import Posted, Twilio
from tests.support.world import World
from tests.support.worlds import Opener
from watchword.adapters.sms.twilio import TwilioTexter
from watchword.kernel.ids import DEFAULT_TENANT
from watchword.kernel.secret import Secret
from watchword.records.dispatches.rules import TEXT as BY_TEXT
from watchword.records.dispatches.service import Dispatches


async def texted(world: World, name: str = "SM1") -> None:
    await world.part(Dispatches).note(
        world.database,
        channel=BY_TEXT,
        carrier="twilio",
        reference=name,
        letter_id=DEFAULT_TENANT,
        template="sms/test",
        to="+213550123456",
        now=world.clock.now(),
    )


async def told(world: World, kind: str) -> float:
    return await counted(world, "sms_feedback_total", provider="twilio", kind=kind)


async def test_the_end_of_a_text_is_noted_and_counted_once(worlds: Opener) -> None:
    twilio = Twilio()
    async with worlds(**twilio.settings) as world:
        await texted(world)
        for status in ("queued", "sent"):
            assert await take(world, twilio.post(status)) == [200]
        assert await states(world) == {"SM1": "sent"}
        await asyncio.gather(*(take(world, twilio.post("delivered")) for _ in range(4)))
        assert await states(world) == {"SM1": "delivery"}
        assert await told(world, "delivery") == 1
        assert await take(world, twilio.post("undelivered", text="SM-of-nobody")) == [200]
        assert await told(world, "failure") == 0


async def test_what_is_forged_unsigned_or_signed_for_elsewhere_changes_nothing(
    worlds: Opener,
) -> None:
    twilio = Twilio()
    async with worlds(**twilio.settings) as world:
        await texted(world)
        post = twilio.post("delivered")
        body = post.body.decode()
        posts = [
            Twilio(token="another").post("delivered"),
            replace(post, headers={"Content-Type": post.headers["Content-Type"]}),
            post.but(body.replace("delivered", "failed").encode()),
            post.but((body + "&MessageStatus=failed").encode()),
            post.but(b""),
            post.but(b"\xff"),
            post.but(b"&".join(b"%d=1" % number for number in range(500))),
            replace(post, path=post.path + "?x=1"),
            twilio.post("delivered", base="https://evil.example"),
            twilio.post("delivered", AccountSid="AC2"),
            replace(post, headers={**post.headers, "X-Twilio-Signature": "\u00e9".encode()}),
        ]
        assert set(await take(world, *posts)) == {401}
        assert await states(world) == {"SM1": "sent"}


async def test_a_host_that_a_request_claims_proves_nothing(small_worlds: Opener) -> None:
    twilio = Twilio()
    async with small_worlds(**twilio.settings) as world:
        forged = twilio.post("delivered", base="https://evil.example")
        lying = replace(forged, headers={**forged.headers, "Host": "evil.example"})
        assert await take(world, lying) == [401]


@pytest.mark.parametrize(
    ("callback", "given"), [("https://auth.example.test/x", True), ("", False)]
)
async def test_twilio_is_told_where_to_tell_of_a_text(callback: str, given: bool) -> None:
    async with provider(TAKEN["twilio"]) as (api, behind):
        texter: Any = TwilioTexter(api, "AC1", Secret("t"), "+15005550006", callback=callback)
        await texter.send(TEXT)
        assert behind.asked[0].form.get("StatusCallback") == (callback if given else None)


async def test_a_cookie_of_ours_changes_nothing(small_worlds: Opener) -> None:
    twilio = Twilio()
    async with small_worlds(**twilio.settings) as world, world.client() as client:
        await world.subscriber()
        await world.sign_in(client, transport="cookie")
        post: Posted = twilio.post("delivered")
        answer = await client.post(post.path, content=post.body, headers=post.headers)
        assert answer.status_code == 200
