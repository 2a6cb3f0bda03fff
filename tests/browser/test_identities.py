"""Signing in with another provider, linking it and unlinking it, in real pages of both sides."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.person import Newcomer, Person
from tests.support.ports import free_port
from tests.support.services.oidc_provider import OidcProvider, settings
from tests.support.site import Site


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def neighbours(
    oidc_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Site, OidcProvider]]:
    """Yield a service, and a certified provider that sends people back to it."""
    port = free_port()
    told = {**settings(f"http://127.0.0.1:{port}"), "CONSENT_REQUIRED": "true"}
    site = await Site.start(told)
    callback = f"{site.url}/auth/oauth/staff/callback"
    folder = tmp_path_factory.mktemp("oidc-provider")
    provider = await asyncio.to_thread(OidcProvider.start, oidc_home, folder, callback, port)
    yield site, provider
    provider.stop()
    await site.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def traveller(
    newcomer: Newcomer, way: dict[str, bool], neighbours: tuple[Site, OidcProvider]
) -> Person:
    """Return a stranger who may see the provider's pages, too, once with JavaScript and once without."""
    site, provider = neighbours
    person = await newcomer(at=site, **way)
    person.friends = (provider.issuer,)
    return person


async def signs_in_there(person: Person, name: str) -> None:
    """Sign in at the provider, and come back."""
    await person.page.get_by_role("heading", name="Sign in there").wait_for()
    await person.types(name=name)
    await person.presses("Sign in")
    await person.page.wait_for_url(f"{person.site.url}/**")


@pytest.mark.req("R-37", "D-64")
async def test_a_newcomer_signs_in_with_a_button_says_what_we_may_do_and_has_an_account(
    traveller: Person, way: dict[str, bool]
) -> None:
    name = f"new-{way['java_script_enabled']}".lower()
    await traveller.opens("/login")
    await traveller.follows("Continue with Clinic staff")
    await signs_in_there(traveller, name)
    assert traveller.path == "/register/finish"
    assert f"{name}@example.org" in await traveller.text()
    await traveller.presses("Create my account")
    assert "Without this consent" in await traveller.text()
    await traveller.input("consents.processing").check()
    await traveller.presses("Create my account")
    assert traveller.path == "/account"
    assert f"{name}@example.org" in await traveller.text()
    await traveller.follows("Security")
    await traveller.follows("Other ways to sign in")
    await traveller.presses("Unlink")
    assert "This is the last way into your account." in await traveller.text()


@pytest.mark.req("D-64")
async def test_a_member_links_signs_in_by_it_and_unlinks(
    traveller: Person, way: dict[str, bool]
) -> None:
    name = f"member-{way['java_script_enabled']}".lower()
    traveller.email = await traveller.site.account(
        f"{name}@example.org", consents={"processing": True}
    )
    await traveller.opens("/login")
    await traveller.follows("Continue with Clinic staff")
    await signs_in_there(traveller, name)
    assert await traveller.heading() == "You have an account already"
    await traveller.signs_in()
    await traveller.follows("Security")
    await traveller.follows("Other ways to sign in")
    await traveller.presses("Link Clinic staff")
    await traveller.page.wait_for_url("**/account/identities?saved=linked")
    assert "from now on this sign-in opens your account" in await traveller.text()
    assert traveller.email in await traveller.text()
    await traveller.presses("Sign out")
    await traveller.opens("/login")
    await traveller.follows("Continue with Clinic staff")
    await traveller.page.wait_for_url(f"{traveller.site.url}/account")
    await traveller.opens("/account/identities")
    await traveller.presses("Unlink")
    assert "It is unlinked" in await traveller.text()
    await traveller.reads_letter("no longer opens")
