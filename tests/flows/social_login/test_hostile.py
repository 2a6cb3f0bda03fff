"""Hostile, broken and slow: whoever attacks the way to a provider and back gets nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.browser import Browser, browser
from tests.support.facts import facts
from tests.support.stub import HANG_UP, SILENCE, answer
from tests.support.voucher import Voucher, key, published
from tests.support.vouchers import Github, Google, leaves, signs_in_by, town
from tests.support.world import BASE, World
from tests.support.worlds import Opener
from watchword.adapters.providers import Reply
from watchword.flows.social_login.rules import MOST_ATTEMPTS, MOST_KEPT

KINDS: list[Any] = [Google, Github, Voucher]
DISCOVERY = "/.well-known/openid-configuration"


@dataclass
class Scene:
    """A world, a browser in it, and a provider beside it."""

    world: World
    alice: Browser
    provider: Any

    async def refused(self, way: str, status: int, says: str) -> None:
        """Come by an address; a clear page says no, nobody is in, and nothing is written."""
        page = await self.alice.open(way)
        assert (page.status_code, says in self.alice.text) == (status, True), self.alice.text
        assert page.headers["content-type"].startswith("text/html")
        await self.left_nothing()

    async def left_nothing(self) -> None:
        """Find that nobody is in, and that there is no account and no link."""
        assert (await self.alice.open("/account")).url.path == "/login"
        for kind in ("id.user.registered", "id.identity.linked", "id.session.created"):
            assert await facts(self.world, kind) == []


@asynccontextmanager
async def scene(worlds: Opener, provider: Any, **more: str) -> AsyncIterator[Scene]:
    """Set a scene."""
    async with town(worlds, provider, **more) as world, browser(world) as alice:
        yield Scene(world, alice, provider)


def but(way: str, **changed: str | None) -> str:
    """Return an address with other fields in its query; those told as None are left out."""
    path, _, query = way.partition("?")
    fields = {name: values[0] for name, values in parse_qs(query).items()} | changed
    told = "&".join(f"{name}={value}" for name, value in fields.items() if value is not None)
    return f"{path}?{told}"


@pytest.mark.req("R-35", "D-64")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("state", ["another-state", "", None, "%00", 5000 * "x"])
async def test_a_wrong_state_is_refused(small_worlds: Opener, kind: Any, state: str | None) -> None:
    async with scene(small_worlds, kind()) as set_up:
        way = set_up.provider.approves(await leaves(set_up.alice, set_up.provider))
        await set_up.refused(but(way, state=state), 400, "was not begun in this browser")


@pytest.mark.req("D-64")
@pytest.mark.parametrize("kind", KINDS)
async def test_a_way_back_is_good_in_the_browser_that_began_it_alone(
    worlds: Opener, kind: Any
) -> None:
    async with scene(worlds, kind()) as set_up, browser(set_up.world) as mallory:
        way = set_up.provider.approves(await leaves(mallory, set_up.provider))
        await set_up.refused(way, 400, "was not begun in this browser")
        await leaves(set_up.alice, set_up.provider)  # also while she is on a way of her own
        await set_up.refused(way, 400, "was not begun in this browser")


@pytest.mark.req("D-64")
async def test_a_way_back_is_good_once(worlds: Opener) -> None:
    async with scene(worlds, Google()) as set_up:
        alice, google = set_up.alice, set_up.provider
        way = google.approves(await leaves(alice, google))
        kept = dict(alice.client.cookies)
        await alice.open(way)
        assert alice.path == "/account"
        async with browser(set_up.world) as thief:
            for name, value in kept.items():
                thief.client.cookies.set(name, value, domain="auth.example.test", path="/")
            asked = len(google.asked)
            again = await thief.open(way)
            assert (again.status_code, "already used" in thief.text) == (400, True)
            assert len(google.asked) == asked, "nobody was asked"
            assert (await thief.open("/account")).url.path == "/login"


@pytest.mark.req("D-64")
async def test_two_tabs_come_back_each_by_its_own_way(worlds: Opener) -> None:
    google, staff = Google(), Voucher()
    async with town(worlds, google, staff) as world, browser(world) as alice:
        first, second, third = [
            each.approves(await leaves(alice, each)) for each in (google, staff, google)
        ]
        assert (await alice.open(first)).url.path == "/account"
        assert (
            await alice.open(second)
        ).status_code == 409  # the account is google's: it came back
        assert (await alice.open(third)).url.path == "/account"
        for way in (first, second, third):
            assert (await alice.open(way)).status_code == 400
        assert len(await facts(world, "id.session.created")) == 2


@pytest.mark.req("D-64")
async def test_what_another_attempt_left_in_the_browser_proves_no_state(
    small_worlds: Opener,
) -> None:
    async with scene(small_worlds, Google()) as set_up, browser(set_up.world) as mallory:
        google, alice = set_up.provider, set_up.alice
        way = google.approves(await leaves(mallory, google))
        await leaves(alice, google)
        [hers], [his] = attempts(alice), attempts(mallory)
        sealed = alice.client.cookies[hers]
        alice.client.cookies.set(his, sealed, domain="auth.example.test", path="/")
        await set_up.refused(way, 400, "was not begun in this browser")


async def test_a_browser_keeps_so_many_attempts_and_the_newest(small_worlds: Opener) -> None:
    async with scene(small_worlds, Google()) as set_up:
        google, alice, clock = set_up.provider, set_up.alice, set_up.world.clock
        ways = []
        for _ in range(MOST_ATTEMPTS + 3):
            ways.append(google.approves(await leaves(alice, google)))
            clock.advance(timedelta(seconds=1))
        assert len(attempts(alice)) == MOST_ATTEMPTS
        await set_up.refused(ways[2], 400, "was not begun in this browser")
        for way in ways[3:]:
            assert (await alice.open(way)).url.path == "/account"
        assert attempts(alice) == []
        long = f"?return_to=/{1500 * 'x'}"
        for _ in range(4):
            await leaves(alice, google, long)
        assert sum(len(alice.client.cookies[each]) for each in attempts(alice)) <= MOST_KEPT
        clock.advance(timedelta(minutes=10))
        await leaves(alice, google)
        assert len(attempts(alice)) == 1, "those that are over have gone"


def attempts(who: Browser) -> list[str]:
    """Return the names of the attempts that a browser keeps."""
    return [each for each in who.client.cookies if "-attempt-" in each]


async def test_a_way_back_lasts_ten_minutes(worlds: Opener) -> None:
    async with scene(worlds, Google()) as set_up:
        way = set_up.provider.approves(await leaves(set_up.alice, set_up.provider))
        set_up.world.clock.advance(timedelta(minutes=10))
        await set_up.refused(way, 400, "more than ten minutes")


@pytest.mark.parametrize("value", ["", "x", "AAAA", "é", "=" * 9, "A" * 3000])
async def test_a_cookie_that_is_not_ours_begins_nothing(small_worlds: Opener, value: str) -> None:
    async with scene(small_worlds, Google()) as set_up:
        alice = set_up.alice
        way = set_up.provider.approves(await leaves(alice, set_up.provider))
        [name] = attempts(alice)
        alice.client.cookies.clear()
        headers = {"Cookie": f"{name}={value}".encode("latin-1")}
        answered = await alice.client.get(way, headers=headers)
        assert answered.status_code == 400
        await set_up.left_nothing()


@pytest.mark.req("D-64")
@pytest.mark.parametrize("kind", [Google, Github])
async def test_a_stolen_code_in_ones_own_way_is_refused(worlds: Opener, kind: Any) -> None:
    async with scene(worlds, kind()) as set_up, browser(set_up.world) as mallory:
        provider = set_up.provider
        stolen = parse_qs(urlsplit(provider.approves(await leaves(set_up.alice, provider))).query)
        own = provider.approves(await leaves(mallory, provider), sub="666")
        page = await mallory.open(but(own, code=stolen["code"][0]))
        assert (page.status_code, "did not confirm" in mallory.text) == (400, True)
        assert (await mallory.open("/account")).url.path == "/login"
        await set_up.left_nothing()


@pytest.mark.req("D-64")
@pytest.mark.parametrize("told", ["https://evil.example.org", None])
async def test_an_answer_of_another_issuer_is_refused(worlds: Opener, told: str | None) -> None:
    async with scene(worlds, Voucher()) as set_up:
        way = set_up.provider.approves(await leaves(set_up.alice, set_up.provider))
        await set_up.refused(but(way, iss=told), 400, "did not confirm")


@pytest.mark.req("D-64")
async def test_what_one_provider_began_does_not_come_back_by_anothers_address(
    small_worlds: Opener,
) -> None:
    google, staff = Google(), Voucher()
    async with town(small_worlds, google, staff) as world, browser(world) as alice:
        way = google.approves(await leaves(alice, google))
        page = await alice.open(way.replace("/google/", "/staff/"))
        assert page.status_code == 400
        assert staff.asked == []
        assert (await alice.open("/account")).url.path == "/login"


@pytest.mark.req("D-64", "G-18")
@pytest.mark.parametrize("kind", [Google, Github])
async def test_a_provider_of_ones_own_naming_is_never_told_the_codes_of_another(
    small_worlds: Opener, kind: Any
) -> None:
    shared = f"{BASE}/auth/callback"
    known, evil = kind(shared=shared), Voucher(name="evil", tells_issuer=False)
    async with (
        town(small_worlds, known, evil, OAUTH_REDIRECT_URL=shared) as world,
        browser(world) as mallory,
        browser(world) as alice,
    ):
        begun = await leaves(mallory, known)
        hers = parse_qs(urlsplit(await leaves(alice, evil)).query)
        assert hers["redirect_uri"] == [f"{BASE}/auth/oauth/evil/callback"]
        sent_on = known.approves(but(begun, state=hers["state"][0]))
        assert (await alice.open(sent_on)).status_code == 400
        assert all("token" not in asked.path for asked in evil.asked), "it was told the code"
        assert await facts(world, "id.session.created") == []


@pytest.mark.parametrize(
    ("error", "status", "says"),
    [
        ("access_denied", 403, "did not agree"),
        ("server_error", 400, "did not confirm"),
        ("<script>alert(1)</script>", 400, "did not confirm"),
    ],
)
async def test_a_no_at_the_provider_is_told_as_what_it_is(
    small_worlds: Opener, error: str, status: int, says: str
) -> None:
    async with scene(small_worlds, Google()) as set_up:
        way = set_up.provider.approves(await leaves(set_up.alice, set_up.provider))
        await set_up.refused(but(way, code=None, error=error), status, says)
        assert "alert(1)" not in set_up.alice.page.text


@pytest.mark.req("D-64")
@pytest.mark.parametrize(
    ("spoilt", "reason"),
    [
        ({"claims": {"aud": "somebody-else"}}, "audience"),
        ({"claims": {"exp": 1}}, "expired"),
        ({"claims": {"iss": "https://evil.example.org"}}, "issuer"),
        ({"claims": {"nonce": "of-another-browser"}}, "nonce"),
        ({"algorithm": "none"}, "algorithm"),
        ({"algorithm": "HS256"}, "algorithm"),
        ({"signs": key(1), "keys": [published(key(), "key-1")]}, "signature"),
    ],
)
async def test_a_token_that_does_not_hold_opens_nothing(
    small_worlds: Opener, spoilt: dict[str, Any], reason: str
) -> None:
    provider = Google(**spoilt)
    async with scene(small_worlds, provider) as set_up:
        way = provider.approves(await leaves(set_up.alice, provider))
        await set_up.refused(way, 400, "did not confirm")
        [failure] = await facts(set_up.world, "id.login.failed")
        assert failure.facts == {"method": "google", "reason": reason}


@pytest.mark.req("R-36")
@pytest.mark.parametrize(
    ("kind", "spoilt"),
    [
        (Google, {"nested": 9_000}),
        (Google, {"claims": {"nonce": "\ud800"}}),
        (Google, {"claims": {"azp": ["client-at-google"]}}),
        (Google, {"claims": {"sub": "\ud800x"}}),
        (Google, {"claims": {"sub": "a\0b"}}),
        (Google, {"claims": {"given_name": "\ud800bad"}}),
        (Github, {"gives": {"access_token": "\u2603"}}),
        (Voucher, {"gives": {"access_token": "\ud800"}}),
        (Voucher, {"gives": {"access_token": "a\r\nX-Evil: 1"}}),
    ],
)
async def test_whatever_a_provider_answers_costs_a_clear_page_and_is_noted(
    worlds: Opener, kind: Any, spoilt: dict[str, Any]
) -> None:
    async with scene(worlds, kind(**spoilt)) as set_up:
        way = set_up.provider.approves(await leaves(set_up.alice, set_up.provider))
        await set_up.refused(way, 400, "did not confirm")
        [failure] = await facts(set_up.world, "id.login.failed")
        assert failure.facts["method"] == set_up.provider.name
        assert '"message":"AUTH_FAILURE"' in set_up.world.log.getvalue().replace(": ", ":")


@pytest.mark.req("R-36")
@pytest.mark.parametrize("hostile", ["\r\nSet-Cookie: evil=1", "\u2603", " x"])
async def test_a_provider_whose_address_is_none_is_gone_to_by_nobody(
    small_worlds: Opener, hostile: str
) -> None:
    evil = Voucher()
    async with scene(small_worlds, evil) as set_up:
        evil.description = {"authorization_endpoint": f"{evil.issuer}/authorize{hostile}"}
        await set_up.refused("/auth/oauth/staff", 503, "does not answer")
        await set_up.world.subscriber()
        await set_up.alice.sign_in()
        await set_up.alice.open("/account/identities")
        page = await set_up.alice.post("/account/identities/link", provider="staff")
        assert (page.status_code, "refresh" in page.headers) == (503, False)
        [failure] = await facts(set_up.world, "id.login.failed")
        assert failure.facts == {"method": "staff", "reason": "no_authorization_endpoint"}


LARGE = Reply(status=200, headers={"Content-Type": "application/json"}, body=b"[" * 5_000_000)


@pytest.mark.req("R-36")
@pytest.mark.parametrize(
    ("reply", "status", "says"),
    [
        (SILENCE, 503, "does not answer"),
        (HANG_UP, 503, "does not answer"),
        (answer(500), 503, "does not answer"),
        (answer(429), 503, "does not answer"),
        (LARGE, 400, "did not confirm"),
        (answer(200, {"access_token": "x"}), 400, "did not confirm"),
        (Reply(status=200, headers={}, body=b"<html>"), 400, "did not confirm"),
    ],
)
@pytest.mark.parametrize(("kind", "path"), [(Google, "/token"), (Github, "/api/user/emails")])
async def test_a_slow_or_broken_provider_costs_a_clear_page_and_nothing_else(
    small_worlds: Opener, kind: Any, path: str, reply: Reply, status: int, says: str
) -> None:
    provider = kind(spoil={path: reply})
    patience = {"OAUTH_TIMEOUT": "4s"} if reply is SILENCE else {}  # none is measured but silence
    async with scene(small_worlds, provider, **patience) as set_up:
        way = provider.approves(await leaves(set_up.alice, provider))
        if kind is Github and reply.status == 200 and reply.body.startswith(b"{"):
            status, says = 403, "not confirmed"  # an answer without any address
        await set_up.refused(way, status, says)


async def test_a_provider_that_is_silent_holds_up_nobody_else(small_worlds: Opener) -> None:
    provider = Voucher(spoil={DISCOVERY: SILENCE})
    async with scene(small_worlds, provider, OAUTH_TIMEOUT="4s") as set_up:
        await set_up.world.subscriber()
        knocks = [
            asyncio.create_task(set_up.alice.client.get("/auth/oauth/staff")) for _ in range(20)
        ]
        async with browser(set_up.world) as bob:
            await bob.sign_in()
            assert bob.path == "/account"
        answers = await asyncio.gather(*knocks)
        assert {each.status_code for each in answers} == {503}
        assert len(provider.asked) == 1, "one asked, the others waited for what came"


async def test_programs_are_told_what_is_wrong_as_problem_json(small_worlds: Opener) -> None:
    provider = Voucher(spoil={DISCOVERY: answer(500)})
    async with town(small_worlds, provider) as world, world.client() as program:
        for path, code in (
            ("/auth/oauth/staff", "oauth_unavailable"),
            ("/auth/oauth/staff/callback?state=x&code=y", "oauth_state_invalid"),
            ("/auth/callback?state=x&code=y&session_state=z", "oauth_state_invalid"),
        ):
            told = await program.get(path)
            assert told.headers["content-type"] == "application/problem+json"
            assert told.json()["code"] == code


async def test_no_code_no_state_and_no_token_is_in_any_log_or_in_the_journal(
    worlds: Opener,
) -> None:
    async with scene(worlds, Google()) as set_up:
        google, alice = set_up.provider, set_up.alice
        way = google.approves(await leaves(alice, google))
        await alice.open(way)
        assert alice.path == "/account"
        await signs_in_by(alice, google)
        said = set_up.world.log.getvalue()
        for secret in (
            *parse_qs(urlsplit(way).query)["state"],
            *parse_qs(urlsplit(way).query)["code"],
            "access-code",
            "secret-of-the-client",
            "248289761001",
        ):
            assert secret not in said


async def test_as_many_may_come_back_as_may_sign_in(small_worlds: Opener) -> None:
    async with scene(small_worlds, Google(), RATE_LIMIT_AUTH="2/60000") as set_up:
        for _ in range(2):
            assert (await set_up.alice.open("/auth/callback?state=x")).status_code == 400
        limited = await set_up.alice.open(f"{BASE}/auth/oauth/google/callback?state=x")
        assert (limited.status_code, "Too many attempts" in set_up.alice.text) == (429, True)
        assert "retry-after" in limited.headers
