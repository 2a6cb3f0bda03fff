"""What administrators do to accounts through the API."""

import asyncio
from datetime import timedelta

import httpx2
import pytest
from sqlalchemy import select

from tests.support.world import PASSWORD, World
from tests.support.worlds import Opener
from watchword.plumbing.db.journal import journal
from watchword.plumbing.db.statements import statement
from watchword.records.subscribers.rules import Subscriber
from watchword.records.tickets.rules import Purpose
from watchword.records.tickets.service import Tickets

ROOT, ALICE = "root@example.org", "alice@example.org"
USERS = "/api/v1/admin/users"
FACTS = statement(
    select(journal.c.type, journal.c.facts["by"].as_string().label("by")).order_by(journal.c.id)
)


async def administrator(world: World, client: httpx2.AsyncClient) -> Subscriber:
    """Add an administrator and sign them in."""
    added = await world.subscriber(ROOT, role="admin")
    await world.sign_in(client, ROOT)
    return added


async def doers(world: World, kind: str) -> list[str]:
    """Return who did what the journal holds of a kind."""
    return [row.by for row in await world.database.all(FACTS) if row.type == kind]


async def test_nobody_but_an_administrator_enters(world: World) -> None:
    alice = await world.subscriber()
    async with world.client() as client:
        assert (await client.get(USERS)).status_code == 401
        await world.sign_in(client)
        assert (await client.get(USERS)).status_code == 403
        assert (await client.post(f"{USERS}/{alice.id}/lock")).status_code == 403
        assert (await client.delete(f"{USERS}/{alice.id}/sessions")).status_code == 403


async def test_an_old_sign_in_is_not_enough(small_world: World) -> None:
    async with small_world.client() as client:
        await small_world.subscriber(ROOT, role="admin")
        await small_world.sign_in(client, ROOT, transport="cookie")
        assert (await client.get(USERS)).status_code == 200
        small_world.clock.advance(timedelta(minutes=15, seconds=1))
        late = await client.get(USERS)
        assert (late.status_code, late.json()["code"]) == (403, "fresh_sign_in_required")


async def test_an_administrator_sees_an_account_with_its_guesses(world: World) -> None:
    alice = await world.subscriber()
    async with world.client() as client, world.client("198.51.100.9") as stranger:
        await administrator(world, client)
        for _ in range(5):
            await world_login(world, stranger, "wrong but long enough")
        seen = (await client.get(f"{USERS}/{alice.id}")).json()
        assert (seen["email"], seen["status"], seen["role"]) == (ALICE, "active", "user")
        assert seen["email_verified"] is True
        assert seen["guesses"]["locked_until"] is not None
        assert seen["code_guesses"] == {"failures": 0, "locked_until": None}
        for unknown in ("0", "00000000-0000-7000-8000-000000000009"):
            assert (await client.get(f"{USERS}/{unknown}")).status_code == 404


async def test_an_administrator_sees_guesses_at_codes_and_unlocking_forgives_them(
    world: World,
) -> None:
    alice = await world.subscriber()
    async with world.client() as client, world.client("198.51.100.9") as stranger:
        await administrator(world, client)
        seen = []
        for _ in range(5):
            body = {"email": ALICE, "code": "000000"}
            await stranger.post(world.path("/auth/otp/verify"), json=body)
            seen.append((await client.get(f"{USERS}/{alice.id}")).json()["code_guesses"])
        listed = (await client.get(f"{USERS}?q=alice")).json()["users"][0]
        forgiven = (await client.post(f"{USERS}/{alice.id}/unlock")).json()
    assert [each["failures"] for each in seen] == [1, 2, 3, 4, 0]
    assert [each["locked_until"] is not None for each in seen] == [False] * 4 + [True]
    assert listed["code_guesses"] == seen[-1]
    assert listed["guesses"] == {"failures": 0, "locked_until": None}
    assert forgiven["code_guesses"] == {"failures": 0, "locked_until": None}


async def world_login(
    world: World, client: httpx2.AsyncClient, password: str = PASSWORD
) -> httpx2.Response:
    """Try to sign in as Alice."""
    return await client.post(world.path("/auth/login"), json={"email": ALICE, "password": password})


@pytest.mark.req("R-39")
async def test_a_lock_ends_every_session_at_once_and_unlocking_lets_in_again(world: World) -> None:
    alice = await world.subscriber()
    async with world.client() as admin, world.client() as phone, world.client() as desk:
        root = await administrator(world, admin)
        await world.sign_in(phone)
        await world.sign_in(desk, transport="cookie")
        locked = await admin.post(f"{USERS}/{alice.id}/lock")
        assert (locked.status_code, locked.json()["status"]) == (200, "locked")
        for client in (phone, desk):
            assert (await client.get(world.path("/auth/me"))).status_code == 401
        refused = await world_login(world, phone)
        assert (refused.status_code, refused.json()["code"]) == (403, "account_locked")
        unlocked = await admin.post(f"{USERS}/{alice.id}/unlock")
        assert unlocked.json()["status"] == "active"
        assert (await desk.get(world.path("/auth/me"))).status_code == 401
        assert (await world_login(world, phone)).status_code == 200
    assert await doers(world, "id.account.locked") == [str(root.id)]
    assert await doers(world, "id.account.unlocked") == [str(root.id)]


async def test_to_lock_twice_is_to_lock_once(world: World) -> None:
    alice = await world.subscriber()
    async with world.client() as admin:
        await administrator(world, admin)
        first = await admin.post(f"{USERS}/{alice.id}/lock")
        world.clock.advance(timedelta(minutes=1))
        second = await admin.post(f"{USERS}/{alice.id}/lock")
    assert first.status_code == second.status_code == 200
    assert first.json() == second.json()
    assert len(await doers(world, "id.account.locked")) == 1


async def test_a_lock_makes_what_was_sent_worthless(world: World) -> None:
    alice = await world.subscriber()
    async with world.client() as admin, world.client() as owner:
        await administrator(world, admin)
        await owner.post(world.path("/auth/otp/request"), json={"email": ALICE})
        code = await world.code(ALICE)
        await admin.post(f"{USERS}/{alice.id}/lock")
        await admin.post(f"{USERS}/{alice.id}/unlock")
        stale = {"email": ALICE, "code": code}
        assert (await owner.post(world.path("/auth/otp/verify"), json=stale)).status_code == 400
    now = world.clock.now()
    assert await world.part(Tickets).live(world.database, Purpose.SIGN_IN, now) == 0


@pytest.mark.req("R-39", "D-38")
async def test_unlocking_forgives_wrong_guesses(world: World) -> None:
    alice = await world.subscriber()
    async with world.client() as admin, world.client() as owner:
        await administrator(world, admin)
        for _ in range(5):
            assert (await world_login(world, owner, "wrong but long enough")).status_code == 401
        assert (await world_login(world, owner)).status_code == 429
        forgiven = await admin.post(f"{USERS}/{alice.id}/unlock")
        assert forgiven.json()["guesses"] == {"failures": 0, "locked_until": None}
        assert (await world_login(world, owner)).status_code == 200


async def test_a_disabled_account_is_enabled_again(world: World) -> None:
    alice = await world.subscriber()
    async with world.client() as admin, world.client() as owner:
        await administrator(world, admin)
        await world.sign_in(owner)
        disabled = await admin.post(f"{USERS}/{alice.id}/disable")
        assert disabled.json()["status"] == "disabled"
        assert (await owner.get(world.path("/auth/me"))).status_code == 401
        refused = await world_login(world, owner)
        assert (refused.status_code, refused.json()["code"]) == (403, "account_disabled")
        enabled = await admin.post(f"{USERS}/{alice.id}/enable")
        assert enabled.json()["status"] == "active"
        assert (await world_login(world, owner)).status_code == 200
    assert len(await doers(world, "id.account.disabled")) == 1
    assert len(await doers(world, "id.account.enabled")) == 1


async def test_sessions_of_an_account_are_ended_and_counted(world: World) -> None:
    alice = await world.subscriber()
    async with world.client() as admin, world.client() as owner:
        root = await administrator(world, admin)
        await world.sign_in(owner)
        ended = await admin.delete(f"{USERS}/{alice.id}/sessions")
        assert (ended.status_code, ended.json()) == (200, {"ended": 1})
        assert (await owner.get(world.path("/auth/me"))).status_code == 401
        again = await admin.delete(f"{USERS}/{alice.id}/sessions")
        assert again.json() == {"ended": 0}
    assert await doers(world, "id.session.revoked") == [str(root.id)]


@pytest.mark.parametrize("act", ["lock", "disable"])
async def test_the_last_administrator_stays_in(world: World, act: str) -> None:
    async with world.client() as admin:
        root = await administrator(world, admin)
        refused = await admin.post(f"{USERS}/{root.id}/{act}")
        assert (refused.status_code, refused.json()["code"]) == (409, "last_admin")
        assert (await admin.get(world.path("/auth/me"))).status_code == 200


async def test_of_two_administrators_who_lock_each_other_one_stays(world: World) -> None:
    async with world.client() as first, world.client() as second:
        root = await administrator(world, first)
        other = await world.subscriber("other@example.org", role="admin")
        await world.sign_in(second, "other@example.org")
        await asyncio.gather(
            first.post(f"{USERS}/{other.id}/lock"), second.post(f"{USERS}/{root.id}/lock")
        )
    async with world.client() as client:
        states = []
        for email in (ROOT, "other@example.org"):
            body = {"email": email, "password": PASSWORD}
            states.append((await client.post(world.path("/auth/login"), json=body)).status_code)
    assert sorted(states) == [200, 403]


async def test_accounts_are_listed_page_by_page(world: World) -> None:
    async with world.client() as admin:
        await administrator(world, admin)
        for number in range(4):
            world.clock.advance(timedelta(seconds=1))
            await world.subscriber(f"user{number}@example.org", None)
        seen: list[str] = []
        after: str | None = None
        while True:
            params = {"limit": "2"} | ({"after": after} if after else {})
            page = (await admin.get(USERS, params=params)).json()
            seen += [user["email"] for user in page["users"]]
            after = page["next"]
            if after is None:
                break
    assert seen == [ROOT, *(f"user{number}@example.org" for number in range(4))]


async def test_accounts_are_found_by_part_of_the_address_and_by_status(world: World) -> None:
    async with world.client() as admin:
        await administrator(world, admin)
        for address in ("a_b@example.org", "aXb@example.org", "a%b@example.org", "a/b@example.org"):
            await world.subscriber(address, None)
        await world.subscriber("gone@example.org", None, status="disabled")

        async def found(**params: str) -> list[str]:
            page = (await admin.get(USERS, params=params)).json()
            return sorted(user["email"] for user in page["users"])

        assert await found(q="a_b") == ["a_b@example.org"]
        assert await found(q="A%B") == ["a%b@example.org"]
        assert await found(q="a/b") == ["a/b@example.org"]
        assert await found(q="axB") == ["aXb@example.org"]
        assert await found(status="disabled") == ["gone@example.org"]


@pytest.mark.parametrize(
    "query", [{"limit": "201"}, {"limit": "0"}, {"after": "x"}, {"status": "odd"}, {"page": "2"}]
)
async def test_a_query_that_makes_no_sense_is_refused(
    small_world: World, query: dict[str, str]
) -> None:
    async with small_world.client() as admin:
        await administrator(small_world, admin)
        assert (await admin.get(USERS, params=query)).status_code == 422


async def test_a_cookie_call_from_another_site_does_nothing(small_worlds: Opener) -> None:
    async with small_worlds() as world, world.client() as admin:
        alice = await world.subscriber()
        await world.subscriber(ROOT, role="admin")
        await world.sign_in(admin, ROOT, transport="cookie")
        forged = await admin.post(
            f"{USERS}/{alice.id}/lock", headers={"Origin": "https://evil.example"}
        )
        assert (forged.status_code, forged.json()["code"]) == (403, "csrf_refused")
