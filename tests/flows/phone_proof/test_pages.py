"""Somebody proves their number on the pages, and the mailbox is told."""

from datetime import timedelta

import pytest

from tests.support.browser import browser
from tests.support.world import World
from watchword.plumbing.words.dates import moment

NUMBER, ALICE = "+213550123456", "alice@example.org"


@pytest.mark.req("N-46")
async def test_a_number_is_added_to_the_profile_and_proven(world: World) -> None:
    await world.subscriber()
    async with browser(world) as alice:
        await alice.sign_in()
        form = {"firstName": "Alice", "lastName": "", "language": "en"}
        await alice.send("/account", phone="+213 550 12 34 56", **form)
        assert "Confirm this number" in alice.text
        await alice.open("/account/phone")
        assert NUMBER in alice.text
        await alice.send("/account/phone")
        code = await world.texted(NUMBER)
        wrong = "000000" if code != "000000" else "000001"
        page = await alice.send("/account/phone/verify", code=wrong)
        assert page.status_code == 400
        assert "This code is wrong" in alice.text
        await alice.send("/account/phone/verify", code=code)
        assert "Your number is confirmed." in alice.text
        assert "Confirm this number" not in alice.text
        await alice.open("/account/phone")
        assert f"{NUMBER} is confirmed" in alice.text


@pytest.mark.req("D-61")
async def test_the_mailbox_is_told_of_a_number_before_it_resets_anything(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        await client.patch("/api/v1/auth/me", json={"phone": NUMBER})
        await client.post("/api/v1/auth/phone/code")
        body = {"code": await world.texted(NUMBER)}
        await client.post("/api/v1/auth/phone/verify", json=body)
    letter = await world.newest(ALICE)
    assert letter.template == "phone_proof/phone_proven"
    assert "ends in 56" in letter.text
    assert NUMBER not in letter.text
    assert moment(world.clock.now() + timedelta(days=1), "en") in letter.text


async def test_without_a_number_there_is_nothing_to_prove(small_world: World) -> None:
    await small_world.subscriber()
    async with browser(small_world) as alice:
        await alice.sign_in()
        await alice.open("/account/phone")
        assert "Your account has no number" in alice.text
