"""Letters, as the development mailbox shows them: in every language, in both themes, on a phone."""

from typing import Any

import pytest
from playwright.async_api import Browser

from tests.support import inspection
from tests.support.person import Person
from tools.letters import samples
from watchword.plumbing.words.languages import LANGUAGES

SAMPLES = {name: text for name, text in samples() if name.endswith(".html")}
WIDTHS = (320, 390, 900)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_letters_are_for_everybody(visitor: Person, language: str) -> None:
    site, email = visitor.site, visitor.email
    await site.account(email, language)
    await site.client.post("/api/v1/auth/forgot-password", json={"email": email})
    for template in ("password_reset/password_reset", "registration/welcome"):
        await site.letter(email, template)
    listed = (await site.client.get("/dev/mail.json", params={"to": email})).json()["messages"]
    found = {}
    for letter in listed:
        html = (await site.client.get(f"/dev/mail/{letter['id']}/html")).text
        await visitor.page.set_content(html)  # out of its sandbox, where nobody can inspect it
        found[letter["template"]] = await inspection.letter_faults(visitor.page, language)
    assert found == {
        "password_reset/password_reset": [],
        "registration/verification": [],
        "registration/welcome": [],
    }


async def test_a_letter_in_its_frame_is_the_letter(visitor: Person) -> None:
    await visitor.site.account(visitor.email, "ar")
    await visitor.reads_letter("مرحبًا بكم في Watchword")
    frame = visitor.letter()
    assert await frame.locator("html").get_attribute("dir") == "rtl"
    assert await frame.get_by_role("link").first.get_attribute("rel") == "noopener"


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_letter_fits_and_fetches_nothing(browser: Browser, language: str) -> None:
    asked: list[str] = []
    wide: dict[str, Any] = {}
    shown = {name: text for name, text in SAMPLES.items() if name.endswith(f".{language}.html")}
    for theme in ("light", "dark"):
        page = await browser.new_page(color_scheme=theme)
        page.on("request", lambda request: asked.append(request.url))
        for name, text in shown.items():
            await page.set_content(text, wait_until="load")
            for width in WIDTHS:
                await page.set_viewport_size({"width": width, "height": 760})
                over = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
                if over > 0:
                    wide[f"{name}, {theme}, {width} px"] = over
        await page.close()
    assert (asked, wide) == ([], {})
    assert shown


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_letter_is_for_everybody(visitor: Person, language: str) -> None:
    found = {}
    for name, text in SAMPLES.items():
        if name.endswith(f".{language}.html"):
            await visitor.page.set_content(text)
            found[name] = await inspection.letter_faults(visitor.page, language)
    assert {name: faults for name, faults in found.items() if faults} == {}
    assert found
