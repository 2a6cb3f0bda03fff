"""Mailboxes that look alike are not one account, and a letter goes where its account is read."""

import pytest

from tests.support.world import PASSWORD, World
from watchword.plumbing.contact import email_address

AUTH = "/api/v1/auth"
ALIKE = [
    ("hstrasse@example.org", "hstraße@example.org"),
    ("sam@example.org", "\u017fam@example.org"),
    ("office@example.org", "o\ufb03ce@example.org"),
    ("\u03c3\u03c3@example.org", "\u03c3\u03c2@example.org"),
    ("boss@strasse.example", "boss@straße.example"),
    ("boss@strasse.example", "boss@xn--strae-oqa.example"),
]


@pytest.mark.parametrize(("theirs", "other"), ALIKE)
def test_mailboxes_that_differ_by_more_than_the_case_of_a_letter_have_keys_of_their_own(
    theirs: str, other: str
) -> None:
    assert email_address(theirs).key != email_address(other).key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Alice@Example.ORG", "alice@example.org"),
        ("ALICE@Bücher.example", "alice@xn--bcher-kva.example"),
        ("alice@XN--BCHER-KVA.example", "alice@xn--bcher-kva.example"),
    ],
)
def test_the_case_of_latin_letters_and_the_spelling_of_a_domain_make_no_other_mailbox(
    text: str, key: str
) -> None:
    assert email_address(text).key == key


@pytest.mark.parametrize("purpose", ["sign_in", "verify_email"])
async def test_a_code_asked_for_at_a_mailbox_that_looks_alike_opens_no_account(
    world: World, purpose: str
) -> None:
    await world.subscriber("hstrasse@example.org")
    other = "hstraße@example.org"
    async with world.client() as client:
        asked = {"email": other, "purpose": purpose}
        assert (await client.post(f"{AUTH}/otp/request", json=asked)).status_code == 202
        assert [each.template for each in await world.letters(other)] == ["login/no_account"]
        assert await world.letters("hstrasse@example.org") == []


async def test_a_code_goes_to_the_mailbox_of_the_account_however_it_was_typed(
    world: World,
) -> None:
    await world.subscriber("Alice@example.org")
    async with world.client() as client:
        await client.post(f"{AUTH}/otp/request", json={"email": "aLICE@EXAMPLE.org"})
        assert await world.letters("aLICE@example.org") == []
        assert await world.code("Alice@example.org")


async def test_whoever_has_the_mailbox_that_looks_alike_may_have_an_account_of_their_own(
    world: World,
) -> None:
    await world.subscriber("hstrasse@example.org")
    body = {
        "email": "hstraße@example.org",
        "password": PASSWORD,
        "firstName": "H",
        "lastName": "S",
    }
    async with world.client() as client:
        assert (await client.post(f"{AUTH}/register", json=body)).status_code == 201
    [letter] = await world.letters("hstraße@example.org")
    assert letter.template == "registration/verification"
