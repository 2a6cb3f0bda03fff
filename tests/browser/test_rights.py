"""A person takes a copy of their data along, withdraws a consent, and has the account erased."""

import json
import zipfile

import pytest
import pytest_asyncio

from tests.support.person import Person


@pytest_asyncio.fixture(loop_scope="session")
async def member(alice: Person) -> Person:
    """Return somebody with an account, signed in."""
    await alice.site.account(alice.email)
    await alice.signs_in()
    return alice


@pytest.mark.req("N-53", "N-56")
async def test_a_copy_is_prepared_and_downloaded_by_the_link_of_the_letter(
    member: Person,
) -> None:
    await member.follows("Data")
    assert await member.heading() == "Your data"
    await member.presses("Prepare a copy")
    assert "Your copy is being prepared." in await member.text()
    link = (await member.site.letter(member.email, "data_export/export_ready"))["link"]
    await member.opens(link)
    async with member.page.expect_download() as started:
        await member.page.get_by_role("button", name="Download my data").click()
    path = await (await started.value).path()
    with zipfile.ZipFile(path) as packed:
        told = json.loads(packed.read("export.json"))
    assert told["profile"]["email"] == member.email
    await member.opens("/account/data")
    assert "Downloaded" in await member.text()
    assert member.troubles == []


@pytest.mark.req("N-50")
async def test_a_consent_is_withdrawn_where_it_was_given_by_one_button(member: Person) -> None:
    await member.follows("Consents")
    await member.presses("Allow News and offers")
    assert "Noted." in await member.text()
    await member.presses("Withdraw News and offers")
    assert "Withdrawn." in await member.text()
    assert member.troubles == []


async def test_news_end_by_the_link_of_a_letter_without_a_sign_in(alice: Person) -> None:
    allowed = {"processing": True, "marketing": True}
    await alice.site.account(alice.email, consents=allowed)
    await alice.opens(alice.site.unsubscribe_path(alice.email))
    assert await alice.heading() == "No more news and offers?"
    await alice.presses("Stop such letters")
    assert await alice.heading() == "You will get no more news and offers"
    await alice.signs_in()
    await alice.follows("Consents")
    await alice.page.get_by_role("button", name="Allow News and offers").wait_for()
    assert alice.troubles == []


@pytest.mark.req("N-55")
async def test_an_account_is_closed_and_the_letter_opens_it_again(member: Person) -> None:
    await member.follows("Data")
    await member.follows("Delete my account")
    assert "14 days" in await member.text()
    await member.presses("Delete my account")
    assert await member.heading() == "Your account is closed"
    await member.signs_in()
    assert member.path.startswith("/login")
    link = (await member.site.letter(member.email, "erasure/erasure_asked"))["link"]
    await member.opens(link)
    await member.presses("Keep my account")
    assert await member.heading() == "Your account is open again"
    await member.signs_in()
    assert member.path == "/account"
