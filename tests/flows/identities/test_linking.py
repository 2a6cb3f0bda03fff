"""Linking other sign-ins to an account, and unlinking them."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.browser import browser
from tests.support.facts import facts
from tests.support.voucher import Voucher
from tests.support.vouchers import Github, Google, Linkedin, links, signs_in_by, town
from tests.support.world import World
from tests.support.worlds import Opener
from watchword.kernel.identity import Identity
from watchword.kernel.ids import SubscriberId
from watchword.kernel.ports import Visitor
from watchword.operations.flags.rules import wish
from watchword.operations.flags.service import Switching
from watchword.records.linked_identities.service import LinkedIdentities
from watchword.records.subscribers.rules import Subscriber

ALICE = "alice@example.org"
VISITOR = Visitor(
    address="203.0.113.7", network="203.0.113.7", user_agent="", language="en", request_id="r"
)
KINDS: list[Any] = [Google, Github, Linkedin, Voucher]


async def linked(world: World, owner: Subscriber) -> list[str]:
    found = await world.part(LinkedIdentities).of_user(world.database, owner.id)
    return [each.label for each in found]


async def only(world: World, owner: Subscriber) -> str:
    [found] = await world.part(LinkedIdentities).of_user(world.database, owner.id)
    return str(found.id)


@pytest.mark.req("D-64")
@pytest.mark.parametrize("kind", KINDS)
async def test_whoever_is_signed_in_links_a_provider_and_signs_in_by_it(
    worlds: Opener, kind: Any
) -> None:
    provider = kind()
    async with town(worlds, provider) as world, browser(world) as alice:
        owner = await world.subscriber()
        await alice.sign_in()
        await links(alice, provider, email="another@example.org", email_verified=False)
        assert (alice.path, "It is linked" in alice.text) == ("/account/identities", True)
        assert await linked(world, owner) == ["another@example.org"]
        letter = await world.newest(ALICE, "identities/identity_linked")
        assert "If it was not you" in letter.text
        async with browser(world) as again:
            await signs_in_by(again, provider)
            assert (again.path, ALICE in again.text) == ("/account", True)
        assert len(await facts(world, "id.identity.linked")) == 1


async def test_linking_twice_is_linking_once(worlds: Opener) -> None:
    google = Google()
    async with town(worlds, google) as world, browser(world) as alice, browser(world) as other:
        owner = await world.subscriber()
        for seat in (alice, other):
            await seat.sign_in()
        await alice.open("/account/identities")
        page = await alice.post("/account/identities/link", provider="google")
        way = google.approves(page.headers["refresh"].removeprefix("0; url="))
        await links(other, google)
        await alice.open(way)
        assert (alice.path, "It is linked" in alice.text) == ("/account/identities", True)
        assert await linked(world, owner) == [ALICE]
        assert len(await facts(world, "id.identity.linked")) == 1


async def test_an_earlier_way_there_leads_back_too(worlds: Opener) -> None:
    google = Google()
    async with town(worlds, google) as world, browser(world) as alice:
        owner = await world.subscriber()
        await alice.sign_in()
        await alice.open("/account/identities")
        page = await alice.post("/account/identities/link", provider="google")
        way = google.approves(page.headers["refresh"].removeprefix("0; url="))
        await links(alice, google)
        await alice.open("/account/identities")
        assert "Link Google" not in alice.text
        assert (await alice.open(way)).status_code == 200  # the earlier tab comes back, too
        assert await linked(world, owner) == [ALICE]


async def test_a_second_one_of_the_same_provider_is_refused(worlds: Opener) -> None:
    google = Google()
    async with town(worlds, google) as world, browser(world) as alice:
        owner = await world.subscriber()
        await alice.sign_in()
        await alice.open("/account/identities")
        page = await alice.post("/account/identities/link", provider="google")
        async with browser(world) as other:
            await other.sign_in()
            await links(other, google)
        way = google.approves(page.headers["refresh"].removeprefix("0; url="), sub="2")
        refused = await alice.open(way)
        assert (refused.status_code, "Unlink that one first" in alice.text) == (409, True)
        assert len(await linked(world, owner)) == 1


@pytest.mark.req("D-64")
async def test_one_identity_opens_one_account(worlds: Opener) -> None:
    google = Google()
    async with town(worlds, google) as world, browser(world) as alice, browser(world) as bob:
        await world.subscriber()
        owner = await world.subscriber("bob@example.org")
        await alice.sign_in()
        await links(alice, google)
        await bob.sign_in("bob@example.org")
        refused = await links(bob, google)
        assert (refused.status_code, "another account" in bob.text) == (409, True)
        [failure] = await facts(world, "id.login.failed")
        assert (failure.user_id, failure.facts["reason"]) == (owner.id, "identity_taken")
        await bob.open("/account/activity")
        assert ("A sign-in was refused" in bob.text, "wrong password" in bob.text) == (True, False)
        assert await linked(world, owner) == []


@pytest.mark.req("D-64")
async def test_linking_asks_for_a_fresh_sign_in(worlds: Opener) -> None:
    google = Google()
    async with town(worlds, google) as world, browser(world) as alice:
        await world.subscriber()
        await alice.sign_in()
        await alice.open("/account/identities")
        world.clock.advance(timedelta(minutes=16))
        answered = await alice.post("/account/identities/link", provider="google")
        assert (answered.status_code, answered.headers["location"].partition("&")[0]) == (
            303,
            "/login?fresh=1",
        )


@pytest.mark.req("D-64")
async def test_a_link_comes_back_to_the_session_that_began_it_alone(worlds: Opener) -> None:
    google = Google()
    async with town(worlds, google) as world, browser(world) as alice:
        owner = await world.subscriber()
        bob = await world.subscriber("bob@example.org")

        async def way() -> str:
            await alice.sign_in()
            await alice.open("/account/identities")
            page = await alice.post("/account/identities/link", provider="google")
            return google.approves(page.headers["refresh"].removeprefix("0; url="))

        back = await way()
        await alice.sign_in("bob@example.org")  # somebody else sits down at this browser
        assert (await alice.open(back)).status_code == 400
        back = await way()
        await alice.open("/account")
        await alice.send("/sign-out")
        assert (await alice.open(back)).status_code == 400
        assert await linked(world, owner) == await linked(world, bob) == []
        assert await facts(world, "id.user.registered") == []


async def test_nobody_is_led_to_link_by_a_page_of_somebody_elses(small_worlds: Opener) -> None:
    async with town(small_worlds, Google()) as world, browser(world) as alice:
        await world.subscriber()
        await alice.sign_in()
        refused = await alice.client.post("/account/identities/link", data={"provider": "google"})
        assert refused.status_code == 403
        assert (await alice.client.get("/account/identities/link")).status_code in {404, 405}


@pytest.mark.req("D-64")
async def test_an_identity_is_unlinked_and_everything_else_ends(worlds: Opener) -> None:
    google = Google()
    async with town(worlds, google) as world, browser(world) as alice, browser(world) as other:
        owner = await world.subscriber()
        await alice.sign_in()
        await links(alice, google)
        await signs_in_by(other, google)
        await alice.open("/account/identities")
        await alice.send(f"/account/identities/{await only(world, owner)}/unlink")
        assert (alice.path, "It is unlinked" in alice.text) == ("/account/identities", True)
        assert await linked(world, owner) == []
        assert (await other.open("/account")).url.path == "/login"
        assert (await signs_in_by(other, google)).status_code == 409
        [told] = await facts(world, "id.identity.unlinked")
        assert (told.user_id, told.facts) == (owner.id, {"provider": "google"})
        assert "unlinked" in (await world.newest(ALICE, "identities/identity_unlinked")).text


async def test_the_last_way_in_stays(worlds: Opener) -> None:
    google, github = Google(), Github()
    async with town(worlds, google, github) as world, browser(world) as alice:
        await signs_in_by(alice, google)
        [registered] = await facts(world, "id.user.registered")
        [first] = await world.part(LinkedIdentities).of_user(world.database, registered.user_id)
        await alice.open("/account/identities")
        refused = await alice.send(f"/account/identities/{first.id}/unlink")
        assert (refused.status_code, "last way into" in alice.text) == (409, True)
        await links(alice, github)
        await alice.open("/account/identities")
        await alice.send(f"/account/identities/{first.id}/unlink")
        assert "It is unlinked" in alice.text


async def test_programs_list_and_unlink(worlds: Opener) -> None:
    google = Google()
    async with town(worlds, google) as world, browser(world) as alice:
        owner = await world.subscriber()
        await alice.sign_in()
        await links(alice, google)
        async with world.client() as program:
            await world.sign_in(program)
            told = (await program.get(world.path("/auth/identities"))).json()["identities"]
            [entry] = told
            assert (entry["provider"], entry["title"], entry["label"]) == (
                "google",
                "Google",
                ALICE,
            )
            assert "subject" not in entry
            for wrong in ("nonsense", "018f0000-0000-7000-8000-000000000000"):
                missing = await program.delete(world.path(f"/auth/identities/{wrong}"))
                assert missing.status_code == 404
            gone = await program.delete(world.path(f"/auth/identities/{entry['id']}"))
            assert gone.status_code == 204
            assert await linked(world, owner) == []


async def test_nobody_unlinks_what_is_somebody_elses(worlds: Opener) -> None:
    google = Google()
    async with town(worlds, google) as world, browser(world) as alice, world.client() as program:
        owner = await world.subscriber()
        await world.subscriber("bob@example.org")
        await alice.sign_in()
        await links(alice, google)
        await world.sign_in(program, "bob@example.org")
        path = world.path(f"/auth/identities/{await only(world, owner)}")
        assert (await program.delete(path)).status_code == 404
        assert len(await linked(world, owner)) == 1
        assert (await program.get(world.path("/auth/identities"))).json() == {"identities": []}


async def test_an_undone_change_of_address_takes_what_was_linked_with_it(worlds: Opener) -> None:
    google = Google()
    async with town(worlds, google) as world, browser(world) as thief, browser(world) as owner:
        alice = await world.subscriber()
        await thief.sign_in()
        await links(thief, google, email="mallory@example.org", sub="666")
        await thief.open("/account/email")
        await thief.send("/account/email", newEmail="mallory@example.org")
        token = await world.token(ALICE, "address_change/notice")
        await owner.open(f"/change-email/undo?token={token}")
        await owner.send("/change-email/undo", token=token)
        assert await linked(world, alice) == []
        refused = await signs_in_by(thief, google, email=ALICE, sub="666")
        assert refused.status_code == 409


async def test_a_provider_that_is_offered_no_longer_can_still_be_unlinked(
    worlds: Opener,
) -> None:
    google = Google()
    async with town(worlds, google) as world, browser(world) as alice:
        owner = await world.subscriber()
        await alice.sign_in()
        await links(alice, google)
        which = await only(world, owner)
    async with worlds() as world, browser(world) as alice:
        await alice.sign_in()
        await alice.open("/account/security")
        await alice.open("/account/identities")
        assert google.issuer in alice.text
        await alice.send(f"/account/identities/{which}/unlink")
        assert "It is unlinked" in alice.text


@pytest.mark.req("D-64")
async def test_a_provider_that_is_out_of_the_settings_or_switched_off_is_no_way_in(
    worlds: Opener,
) -> None:
    google, staff = Google(), Voucher()
    gone = Identity(issuer="https://gone.example.org", subject="7", email=ALICE)
    async with town(worlds, google, staff) as world, browser(world) as alice:
        await signs_in_by(alice, google)
        [registered] = await facts(world, "id.user.registered")
        identities, user_id = world.part(LinkedIdentities), SubscriberId(registered.user_id)
        [first] = await identities.of_user(world.database, user_id)
        async with world.database.transaction() as tx:
            await identities.link(tx, user_id, gone, VISITOR, world.clock.now())
        await alice.open("/account/identities")
        refused = await alice.send(f"/account/identities/{first.id}/unlink")
        assert (refused.status_code, "last way into" in alice.text) == (409, True)
        await links(alice, staff)
        switching = world.part(Switching)
        for share, status in (("off", 409), ("on", 200)):
            await switching.switch("oauth.others", wish(share, ""), "test")
            await alice.open("/account/identities")
            told = await alice.send(f"/account/identities/{first.id}/unlink")
            assert told.status_code == status


async def test_the_security_page_leads_to_the_other_sign_ins(small_worlds: Opener) -> None:
    async with town(small_worlds, Google()) as world, browser(world) as alice:
        await world.subscriber()
        await alice.sign_in()
        await alice.open("/account/security")
        assert "Other ways to sign in" in alice.text
        await alice.open("/account/identities")
        assert "No other sign-in" in alice.text
