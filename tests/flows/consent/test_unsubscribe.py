"""The link that ends marketing letters: no sign-in, one click, and nobody else's."""

import asyncio
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import select

from tests.support.browser import browser
from tests.support.world import World
from watchword.flows.consent.rules import unsubscribe_token
from watchword.flows.consent.service import Consenting
from watchword.kernel.ids import SubscriberId
from watchword.kernel.secret import Peppers
from watchword.plumbing.db.statements import statement
from watchword.records.consents.rules import ACCOUNT, Purpose
from watchword.records.consents.service import Source
from watchword.records.consents.store import consents

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
DEEDS = statement(select(consents.c.deed, consents.c.channel).order_by(consents.c.number))


async def consenting_reader(world: World, email: str = "alice@example.org") -> str:
    """Add somebody who wants every letter; return the path of their unsubscribe link."""
    reader = await world.subscriber(email)
    source = Source(channel=ACCOUNT, language="en")
    for purpose in Purpose:
        await world.part(Consenting).give(reader.id, purpose, source)
    return path_of(world, reader.id)


def path_of(world: World, user_id: UUID) -> str:
    """Return the path of somebody's link."""
    link = world.part(Consenting).unsubscribe_link(SubscriberId(user_id))
    return link[link.index("/unsubscribe") :]


async def given(world: World, email: str = "alice@example.org") -> dict[str, bool]:
    """Return what somebody allows."""
    async with world.client() as client:
        await world.sign_in(client, email)
        told = (await client.get("/api/v1/me/consents")).json()["consents"]
    return {each["purpose"]: each["given"] for each in told}


@pytest.mark.req("N-57")
async def test_opening_the_link_changes_nothing_and_one_click_ends_marketing(world: World) -> None:
    link = await consenting_reader(world)
    async with world.client() as anybody:
        for _ in range(3):
            page = await anybody.get(link)
            assert page.status_code == 200
        assert (await given(world))["marketing"] is True
        clicked = await anybody.post(link, data=ONE_CLICK)
        assert clicked.status_code == 200
    assert await given(world) == {"processing": True, "marketing": False, "transactional": True}


@pytest.mark.req("N-57")
async def test_a_person_presses_the_button_without_signing_in(small_world: World) -> None:
    link = await consenting_reader(small_world)
    async with browser(small_world) as alice:
        await alice.open(link)
        assert "No more news and offers?" in alice.text
        await alice.send(link, **ONE_CLICK)
        assert "You will get no more news and offers" in alice.text
    assert (await given(small_world))["marketing"] is False


async def test_a_mail_program_may_post_the_form_in_parts(small_world: World) -> None:
    link = await consenting_reader(small_world)
    async with small_world.client() as program:
        parts = {name: (None, value) for name, value in ONE_CLICK.items()}
        assert (await program.post(link, files=parts)).status_code == 200
    assert (await given(small_world))["marketing"] is False


async def test_sixty_four_clicks_are_one_act(world: World) -> None:
    link = await consenting_reader(world)
    async with world.client() as program:
        answers = await asyncio.gather(*(program.post(link, data=ONE_CLICK) for _ in range(64)))
    assert {answer.status_code for answer in answers} == {200}
    rows = await world.database.all(DEEDS)
    assert [(row.deed, row.channel) for row in rows][3:] == [("withdrawn", "letter")]


@pytest.mark.parametrize("body", [b"", b"yes=1", b"List-Unsubscribe=", b"One-Click"])
async def test_what_is_no_click_ends_nothing(small_world: World, body: bytes) -> None:
    link = await consenting_reader(small_world)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    async with small_world.client() as program:
        assert (await program.post(link, content=body, headers=form)).status_code == 422
    assert (await given(small_world))["marketing"] is True


def forgeries(world: World, user_id: UUID) -> list[str]:
    """Return tokens that nobody of ours made for this account."""
    own = path_of(world, user_id).partition("token=")[2]
    foreign = Peppers(1, {1: b"another service's pepper" * 2})
    unknown = Peppers(9, {9: b"a pepper that is not there" * 2})
    made = [
        unsubscribe_token(peppers, SubscriberId(user_id)).reveal() for peppers in (foreign, unknown)
    ]
    return [*made, "", own[:-1], own[:-1] + "~", own.replace("wwu_", "wwt_"), own * 2, "wwu_1_x"]


async def test_a_forged_token_ends_nothing(small_world: World) -> None:
    await consenting_reader(small_world)
    reader = await small_world.subscriber("bob@example.org")
    async with small_world.client() as stranger:
        for token in forgeries(small_world, reader.id):
            params = httpx2.QueryParams(token=token)
            shown = await stranger.get("/unsubscribe", params=params)
            clicked = await stranger.post("/unsubscribe", params=params, data=ONE_CLICK)
            assert (shown.status_code, clicked.status_code) == (400, 400), token
    assert (await given(small_world))["marketing"] is True


async def test_one_persons_link_ends_nobody_elses_letters(small_world: World) -> None:
    await consenting_reader(small_world)
    bobs = await consenting_reader(small_world, "bob@example.org")
    async with small_world.client() as program:
        await program.post(bobs, data=ONE_CLICK)
    assert (await given(small_world))["marketing"] is True
    assert (await given(small_world, "bob@example.org"))["marketing"] is False


async def test_a_link_of_an_account_that_is_gone_is_answered_alike(small_world: World) -> None:
    link = path_of(small_world, UUID(int=7))
    async with small_world.client() as program:
        assert (await program.post(link, data=ONE_CLICK)).status_code == 200


async def test_the_token_opens_no_other_door(small_world: World) -> None:
    token = (await consenting_reader(small_world)).partition("token=")[2]
    async with small_world.client() as thief:
        for door, field in (("verify-email", "token"), ("reset-password", "token")):
            body = {field: token, "password": "a quiet harbour at dusk"}
            if door == "verify-email":
                del body["password"]
            refused = await thief.post(f"/api/v1/auth/{door}", json=body)
            assert (refused.status_code, refused.json()["code"]) == (400, "token_invalid")
        headers = {"Authorization": f"Bearer {token}"}
        assert (await thief.get("/api/v1/me", headers=headers)).status_code == 401
