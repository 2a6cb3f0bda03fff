"""Language and theme of the pages, for anybody."""

import html
import re
from uuid import uuid4

import pytest

from tests.support.browser import browser
from tests.support.world import World
from watchword.app.asgi import placed_doors


async def test_a_language_is_remembered_and_one_is_back_where_one_was(small_world: World) -> None:
    async with browser(small_world) as somebody:
        await somebody.open("/forgot-password")
        page = await somebody.send("/preferences", lang="ar", return_to="/forgot-password")
        assert somebody.path == "/forgot-password"
        assert '<html lang="ar" dir="rtl"' in page.text
        assert '<html lang="ar"' in (await somebody.open("/register")).text


async def test_a_theme_is_remembered(small_world: World) -> None:
    async with browser(small_world) as somebody:
        await somebody.open("/login")
        page = await somebody.send("/preferences", theme="dark", return_to="/login")
        assert 'data-theme="dark"' in page.text
        page = await somebody.send("/preferences", theme="auto", return_to="/login")
        assert 'data-theme="auto"' in page.text


@pytest.mark.parametrize(
    "evil",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "/a\r\nLocation: x",
        "javascript:x",
    ],
)
async def test_no_preference_leads_to_another_site(small_world: World, evil: str) -> None:
    async with browser(small_world) as somebody:
        await somebody.open("/login")
        answer = await somebody.post("/preferences", theme="dark", return_to=evil)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


async def test_an_unknown_language_or_theme_is_not_remembered(small_world: World) -> None:
    async with browser(small_world) as somebody:
        await somebody.open("/login")
        answer = await somebody.post("/preferences", lang="xx", theme="pink", return_to="/login")
    assert answer.status_code == 303
    assert "set-cookie" not in answer.headers


async def test_the_choices_below_a_refused_form_lead_to_a_page_that_exists(
    small_world: World,
) -> None:
    await small_world.subscriber()
    forms = [path for path, door in placed_doors(small_world.house) if door.form]
    async with browser(small_world) as alice:
        await alice.sign_in()
        for path in [*forms, "/nowhere"]:
            refused = await alice.client.post(path.replace("{id}", str(uuid4())), data={"x": "y"})
            assert refused.status_code >= 400, path
            led = set(re.findall(r'name="return_to" value="(/[^"]*)"', refused.text))
            assert led, path
            for address in led:
                there = await alice.client.get(html.unescape(address))
                assert there.status_code not in {404, 405}, (path, address)
