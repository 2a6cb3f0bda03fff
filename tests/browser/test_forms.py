"""How forms behave under people's hands."""

import pytest

from tests.support.person import Newcomer, Person
from tests.support.world import PASSWORD

FOCUSED = "document.activeElement.id || document.activeElement.className"


async def pastes(person: Person, name: str, text: str) -> None:
    await person.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await person.script("(text) => navigator.clipboard.writeText(text)", text)
    await person.input(name).focus()
    await person.page.keyboard.press("ControlOrMeta+v")


async def test_one_identifies_oneself_with_a_password_manager_or_a_passkey(
    visitor: Person,
) -> None:
    for path in ("/login", "/login/code"):
        await visitor.opens(path)
        assert await visitor.input("email").get_attribute("autocomplete") == "username webauthn"


async def test_a_password_can_be_pasted(visitor: Person) -> None:
    await visitor.opens("/login")
    await pastes(visitor, "password", PASSWORD)
    assert await visitor.input("password").input_value() == PASSWORD


@pytest.mark.parametrize("typed", ["492 817", " 492-817\n", "٤٩٢٨١٧", "492\u00a0817"])
async def test_a_pasted_code_is_cleaned(visitor: Person, typed: str) -> None:
    await visitor.opens("/resend-verification")
    await visitor.types(email=visitor.email)
    await visitor.presses("Send")
    await pastes(visitor, "code", typed)
    assert await visitor.input("code").input_value() == "492817"


async def test_a_code_typed_in_arabic_digits_is_understood(alice: Person) -> None:
    await alice.site.account(alice.email)
    await alice.opens("/login/code")
    await alice.types(email=alice.email)
    await alice.presses("Send code and link")
    code = (await alice.site.letter(alice.email, "login/sign_in_code"))["code"]
    await alice.types(code="".join(chr(0x0660 + int(digit)) for digit in code))
    await alice.presses("Sign in")
    assert alice.path == "/account"


async def test_a_password_is_shown_on_request_and_never_sent_as_text(visitor: Person) -> None:
    await visitor.opens("/login")
    await visitor.types(email=visitor.email, password=PASSWORD)
    show = visitor.page.get_by_role("button", name="Show password")
    assert await show.get_attribute("aria-pressed") == "false"
    await show.click()
    assert await visitor.input("password").get_attribute("type") == "text"
    assert await show.get_attribute("aria-pressed") == "true"
    await visitor.presses("Sign in")
    assert await visitor.input("password").get_attribute("type") == "password"
    assert await visitor.input("password").input_value() == ""


async def test_what_is_wrong_is_told_first_and_leads_to_its_field(alice: Person) -> None:
    await alice.opens("/register")
    await alice.types(email="zoe@", password="short")
    await alice.presses("Create account")
    assert (await alice.page.title()).startswith("Error:")
    summary = alice.page.locator("[data-summary]")
    assert await alice.script("document.activeElement.matches('[data-summary]')")
    assert await summary.get_by_role("link").all_inner_texts() == [
        "First name: Please fill in this field.",
        "This is not an email address. It looks like name@example.org.",
        "This password is too short.",
    ]
    await summary.get_by_role("link", name="This password").click()
    assert await alice.script(FOCUSED) == "password"
    password = alice.input("password")
    assert await password.get_attribute("aria-invalid") == "true"
    described = (await password.get_attribute("aria-describedby") or "").split()
    told = [await alice.page.locator(f"#{name}").inner_text() for name in described]
    assert told[-1] == "This password is too short."
    assert "15 characters" in told[0]
    assert await alice.input("email").input_value() == "zoe@"
    assert await password.input_value() == ""


async def test_a_form_is_posted_and_leads_to_a_page(visitor: Person) -> None:
    await visitor.opens("/login")
    await visitor.signs_in()
    posts = [request for request in visitor.requests if request.method == "POST"]
    assert [(post.is_navigation_request(), post.resource_type) for post in posts] == [
        (True, "document")
    ]


async def test_an_impatient_thumb_sends_a_form_once(visitor: Person) -> None:
    await visitor.opens("/login/code")
    await visitor.types(email=visitor.email)
    async with visitor.page.expect_navigation():
        await visitor.script(
            "() => { const send = document.querySelector('main form button');"
            " for (let press = 0; press < 3; press++) send.click(); }"
        )
    assert len([request for request in visitor.requests if request.method == "POST"]) == 1


async def test_another_letter_can_be_asked_for_after_a_visible_wait(visitor: Person) -> None:
    await visitor.page.clock.install(time=0)
    await visitor.page.clock.pause_at(1)  # or a slow machine's seconds would count, too
    await visitor.opens("/forgot-password")
    await visitor.types(email=visitor.email)
    await visitor.presses("Send the code")
    again = visitor.page.get_by_role("button", name="Send it again")
    wait = visitor.page.locator("[data-wait]")
    assert await again.is_disabled()
    assert "1:00" in await wait.inner_text()
    await visitor.page.clock.run_for(20_000)
    assert "0:40" in await wait.inner_text()
    await visitor.page.clock.run_for(41_000)
    assert await again.is_enabled()
    assert await wait.is_hidden()
    await visitor.presses("Send it again")
    assert await visitor.heading() == "Check your mailbox"


async def test_without_scripts_the_wait_is_told_and_the_server_judges(newcomer: Newcomer) -> None:
    person = await newcomer(java_script_enabled=False)
    await person.opens("/forgot-password")
    await person.types(email=person.email)
    await person.presses("Send the code")
    assert "You can ask for another one in 1:00." in await person.text()
    await person.presses("Send it again")
    assert await person.heading() == "Check your mailbox"
