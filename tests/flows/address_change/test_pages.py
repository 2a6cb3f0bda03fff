"""The pages of a change of address."""

from datetime import timedelta

from tests.support.browser import browser
from tests.support.world import World

ALICE, NEW = "alice@example.org", "alice@new.example.org"


async def test_the_address_changes_by_the_code_from_the_new_mailbox(world: World) -> None:
    await world.subscriber()
    async with browser(world) as alice:
        await alice.sign_in()
        await alice.open("/account/email")
        await alice.send("/account/email", newEmail=NEW)
        assert NEW in alice.text
        wrong = await alice.send("/account/email/code", code="000000", newEmail=NEW)
        assert (wrong.status_code, NEW in alice.text) == (400, True)
        code = (await world.newest(NEW, "address_change/confirm")).code or ""
        await alice.send("/account/email/code", code=f" {code[:3]} {code[3:]} ", newEmail=NEW)
        assert "Your address is changed" in alice.text
        await alice.open("/account")
        assert NEW in alice.text


async def test_the_link_shows_a_page_and_only_the_click_confirms(world: World) -> None:
    await world.subscriber()
    async with browser(world) as alice, browser(world) as elsewhere:
        await alice.sign_in()
        await alice.open("/account/email")
        await alice.send("/account/email", newEmail=NEW)
        token = await world.token(NEW, "address_change/confirm")
        for _ in range(2):
            await elsewhere.open(f"/change-email/confirm?token={token}")
            assert NEW in elsewhere.text
        await elsewhere.send("/change-email/confirm", token=token)
        assert "Your address is changed" in elsewhere.text
        gone = await elsewhere.open(f"/change-email/confirm?token={token}")
        assert gone.status_code == 400
        assert (await alice.open("/account")).status_code == 200


async def test_the_old_mailbox_undoes_it_with_a_click(world: World) -> None:
    await world.subscriber()
    async with browser(world) as alice, browser(world) as owner:
        await alice.sign_in()
        await alice.open("/account/email")
        await alice.send("/account/email", newEmail=NEW)
        token = await world.token(ALICE, "address_change/notice")
        await owner.open(f"/change-email/undo?token={token}")
        assert ALICE in owner.text
        assert NEW in owner.text
        await owner.send("/change-email/undo", token=token)
        assert "Your address is kept" in owner.text
        await alice.open("/account")
        assert alice.path == "/login"


async def test_a_stale_sign_in_is_asked_to_sign_in_again_and_comes_back(world: World) -> None:
    await world.subscriber()
    async with browser(world) as alice:
        await alice.sign_in()
        world.clock.advance(timedelta(minutes=16))
        await alice.open("/account/email")
        assert alice.path == "/login"
        await alice.send(
            "/login",
            email=ALICE,
            password="a quiet harbour at dawn",
            return_to="/account/email",
        )
        assert alice.path == "/account/email"


async def test_a_taken_address_looks_no_different(small_world: World) -> None:
    await small_world.subscriber()
    await small_world.subscriber("bob@example.org")
    pages = []
    async with browser(small_world) as alice:
        await alice.sign_in()
        for address in (NEW, "bob@example.org"):
            await alice.open("/account/email")
            await alice.send("/account/email", newEmail=address)
            pages.append(alice.text.replace(address, "…"))
    assert pages[0] == pages[1]
