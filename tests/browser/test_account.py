"""Signed in: the account's pages, told with JavaScript and without."""

import pytest_asyncio

from tests.support.person import Newcomer, Person
from tests.support.world import NEW_PASSWORD, PASSWORD


@pytest_asyncio.fixture(loop_scope="session")
async def member(alice: Person) -> Person:
    """Return somebody with an account, signed in."""
    await alice.site.account(alice.email)
    await alice.signs_in()
    assert alice.path == "/account"
    return alice


async def test_profile_and_language_change_and_stay(member: Person) -> None:
    assert await member.input("firstName").input_value() == "Alice"
    await member.types(firstName="Amina", phone="+213 555 12 34 56")
    await member.input("language").select_option("fr")
    await member.presses("Save")
    assert await member.heading() == "Votre profil"
    assert await member.html("lang") == "fr"
    assert "Enregistré" in await member.text()
    await member.opens("/account")
    assert await member.input("firstName").input_value() == "Amina"
    assert await member.input("phone").input_value() == "+213555123456"
    assert await member.input("language").input_value() == "fr"


async def test_a_new_password_ends_the_other_sessions(
    member: Person, newcomer: Newcomer, way: dict[str, bool]
) -> None:
    elsewhere = await newcomer(email=member.email, **way)
    await elsewhere.signs_in()
    await member.follows("Security")
    await member.types(currentPassword="not this one", newPassword=NEW_PASSWORD)
    await member.presses("Change password")
    assert "This is not your current password." in await member.text()
    await member.types(currentPassword=PASSWORD, newPassword=NEW_PASSWORD)
    await member.presses("Change password")
    assert "Your password is changed" in await member.text()
    await elsewhere.follows("Sessions")
    assert await elsewhere.heading() == "Sign in"
    await elsewhere.signs_in(PASSWORD)
    assert "The email address or the password is wrong." in await elsewhere.text()
    await elsewhere.signs_in(NEW_PASSWORD)
    assert elsewhere.path == "/account/sessions"


async def test_sessions_are_listed_and_one_is_ended(
    member: Person, newcomer: Newcomer, way: dict[str, bool]
) -> None:
    elsewhere = await newcomer(email=member.email, **way)
    await elsewhere.signs_in()
    await member.follows("Sessions")
    rows = member.page.locator("main .rows > li")
    assert await rows.count() == 2
    assert await rows.filter(has_text="This one").count() == 1
    other = rows.filter(has=member.page.get_by_role("button"))
    await member.leaves_by(other.get_by_role("button", name="End"))
    assert "The session has ended." in await member.text()
    assert await rows.count() == 1
    await elsewhere.follows("Sessions")
    assert await elsewhere.heading() == "Sign in"


async def test_the_address_changes_by_code_and_changes_back_by_the_old_mailbox(
    member: Person, newcomer: Newcomer, way: dict[str, bool]
) -> None:
    new = f"new.{member.email}"
    await member.follows("Change address")
    await member.types(newEmail=new)
    await member.presses("Change address")
    form, member.page = member.page, await member.context.new_page()
    await member.reads_letter("Confirm your new address", to=new)
    code = await member.code()
    member.page = form
    await member.types(code=code)
    await member.presses("Use this address")
    assert await member.heading() == "Your address is changed"
    await member.follows("Go to my account")
    assert new in await member.text()

    owner = await newcomer(email=member.email, **way)
    await owner.reads_letter("is changing")
    await owner.follows_letter("Keep my address")
    assert await owner.heading() == "Keep your old address?"
    await owner.presses("Keep the old address")
    assert await owner.heading() == "Your address is kept"
    await member.follows("Sessions")
    assert await member.heading() == "Sign in"
    await owner.reads_letter("uses this address again")
    await owner.follows_letter("Choose a new password")
    await owner.types(password=NEW_PASSWORD)
    await owner.presses("Save the new password")
    await owner.signs_in(NEW_PASSWORD)
    assert owner.path == "/account"
    assert owner.email in await owner.text()


async def test_the_new_address_can_be_confirmed_by_its_link(member: Person) -> None:
    new = f"new.{member.email}"
    await member.follows("Change address")
    await member.types(newEmail=new)
    await member.presses("Change address")
    await member.reads_letter("Confirm your new address", to=new)
    await member.follows_letter("Use this address")
    assert await member.heading() == "Confirm your new address"
    await member.presses("Use this address")
    assert await member.heading() == "Your address is changed"


async def test_signing_out_everywhere_leaves_nobody_in(
    member: Person, newcomer: Newcomer, way: dict[str, bool]
) -> None:
    elsewhere = await newcomer(email=member.email, **way)
    await elsewhere.signs_in()
    await member.follows("Sessions")
    await member.presses("Sign out everywhere")
    assert await member.heading() == "You are signed out"
    await elsewhere.follows("Sessions")
    assert await elsewhere.heading() == "Sign in"
