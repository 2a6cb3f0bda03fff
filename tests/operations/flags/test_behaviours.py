"""What flags switch: new accounts, letters that sign in, other providers."""

import pytest

from tests.support.browser import browser
from tests.support.vouchers import Github, Google, leaves, signs_in_by, town
from tests.support.world import World
from tests.support.worlds import Opener
from watchword.kernel.flags import within
from watchword.operations.flags.rules import wish
from watchword.operations.flags.service import Switching

PASSWORD = "a quiet harbour at dawn"


async def switch(world: World, name: str, value: str) -> None:
    await world.part(Switching).switch(name, wish(value, ""), "test")


async def test_while_registration_is_off_strangers_and_owners_hear_the_same(world: World) -> None:
    await world.subscriber()
    await switch(world, "registration", "off")
    async with world.client() as client:
        answers = [
            await client.post(
                world.path("/auth/register"),
                json={"email": email, "password": PASSWORD, "name": "Alice Benali"},
            )
            for email in ("alice@example.org", "nobody@example.org")
        ]
        await world.sign_in(client)
    assert {each.status_code for each in answers} == {403}
    first, second = ({**each.json(), "request_id": ""} for each in answers)
    assert first == second
    assert await world.letters("nobody@example.org") == []


async def test_pages_say_so_in_the_readers_language_and_offer_no_way_there(world: World) -> None:
    async with browser(world) as alice:
        await alice.open("/login")
        assert 'href="/register"' in alice.page.text
        await switch(world, "registration", "off")
        await switch(world, "sign_in.code", "off")
        await alice.open("/login")
        assert 'href="/register"' not in alice.page.text
        assert "/login/code" not in alice.page.text
        for path in ("/register", "/login/code"):
            page = await alice.open(path)
            assert (page.status_code, "not offered at the moment" in page.text) == (403, True)
    async with world.client(headers={"Accept-Language": "fr"}) as client:
        assert "proposé pour le moment" in (await client.get("/register")).text
    async with world.client(headers={"Accept-Language": "ar"}) as client:
        assert "غير متاحة حاليًا" in (await client.get("/register")).text


async def test_a_share_registers_the_same_mailboxes_each_time(small_world: World) -> None:
    world = small_world
    await switch(world, "registration", "50%")
    people = [f"person-{number}@example.org" for number in range(8)]
    chosen = [who for who in people if within(50, "registration", who)]
    assert 0 < len(chosen) < len(people)
    async with world.client() as client:
        for _ in range(2):
            taken = [
                who
                for who in people
                if (
                    await client.post(
                        world.path("/auth/register"),
                        json={"email": who, "password": PASSWORD, "name": "A Person"},
                    )
                ).status_code
                == 201
            ]
            assert taken == chosen


@pytest.mark.parametrize("door", ["otp/request", "forgot-password"])
async def test_who_has_no_account_is_led_to_registration_only_while_it_is_on(
    world: World, door: str
) -> None:
    stranger = {"email": "nobody@example.org"}
    async with world.client(headers={"Accept-Language": "fr"}) as client:
        await client.post(world.path(f"/auth/{door}"), json=stranger)
        (before,) = await world.letters("nobody@example.org")
        await switch(world, "registration", "off")
        await client.post(world.path(f"/auth/{door}"), json=stranger)
    *_, after = await world.letters("nobody@example.org")
    assert "/register" in before.text
    assert "/register" in (before.html or "")
    assert "/register" not in after.text + (after.html or "")
    assert "essayez une autre" in after.text


async def test_letters_that_were_sent_open_nothing_once_they_are_switched_off(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        asked = {"email": "alice@example.org"}
        assert (await client.post(world.path("/auth/otp/request"), json=asked)).status_code == 202
        code, link = await world.code("alice@example.org"), await world.token("alice@example.org")
        await switch(world, "sign_in.code", "off")
        answers = [
            await client.post(world.path("/auth/otp/request"), json=asked),
            await client.post(world.path("/auth/otp/verify"), json={**asked, "code": code}),
            await client.post(world.path("/auth/otp/verify"), json={"token": link}),
        ]
        assert [each.json()["code"] for each in answers] == ["not_offered"] * 3
        await world.sign_in(client)
        await switch(world, "sign_in.code", "on")
        again = await client.post(world.path("/auth/otp/verify"), json={"token": link})
        assert again.status_code == 200, "nothing was spent"


async def test_a_mailbox_is_confirmed_though_letters_sign_nobody_in(world: World) -> None:
    await switch(world, "sign_in.code", "off")
    async with world.client() as client:
        body = {"email": "new@example.org", "password": PASSWORD, "name": "New Comer"}
        await client.post(world.path("/auth/register"), json=body)
        code = await world.code("new@example.org")
        proof = {"email": "new@example.org", "code": code, "purpose": "verify_email"}
        assert (await client.post(world.path("/auth/otp/verify"), json=proof)).status_code == 200


@pytest.mark.req("G-05")
async def test_a_provider_that_is_switched_off_is_offered_to_nobody_and_lets_nobody_in(
    small_worlds: Opener,
) -> None:
    google, github = Google(), Github()
    async with town(small_worlds, google, github) as world, browser(world) as alice:
        away = await leaves(alice, github)
        await switch(world, "oauth.github", "off")
        back = await alice.open(github.approves(away))
        assert back.status_code == 403
        async with world.client() as client:
            told = (await client.get(world.path("/auth/oauth/providers"))).json()
            begun = await client.get(world.path("/auth/oauth/github"))
        assert [each["name"] for each in told["providers"]] == ["google"]
        assert (begun.status_code, begun.json()["code"]) == (403, "not_offered")
        for page in ("/login", "/register"):
            await alice.open(page)
            assert "/auth/oauth/google" in alice.page.text
            assert "/auth/oauth/github" not in alice.page.text
        await switch(world, "oauth.github", "on")
        await signs_in_by(alice, github)
        assert alice.path == "/account"


async def test_without_registration_a_provider_lets_in_those_alone_whom_it_knows_here(
    small_worlds: Opener,
) -> None:
    google = Google()
    async with (
        town(small_worlds, google) as world,
        browser(world) as alice,
        browser(world) as stranger,
        browser(world) as again,
    ):
        await signs_in_by(alice, google)
        await switch(world, "registration", "off")
        await signs_in_by(stranger, google, sub="another", email="stranger@example.org")
        assert stranger.page.status_code == 403
        await signs_in_by(again, google)
        assert again.path == "/account"
