"""What a new account allows is written with it, and for nobody else's account."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import select

from tests.support.browser import browser
from tests.support.counting import statements
from tests.support.facts import facts
from tests.support.world import PASSWORD, World
from tests.support.worlds import Opener
from watchword.plumbing.db.statements import statement
from watchword.records.consents.store import consents

REGISTER = "/api/v1/auth/register"
ALICE = "alice@example.org"
ALL = {"processing": True, "marketing": True, "transactional": True}
ROWS = statement(
    select(
        consents.c.purpose,
        consents.c.deed,
        consents.c.text_version,
        consents.c.language,
        consents.c.at,
        consents.c.address,
        consents.c.channel,
    ).order_by(consents.c.user_id, consents.c.number)
)


def account(email: str = ALICE, **more: Any) -> dict[str, Any]:
    """Return the body of a registration."""
    return {"email": email, "password": PASSWORD, "firstName": "Alice", "language": "fr", **more}


@pytest.fixture
async def strict(worlds: Opener) -> AsyncIterator[World]:
    """Yield a world in which nobody registers without the first consent."""
    async with worlds(CONSENT_REQUIRED="true") as world:
        yield world


@pytest.mark.req("N-48")
async def test_without_consent_to_processing_there_is_no_account(strict: World) -> None:
    async with strict.client() as client:
        for given in ({}, {"consents": {}}, {"consents": {"processing": False, "marketing": True}}):
            refused = await client.post(REGISTER, json=account(**given))
            assert refused.status_code == 422
            [fault] = refused.json()["errors"]
            assert (fault["field"], fault["code"]) == ("consents.processing", "consent_required")
        taken = await client.post(REGISTER, json=account(consents={"processing": True}))
        assert taken.status_code == 201, "without marketing"
    [row] = await strict.database.all(ROWS)
    assert (row.purpose, row.deed) == ("processing", "granted")


@pytest.mark.req("N-48", "N-51", "N-49")
async def test_each_consent_is_written_with_text_time_address_and_channel(world: World) -> None:
    async with world.client("198.51.100.7") as client:
        await client.post(REGISTER, json=account(consents=ALL))
    rows = await world.database.all(ROWS)
    assert [row.purpose for row in rows] == [*ALL]
    for row in rows:
        assert (row.deed, row.text_version, row.language) == ("granted", 1, "fr")
        assert (row.at, row.address, row.channel) == (
            world.clock.now(),
            "198.51.100.7",
            "registration",
        )


@pytest.mark.parametrize(
    "given", [{"processing": "yes"}, {"everything": True}, [], "all", {"marketing": 1}]
)
async def test_what_is_no_consent_is_refused(small_world: World, given: Any) -> None:
    async with small_world.client() as client:
        refused = await client.post(REGISTER, json=account(consents=given))
    assert refused.status_code == 422
    assert await small_world.database.all(ROWS) == []


async def test_nobody_consents_for_an_account_that_is_there(world: World) -> None:
    await world.subscriber("zoey1@example.org")
    answers, work = [], []
    async with world.client() as stranger:
        await stranger.post(REGISTER, json=account("warm1@example.org", consents=ALL))
        for address in ("zoey1@example.org", "nobod@example.org"):
            with statements(world) as ran:
                answer = await stranger.post(REGISTER, json=account(address, consents=ALL))
            answers.append((answer.status_code, answer.text.replace(address, "…")))
            work.append(len(ran))
    assert answers[0] == answers[1]
    assert work[0] == work[1]
    assert len(await world.database.all(ROWS)) == 6, "of the two that are new"
    assert len(await facts(world, "id.consent.ignored")) == 3


async def test_what_a_stranger_allowed_ends_when_the_owner_proves_the_mailbox(
    world: World,
) -> None:
    async with world.client() as stranger, world.client() as owner:
        await stranger.post(REGISTER, json=account(consents=ALL))
        await owner.post(REGISTER, json=account())
        code = await world.code(ALICE)
        proof = {"email": ALICE, "code": code}
        assert (await owner.post("/api/v1/auth/verify-email", json=proof)).status_code == 200
    rows = await world.database.all(ROWS)
    assert [(row.deed, row.channel) for row in rows][3:] == [("withdrawn", "mailbox_proof")] * 3


async def test_the_page_shows_boxes_that_nobody_ticked(strict: World) -> None:
    form = {"firstName": "Alice", "email": ALICE, "password": PASSWORD, "language": "fr"}
    async with browser(strict) as alice:
        await alice.open("/register?lang=fr")
        assert alice.page.text.count('type="checkbox"') == 3
        assert " checked" not in alice.page.text
        refused = await alice.send("/register", **form)
        assert refused.status_code == 422
        assert 'id="consents.processing-fault"' in refused.text
        await alice.send("/register", **form, **{"consents.processing": "true"})
        assert ALICE in alice.text
    [row] = await strict.database.all(ROWS)
    assert (row.purpose, row.language) == ("processing", "fr")


async def test_where_no_consent_is_needed_the_page_asks_for_none(small_world: World) -> None:
    async with browser(small_world) as alice:
        await alice.open("/register")
        assert 'type="checkbox"' not in alice.page.text
