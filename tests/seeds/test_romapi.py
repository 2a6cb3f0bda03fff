"""ROMAPI, end to end on its own profile: tokens, the lock, and sign-in with Google, GitHub and LinkedIn."""

from typing import Any

import pytest

from tests.support.browser import browser
from tests.support.facts import facts
from tests.support.vouchers import Github, Google, Linkedin, signs_in_by, town
from tests.support.world import BASE, PASSWORD
from tests.support.worlds import Opener
from watchword.operations.audit.service import Auditor
from watchword.plumbing.metrics.counting import Metrics
from watchword.records.audit.service import Chain

SEED: dict[str, str] = {
    "APP_PROFILE": "romapi",
    "GOOGLE_CALLBACK_URL": f"{BASE}/auth/oauth/google/callback",
}


@pytest.mark.req("R-35", "R-36", "R-37")
async def test_people_sign_in_with_all_three_and_by_password(worlds: Opener) -> None:
    google, github, linkedin = Google(), Github(), Linkedin()
    three: list[Any] = [google, github, linkedin]
    async with town(worlds, *three, **SEED) as world:
        # Each of the three opens an account of its own, by addresses without any prefix.
        for number, provider in enumerate(three):
            async with browser(world) as who:
                email = f"dev{number}@example.org"
                await signs_in_by(who, provider, sub=f"100{number}", email=email)
                assert (who.path, email in who.text) == ("/account", True)

        # They are listed where the seed's paths are.
        async with world.client() as program:
            told = (await program.get("/auth/oauth/providers")).json()["providers"]
            assert [each["name"] for each in told] == ["google", "github", "linkedin"]

            # A program signs in by password, gets tokens, and is known by them.
            await world.subscriber()
            tokens = await world.sign_in(program)
            assert tokens["token_type"] == "Bearer"
            assert (await program.get("/auth/me")).json()["email"] == "alice@example.org"

        # The fifth wrong password locks; the right one is refused from then on.
        async with world.client("198.51.100.9") as guesser:
            wrong = {"email": "alice@example.org", "password": "not this one"}
            for _ in range(5):
                await guesser.post("/auth/login", json=wrong)
            right = {**wrong, "password": PASSWORD}
            locked = await guesser.post("/auth/login", json=right)
            assert (locked.status_code, locked.json()["code"]) == (429, "too_many_attempts")

        # All of it is counted.
        counted = world.part(Metrics).exposition().decode()
        for method in ("google", "github", "linkedin", "password"):
            assert f'login_attempts_total{{method="{method}",reason="none"}} 1.0' in counted

        # All of it is in the audit trail, with where it came from, and nothing in that was changed.
        chain = world.part(Chain)
        await chain.link()
        await chain.checkpoint()
        report = await world.part(Auditor).verify([], lambda _done, _total: None)
        assert (report.faults, report.rows > 0) == ([], True)
        assert len(await facts(world, "id.session.created")) == 4
        assert len(await facts(world, "id.identity.linked")) == 3
        failures = await facts(world, "id.login.failed")
        assert [each.address for each in failures] == 5 * ["198.51.100.9"]
