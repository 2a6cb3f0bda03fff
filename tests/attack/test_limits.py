"""Pages are no way around a limit of the API: a form and its twin share one count."""

from itertools import cycle, islice

import pytest

from tests.support.browser import browser
from tests.support.facts import facts
from tests.support.world import PASSWORD, World
from tests.support.worlds import Opener
from watchword.app.asgi import placed_doors
from watchword.plumbing.web.doors import Door
from watchword.records.subscribers.rules import PENDING

API = "/api/v1/auth"
FORM = "application/x-www-form-urlencoded"
TWINS = {
    "/account": "/api/v1/me",
    "/account/consents/give": "/api/v1/me/consents",
    "/account/consents/withdraw": "/api/v1/me/consents/withdraw",
    "/account/data": "/api/v1/me/exports",
    "/account/data/download": "/api/v1/me/exports/download",
    "/account/email": f"{API}/change-email",
    "/account/erase": "/api/v1/me",
    "/account/identities/{id}/unlink": f"{API}/identities/{{id}}",
    "/account/phone": f"{API}/phone/code",
    "/account/phone/verify": f"{API}/phone/verify",
    "/account/security": f"{API}/change-password",
    "/account/sessions/end-others": f"{API}/sessions/{{id}}",
    "/account/sessions/{id}/end": f"{API}/sessions/{{id}}",
    "/change-email/confirm": f"{API}/change-email/confirm",
    "/change-email/undo": f"{API}/change-email/undo",
    "/erasure/undo": f"{API}/erasure/undo",
    "/forgot-password": f"{API}/forgot-password",
    "/forgot-pin": f"{API}/ussd-pin-reset/request",
    "/login": f"{API}/login",
    "/login/code": f"{API}/otp/request",
    "/login/code/verify": f"{API}/otp/verify",
    "/login/link": f"{API}/otp/verify",
    "/register": f"{API}/register",
    "/resend-verification": f"{API}/resend-verification",
    "/reset-password": f"{API}/reset-password",
    "/reset-password/code": f"{API}/reset-password",
    "/reset-pin": f"{API}/ussd-pin-reset/confirm",
    "/reset-pin/choose": f"{API}/ussd-pin-reset/confirm",
    "/reset-pin/code": f"{API}/ussd-pin-reset/verify",
    "/setup": f"{API}/setup",
    "/sign-out": f"{API}/logout",
    "/sign-out/everywhere": f"{API}/logout-all",
    "/verify-email": f"{API}/verify-email",
}
ALONE = {
    "/account/email/code": "auth",
    "/account/identities/link": "api",
    "/preferences": "page",
    "/register/finish": "auth",
    "/unlock": "api",
}
TIGHT = {f"RATE_LIMIT_{rule}": "6/60000" for rule in ("API", "AUTH", "OTP")}


def doors(world: World) -> dict[str, Door]:
    """Return the doors that change something, by path."""
    return {path: door for path, door in placed_doors(world.house) if door.method != "GET"}


def test_every_form_is_known_here(small_world: World) -> None:
    forms = {path for path, door in doors(small_world).items() if door.form}
    assert forms == TWINS.keys() | ALONE.keys()
    for path, rule in ALONE.items():
        assert doors(small_world)[path].limits == (rule,)


@pytest.mark.parametrize("path", TWINS)
async def test_a_form_and_its_twin_share_one_count(small_worlds: Opener, path: str) -> None:
    async with small_worlds(**TIGHT) as world, world.client() as client:
        twin = doors(world)[TWINS[path]]
        here, there = path.replace("{id}", "x"), TWINS[path].replace("{id}", "x")
        knocks = [("POST", here), (twin.method, there)]
        kinds = {here: FORM, there: "application/json"}
        for knock, (method, place) in enumerate(islice(cycle(knocks), 8)):
            kind = {"Content-Type": kinds[place]}
            answer = await client.request(method, place, headers=kind, content=b"{}")
            assert (answer.status_code == 429) is (knock >= 6)


async def test_letters_to_a_mailbox_are_counted_over_pages_and_api(small_worlds: Opener) -> None:
    async with small_worlds(RATE_LIMIT_OTP="3/60000") as world:
        await world.subscriber(status=PENDING)
        email = "alice@example.org"
        for number in range(2):
            async with browser(world, f"203.0.113.{number}") as person:
                assert "code" in (await person.sign_in()).text
        async with world.client("203.0.113.8") as client:
            asked = await client.post(f"{API}/otp/request", json={"email": email})
            assert asked.status_code == 202
        async with browser(world, "203.0.113.9") as person:
            assert "code" in (await person.sign_in(email, PASSWORD)).text, "answered alike"
        assert len(await world.letters(email)) == 3
        [withheld] = await facts(world, "email.rate_limited")
        assert withheld.facts == {"asked_for": "verify_email", "reason": "mailbox"}


@pytest.mark.parametrize(
    ("path", "headers", "refused"),
    [
        ("/login", {"Origin": "https://evil.example", "Content-Type": FORM}, 403),
        ("/login", {"Sec-Fetch-Site": "cross-site", "Content-Type": FORM}, 403),
        ("/login", {"Content-Type": "text/plain"}, 415),
        (f"{API}/login", {"Content-Type": "text/plain"}, 415),
        (f"{API}/password-reset/verify", {"Content-Type": FORM}, 415),
    ],
)
async def test_no_page_elsewhere_uses_up_the_attempts_of_who_looks_at_it(
    small_world: World, path: str, headers: dict[str, str], refused: int
) -> None:
    await small_world.subscriber()
    async with small_world.client() as client:
        for _ in range(12):
            forged = await client.post(path, content="email=a%40b.c", headers=headers)
            assert forged.status_code == refused
        await small_world.sign_in(client)
