"""What a person sees of what happened to their own account."""

import tomllib
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.browser import browser
from tests.support.vouchers import Google, links, town
from tests.support.world import NEW_PASSWORD, PASSWORD, World
from tests.support.worlds import Opener
from watchword.app import slices
from watchword.flows import activity
from watchword.flows.activity.rules import CODE_ACCEPTED, PAGE, SIGN_IN_REFUSED, WORDS
from watchword.kernel.facts import Fact
from watchword.plumbing.words.languages import LANGUAGES

ACTIVITY = "/api/v1/me/activity"
ALICE = "alice@example.org"
UNTOLD = {  # by why it is not told
    "about the service, and about nobody's account": (
        "audit.archived",
        "audit.chain_cut",
        "auth.rate_limited",
        "backup.created",
        "backup.failed",
        "backup.restored",
        "backup.verified",
        "flag.changed",
        "id.users.imported",
        "key.rotated",
        "log.level_set",
        "retention.run",
        "risk.signal_dead_lettered",
    ),
    "what becomes of letters and texts is no act; the export has it": (
        "email.suppressed",
        "email.suppression_lifted",
        "id.email.appointment_summary_queued",
        "id.email.bounced",
        "id.email.complained",
        "id.email.dead_lettered",
        "id.email.suppressed",
        "id.sms.dead_lettered",
        "id.sms.withheld",
    ),
    "a step between two that are told, or more of what is told": (
        "codes.refused",
        "email.rate_limited",
        "guess.refused",
        "id.password.reset.verified",
        "id.token.refused",
        "id.ussd.pin.reset.verified",
    ),
    "a stranger's attempt that came to nothing": (
        "id.consent.ignored",
        "id.password.reset.blocked",
        "id.user.registration_repeated",
        "id.ussd.pin.reset.blocked",
    ),
    "whoever attacks the account would read how they are watched": ("risk.signal_raised",),
    "a legal duty, which may be a secret of others": ("gdpr.hold_lifted", "gdpr.hold_placed"),
    "a letter asks, and the answer is told": ("id.consent.renewal_asked",),
    "nobody is left to read it": ("id.user.erased",),
}


async def test_the_owner_sees_what_they_and_others_did_newest_first(world: World) -> None:
    await world.subscriber()
    firefox = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0"}
    async with world.client(headers=firefox) as client, world.client("198.51.100.9") as stranger:
        await world.sign_in(client)
        world.clock.advance(timedelta(minutes=1))
        wrong = {"email": ALICE, "password": "wrong but long enough"}
        await stranger.post(world.path("/auth/login"), json=wrong)
        world.clock.advance(timedelta(minutes=1))
        change = {"currentPassword": PASSWORD, "newPassword": NEW_PASSWORD}
        answer = await client.post(world.path("/auth/change-password"), json=change)
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        seen = (await client.get(ACTIVITY)).json()
    assert [each["what"] for each in seen["activity"]] == [
        "signed_in",  # the session is another one now
        "password_changed",
        "session_ended",
        "password_refused",
        "signed_in",
    ]
    _, changed, _, refused, signed_in = seen["activity"]
    assert (refused["address"], changed["address"]) == ("198.51.100.9", "203.0.113.7")
    assert (signed_in["device"], signed_in["at"]) == ("Firefox, Linux", "2026-03-01T12:00:00Z")
    assert seen["next"] is None


async def test_nobody_sees_what_happened_to_others(world: World) -> None:
    await world.subscriber()
    await world.subscriber("bob@example.org")
    async with world.client() as client, world.client() as bob:
        assert (await client.get(ACTIVITY)).status_code == 401
        await world.sign_in(client)
        await world.sign_in(bob, "bob@example.org")
        [own] = (await client.get(ACTIVITY)).json()["activity"]
        [his] = (await bob.get(ACTIVITY)).json()["activity"]
        beside = (await bob.get(f"{ACTIVITY}?after={own['id']}")).json()
    assert own["id"] != his["id"]
    assert beside == {"activity": [], "next": None}


async def test_pages_follow_one_another(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        for _ in range(5):
            await world.sign_in(client)
        first = (await client.get(f"{ACTIVITY}?limit=3")).json()
        rest = (await client.get(f"{ACTIVITY}?limit=3&after={first['next']}")).json()
        assert (len(first["activity"]), len(rest["activity"]), rest["next"]) == (3, 2, None)
        assert (await client.get(f"{ACTIVITY}?limit=0")).status_code == 422


def words_of(language: str) -> dict[str, str]:
    """Return the words for facts in a language."""
    folder = Path(activity.__file__).parent / "templates" / "words"
    known = tomllib.loads((folder / f"{language}.toml").read_text("utf-8"))
    return dict(known["activity"]["what"])


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_page_says_it_in_the_readers_language(small_world: World, language: str) -> None:
    await small_world.subscriber()
    async with small_world.client(headers={"Accept-Language": language}) as client:
        for _ in range(PAGE + 1):
            await small_world.sign_in(client, transport="cookie")
        page = await client.get("/account/activity")
        _, _, rest = page.text.partition("/account/activity?after=")
        older = await client.get(f"/account/activity?after={rest[:36]}")
        nothing = await client.get("/account/activity?after=nobody")
    signed_in = f"<strong>{words_of(language)['signed_in']}</strong>"
    assert (page.text.count(signed_in), older.text.count(signed_in)) == (PAGE, 1)
    assert nothing.status_code == 200


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fact_that_is_told_has_a_word(language: str) -> None:
    assert {*WORDS.values(), CODE_ACCEPTED, SIGN_IN_REFUSED} == set(words_of(language))


def types_below(kind: type[Fact]) -> set[str]:
    own = {kind.type} if hasattr(kind, "type") else set()
    return own.union(*map(types_below, kind.__subclasses__()))


def test_every_fact_that_is_told_is_one() -> None:
    assert len(list(slices.modules("rules"))) > 20
    assert set(WORDS) <= types_below(Fact)


def test_of_every_fact_it_is_said_whether_it_is_told_or_why_it_is_not() -> None:
    assert len(list(slices.modules("rules"))) > 20
    untold = [kind for kinds in UNTOLD.values() for kind in kinds]
    assert len({*WORDS, *untold}) == len(WORDS) + len(untold)
    assert {*WORDS, *untold} == types_below(Fact)


async def test_a_new_way_in_and_what_was_done_with_the_data_are_told(small_worlds: Opener) -> None:
    google = Google()
    async with town(small_worlds, google) as world, browser(world) as alice:
        await world.subscriber()
        await alice.sign_in()
        await links(alice, google)
        assert (await alice.client.get("/api/v1/me/export")).status_code == 200
        seen = (await alice.client.get(ACTIVITY)).json()["activity"]
    assert [each["what"] for each in seen] == ["exported", "identity_linked", "signed_in"]


async def test_where_an_administrator_was_is_not_told(world: World) -> None:
    await world.subscriber("root@example.com", role="admin")
    alice = await world.subscriber()
    async with world.client("192.0.2.99") as root, world.client() as client:
        await world.sign_in(root, "root@example.com")
        for act in ("disable", "enable"):
            await root.post(f"/api/v1/admin/users/{alice.id}/{act}")
        await world.sign_in(client)
        seen = (await client.get(ACTIVITY)).json()["activity"]
    origins = {each["what"]: each["address"] for each in seen}
    assert origins == {"signed_in": "203.0.113.7", "enabled": None, "disabled": None}
