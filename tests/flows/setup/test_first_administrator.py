"""The first administrator: a link printed at the first start, good once."""

import asyncio
import re
from datetime import timedelta

import httpx2
from sqlalchemy import select

from tests.support.world import PASSWORD, World
from watchword.flows.administration.rules import CONSOLE, NewAccount
from watchword.flows.administration.service import Administration
from watchword.flows.setup.service import Setup
from watchword.plumbing.db.statements import statement
from watchword.records.subscribers.store import users
from watchword.records.tickets.rules import Purpose
from watchword.records.tickets.store import tickets

DOOR = "/api/v1/auth/setup"
SPENT = statement(select(tickets.c.spent_at).where(tickets.c.purpose == Purpose.SETUP))
ADMINS = statement(select(users.c.email).where(users.c.role == "admin"))


async def token(world: World) -> str:
    """Return the token of a fresh link."""
    link = await world.part(Setup).offer()
    assert link is not None
    return link.partition("token=")[2]


def candidate(token: str, email: str = "ada@example.org", **more: str) -> dict[str, str]:
    """Return what the form sends."""
    return {"token": token, "email": email, "password": PASSWORD, "firstName": "Ada", **more}


async def csrf_of(client: httpx2.AsyncClient, path: str) -> str:
    """Return the token of a page's form."""
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', (await client.get(path)).text)
    assert found
    return found[1]


async def test_a_person_makes_the_first_administrator_and_is_signed_in(world: World) -> None:
    secret = await token(world)
    async with world.client() as client:
        csrf = await csrf_of(client, f"/setup?token={secret}")
        form = {"csrf": csrf, "token": secret, "first_name": "Ada", "last_name": "Ben"}
        form |= {"email": "ada@example.org", "password": PASSWORD}
        sent = await client.post("/setup", data=form)
        assert (sent.status_code, sent.headers["location"]) == (303, "/setup/done")
        assert "ada@example.org" in (await client.get("/setup/done")).text
        me = (await client.get(world.path("/auth/me"))).json()
        assert (me["role"], me["status"], me["email_verified"]) == ("admin", "active", True)


async def test_opening_the_link_spends_nothing(world: World) -> None:
    secret = await token(world)
    async with world.client() as client:
        for _ in range(3):
            assert (await client.get(f"/setup?token={secret}")).status_code == 200
        assert (await client.post(DOOR, json=candidate(secret))).status_code == 201


async def test_the_link_is_dead_once_it_was_used(world: World) -> None:
    secret = await token(world)
    async with world.client() as client:
        await client.post(DOOR, json=candidate(secret))
        again = await client.post(DOOR, json=candidate(secret, "eve@example.org"))
        assert (again.status_code, again.json()["code"]) == (400, "token_used")
        page = await client.get(f"/setup?token={secret}")
        assert page.status_code == 400
        assert "watchword users create --admin" in page.text
    [spent] = await world.database.all(SPENT)
    assert spent.spent_at == world.clock.now()


async def test_the_link_expires_after_half_an_hour(world: World) -> None:
    secret = await token(world)
    world.clock.advance(timedelta(minutes=30))
    async with world.client() as client:
        late = await client.post(DOOR, json=candidate(secret))
    assert (late.status_code, late.json()["code"]) == (400, "token_expired")


async def test_a_new_start_makes_the_earlier_link_worthless(world: World) -> None:
    earlier, later = await token(world), await token(world)
    async with world.client() as client:
        stale = await client.post(DOOR, json=candidate(earlier))
        assert (stale.status_code, stale.json()["code"]) == (400, "token_invalid")
        assert (await client.post(DOOR, json=candidate(later))).status_code == 201


async def test_of_ten_who_send_the_form_at_once_one_wins(world: World) -> None:
    secret = await token(world)
    async with world.client() as client:
        answers = await asyncio.gather(
            *(client.post(DOOR, json=candidate(secret, f"a{n}@example.org")) for n in range(10))
        )
    assert sorted(answer.status_code for answer in answers) == [201] + [400] * 9
    assert len(await world.database.all(ADMINS)) == 1


async def test_the_link_is_dead_when_an_administrator_came_another_way(world: World) -> None:
    secret = await token(world)
    wanted = NewAccount(
        email="root@example.org", name="Root", role="admin", verified=True, password=PASSWORD
    )
    await world.part(Administration).create(wanted, CONSOLE)
    async with world.client() as client:
        late = await client.post(DOOR, json=candidate(secret))
        assert (late.status_code, late.json()["code"]) == (400, "token_used")
    assert await world.part(Setup).offer() is None


async def test_the_link_opens_nothing_while_there_is_an_administrator(world: World) -> None:
    secret = await token(world)
    await world.subscriber(role="admin")
    async with world.client() as client:
        late = await client.post(DOOR, json=candidate(secret))
        assert (late.status_code, late.json()["code"]) == (400, "token_used")
        assert (await client.get(f"/setup?token={secret}")).status_code == 400
    assert len(await world.database.all(ADMINS)) == 1


async def test_a_locked_administrator_does_not_count(world: World) -> None:
    await world.subscriber(role="admin", status="locked")
    assert await world.part(Setup).offer() is not None


async def test_an_address_that_has_an_account_is_named_and_the_link_stays_good(
    world: World,
) -> None:
    await world.subscriber("ada@example.org")
    secret = await token(world)
    async with world.client() as client:
        refused = await client.post(DOOR, json=candidate(secret))
        assert refused.status_code == 422
        assert refused.json()["errors"][0] | {"message": ""} == {
            "field": "email",
            "code": "email_taken",
            "message": "",
        }
        other = await client.post(DOOR, json=candidate(secret, "ada.admin@example.org"))
        assert other.status_code == 201


async def test_a_weak_password_is_told_beside_the_form(small_world: World) -> None:
    secret = await token(small_world)
    async with small_world.client() as client:
        csrf = await csrf_of(client, f"/setup?token={secret}")
        form = {"csrf": csrf, "token": secret, "first_name": "Ada", "email": "ada@example.org"}
        sent = await client.post("/setup", data=form | {"password": "short"})
    assert sent.status_code == 422
    assert 'aria-invalid="true"' in sent.text
    assert "15" in sent.text


async def test_rubbish_is_no_link(small_world: World) -> None:
    async with small_world.client() as client:
        for rubbish in ("", "x", "wwt_1_" + "0" * 49, "\u20ac"):
            assert (await client.get("/setup", params={"token": rubbish})).status_code == 400
