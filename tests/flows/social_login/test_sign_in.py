"""Signing in with Google, GitHub, LinkedIn and any OpenID provider."""

import asyncio
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import text

from tests.support.browser import browser
from tests.support.facts import facts
from tests.support.voucher import CALLBACK, Voucher, somebody
from tests.support.vouchers import Github, Google, Linkedin, leaves, signs_in_by, town
from tests.support.world import BASE, NEW_PASSWORD, World, open_world
from tests.support.worlds import Opener
from watchword.kernel.identity import Identity
from watchword.kernel.ports import Visitor
from watchword.plumbing.contact import email_address
from watchword.plumbing.db.ports import Executor
from watchword.plumbing.db.statements import statement
from watchword.plumbing.metrics.counting import Metrics
from watchword.plumbing.words.languages import CHOSEN, Spoken
from watchword.records.linked_identities.service import LinkedIdentities
from watchword.records.subscribers.rules import ACTIVE, PENDING, Subscriber
from watchword.records.subscribers.service import Subscribers

ALICE = "alice@example.org"
KINDS: list[Any] = [Google, Github, Linkedin, Voucher]

VISITOR = Visitor(address="a", network="a", user_agent="", language="en", request_id="r")
LOCK_OUT = statement(text("LOCK TABLE users IN ACCESS EXCLUSIVE MODE"))
WAITING = statement(
    text(
        "SELECT pid FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
)


async def account(world: World, email: str = ALICE) -> Subscriber | None:
    return await world.part(Subscribers).find_by_email(world.database, email_address(email))


@pytest.mark.req("R-35", "R-36")
@pytest.mark.parametrize("kind", KINDS)
async def test_a_newcomer_has_an_account_and_a_session(worlds: Opener, kind: Any) -> None:
    provider = kind()
    async with town(worlds, provider) as world, browser(world) as alice:
        await signs_in_by(alice, provider)
        assert (alice.path, alice.page.status_code) == ("/account", 200)
        found = await account(world)
        assert found is not None
        assert (found.status, found.name, found.language) == ("active", "Alice Benali", "en")
        assert found.email_verified_at == world.clock.now()
        [linked] = await world.part(LinkedIdentities).of_user(world.database, found.id)
        assert (linked.issuer, linked.label) == (provider.issuer, ALICE)
        [linking] = await facts(world, "id.identity.linked")
        assert (linking.user_id, linking.facts) == (found.id, {"provider": provider.name})
        [session] = await facts(world, "id.session.created")
        assert session.facts["methods"] == "fed"
        letter = await world.newest(ALICE, "social_login/account_opened")
        assert provider.name.lower() in letter.text.lower() or "Clinic staff" in letter.text


@pytest.mark.req("R-35", "R-36", "D-64")
@pytest.mark.parametrize("kind", [Google, Voucher])
async def test_the_way_there_carries_state_nonce_and_a_challenge(
    small_worlds: Opener, kind: Any
) -> None:
    provider = kind()
    async with town(small_worlds, provider) as world, browser(world) as alice:
        ways = [parse_qs(urlsplit(await leaves(alice, provider)).query) for _ in range(2)]
        for name in ("state", "nonce", "code_challenge"):
            assert ways[0][name] != ways[1][name], f"{name} is drawn for each way"
        assert ways[0]["code_challenge_method"] == ["S256"]
        assert ways[0]["redirect_uri"] == [CALLBACK.format(name=provider.name)]


async def test_whoever_comes_again_finds_their_account_under_any_address(worlds: Opener) -> None:
    google = Google()
    async with town(worlds, google) as world, browser(world) as alice, browser(world) as again:
        await signs_in_by(alice, google)
        await signs_in_by(again, google, email="new@example.org", email_verified=False)
        assert again.path == "/account"
        assert ALICE in again.text
        assert await account(world, "new@example.org") is None
        assert len(await facts(world, "id.user.registered")) == 1


async def test_the_same_subject_of_another_provider_is_somebody_else(small_worlds: Opener) -> None:
    google, staff = Google(), Voucher()
    async with (
        town(small_worlds, google, staff) as world,
        browser(world) as alice,
        browser(world) as bob,
    ):
        await signs_in_by(alice, google)
        await signs_in_by(bob, staff, email="bob@example.org")
        assert (ALICE in alice.text, "bob@example.org" in bob.text) == (True, True)


async def test_people_arrive_where_they_wanted_to_be_on_this_site_alone(
    small_worlds: Opener,
) -> None:
    google = Google()
    async with town(small_worlds, google) as world, browser(world) as alice:
        await signs_in_by(alice, google, "?return_to=/account/sessions")
        assert alice.path == "/account/sessions"
        for elsewhere in ("//evil.example.org", "https://evil.example.org", "/%5Cevil"):
            await signs_in_by(alice, google, f"?return_to={elsewhere}")
            assert str(alice.page.url) == f"{BASE}/account"


@pytest.mark.req("G-18", "K-23")
async def test_one_address_brings_people_back_from_every_provider(small_worlds: Opener) -> None:
    shared = f"{BASE}/auth/callback"
    google, github = Google(shared=shared), Github(shared=shared)
    async with (
        town(small_worlds, google, github, OAUTH_REDIRECT_URL=shared) as world,
        browser(world) as alice,
        browser(world) as bob,
    ):
        await signs_in_by(alice, google)
        await signs_in_by(bob, github, email="bob@example.org", sub="7")
        assert ALICE in alice.text
        assert "bob@example.org" in bob.text


@pytest.mark.req("R-35", "K-23")
async def test_the_address_of_the_seed_brings_people_back(small_worlds: Opener) -> None:
    google = Google()
    told = {"GOOGLE_CALLBACK_URL": f"{BASE}/auth/oauth/google/callback", "API_MOUNTS": "/"}
    async with (
        town(small_worlds, google, APP_PROFILE="romapi", **told) as world,
        browser(world) as alice,
    ):
        await signs_in_by(alice, google)
        assert alice.path == "/account"


@pytest.mark.req("R-37", "K-24")
async def test_providers_are_listed_and_one_that_is_not_set_is_not_there(
    small_worlds: Opener,
) -> None:
    google, staff = Google(), Voucher()
    async with town(small_worlds, google, staff) as world, world.client() as program:
        told = (await program.get(world.path("/auth/oauth/providers"))).json()["providers"]
        assert [(each["name"], each["title"]) for each in told] == [
            ("google", "Google"),
            ("staff", "Clinic staff"),
        ]
        assert told[0]["url"] == f"{BASE}/auth/oauth/google"
        for path in ("/auth/oauth/github", "/auth/oauth/github/callback", "/auth/oauth/nobody"):
            for place in (path, world.path(path)):
                refused = await program.get(place)
                assert refused.status_code in {400, 404}
                assert refused.headers["content-type"] == "application/problem+json"
        assert (await program.get(world.path("/auth/oauth/github"))).status_code == 404


async def test_without_any_provider_there_is_nothing_to_press(small_world: World) -> None:
    async with browser(small_world) as alice:
        await alice.open("/login")
        assert "Continue with" not in alice.text
        told = await alice.client.get(small_world.path("/auth/oauth/providers"))
        assert told.json() == {"providers": []}


async def test_buttons_stand_where_people_sign_in_and_register(small_worlds: Opener) -> None:
    async with town(small_worlds, Google(), Voucher()) as world, browser(world) as alice:
        await alice.open("/login?return_to=/account/sessions")
        assert "Continue with Google" in alice.text
        assert 'href="/auth/oauth/google?return_to=/account/sessions"' in alice.page.text
        await alice.open("/register")
        assert "Continue with Clinic staff" in alice.text


@pytest.mark.req("R-36", "D-64")
@pytest.mark.parametrize("kind", KINDS)
async def test_an_address_that_is_not_verified_opens_and_links_nothing(
    worlds: Opener, kind: Any
) -> None:
    provider = kind()
    async with town(worlds, provider) as world, browser(world) as alice:
        refused = await signs_in_by(alice, provider, email_verified=False)
        assert (refused.status_code, "not confirmed" in alice.text) == (403, True)
        assert await account(world) is None
        await world.subscriber()
        assert (await signs_in_by(alice, provider, email_verified=False)).status_code == 403
        assert (await alice.open("/account")).url.path == "/login"
        assert await facts(world, "id.identity.linked") == []


@pytest.mark.req("D-64")
@pytest.mark.parametrize("kind", KINDS)
async def test_an_account_is_never_linked_by_its_address(worlds: Opener, kind: Any) -> None:
    provider = kind()
    async with town(worlds, provider) as world, browser(world) as mallory:
        owner = await world.subscriber()
        refused = await signs_in_by(mallory, provider)
        assert (refused.status_code, "Sign in to it" in mallory.text) == (409, True)
        assert (await mallory.open("/account")).url.path == "/login"
        assert await facts(world, "id.identity.linked") == []
        assert await facts(world, "id.session.created") == []
        [failure] = await facts(world, "id.login.failed")
        assert failure.facts == {"method": provider.name, "reason": "oauth_account_exists"}
        assert failure.user_id == owner.id


@pytest.mark.req("D-64")
async def test_what_a_stranger_attached_to_an_address_is_gone_before_its_owner_enters(
    worlds: Opener,
) -> None:
    google = Google()
    async with town(worlds, google) as world, browser(world) as alice:
        body = {"email": ALICE, "password": NEW_PASSWORD, "firstName": "Mallory"}
        body |= {"phone": "+213550123456"}
        async with world.client("198.51.100.9") as mallory:
            await mallory.post(world.path("/auth/register"), json=body)
            token = await world.token(ALICE, "registration/verification")
            await signs_in_by(alice, google)
            assert alice.path == "/account"
            found = await account(world)
            assert found is not None
            assert (found.status, found.name, found.phone) == ("active", "Alice Benali", None)
            sign_in = {"email": ALICE, "password": NEW_PASSWORD}
            refused = await mallory.post(world.path("/auth/login"), json=sign_in)
            assert refused.json()["code"] == "invalid_credentials"
            link = await mallory.post(world.path("/auth/verify-email"), json={"token": token})
            assert link.status_code == 400


async def test_an_account_that_is_closed_stays_closed(worlds: Opener) -> None:
    google = Google()
    async with town(worlds, google) as world, browser(world) as alice:
        await signs_in_by(alice, google)
        found = await account(world)
        assert found is not None
        now = world.clock.now()
        for status, code in (("locked", "account_locked"), ("disabled", "account_disabled")):
            async with world.database.transaction() as tx:
                await world.part(Subscribers).set_status(tx, found.id, status, now)
            async with browser(world) as again:
                assert (await signs_in_by(again, google)).status_code == 403
                failure = (await facts(world, "id.login.failed"))[-1]
                assert (failure.user_id, failure.facts["reason"]) == (found.id, code)
                assert (await again.open("/account")).url.path == "/login"


async def test_a_name_that_is_none_is_replaced_by_the_address(small_worlds: Opener) -> None:
    staff = Voucher()
    async with town(small_worlds, staff) as world:
        for number, name in enumerate(("<b>www.evil.example", "", "\u202e", 500 * "x", 7)):
            person = {"given_name": name, "name": name, "family_name": name}
            async with browser(world) as who:
                email = f"carol{number}@example.org"
                await signs_in_by(who, staff, sub=f"c{number}", email=email, **person)
                found = await account(world, email)
                assert found is not None
                assert (found.given_name, found.family_name) == (f"carol{number}", "")


async def test_letters_and_account_speak_the_language_of_the_browser(small_worlds: Opener) -> None:
    google = Google()
    async with town(small_worlds, google) as world, browser(world) as alice:
        alice.client.headers["Accept-Language"] = "fr"
        await signs_in_by(alice, google)
        found = await account(world)
        assert found is not None
        assert found.language == "fr"
        assert "est prêt" in (await world.newest(ALICE)).text


async def test_where_consents_are_needed_they_are_asked_for_first(worlds: Opener) -> None:
    google = Google()
    async with town(worlds, google, CONSENT_REQUIRED="true") as world, browser(world) as alice:
        await signs_in_by(alice, google)
        assert (alice.path, ALICE in alice.text) == ("/register/finish", True)
        assert await account(world) is None
        refused = await alice.send("/register/finish")
        assert (refused.status_code, "Without this consent" in alice.text) == (422, True)
        assert await account(world) is None
        boxes = {"consents.processing": "true", "consents.marketing": "true"}
        await alice.send("/register/finish", **boxes)
        assert alice.path == "/account"
        granted = [each.facts["purpose"] for each in await facts(world, "id.consent.granted")]
        assert granted == ["processing", "marketing"]
        await alice.open("/register/finish")
        assert alice.page.status_code == 400
        async with browser(world) as again:
            await signs_in_by(again, google)
            assert again.path == "/account"


@pytest.mark.req("D-64")
async def test_what_a_newcomer_agreed_by_signs_nobody_in_again(worlds: Opener) -> None:
    google, boxes = Google(), {"consents.processing": "true"}
    async with town(worlds, google, CONSENT_REQUIRED="true") as world, browser(world) as alice:
        await signs_in_by(alice, google)
        kept = dict(alice.client.cookies)
        async with browser(world) as earlier:
            await signs_in_by(earlier, google)
            await alice.send("/register/finish", **boxes)
            assert alice.path == "/account"
            alice.client.cookies.clear()
            for name, value in kept.items():
                alice.client.cookies.set(name, value, domain="auth.example.test", path="/")
            for who in (alice, earlier):
                await who.open("/register/finish")
                assert (await who.send("/register/finish", **boxes)).status_code == 400
                assert (await who.open("/account")).url.path == "/login"
        assert len(await facts(world, "id.session.created")) == 1


async def test_of_several_who_come_for_the_first_time_at_once_all_are_in(worlds: Opener) -> None:
    google = Google()
    async with town(worlds, google) as world, AsyncExitStack() as stack:
        crowd = [await stack.enter_async_context(browser(world)) for _ in range(8)]
        ways = [google.approves(await leaves(who, google)) for who in crowd]
        answers = await asyncio.gather(
            *(who.client.get(way) for who, way in zip(crowd, ways, strict=True))
        )
        assert [each.status_code for each in answers] == 8 * [303]
        assert len(await facts(world, "id.user.registered")) == 1
        assert len(await facts(world, "id.session.created")) == 8


@pytest.mark.needs("postgres")
@pytest.mark.parametrize("status", [None, PENDING])
async def test_whoever_is_overtaken_between_two_looks_finds_the_linked_identity(
    postgres_url: str, tmp_path: Path, status: str | None
) -> None:
    google = Google()
    async with (
        town(partial(open_world, postgres_url, tmp_path), google) as world,
        browser(world) as alice,
        asyncio.timeout(60),
    ):
        subscribers, now = world.part(Subscribers), world.clock.now()
        way = google.approves(await leaves(alice, google))
        owner = await _add(world, world.database, status) if status else None
        async with world.database.transaction() as winner:
            await (subscribers.hold(winner, owner.id) if owner else winner.run(LOCK_OUT))
            arriving = asyncio.create_task(alice.open(way))
            while await world.database.first(WAITING) is None:
                pass
            if owner is None:
                owner = await _add(world, winner, ACTIVE)
            else:
                await subscribers.verify(winner, owner.id, now)
            who = Identity(issuer=google.issuer, subject=somebody()["sub"], email=ALICE)
            await world.part(LinkedIdentities).link(winner, owner.id, who, VISITOR, now)
        assert (await arriving).url.path == "/account"
        assert len(await facts(world, "id.session.created")) == 1


async def _add(world: World, tx: Executor, status: str) -> Subscriber:
    return await world.part(Subscribers).add(
        tx,
        email=email_address(ALICE),
        given_name="Alice",
        family_name="Benali",
        speaks=Spoken("en", CHOSEN),
        status=status,
        now=world.clock.now(),
    )


@pytest.mark.req("R-35")
async def test_sign_ins_are_counted_by_provider_and_reason(small_worlds: Opener) -> None:
    google = Google()
    async with town(small_worlds, google) as world, browser(world) as alice:
        await signs_in_by(alice, google)
        await alice.open(f"{BASE}/auth/callback?state=x&code=y")
        told = world.part(Metrics).exposition().decode()
        assert 'login_attempts_total{method="google",reason="none"} 1.0' in told
        assert 'login_attempts_total{method="oauth",reason="oauth_state_invalid"} 1.0' in told
