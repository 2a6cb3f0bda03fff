"""Ways in, and ways back in: told with JavaScript and without."""

import pytest_asyncio
from playwright.async_api import Page

from tests.support.person import Newcomer, Person
from tests.support.site import Site
from tests.support.world import NEW_PASSWORD, PASSWORD


@pytest_asyncio.fixture(loop_scope="session")
async def member(alice: Person) -> Person:
    """Return somebody with an account, not signed in."""
    await alice.site.account(alice.email)
    return alice


async def code_in_a_tab_of_its_own(person: Person, subject: str) -> tuple[Page, str]:
    form, person.page = person.page, await person.context.new_page()
    await person.reads_letter(subject)
    return form, await person.code()


async def test_a_forgotten_password_is_replaced_by_mail(member: Person) -> None:
    await member.signs_in()
    await member.presses("Sign out")
    assert await member.heading() == "You are signed out"
    await member.follows("Sign in again")
    await member.follows("Forgot your password?")
    await member.types(email=member.email)
    await member.presses("Send the code")
    assert await member.heading() == "Check your mailbox"
    await member.reads_letter("Choose a new password")
    await member.follows_letter("Choose a new password")
    link = member.path
    await member.types(password="password")
    await member.presses("Save the new password")
    assert await member.heading() == "Choose a new password"
    await member.types(password=NEW_PASSWORD)
    await member.presses("Save the new password")
    assert await member.heading() == "Your password is changed"
    await member.opens(link)
    assert await member.heading() == "This link no longer works"
    await member.follows("Send me a new link")
    await member.signs_in(PASSWORD)
    assert "The email address or the password is wrong." in await member.text()
    await member.signs_in(NEW_PASSWORD)
    assert member.path == "/account"


async def test_a_code_from_the_mailbox_signs_in(member: Person) -> None:
    await member.opens("/login?return_to=/account/sessions")
    await member.follows("Email me a sign-in code")
    await member.types(email=member.email)
    await member.presses("Send code and link")
    form, code = await code_in_a_tab_of_its_own(member, "Your sign-in code")
    member.page = form
    await member.types(code="12 34")
    await member.presses("Sign in")
    assert "This is not a code" in await member.text()
    await member.types(code=f"{code[:3]} {code[3:]}")
    await member.presses("Sign in")
    assert member.path == "/account/sessions"


async def test_a_link_from_the_mailbox_signs_in_where_it_is_opened(member: Person) -> None:
    await member.opens("/login/code")
    await member.types(email=member.email)
    await member.presses("Send code and link")
    await member.reads_letter("Your sign-in code")
    await member.follows_letter("Sign in")
    assert member.email in await member.text()
    link = member.path
    await member.presses("Sign in")
    assert member.path == "/account"
    await member.opens(link)
    assert await member.heading() == "This link no longer works"


async def test_a_forgotten_password_is_replaced_by_the_code(member: Person) -> None:
    await member.opens("/forgot-password")
    await member.types(email=member.email)
    await member.presses("Send the code")
    form, code = await code_in_a_tab_of_its_own(member, "Choose a new password")
    member.page = form
    await member.types(code=code, password="password")
    await member.presses("Save the new password")
    assert "This password is too short." in await member.text()
    await member.types(code=code, password=NEW_PASSWORD)
    await member.presses("Save the new password")
    assert await member.heading() == "Your password is changed"
    await member.signs_in(NEW_PASSWORD)
    assert member.path == "/account"


async def test_signing_in_before_the_mailbox_is_proven_asks_for_the_code(alice: Person) -> None:
    await alice.site.register(alice.email)
    await alice.signs_in()
    assert await alice.heading() == "Check your mailbox"
    form, code = await code_in_a_tab_of_its_own(alice, "Your sign-in code")
    alice.page = form
    await alice.types(code=code)
    await alice.presses("Sign in")
    assert alice.path == "/account"


async def test_wrong_passwords_lock_the_account_and_a_letter_opens_it(member: Person) -> None:
    await member.opens("/login")
    for _ in range(5):
        await member.signs_in("not this one")
        assert "The email address or the password is wrong." in await member.text()
    await member.signs_in(PASSWORD)
    assert "There were too many attempts." in await member.text()
    await member.reads_letter("is locked for now")
    await member.follows_letter("Unlock my account")
    assert await member.heading() == "Unlock your account"
    await member.presses("Unlock my account")
    assert await member.heading() == "Your account is unlocked"
    await member.follows("Sign in")
    await member.signs_in(PASSWORD)
    assert member.path == "/account"


async def test_the_printed_link_makes_the_first_administrator(
    newcomer: Newcomer, way: dict[str, bool]
) -> None:
    site = await Site.start()
    try:
        ada = await newcomer(at=site, **way)
        await ada.opens(site.setup_link)
        await ada.types(firstName="Ada", lastName="Sari", email=ada.email, password=PASSWORD)
        await ada.presses("Create administrator")
        assert await ada.heading() == "Everything is ready"
        assert ada.email in await ada.text()
        await ada.follows("Go to my account")
        assert ada.path == "/account"
        await ada.opens(site.setup_link)
        assert await ada.heading() == "This link no longer works"
    finally:
        await site.stop()
