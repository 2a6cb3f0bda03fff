"""A subscriber sees where they are signed in, and ends what they do not recognise."""

import uuid
from datetime import timedelta

import pytest

from tests.support.browser import browser
from tests.support.facts import facts
from tests.support.world import World

SESSIONS, ME = "/api/v1/auth/sessions", "/api/v1/auth/me"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"


@pytest.mark.req("N-38", "N-90")
async def test_every_living_session_is_listed_with_its_device_and_last_use(world: World) -> None:
    await world.subscriber()
    await world.subscriber("bob@example.org")
    async with (
        world.client("198.51.100.9", {"User-Agent": FIREFOX}) as laptop,
        world.client("2001:db8::7", {"User-Agent": "curl/8.5.0"}) as script,
        world.client() as bob,
    ):
        await world.sign_in(laptop, transport="cookie")
        world.clock.advance(timedelta(minutes=1))
        told = await world.sign_in(script)
        await world.sign_in(bob, "bob@example.org")
        listed = (await script.get(SESSIONS)).json()["sessions"]
        assert [entry["device"] for entry in listed] == ["curl", "Firefox, Linux"]
        assert [entry["transport"] for entry in listed] == ["token", "cookie"]
        assert [entry["current"] for entry in listed] == [True, False]
        assert listed[0]["id"] == told["session_id"]
        assert [entry["place"] for entry in listed] == ["2001:db8::7", "198.51.100.9"]
        assert listed[0]["last_used_at"] == listed[0]["created_at"] == "2026-03-01T12:01:00Z"
        assert listed[1]["last_used_at"] == "2026-03-01T12:00:00Z"
        assert (await script.get("/api/v1/me/sessions")).json()["sessions"] == listed


@pytest.mark.req("N-90")
async def test_one_session_ends_and_the_others_go_on(world: World) -> None:
    alice = await world.subscriber()
    async with world.client() as phone, world.client() as laptop:
        lost = await world.sign_in(phone)
        await world.sign_in(laptop)
        ended = await laptop.delete(f"{SESSIONS}/{lost['session_id']}")
        assert (ended.status_code, ended.content) == (204, b"")
        assert (await phone.get(ME)).status_code == 401
        dead = await phone.post(
            "/api/v1/auth/refresh", json={"refreshToken": lost["refresh_token"]}
        )
        assert dead.status_code == 401
        assert (await laptop.get(ME)).status_code == 200
        assert len((await laptop.get(SESSIONS)).json()["sessions"]) == 1
    [fact] = await facts(world, "id.session.revoked")
    assert fact.user_id == alice.id
    told = {"session_id": lost["session_id"], "reason": "revoked", "by": "owner"}
    assert fact.facts == told


async def test_somebody_elses_session_is_as_unknown_as_none(world: World) -> None:
    await world.subscriber()
    await world.subscriber("bob@example.org")
    async with (
        world.client(headers={"X-Request-Id": "same"}) as alice,
        world.client() as bob,
    ):
        await world.sign_in(alice)
        bobs = (await world.sign_in(bob, "bob@example.org"))["session_id"]
        answers = [
            await alice.delete(f"{SESSIONS}/{which}") for which in (bobs, uuid.uuid4(), "rubbish")
        ]
        assert {(a.status_code, a.content) for a in answers} == {(404, answers[0].content)}
        assert (await bob.get(ME)).status_code == 200


async def test_ending_ones_own_session_takes_the_cookie_back(world: World) -> None:
    await world.subscriber()
    async with world.client(headers={"Origin": "https://auth.example.test"}) as laptop:
        told = await world.sign_in(laptop, transport="cookie")
        ended = await laptop.delete(f"{SESSIONS}/{told['session_id']}")
        assert ended.status_code == 204
        assert "__Host-watchword-session" not in laptop.cookies
        assert (await laptop.get(ME)).status_code == 401


async def test_an_ended_or_expired_session_is_not_listed(world: World) -> None:
    await world.subscriber()
    async with world.client() as old, world.client() as new:
        await world.sign_in(old, transport="cookie")
        world.clock.advance(timedelta(hours=12))
        await world.sign_in(new)
        assert len((await new.get(SESSIONS)).json()["sessions"]) == 1


async def test_on_the_page_others_are_ended_one_by_one_or_all(world: World) -> None:
    await world.subscriber()
    async with browser(world, user_agent=FIREFOX) as alice:
        await alice.sign_in()
        for _ in range(3):
            async with world.client(headers={"User-Agent": "curl/8.5.0"}) as script:
                told = await world.sign_in(script)
        await alice.open("/account/sessions")
        assert "Firefox, Linux This one" in alice.text
        await alice.send(f"/account/sessions/{told['session_id']}/end")
        assert "The session has ended." in alice.text
        assert alice.text.count("curl") == 4, "two left, each named twice"
        await alice.send("/account/sessions/end-others")
        assert "All other sessions have ended." in alice.text
        assert "curl" not in alice.text
        await alice.send("/sign-out/everywhere")
        assert alice.path == "/signed-out"
        await alice.open("/account")
        assert alice.path == "/login"


@pytest.mark.req("N-38")
@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("en", "From: 203.0.113.7"),
        ("fr", "Depuis\u00a0: 203.0.113.7"),
        ("ar", "من العنوان: 203.0.113.7"),
    ],
)
async def test_the_page_says_from_which_address(
    small_world: World, language: str, says: str
) -> None:
    await small_world.subscriber()
    async with browser(small_world) as person:
        await person.sign_in()
        await person.open(f"/account/sessions?lang={language}")
        assert " ".join(says.split()) in person.text


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "1 March 2026, 12:00 UTC"),
        ("fr", "1 mars 2026, 12:00 UTC"),
        ("ar", "1 مارس 2026، 12:00 UTC"),
    ],
)
@pytest.mark.parametrize("page", ["/account/sessions", "/account/security"])
async def test_moments_are_told_in_the_readers_words_and_in_a_programs(
    small_world: World, page: str, language: str, told: str
) -> None:
    await small_world.subscriber()
    async with browser(small_world) as alice:
        await alice.sign_in()
        shown = await alice.open(f"{page}?lang={language}")
    assert f'<time datetime="2026-03-01T12:00:00+00:00">{told}</time>' in shown.text
