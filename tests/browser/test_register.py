"""Register, and prove the mailbox: with JavaScript and without."""

import pytest

from tests.support.person import Person
from tests.support.world import PASSWORD


async def registers(alice: Person) -> None:
    await alice.opens("/login")
    await alice.follows("Create an account")
    await alice.types(firstName="Alice", lastName="Benali", email=alice.email, password=PASSWORD)
    await alice.presses("Create account")
    assert await alice.heading() == "Check your mailbox"
    assert alice.email in await alice.text()


@pytest.mark.req("A-01", "R-01")
async def test_a_stranger_registers_and_types_the_code(alice: Person) -> None:
    await registers(alice)
    mailbox = await alice.context.new_page()
    form, alice.page = alice.page, mailbox
    await alice.reads_letter("Confirm your email address")
    code = await alice.code()
    alice.page = form
    await alice.types(code=f" {code[:3]} {code[3:]} ")
    await alice.presses("Confirm")
    assert await alice.heading() == "Your address is confirmed"
    await alice.follows("Sign in")
    await alice.signs_in()
    assert alice.path == "/account"


async def test_opening_the_link_twice_spends_nothing_and_a_click_confirms(alice: Person) -> None:
    await registers(alice)
    await alice.reads_letter("Confirm your email address")
    mailbox = alice.page
    await alice.follows_letter("Confirm my address")
    assert await alice.heading() == "Confirm your address"
    alice.page = mailbox
    await alice.follows_letter("Confirm my address")
    assert await alice.heading() == "Confirm your address"
    link = alice.path
    await alice.presses("Confirm my address")
    assert await alice.heading() == "Your address is confirmed"
    await alice.opens(link)
    assert await alice.heading() == "This link no longer works"
