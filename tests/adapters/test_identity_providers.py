"""Identity providers: whoever comes back is whom they vouch for, and nobody is taken for somebody."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.stub import HANG_UP, SILENCE, answer, listening
from tests.support.voucher import Voucher, key, published, somebody
from tests.support.vouchers import Github, Google, Linkedin
from tests.support.world import BASE, StoppedClock, environment
from watchword.adapters.identity_providers.asking import MOST
from watchword.adapters.identity_providers.discovery import AGAIN, LOOKS
from watchword.adapters.providers import Reply
from watchword.app.settings import read
from watchword.app.vouching import Vouchers
from watchword.app.wiring import House
from watchword.kernel.identity import Errand, Identity, IdentityProvider, NotVouched
from watchword.kernel.ports import OutOfReach
from watchword.kernel.secret import Secret

ERRAND = Errand(
    state=Secret("state-of-this-errand-0123456789"),
    nonce=Secret("nonce-of-this-errand-0123456789"),
    verifier=Secret("verifier-of-this-errand-0123456789-0123456789"),
)
KINDS: list[Any] = [Google, Github, Linkedin, Voucher]


class Meeting:
    """A provider as we know it, the provider itself, and one clock for both."""

    def __init__(self, ours: IdentityProvider, theirs: Any, clock: StoppedClock) -> None:
        self.ours, self.theirs, self.clock = ours, theirs, clock

    async def comes_back(
        self, errand: Errand = ERRAND, *, says: str | None = None, **person: Any
    ) -> Identity:
        """Send somebody there, have them come back, and ask who it is."""
        back = self.theirs.approves(await self.ours.leave(ERRAND, self.clock.now()), **person)
        told = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}
        code, issuer = Secret(told["code"]), says or told.get("iss")
        return await self.ours.vouch(errand, code, issuer, self.clock.now())

    async def refusal(self, *args: Any, **more: Any) -> str:
        """Return why nobody is vouched for."""
        with pytest.raises(NotVouched) as refused:
            await self.comes_back(*args, **more)
        return str(refused.value)


Meet = Callable[..., AbstractAsyncContextManager[Meeting]]


@pytest.fixture
def meet(tmp_path: Any) -> Meet:
    """Return a way to meet a provider."""

    @asynccontextmanager
    async def _meet(
        kind: Any = Voucher, patience: str = "5s", **more: Any
    ) -> AsyncIterator[Meeting]:
        clock = StoppedClock()
        async with listening(kind(clock=clock.now, **more)) as theirs:
            told = {**theirs.settings, "OAUTH_TIMEOUT": patience}
            house = House(
                read(environment(f"sqlite:///{tmp_path}/x.db", **told), cwd=tmp_path).sections
            )
            vouchers = Vouchers(house)
            (ours,) = vouchers.providers().each
            yield Meeting(ours, theirs, clock)
            await vouchers.close()

    return _meet


@pytest.mark.req("R-35", "R-36")
@pytest.mark.parametrize("kind", KINDS)
async def test_whoever_comes_back_is_known_by_issuer_and_subject(meet: Meet, kind: Any) -> None:
    async with meet(kind) as meeting:
        found = await meeting.comes_back()
        assert (found.issuer, found.subject) == (meeting.theirs.issuer, "248289761001")
        assert (found.email, found.email_verified) == ("alice@example.org", True)
        assert (found.given_name or found.name).split()[0] == "Alice"


@pytest.mark.parametrize("kind", KINDS)
async def test_an_address_that_is_not_verified_is_not_called_so(meet: Meet, kind: Any) -> None:
    async with meet(kind) as meeting:
        assert not (await meeting.comes_back(email_verified=False)).email_verified


@pytest.mark.parametrize(
    ("word", "verified"),
    [(True, True), ("true", True), (1, False), (1.0, False), ("True", False), ("yes", False)],
)
async def test_only_true_means_that_an_address_is_verified(
    meet: Meet, word: object, verified: bool
) -> None:
    async with meet(Google) as meeting:
        assert (await meeting.comes_back(email_verified=word)).email_verified is verified


async def test_github_tells_the_primary_address_or_none(meet: Meet) -> None:
    async with meet(Github) as meeting:
        other = {"email": "other@example.org", "primary": False, "verified": True}
        for emails in ([other], [], [{}], ["x"], {"message": "no"}):
            meeting.theirs.emails = emails
            found = await meeting.comes_back()
            assert (found.email, found.email_verified) == ("", False)


@pytest.mark.req("D-64")
@pytest.mark.parametrize("kind", [Google, Github, Voucher])
async def test_a_stolen_code_is_worth_nothing_in_another_browser(meet: Meet, kind: Any) -> None:
    thief = Errand(
        state=ERRAND.state, nonce=ERRAND.nonce, verifier=Secret("another-verifier-" + 30 * "x")
    )
    async with meet(kind) as meeting:
        assert await meeting.refusal(thief) in {"invalid_grant", "bad_verification_code"}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_code_is_good_once(meet: Meet, kind: Any) -> None:
    async with meet(kind) as meeting:
        await meeting.comes_back()
        code = next(asked.form["code"] for asked in meeting.theirs.asked if b"code=" in asked.body)
        with pytest.raises(NotVouched):
            await meeting.ours.vouch(ERRAND, Secret(code), None, meeting.clock.now())


async def test_linkedin_has_codes_bound_once_it_has_set_us_up_for_it(meet: Meet) -> None:
    async with meet(Linkedin, pkce=True) as meeting:
        assert (await meeting.comes_back()).subject == "248289761001"


HOSTILE_CLAIMS: list[tuple[dict[str, Any], str]] = [
    ({"iss": "https://evil.example.org"}, "issuer"),
    ({"iss": ["https://evil.example.org"]}, "issuer"),
    ({"aud": "somebody-else"}, "audience"),
    ({"aud": ["client-at-staff", "somebody-else"]}, "party"),
    ({"aud": ["client-at-staff"], "azp": "somebody-else"}, "party"),
    ({"aud": None}, "audience"),
    ({"azp": "somebody-else"}, "party"),
    ({"nonce": "of-another-browser"}, "nonce"),
    ({"nonce": None}, "nonce"),
    ({"nonce": 7}, "nonce"),
    ({"sub": ""}, "subject"),
    ({"sub": 256 * "x"}, "subject"),
    ({"sub": 7}, "subject"),
    ({"exp": None}, "expired"),
    ({"exp": "tomorrow"}, "expired"),
    ({"exp": True}, "expired"),
    ({"exp": float("nan")}, "no_object"),
    ({"exp": float("inf")}, "no_object"),
    ({"exp": 10**400}, "expired"),
    ({"iat": float("-inf")}, "no_object"),
    ({"nbf": float("nan")}, "no_object"),
    ({"iat": None}, "not_yet"),
    ({"azp": ["client-at-staff"]}, "party"),
    ({"azp": {"client-at-staff": 1}}, "party"),
    ({"aud": [["client-at-staff"]]}, "audience"),
    ({"nonce": "\ud800"}, "no_object"),
    ({"sub": "\ud800x"}, "no_object"),
    ({"\ud800": 1}, "no_object"),
    ({"given_name": "\ud83d"}, "no_object"),
    ({"sub": "a\0b"}, "subject"),
    ({"sub": "a\nb"}, "subject"),
]


@pytest.mark.req("D-64")
@pytest.mark.parametrize(("claims", "reason"), HOSTILE_CLAIMS)
async def test_a_token_that_says_the_wrong_thing_proves_nobody(
    meet: Meet, claims: dict[str, Any], reason: str
) -> None:
    async with meet() as meeting:
        meeting.theirs.claims = claims
        assert await meeting.refusal() == reason


@pytest.mark.parametrize("deep", [500, 9_000])
async def test_a_token_that_nests_without_end_proves_nobody(meet: Meet, deep: int) -> None:
    async with meet(nested=deep) as meeting:
        if deep == 500:
            assert (await meeting.comes_back()).subject == "248289761001"
        else:
            assert await meeting.refusal() == "no_object"


@pytest.mark.parametrize("kind", [Github, Voucher])
@pytest.mark.parametrize("token", ["a\r\nX-Evil: 1", "\u2603", "\ud800", "a\0", "", 7])
async def test_a_token_that_no_header_may_carry_is_shown_to_nobody(
    meet: Meet, kind: Any, token: object
) -> None:
    async with meet(kind, gives={"access_token": token}) as meeting:
        assert await meeting.refusal() in {"no_access_token", "no_json"}
        assert all("authorization" not in asked.headers for asked in meeting.theirs.asked[2:])


@pytest.mark.parametrize(
    ("user", "reason"),
    [
        ({"id": True}, "subject"),
        ({"id": 1.0}, "subject"),
        ({"id": "7"}, "subject"),
        ({"id": 10**400}, "subject"),
        ({"id": 7, "name": "\ud83d"}, "no_json"),
    ],
)
async def test_github_names_somebody_by_a_number(
    meet: Meet, user: dict[str, Any], reason: str
) -> None:
    async with meet(Github, spoil={"/api/user": answer(200, user)}) as meeting:
        assert await meeting.refusal() == reason


async def test_words_that_are_none_are_left_out(meet: Meet) -> None:
    wrong = {"email": ["a@example.org"], "given_name": 600 * "x", "family_name": {}, "name": 7}
    async with meet(Google) as meeting:
        found = await meeting.comes_back(**wrong)
        assert (found.email, found.given_name, found.family_name, found.name) == ("", "", "", "")
    async with meet(Github) as meeting:
        meeting.theirs.emails = [{"email": {"a": 1}, "primary": True, "verified": True}]
        assert (await meeting.comes_back()).email == ""


@pytest.mark.parametrize("host", ["a..b", 70 * "a" + ".example", "xn--a"])
async def test_a_name_that_no_host_can_have_is_out_of_reach(meet: Meet, host: str) -> None:
    async with meet(description={"token_endpoint": f"http://{host}/token"}) as meeting:
        with pytest.raises(OutOfReach):
            await meeting.comes_back()


async def test_a_token_is_good_in_its_time_with_a_minute_of_clocks_that_differ(meet: Meet) -> None:
    async with meet() as meeting:
        now = int(meeting.clock.now().timestamp())
        for said, good in (
            ({"exp": now - 50}, True),
            ({"exp": now - 61}, False),
            ({"iat": now + 50}, True),
            ({"iat": now + 61}, False),
            ({"nbf": now + 61}, False),
        ):
            meeting.theirs.claims = said
            if good:
                await meeting.comes_back()
            else:
                assert await meeting.refusal() in {"expired", "not_yet"}


async def test_google_may_leave_the_scheme_of_its_name_out(meet: Meet) -> None:
    async with meet(Google, claims={"iss": "accounts.google.com"}) as meeting:
        assert (await meeting.comes_back()).issuer == meeting.theirs.issuer
    async with meet(Voucher, claims={"iss": "accounts.google.com"}) as meeting:
        assert await meeting.refusal() == "issuer"


@pytest.mark.req("D-64")
async def test_only_algorithms_that_were_announced_and_that_prove_something_are_taken(
    meet: Meet,
) -> None:
    announced = ["none", "HS256", "RS256"]
    for algorithm in ("none", "HS256", "RS384"):
        described = {"id_token_signing_alg_values_supported": announced}
        async with meet(algorithm=algorithm, description=described) as meeting:
            assert await meeting.refusal() == "algorithm"


@pytest.mark.parametrize(
    ("spoilt", "reason"),
    [
        ({"signs": key(1), "keys": [published(key(), "key-1")]}, "signature"),
        ({"kid": "key-9", "keys": [published(key(), "key-1")]}, "unknown_key"),
        ({"header": {"kid": 9}}, "header"),
        ({"header": {"crit": ["b64"], "b64": False}}, "header"),
        ({"keys": [{**published(key(), "key-1"), "use": "enc"}]}, "unknown_key"),
        ({"keys": [{**published(key(), "key-1"), "alg": "RS512"}]}, "unknown_key"),
        ({"keys": [{"kty": "RSA", "kid": "key-1", "n": "AQAB", "e": "AQAB"}]}, "unknown_key"),
        ({"keys": [{"kty": "EC", "kid": "key-1", "crv": "P-256"}]}, "unknown_key"),
        ({"keys": [{"kty": "oct", "kid": "key-1", "k": "AQAB"}]}, "unknown_key"),
        ({"keys": [7, None]}, "unknown_key"),
    ],
)
async def test_only_a_published_key_of_the_right_kind_signs(
    meet: Meet, spoilt: dict[str, Any], reason: str
) -> None:
    async with meet(**spoilt) as meeting:
        assert await meeting.refusal() == reason


def goes_round(theirs: Voucher, number: int, kid: str | None) -> None:
    """Have a provider sign by another key, under this name or under none, and publish no other."""
    theirs.signs, theirs.header = key(number), {"kid": kid}
    told = published(key(number), kid or "")
    theirs.keys = [{name: value for name, value in told.items() if kid or name != "kid"}]


@pytest.mark.parametrize("kids", [("key-1", "key-2", "key-3"), 3 * (None,), 3 * ("key-1",)])
async def test_a_new_key_is_found_at_once_also_twice_in_a_minute(
    meet: Meet, kids: tuple[str | None, ...]
) -> None:
    async with meet() as meeting:
        for number, kid in enumerate(kids):
            goes_round(meeting.theirs, number, kid)
            for _ in range(2):
                assert (await meeting.comes_back()).subject == "248289761001"
        assert [asked.path for asked in meeting.theirs.asked].count("/keys") == 3


@pytest.mark.parametrize(
    ("kid", "reason"), [("key-1", "signature"), (None, "signature"), ("key-9", "unknown_key")]
)
async def test_tokens_that_nobody_signed_have_the_keys_fetched_so_often_a_minute_and_no_more(
    meet: Meet, kid: str | None, reason: str
) -> None:
    async with meet() as meeting:
        await meeting.comes_back()
        theirs = meeting.theirs
        theirs.signs, theirs.header = key(1), {"kid": kid}
        for _ in range(LOOKS + 4):
            assert await meeting.refusal() == reason
        assert [asked.path for asked in theirs.asked].count("/keys") == 1 + LOOKS
        goes_round(theirs, 2, kid)
        assert await meeting.refusal() == reason
        meeting.clock.advance(AGAIN)
        assert (await meeting.comes_back()).subject == "248289761001"


async def test_a_token_without_a_name_of_a_key_is_by_the_only_one(meet: Meet) -> None:
    async with meet(header={"kid": None}) as meeting:
        assert (await meeting.comes_back()).subject == "248289761001"
    both = [published(key(), "key-1"), published(key(1), "key-2")]
    async with meet(header={"kid": None}, keys=both) as meeting:
        assert await meeting.refusal() == "unknown_key"


@pytest.mark.req("D-64")
async def test_an_answer_of_another_provider_is_not_taken_for_this_ones(meet: Meet) -> None:
    for kind in (Google, Github, Linkedin, Voucher):
        async with meet(kind) as meeting:
            assert await meeting.refusal(says="https://evil.example.org") == "mixed_up"
    async with meet() as meeting:
        back = meeting.theirs.approves(await meeting.ours.leave(ERRAND, meeting.clock.now()))
        code = Secret(parse_qs(urlsplit(back).query)["code"][0])
        with pytest.raises(NotVouched, match="mixed_up"):  # it announced to say who it is
            await meeting.ours.vouch(ERRAND, code, None, meeting.clock.now())


async def test_userinfo_is_believed_of_the_same_person_alone(meet: Meet) -> None:
    async with meet() as meeting:
        meeting.theirs.spoil["/userinfo"] = answer(200, {**somebody(), "sub": "somebody-else"})
        assert await meeting.refusal() == "another_subject"


@pytest.mark.parametrize(
    "told",
    [
        {"issuer": "https://evil.example.org"},
        {"issuer": None},
        {"token_endpoint": None},
        {"token_endpoint": "ftp://127.0.0.1/token"},
        {"token_endpoint": "http://name:password@127.0.0.1/token"},
        {"token_endpoint": "http://[/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "http://127.0.0.1/authorize\r\nSet-Cookie: evil=1"},
        {"authorization_endpoint": "http://127.0.0.1/\u2603"},
        {"authorization_endpoint": "http://127.0.0.1/\ud800"},
        {"authorization_endpoint": "http://127.0.0.1/a b"},
        {"userinfo_endpoint": "http://127.0.0.1/\tx"},
        {"jwks_uri": "http://127.0.0.1/\ud800keys"},
        {"jwks_uri": 7},
    ],
)
async def test_a_description_that_is_wrong_leads_nowhere(meet: Meet, told: dict[str, Any]) -> None:
    async with meet(description=told) as meeting:
        with pytest.raises(NotVouched):
            await meeting.ours.leave(ERRAND, meeting.clock.now())


LARGE = Reply(status=200, headers={"Content-Type": "application/json"}, body=b"[" * 5_000_000)
BROKEN = [
    (SILENCE, OutOfReach),
    (HANG_UP, OutOfReach),
    (answer(500), OutOfReach),
    (answer(503, {"error": "invalid_grant"}), OutOfReach),
    (answer(429), OutOfReach),
    (answer(403), NotVouched),
    (answer(302, Location="https://evil.example.org/token"), NotVouched),
    (answer(200, ["no", "object"]), NotVouched),
    (answer(200, {"access_token": 7}), NotVouched),
    (Reply(status=200, headers={}, body=b"<html>"), NotVouched),
    (Reply(status=200, headers={}, body=b"\xff\xfe"), NotVouched),
    (Reply(status=200, headers={}, body=b"[" * 100_000), NotVouched),
    (Reply(status=200, headers={}, body=b" " * (MOST + 1)), NotVouched),
    (LARGE, NotVouched),
    (Reply(status=200, headers={"Content-Encoding": "gzip"}, body=b"{}"), NotVouched),
]


@pytest.mark.parametrize(("reply", "trouble"), BROKEN)
@pytest.mark.parametrize(
    ("kind", "path"),
    [
        (Github, "/login/oauth/access_token"),
        (Github, "/api/user"),
        (Voucher, "/token"),
        (Voucher, "/keys"),
        (Voucher, "/userinfo"),
    ],
)
async def test_what_a_broken_provider_says_proves_nobody_and_ends_in_time(
    meet: Meet, kind: Any, path: str, reply: Reply, trouble: type[Exception]
) -> None:
    patience = "300ms" if reply is SILENCE else "5s"
    async with meet(kind, patience, spoil={path: reply}) as meeting:
        with pytest.raises(trouble):
            await meeting.comes_back()


async def test_a_refusal_is_told_by_oauths_own_words_alone(meet: Meet) -> None:
    words = {"error": "invalid_client", "error_description": "alice@example.org is unknown"}
    async with meet(spoil={"/token": answer(401, words)}) as meeting:
        assert await meeting.refusal() == "invalid_client"
    async with meet(spoil={"/token": answer(400, {"error": "alice@example.org"})}) as meeting:
        assert await meeting.refusal() == "refused_400"


async def test_a_provider_that_is_away_is_left_alone_for_some_seconds(meet: Meet) -> None:
    path = "/.well-known/openid-configuration"
    async with meet(spoil={path: answer(503)}) as meeting:
        for _ in range(5):
            with pytest.raises(OutOfReach):
                await meeting.ours.leave(ERRAND, meeting.clock.now())
        assert len(meeting.theirs.asked) == 1
        meeting.theirs.spoil.clear()
        meeting.clock.advance(timedelta(seconds=11))
        assert (await meeting.comes_back()).subject == "248289761001"


async def test_what_a_provider_said_of_itself_serves_while_it_is_away_for_a_day(meet: Meet) -> None:
    path = "/.well-known/openid-configuration"
    async with meet() as meeting:
        await meeting.comes_back()
        meeting.theirs.spoil[path] = answer(503)
        meeting.clock.advance(timedelta(hours=23))
        assert await meeting.ours.leave(ERRAND, meeting.clock.now())
        meeting.clock.advance(timedelta(hours=2))
        with pytest.raises(OutOfReach):
            await meeting.ours.leave(ERRAND, meeting.clock.now())


async def test_no_provider_leads_into_our_own_network(meet: Meet, tmp_path: Any) -> None:
    async with meet() as meeting:
        told = {**meeting.theirs.settings, "OAUTH_NETWORKS": ""}
        house = House(
            read(environment(f"sqlite:///{tmp_path}/x.db", **told), cwd=tmp_path).sections
        )
        vouchers = Vouchers(house)
        (ours,) = vouchers.providers().each
        with pytest.raises(OutOfReach):
            await ours.leave(ERRAND, meeting.clock.now())
        await vouchers.close()
        assert meeting.theirs.asked == []


def test_where_people_come_back_is_as_the_settings_say(tmp_path: Any) -> None:
    ids = {"GOOGLE_CLIENT_ID": "a", "GOOGLE_CLIENT_SECRET": "b"}
    ids |= {"GITHUB_CLIENT_ID": "a", "GITHUB_CLIENT_SECRET": "b"}
    shared = {"OAUTH_REDIRECT_URL": f"{BASE}/auth/callback"}
    own = {"GOOGLE_CALLBACK_URL": f"{BASE}/auth/oauth/google/callback"}

    def places(**told: str) -> list[str]:
        environ = environment(f"sqlite:///{tmp_path}/x.db", **ids, **told)
        house = House(read(environ, cwd=tmp_path).sections)
        return [each.redirect_uri for each in Vouchers(house).providers().each]

    assert places() == [f"{BASE}/auth/oauth/{name}/callback" for name in ("google", "github")]
    assert places(**shared) == 2 * [f"{BASE}/auth/callback"]
    assert places(**shared, **own) == [*own.values(), *shared.values()]
