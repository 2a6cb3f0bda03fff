"""Erasure: closed at once, undone by a link, erased when its time has come."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from tests.support.facts import facts
from tests.support.world import PASSWORD, World
from tests.support.worlds import Opener
from watchword.flows.administration.rules import Act
from watchword.flows.administration.service import Administration
from watchword.flows.erasure.service import Erasing
from watchword.operations.audit.service import Auditor
from watchword.plumbing.db.journal import journal
from watchword.plumbing.db.statements import statement
from watchword.records.audit.service import Chain
from watchword.records.consents.store import consents
from watchword.records.erasures.service import Erasures
from watchword.records.passwords.store import passwords
from watchword.records.sessions.store import sessions
from watchword.records.subscribers.rules import SubscriberId
from watchword.records.subscribers.store import users
from watchword.records.tickets.store import tickets

ME = "/api/v1/me"
ALICE = "alice@example.org"
UNDO = "/api/v1/auth/erasure/undo"
GRACE = timedelta(days=14)
AT_ONCE = {"ERASURE_GRACE_DAYS": "0"}


async def rows(world: World, table: Any) -> list[Any]:
    return list(await world.database.all(statement(select(table))))


@pytest.mark.req("N-55")
async def test_the_account_is_closed_at_once_and_a_receipt_tells_when_it_is_erased(
    world: World,
) -> None:
    await world.subscriber()
    async with world.client() as client, world.client() as other:
        await world.sign_in(client)
        await world.sign_in(other)
        closed = await client.request("DELETE", ME)
        receipt = closed.json()
        assert (closed.status_code, receipt["status"]) == (202, "erasing")
        assert (receipt["asked_at"], receipt["erases_at"]) == (
            "2026-03-01T12:00:00Z",
            "2026-03-15T12:00:00Z",
        )
        for gone in (client, other):
            assert (await gone.get(ME)).status_code == 401
        body = {"email": ALICE, "password": PASSWORD}
        refused = await other.post("/api/v1/auth/login", json=body)
        assert (refused.status_code, refused.json()["code"]) == (403, "account_disabled")
        await other.post("/api/v1/auth/forgot-password", json={"email": ALICE})
    letter = await world.newest(ALICE, "erasure/erasure_asked")
    assert receipt["receipt"] in letter.text
    assert "15 March 2026" in letter.text


async def test_what_a_proxy_asks_for_twice_is_done_once(world: World) -> None:
    await world.subscriber()
    async with world.client() as client, world.client() as other:
        await world.sign_in(other)
        await world.sign_in(client)
        told = (await client.get("/api/v1/me/sessions")).json()["sessions"]
        (theirs,) = (each["id"] for each in told if not each["current"])
        session = f"/api/v1/me/sessions/{theirs}"
        assert [(await client.delete(session)).status_code for _ in range(2)] == [204, 404]
        assert [(await client.request("DELETE", ME)).status_code for _ in range(2)] == [202, 401]
    assert len(await facts(world, "id.user.erasure_asked")) == 1


@pytest.mark.req("N-55")
async def test_a_sign_in_of_long_ago_erases_nothing(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client, transport="cookie")
        world.clock.advance(timedelta(minutes=16))
        csrf = (await client.get("/api/v1/auth/csrf")).json()["csrf_token"]
        refused = await client.request("DELETE", ME, headers={"X-CSRF-Token": csrf})
        assert (refused.status_code, refused.json()["code"]) == (403, "fresh_sign_in_required")
        assert (await client.get("/api/v1/auth/me")).status_code == 200


async def test_the_link_of_the_letter_opens_the_account_again_once(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        await client.request("DELETE", ME)
        token = await world.token(ALICE, "erasure/erasure_asked")
        world.clock.advance(GRACE - timedelta(minutes=1))
        assert (await client.get("/erasure/undo", params={"token": token})).status_code == 200
        undone = await client.post(UNDO, json={"token": token})
        assert (undone.status_code, undone.json()) == (200, {"status": "active"})
        again = await client.post(UNDO, json={"token": token})
        assert (again.status_code, again.json()["code"]) == (400, "token_used")
        world.clock.advance(timedelta(days=1))
        assert await world.part(Erasing).erase_due() == 0
        told = await world.sign_in(client)
    assert told["user"]["email"] == ALICE


@pytest.mark.req("N-55", "K-28")
async def test_when_its_time_has_come_a_stub_is_left_and_the_consents_are_over(
    world: World,
) -> None:
    alice = await world.subscriber(phone="+213555123456")
    async with world.client() as client:
        await world.sign_in(client)
        await client.post(f"{ME}/consents", json={"purpose": "marketing"})
        await client.request("DELETE", ME)
        token = await world.token(ALICE, "erasure/erasure_asked")
        assert await world.part(Erasing).erase_due() == 0
        world.clock.advance(GRACE)
        assert await world.part(Erasing).erase_due() == 1
        assert await world.part(Erasing).erase_due() == 0
        late = await client.post(UNDO, json={"token": token})
        assert late.status_code == 400
    [stub] = await rows(world, users)
    assert (stub.id, stub.status, stub.email) == (
        alice.id,
        "erased",
        f"{alice.id}@erased.invalid",
    )
    assert (stub.name, stub.given_name, stub.family_name, stub.phone) == ("", "", "", None)
    for table in (sessions, passwords, tickets):
        assert await rows(world, table) == []
    acts = {(each.deed, each.channel, each.address) for each in await rows(world, consents)}
    assert acts == {("granted", "api", ""), ("withdrawn", "erasure", "")}
    told = [each for each in await rows(world, journal) if each.user_id == alice.id]
    assert len(told) == 6
    assert {(each.address, each.user_agent, each.request_id) for each in told} == {
        (None, None, None)
    }
    [erased] = await facts(world, "id.user.erased")
    assert (erased.user_id, erased.facts["by"]) == (alice.id, "owner")
    letters = [each.template for each in await world.letters(ALICE)]
    assert letters[-1] == "erasure/erasure_done"


async def test_without_grace_it_happens_at_once(worlds: Opener) -> None:
    async with worlds(**AT_ONCE) as world, world.client() as client:
        await world.subscriber()
        await world.sign_in(client)
        erased = await client.request("DELETE", ME)
        assert (erased.status_code, erased.json()["status"]) == (202, "erased")
        assert erased.json()["erased_at"] is not None
        [stub] = await rows(world, users)
        assert stub.status == "erased"
        assert [each.address for each in await rows(world, journal)] == [None] * 4


async def test_the_address_is_free_for_a_new_account(worlds: Opener) -> None:
    async with worlds(**AT_ONCE) as world, world.client() as client:
        first = await world.subscriber()
        await world.sign_in(client)
        await client.request("DELETE", ME)
        second = await world.subscriber()
        await world.sign_in(client)
        told = (await client.get(f"{ME}/export")).json()
    assert second.id != first.id
    assert str(first.id) not in str(told)


async def test_the_last_administrator_makes_another_one_first(world: World) -> None:
    await world.subscriber(role="admin")
    async with world.client() as client:
        await world.sign_in(client)
        refused = await client.request("DELETE", ME)
        assert (refused.status_code, refused.json()["code"]) == (409, "last_admin")
        await world.subscriber("root@example.com", role="admin")
        assert (await client.request("DELETE", ME)).status_code == 202


@pytest.mark.req("K-28")
async def test_a_held_account_is_closed_and_erased_when_the_hold_is_lifted(world: World) -> None:
    alice = await world.subscriber()
    erasures, erasing = world.part(Erasures), world.part(Erasing)
    async with world.client() as client:
        await world.sign_in(client)
        async with world.database.transaction() as tx:
            assert await erasures.hold(tx, alice.id, "case 7", world.clock.now())
        assert (await client.request("DELETE", ME)).status_code == 202
    world.clock.advance(GRACE)
    assert await erasing.erase_due() == 0
    async with world.database.transaction() as tx:
        assert await erasures.lift(tx, alice.id, world.clock.now())
    assert await erasing.erase_due() == 1


@pytest.mark.parametrize(
    ("act", "status", "back"), [("disable", "disabled", "enable"), ("lock", "locked", "unlock")]
)
async def test_what_an_administrator_closed_stays_closed_when_its_erasure_is_undone(
    world: World, act: str, status: str, back: str
) -> None:
    alice = await world.subscriber()
    await world.subscriber("root@example.com", role="admin")
    users_door = f"/api/v1/admin/users/{alice.id}"
    async with world.client() as client, world.client() as root:
        await world.sign_in(client)
        await client.request("DELETE", ME)
        await world.sign_in(root, "root@example.com")
        for each, becomes in ((act, status), (back, "erasing"), (act, status)):
            assert (await root.post(f"{users_door}/{each}")).json()["status"] == becomes
        token = await world.token(ALICE, "erasure/erasure_asked")
        undone = await client.post(UNDO, json={"token": token})
        assert (undone.status_code, undone.json()) == (200, {"status": status})
        body = {"email": ALICE, "password": PASSWORD}
        assert (await client.post("/api/v1/auth/login", json=body)).status_code == 403
        assert (await root.post(f"{users_door}/{back}")).json()["status"] == "active"
        await world.sign_in(client)


async def test_an_account_that_an_administrator_closed_is_erased_in_time(world: World) -> None:
    alice = await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        await client.request("DELETE", ME)
    await world.part(Administration).act(Act.DISABLE, alice.id, "console")
    world.clock.advance(GRACE)
    assert await world.part(Erasing).erase_due() == 1


@pytest.mark.req("N-55")
async def test_with_an_administrator_goes_where_they_were_when_they_acted_on_others(
    world: World,
) -> None:
    root = await world.subscriber("root@example.com", role="admin")
    await world.subscriber("other@example.com", role="admin")
    alice = await world.subscriber()
    async with world.client("192.0.2.99") as theirs, world.client() as client:
        await world.sign_in(theirs, "root@example.com")
        await world.sign_in(client)
        for act in ("disable", "enable"):
            await theirs.post(f"/api/v1/admin/users/{alice.id}/{act}")
        await world.sign_in(client)
    await world.part(Administration).give_role(root.id, "user", "console")
    await world.part(Erasing).erase(root.id, "operator")
    kept = {each.address for each in await rows(world, journal)}
    assert kept == {None, "203.0.113.7"}
    while await world.part(Chain).link():
        pass
    report = await world.part(Auditor).verify([], lambda _done, _total: None)
    assert (report.faults, report.waiting) == ([], 0)


async def test_letters_that_wait_for_somebody_erased_never_leave_and_others_do(
    worlds: Opener,
) -> None:
    async with worlds(**AT_ONCE) as world, world.client() as client:
        await world.subscriber()
        await world.subscriber("bob@example.org")
        for email in (ALICE, "bob@example.org"):
            await client.post("/api/v1/auth/otp/request", json={"email": email})
        await world.sign_in(client)
        await client.request("DELETE", ME)
        assert [each.template for each in await world.letters(ALICE)] == ["erasure/erasure_done"]
        assert [each.template for each in await world.letters("bob@example.org")] == [
            "login/sign_in_code"
        ]


async def test_an_older_backup_is_erased_anew_by_the_tombstones(world: World) -> None:
    alice = await world.subscriber()
    erasing = world.part(Erasing)
    receipt = await erasing.erase(alice.id, "operator")
    [tombstone] = [each async for each in world.part(Erasures).tombstones(world.database)]
    assert (tombstone.id, tombstone.user_id) == (receipt, alice.id)
    assert tombstone.erased_at is not None
    assert not await erasing.repeat(receipt, alice.id, tombstone.erased_at)


async def test_a_tombstone_of_an_account_that_is_not_here_yet_is_kept_once(world: World) -> None:
    """The backup restored next may have the account."""
    receipt, nobody, at = UUID(int=7), SubscriberId(UUID(int=8)), world.clock.now()
    erasing = world.part(Erasing)
    for _ in range(2):
        assert not await erasing.repeat(receipt, nobody, at)
        await erasing.remember(receipt, nobody, at)
    [kept] = [each async for each in world.part(Erasures).tombstones(world.database)]
    assert (kept.id, kept.user_id, kept.erased_at) == (receipt, nobody, at)


@pytest.mark.parametrize("token", ["", "rubbish", "wwt_1_" + "A1b2" * 13])
async def test_a_link_that_is_none_opens_nothing(small_world: World, token: str) -> None:
    async with small_world.client() as client:
        refused = await client.post(UNDO, json={"token": token})
        page = await client.get("/erasure/undo", params={"token": token})
    assert (refused.status_code, refused.json()["code"]) == (400, "token_invalid")
    assert page.status_code == 400
