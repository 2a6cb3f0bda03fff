"""The account's section of consents, in a browser without JavaScript."""

import re

import pytest

from tests.support.browser import Browser, browser
from tests.support.world import World
from watchword.records.consents.rules import ConsentSettings


async def press(somebody: Browser, deed: str, purpose: str) -> None:
    """Press one button of one purpose."""
    action = f"/account/consents/{deed}"
    forms = re.findall(rf'action="{action}".*?</form>', somebody.page.text, re.DOTALL)
    form = next(each for each in forms if f'name="purpose" value="{purpose}"' in each)
    version = re.search(r'name="version" value="(\d+)"', form)
    assert version
    await somebody.send(action, purpose=purpose, version=version[1])


async def test_what_one_button_gives_the_button_in_its_place_withdraws(world: World) -> None:
    await world.subscriber()
    async with browser(world) as alice:
        await alice.sign_in()
        await alice.open("/account/consents")
        assert alice.text.count("Not given") == 3
        await press(alice, "give", "marketing")
        assert "Noted." in alice.text
        assert alice.text.count("Not given") == 2
        await press(alice, "withdraw", "marketing")
        assert "It holds from now on." in alice.text
        assert alice.text.count("Not given") == 3
        assert "203.0.113.7" in alice.text


async def test_what_runs_out_is_renewed_by_one_button(small_world: World) -> None:
    await small_world.subscriber()
    async with browser(small_world) as alice:
        await alice.sign_in()
        await alice.open("/account/consents")
        await press(alice, "give", "transactional")
        small_world.clock.advance(small_world.settings.section(ConsentSettings).max_age)
        await alice.sign_in()
        await alice.open("/account/consents")
        assert "Please renew" in alice.text
        await press(alice, "give", "transactional")
        assert "Please renew" not in alice.text
        assert "Renewed" in alice.text


async def test_a_page_that_shows_an_older_text_gives_no_consent(small_world: World) -> None:
    await small_world.subscriber()
    async with browser(small_world) as alice:
        await alice.sign_in()
        await alice.open("/account/consents")
        refused = await alice.send("/account/consents/give", purpose="marketing", version="9")
        assert refused.status_code == 409
        assert alice.text.count("Not given") == 3
        unknown = await alice.send("/account/consents/give", purpose="everything", version="1")
        assert unknown.status_code == 422


@pytest.mark.parametrize(("language", "word"), [("fr", "Consentements"), ("ar", "الموافقات")])
async def test_the_section_speaks_the_readers_language(
    small_world: World, language: str, word: str
) -> None:
    await small_world.subscriber()
    async with browser(small_world) as alice:
        await alice.sign_in()
        await alice.open(f"/account/consents?lang={language}")
        assert word in alice.text
