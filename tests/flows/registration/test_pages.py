"""The pages of a registration, in a browser without JavaScript."""

import pytest

from tests.support.browser import browser
from tests.support.world import PASSWORD, World

ALICE = "alice@example.org"
FORM = {
    "firstName": "Aïcha",
    "lastName": "Benali",
    "email": ALICE,
    "phone": "",
    "password": PASSWORD,
    "language": "fr",
}


@pytest.mark.req("A-31", "A-32")
async def test_somebody_registers_confirms_by_link_and_signs_in(world: World) -> None:
    async with browser(world) as alice:
        await alice.open("/register")
        await alice.send("/register", **FORM)
        assert ALICE in alice.text
        token = await world.token(ALICE)
        for _ in range(2):
            page = await alice.open(f"/verify-email?token={token}")
            assert page.status_code == 200, "opening the link spends nothing"
        await alice.send("/verify-email", token=token)
        assert "Your address is confirmed" in alice.text
        await alice.sign_in()
        assert alice.path == "/account"
        gone = await alice.open(f"/verify-email?token={token}")
        assert gone.status_code == 400
        assert 'href="/resend-verification"' in gone.text


async def test_somebody_registers_and_confirms_by_the_code(world: World) -> None:
    async with browser(world) as alice:
        await alice.open("/register")
        await alice.send("/register", **FORM)
        wrong = await alice.send("/verify-email", email=ALICE, code="000000")
        assert (wrong.status_code, 'href="#code"' in wrong.text or "wrong" in alice.text) == (
            400,
            True,
        )
        code = await world.code(ALICE)
        await alice.send("/verify-email", email=ALICE, code=f"{code[:3]} {code[3:]}")
        assert "Your address is confirmed" in alice.text


async def test_a_taken_address_looks_no_different_on_the_page(small_world: World) -> None:
    await small_world.subscriber(ALICE)
    pages = []
    for address in (ALICE, "nobody@example.org"):
        async with browser(small_world) as somebody:
            await somebody.open("/register")
            page = await somebody.send("/register", **{**FORM, "email": address})
            pages.append((page.status_code, somebody.text.replace(address, "…")))
    assert pages[0] == pages[1]


@pytest.mark.req("A-20")
async def test_every_fault_is_shown_at_its_field_and_what_was_typed_stays(
    small_world: World,
) -> None:
    async with browser(small_world) as somebody:
        await somebody.open("/register")
        page = await somebody.send(
            "/register", **{**FORM, "firstName": "", "email": "no address", "password": "short"}
        )
    assert page.status_code == 422
    for field in ("firstName", "email", "password"):
        assert f'href="#{field}"' in page.text
        assert f'id="{field}-fault"' in page.text
    assert 'value="Benali"' in page.text
    assert 'value="no address"' in page.text
    assert 'value="short"' not in page.text


async def test_another_letter_is_sent_on_request_and_the_old_link_dies(world: World) -> None:
    async with browser(world) as alice:
        await alice.open("/register")
        await alice.send("/register", **FORM)
        first = await world.token(ALICE)
        await alice.open("/resend-verification")
        await alice.send("/resend-verification", email=ALICE)
        assert ALICE in alice.text
        assert (await alice.open(f"/verify-email?token={first}")).status_code == 400
        second = await world.token(ALICE)
        await alice.open(f"/verify-email?token={second}")
        await alice.send("/verify-email", token=second)
        assert "Your address is confirmed" in alice.text


async def test_an_address_that_two_strangers_wanted_asks_for_a_new_password(world: World) -> None:
    async with browser(world) as alice:
        for name in ("Aïcha", "Mallory"):
            await alice.open("/register")
            await alice.send("/register", **{**FORM, "firstName": name})
            token = await world.token(ALICE)
        await alice.open(f"/verify-email?token={token}")
        await alice.send("/verify-email", token=token)
        assert "Now choose a password" in alice.text
        assert 'href="/forgot-password"' in alice.page.text
