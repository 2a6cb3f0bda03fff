"""Where a code is typed: the page stays, whatever language or theme somebody wants it in."""

import re

import pytest

from tests.support.browser import Browser, browser
from tests.support.world import NEW_PASSWORD, PASSWORD, World
from watchword.records.subscribers.rules import PENDING

ALICE, NEW = "alice@example.org", "newcomer@example.org"
PREFERENCES = [
    ("lang", "en"),
    ("lang", "fr"),
    ("lang", "ar"),
    ("theme", "light"),
    ("theme", "dark"),
]
SENDING = {
    "registration": ("/register", {"email": NEW, "password": NEW_PASSWORD, "firstName": "Nour"}),
    "verification": ("/resend-verification", {"email": NEW}),
    "sign-in": ("/login/code", {"email": ALICE, "return_to": "/account/sessions"}),
    "pending sign-in": ("/login", {"email": "waits@example.org", "password": PASSWORD}),
    "reset": ("/forgot-password", {"email": ALICE}),
}


async def prefer(person: Browser, name: str, value: str) -> None:
    """Press a button of the footer, as the page has it."""
    found = re.search(r'name="return_to" value="([^"]*)">\s*<div class="choices"', person.page.text)
    assert found
    here = found[1].replace("&amp;", "&")
    await person.send("/preferences", return_to=here, **{name: value})


async def people(world: World) -> None:
    """Add who signs in and who has not proven a mailbox."""
    await world.subscriber()
    await world.subscriber("waits@example.org", status=PENDING)


@pytest.mark.parametrize("flow", SENDING)
async def test_a_language_or_a_theme_leaves_the_field_for_the_code_where_it_is(
    small_world: World, flow: str
) -> None:
    await people(small_world)
    path, form = SENDING[flow]
    async with browser(small_world) as person:
        await person.open(path)
        await person.send(path, **form)
        for name, value in PREFERENCES:
            await prefer(person, name, value)
            assert person.page.status_code == 200
            assert 'name="code"' in person.page.text, (name, value)
            assert f'name="email" value="{form["email"]}"' in person.page.text, (name, value)
            wanted = f'lang="{value}"' if name == "lang" else f'data-theme="{value}"'
            assert wanted in person.page.text.partition("<head>")[0]
            assert form["email"] not in str(person.page.url)


async def test_the_code_still_signs_in_and_leads_where_the_person_wanted(world: World) -> None:
    await people(world)
    async with browser(world) as person:
        await person.open("/login/code?return_to=/account/sessions")
        await person.send("/login/code", **SENDING["sign-in"][1])
        await prefer(person, "lang", "fr")
        assert 'name="return_to" value="/account/sessions"' in person.page.text
        assert "__Host-watchword-mailbox" in person.client.cookies
        form = {**SENDING["sign-in"][1], "purpose": "sign_in"}
        await person.send("/login/code/verify", code=await world.code(ALICE), **form)
        assert person.path == "/account/sessions"
        assert "__Host-watchword-mailbox" not in person.client.cookies, "the code was right"


async def test_a_registration_ends_well_after_another_language(world: World) -> None:
    async with browser(world) as person:
        await person.open("/register")
        await person.send("/register", **SENDING["registration"][1])
        await prefer(person, "lang", "ar")
        await person.send("/verify-email", email=NEW, code=await world.code(NEW))
        assert person.page.status_code == 200
        assert 'name="code"' not in person.page.text


async def test_a_wrong_code_and_then_a_language_lose_nothing(small_world: World) -> None:
    await people(small_world)
    async with browser(small_world) as person:
        await person.open("/login/code")
        await person.send("/login/code", **SENDING["sign-in"][1])
        form = {"email": ALICE, "purpose": "sign_in", "return_to": ""}
        assert (await person.send("/login/code/verify", code="000000", **form)).status_code == 400
        await prefer(person, "lang", "ar")
        assert f'name="email" value="{ALICE}"' in person.page.text


@pytest.mark.parametrize(
    "cookie", ["", "x", "====", "bm8gYWRkcmVzcw==", "/w==", "é".encode().hex()]
)
async def test_who_has_no_code_under_way_is_asked_for_an_address(
    small_world: World, cookie: str
) -> None:
    async with browser(small_world) as person:
        person.client.headers["Cookie"] = f"__Host-watchword-mailbox={cookie}"
        assert (await person.open("/login/code/verify")).status_code == 200
        assert person.path == "/login/code"
        await person.open("/verify-email")
        assert person.path == "/resend-verification"
        page = await person.open("/reset-password/code?sent=1")
        assert 'id="email"' in page.text


async def test_a_page_with_a_query_comes_back_with_it(small_world: World) -> None:
    await small_world.subscriber()
    async with browser(small_world) as person:
        await person.sign_in()
        await person.open("/forgot-password?from=letter&x=1")
        await prefer(person, "theme", "dark")
        assert str(person.page.url).endswith("/forgot-password?from=letter&x=1")
