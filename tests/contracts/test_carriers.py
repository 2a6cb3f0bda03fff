"""Every carrier says the same about the same: taken, not taken, or nobody can tell."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.carriers import (
    EVERY,
    TAKEN,
    TEXT,
    counter,
    mailgun,
    provider,
    sendgrid,
    ses,
    twilio,
)
from tests.support.letter import LETTER
from tests.support.stub import answer
from watchword.adapters.providers import Provider, Reply, wait_asked_for
from watchword.kernel.messages import Message
from watchword.kernel.ports import NotAccepted, Undelivered

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
BY_HTTPS = [*TAKEN]


def _letter(number: int) -> Message:
    return replace(LETTER, id=f"<one-{number}@example.org>")


SENDERS: Mapping[str, Callable[[Provider, int], Awaitable[str | None]]] = {
    "sendgrid": lambda api, number: sendgrid(api).send(_letter(number)),
    "ses": lambda api, number: ses(api).send(_letter(number)),
    "mailgun": lambda api, number: mailgun(api).send(_letter(number)),
    "twilio": lambda api, number: twilio(api).send(replace(TEXT, id=f"one-{number}@example.org")),
}
every = pytest.mark.parametrize("name", EVERY)


@every
async def test_what_is_taken_is_taken_once_and_the_carrier_may_name_it(name: str) -> None:
    async with counter(name) as one:
        given = await one.send()
        assert given == {
            "sendgrid": "sg-1",
            "ses": "ses-1",
            "mailgun": "<mg-1@mg.nova-rdv.dz>",
            "twilio": "SM1",
            "smtp": None,
        }.get(name)


@every
async def test_what_is_refused_for_itself_is_refused_for_good_and_nobody_is_quoted(
    name: str,
) -> None:
    async with counter(name, "refuses_it") as one:
        with pytest.raises(NotAccepted) as refusal:
            await one.send()
        assert refusal.value.lasting
        assert "alice" not in str(refusal.value)


@every
@pytest.mark.parametrize("situation", ["refuses_us", "busy", "broken", "away"])
async def test_what_is_refused_for_now_may_go_elsewhere(name: str, situation: str) -> None:
    async with counter(name, situation) as one:
        with pytest.raises(NotAccepted) as refusal:
            await one.send()
        assert not refusal.value.lasting
        assert "key" not in str(refusal.value)


@every
@pytest.mark.parametrize("situation", ["silent", "hangs_up", "nobody_knows"])
async def test_after_silence_nobody_can_tell(name: str, situation: str) -> None:
    async with counter(name, situation) as one:
        with pytest.raises(Undelivered):
            await one.send()


@pytest.mark.parametrize("name", BY_HTTPS)
async def test_a_message_that_comes_again_has_the_same_key_and_another_has_another(
    name: str,
) -> None:
    async with provider(TAKEN[name]) as (api, stub):
        for number in (1, 1, 2):
            await SENDERS[name](api, number)
        keys = [asked.headers["idempotency-key"] for asked in stub.asked]
    assert keys == ["one-1@example.org"] * 2 + ["one-2@example.org"]


@every
async def test_a_carrier_that_is_well_says_so(name: str) -> None:
    async with counter(name) as one:
        assert await one.carrier.check() is None


@every
async def test_a_carrier_that_is_away_says_so(name: str) -> None:
    async with counter(name, "away") as one:
        assert await one.carrier.check()


@pytest.mark.parametrize("name", BY_HTTPS)
async def test_a_bad_key_is_told_by_its_status(name: str) -> None:
    async with counter(name, "refuses_us") as one:
        assert await one.carrier.check() in {"401", "403"}


@pytest.mark.parametrize("name", BY_HTTPS)
async def test_who_is_busy_says_for_how_long(name: str) -> None:
    async with counter(name, "busy") as one:
        with pytest.raises(NotAccepted) as refusal:
            await one.send()
        assert refusal.value.retry_after == timedelta(seconds=7)


@pytest.mark.parametrize(
    ("reply", "wait"),
    [
        (answer(429, Retry_After="7"), 7),
        (answer(503, Retry_After="Sat, 21 Nov 2026 12:01:00 GMT"), 60),
        (answer(429, Retry_After="Sat, 21 Nov 2026 11:00:00 GMT"), 0),
        (answer(429, Retry_After="999999999"), 3600),
        (answer(429, X_RateLimit_Reset=str(int(NOW.timestamp()) + 30)), 30),
        (answer(500), None),
        (answer(429, Retry_After="-1"), None),
        (answer(429, Retry_After="soon, \u0663"), None),
        (answer(429, Retry_After="9" * 400), None),
    ],
)
def test_what_somebody_asks_us_to_wait_is_read_or_let_be(reply: Reply, wait: int | None) -> None:
    headers = {name.lower(): value for name, value in reply.headers.items()}
    told = wait_asked_for(Reply(status=reply.status, headers=headers, body=b""), NOW)
    assert told == (None if wait is None else timedelta(seconds=wait))


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"[" * 100_000, b'{"id": 7}', b"\xff"])
async def test_an_answer_that_is_nonsense_is_still_an_answer(body: bytes) -> None:
    async with provider(Reply(status=200, headers={}, body=body)) as (api, _):
        reply = await api.hand_over("/x", key="1")
        assert reply.said("id") is None


async def test_a_redirect_is_not_followed() -> None:
    async with provider(answer(302, Location="http://127.0.0.1:1/elsewhere")) as (api, behind):
        with pytest.raises(NotAccepted):
            await api.hand_over("/x", key="1")
        assert len(behind.asked) == 1
