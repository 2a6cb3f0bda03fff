"""The pages of a forgotten password, in a browser without JavaScript."""

import pytest

from tests.support.browser import browser
from tests.support.world import NEW_PASSWORD, World

ALICE = "alice@example.org"
TEMPLATE = "password_reset/password_reset"


@pytest.mark.req("A-29", "A-30")
async def test_somebody_forgets_the_password_and_gets_back_in(world: World) -> None:
    await world.subscriber()
    async with browser(world) as alice:
        await alice.open("/forgot-password")
        await alice.send("/forgot-password", email=ALICE)
        assert "on its way" in alice.text
        token = await world.token(ALICE, TEMPLATE)
        await alice.open(f"/reset-password?token={token}")
        assert ALICE in alice.text
        await alice.send("/reset-password", token=token, password=NEW_PASSWORD)
        assert "Your password is changed" in alice.text
        await alice.sign_in(password=NEW_PASSWORD)
        assert alice.path == "/account"


@pytest.mark.req("A-32", "D-41")
async def test_opening_the_link_spends_nothing(small_world: World) -> None:
    await small_world.subscriber()
    async with browser(small_world) as scanner, browser(small_world) as alice:
        await scanner.open("/forgot-password")
        await scanner.send("/forgot-password", email=ALICE)
        token = await small_world.token(ALICE)
        for _ in range(3):
            page = await scanner.open(f"/reset-password?token={token}")
            assert page.status_code == 200
            assert page.headers["referrer-policy"] == "no-referrer"
            assert page.headers["cache-control"] == "no-store"
        await alice.open(f"/reset-password?token={token}")
        await alice.send("/reset-password", token=token, password=NEW_PASSWORD)
        assert "Your password is changed" in alice.text
        gone = await alice.open(f"/reset-password?token={token}")
    assert gone.status_code == 400
    assert "This link no longer works" in alice.text
    assert 'href="/forgot-password"' in gone.text


async def test_a_weak_password_is_explained_at_its_field(small_world: World) -> None:
    await small_world.subscriber()
    async with browser(small_world) as alice:
        await alice.open("/forgot-password")
        await alice.send("/forgot-password", email=ALICE)
        token = await small_world.token(ALICE)
        await alice.open(f"/reset-password?token={token}&lang=fr")
        page = await alice.send("/reset-password", token=token, password="short")
    assert page.status_code == 422
    assert 'href="#password"' in page.text
    assert 'id="password-fault"' in page.text
    assert 'autocomplete="new-password"' in page.text
    assert 'value="short"' not in page.text


async def test_anybody_sees_the_same_page_after_asking(small_world: World) -> None:
    await small_world.subscriber()
    pages = []
    for address in (ALICE, "nobody@example.org"):
        async with browser(small_world) as somebody:
            await somebody.open("/forgot-password")
            page = await somebody.send("/forgot-password", email=address)
            pages.append(somebody.text.replace(address, "…"))
            assert page.status_code == 200
    assert pages[0] == pages[1]


async def test_a_form_from_elsewhere_is_refused(small_world: World) -> None:
    await small_world.subscriber()
    async with browser(small_world) as alice:
        await alice.open("/forgot-password")
        forged = await alice.client.post(
            "/forgot-password", data={"email": ALICE, "csrf": "0" * 64}
        )
    assert forged.status_code == 403
    assert not await small_world.letters(ALICE)


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
async def test_every_page_is_there_in_every_language(small_world: World, language: str) -> None:
    await small_world.subscriber(language=language)
    async with browser(small_world) as alice:
        for path in ("/forgot-password", "/reset-password?token=none"):
            page = await alice.open(f"{path}{'&' if '?' in path else '?'}lang={language}")
            assert f'<html lang="{language}"' in page.text
