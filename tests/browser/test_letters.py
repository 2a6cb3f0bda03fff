"""Letters, as the development mailbox shows them: in every language, in both themes, on a phone."""

import pytest

from tests.support import inspection
from tests.support.person import Person
from watchword.plumbing.languages import LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
async def test_letters_are_for_everybody(visitor: Person, language: str) -> None:
    site, email = visitor.site, visitor.email
    await site.account(email, language)
    await site.client.post("/api/v1/auth/forgot-password", json={"email": email})
    await site.letter(email, "password_reset/password_reset")
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
