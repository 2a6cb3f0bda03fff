"""A certified provider vouches for people here, by nothing but its discovery document."""

import re
from collections.abc import Callable

import httpx2
import pytest

from tests.support.browser import Browser, browser
from tests.support.facts import facts
from tests.support.services.oidc_provider import OidcProvider
from tests.support.voucher import CALLBACK
from tests.support.world import World
from tests.support.worlds import Opener
from watchword.kernel.clock import SystemClock
from watchword.plumbing.contact import email_address
from watchword.records.subscribers.service import Subscribers

Start = Callable[..., OidcProvider]
PATIENCE = 60.0  # seconds; it signs by RSA, beside all else that runs
HERE = CALLBACK.format(name="staff")


async def goes_there(who: Browser, name: str, **pressed: str) -> str:
    """Go to the provider, sign in there as somebody; return the address that leads back."""
    there = (await who.client.get("/auth/oauth/staff")).headers["location"]
    async with httpx2.AsyncClient(timeout=PATIENCE) as elsewhere:
        page = await elsewhere.get(there, follow_redirects=True)
        form = re.search(r'action="([^"]+)"', page.text)
        assert form, page.text
        answered = await elsewhere.post(str(page.url.join(form[1])), data={"name": name, **pressed})
        while not answered.headers["location"].startswith(HERE):
            answered = await elsewhere.get(str(answered.url.join(answered.headers["location"])))
        return str(answered.headers["location"])


def in_our_time(world: World) -> World:
    """Set the world's clock to this moment: the provider has no other."""
    world.clock.advance(SystemClock().now() - world.clock.now())
    return world


@pytest.mark.req("R-37", "D-64")
async def test_it_signs_people_in_again_and_again(
    small_worlds: Opener, oidc_provider: Start
) -> None:
    provider = oidc_provider(HERE)
    async with small_worlds(**provider.settings) as opened:
        world = in_our_time(opened)
        for _ in range(2):
            async with browser(world) as alice:
                await alice.open(await goes_there(alice, "alice"))
                assert (alice.path, alice.page.status_code) == ("/account", 200)
                assert "alice@example.org" in alice.text
        found = await world.part(Subscribers).find_by_email(
            world.database, email_address("alice@example.org")
        )
        assert found is not None
        assert (found.name, found.status) == ("Alice Benali", "active")
        assert len(await facts(world, "id.session.created")) == 2


async def test_it_says_no_when_they_do_and_calls_no_address_verified_that_is_not(
    small_worlds: Opener, oidc_provider: Start
) -> None:
    provider = oidc_provider(HERE)
    async with small_worlds(**provider.settings) as opened, browser(opened) as alice:
        in_our_time(opened)
        declined = await alice.open(await goes_there(alice, "alice", no="no"))
        assert (declined.status_code, "did not agree" in alice.text) == (403, True)
        unverified = await alice.open(await goes_there(alice, "unverified-bob"))
        assert unverified.status_code == 403
        assert await facts(opened, "id.user.registered") == []


@pytest.mark.req("D-64")
async def test_its_codes_are_good_once_and_for_who_began(
    small_worlds: Opener, oidc_provider: Start
) -> None:
    provider = oidc_provider(HERE)
    async with (
        small_worlds(**provider.settings) as opened,
        browser(opened) as alice,
        browser(opened) as mallory,
    ):
        in_our_time(opened)
        way = await goes_there(alice, "alice")
        assert (await mallory.open(way)).status_code == 400
        own = await goes_there(mallory, "mallory")
        code = re.search(r"code=([^&]+)", way)
        assert code
        crossed = re.sub(r"code=[^&]+", f"code={code[1]}", own)
        refused = await mallory.open(crossed)
        assert (refused.status_code, "did not confirm" in mallory.text) == (400, True)
        assert await facts(opened, "id.user.registered") == []


async def test_a_wrong_secret_of_ours_is_told_to_operators_alone(
    small_worlds: Opener, oidc_provider: Start
) -> None:
    provider = oidc_provider(HERE)
    told = {**provider.settings, "OIDC_CLIENT_SECRETS": "staff=another-secret"}
    async with small_worlds(**told) as opened, browser(opened) as alice:
        in_our_time(opened)
        refused = await alice.open(await goes_there(alice, "alice"))
        assert refused.status_code == 400
        assert "invalid_client" not in refused.text
        assert "invalid_client" in opened.log.getvalue()
