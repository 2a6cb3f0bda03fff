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
        for method, place in islice(cycle(knocks), 6):
            assert (await client.request(method, place)).status_code != 429
        for method, place in knocks:
            assert (await client.request(method, place)).status_code == 429


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
