"""Another program asks that somebody gets the summary of an appointment."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from tests.support.facts import facts
from tests.support.world import World
from tests.support.worlds import Opener
from watchword.operations.cleanup.service import Cleanup
from watchword.plumbing.db.columns import metadata
from watchword.plumbing.db.statements import statement
from watchword.records.consents.rules import Deed, Purpose
from watchword.records.consents.service import Consents, Source
from watchword.records.services.service import Services

PATH = "/api/v1/emails/appointment-summary"
ZOE = "zoe@example.org"
KEY = {"Idempotency-Key": "6f1c0f4e-appointment-4711"}
CLINIC = {
    "CLINIC_NAME": "Clinique des Oliviers",
    "CLINIC_PHONE_E164": "+213550000000",
    "CLINIC_EMAIL": "contact@example.org",
    "CLINIC_ADDRESS": "12 rue des Oliviers, Alger",
}
SUMMARY = {
    "email": ZOE,
    "name": "Zoé",
    "practitioner": "Dr. Amina Benali",
    "startsAt": "2026-11-23T10:30:00+01:00",
    "place": "Bâtiment B",
}


@pytest.fixture
async def world(worlds: Opener) -> AsyncIterator[World]:
    """Yield a clinic, on both databases."""
    async with worlds(**CLINIC) as opened:
        yield opened


@pytest.fixture
async def records(world: World) -> AsyncIterator[httpx2.AsyncClient]:
    """Yield the clinic's own program."""
    async with world.client(headers={"Authorization": f"Bearer {await token(world)}"}) as client:
        yield client


async def token(world: World, name: str = "records") -> str:
    async with world.database.transaction() as tx:
        return (await world.part(Services).add(tx, name, world.clock.now())).reveal()


@pytest.mark.req("N-102")
async def test_a_program_has_one_mail_sent_with_date_practitioner_and_clinic(
    world: World, records: httpx2.AsyncClient
) -> None:
    answer = await records.post(PATH, json={**SUMMARY, "lang": "fr"}, headers=KEY)
    assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
    [message] = await world.letters(ZOE)
    name, phone, email, address = CLINIC.values()
    clinic = {"name": name, "phone": phone, "email": email, "address": address}
    assert message.facts["org"].items() >= clinic.items()  # for providers' own templates
    assert message.subject == "Votre rendez-vous chez Clinique des Oliviers"
    told = ("lundi 23 novembre 2026, 10:30", "Dr. Amina Benali", "Bâtiment B", *CLINIC.values())
    for part in (message.text, message.html):
        assert [each for each in told if each not in part] == []


@pytest.mark.req("N-102")
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wwv_1_none"}])
async def test_without_a_services_token_nothing_is_sent(
    world: World, headers: dict[str, str]
) -> None:
    async with world.client() as client:
        answer = await client.post(PATH, json=SUMMARY, headers={**KEY, **headers})
    assert answer.status_code == 401
    assert await world.letters(ZOE) == []


async def test_a_persons_token_is_no_services_token(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        told = await world.sign_in(client)
        mine = {"Authorization": f"Bearer {told['access_token']}"}
        assert (await client.post(PATH, json=SUMMARY, headers={**KEY, **mine})).status_code == 401


async def test_the_same_key_again_is_answered_alike_and_sends_nothing_more(
    world: World, records: httpx2.AsyncClient
) -> None:
    answers = [await records.post(PATH, json=SUMMARY, headers=KEY) for _ in range(3)]
    reordered = dict(reversed(SUMMARY.items()))
    answers.append(await records.post(PATH, json=reordered, headers=KEY))
    assert {(each.status_code, each.content) for each in answers} == {
        (202, b'{"status":"accepted"}')
    }
    assert len(await world.letters(ZOE)) == 1


async def test_the_same_key_with_another_body_is_refused(
    world: World, records: httpx2.AsyncClient
) -> None:
    await records.post(PATH, json=SUMMARY, headers=KEY)
    other = {**SUMMARY, "email": "eve@example.org"}
    answer = await records.post(PATH, json=other, headers=KEY)
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_reused")
    assert await world.letters("eve@example.org") == []


async def test_of_twenty_at_once_with_one_key_one_sends(
    world: World, records: httpx2.AsyncClient
) -> None:
    asked = [records.post(PATH, json=SUMMARY, headers=KEY) for _ in range(20)]
    answers = await asyncio.gather(*asked)
    assert Counter(each.status_code for each in answers) == {202: 20}
    assert len(await world.letters(ZOE)) == 1


async def test_of_two_bodies_at_once_with_one_key_one_is_refused(
    world: World, records: httpx2.AsyncClient
) -> None:
    bodies = [{**SUMMARY, "place": f"Room {number}"} for number in range(10)]
    asked = [records.post(PATH, json=body, headers=KEY) for body in bodies]
    answers = await asyncio.gather(*asked)
    assert Counter(each.status_code for each in answers) == {202: 1, 409: 9}
    assert len(await world.letters(ZOE)) == 1


async def test_two_programs_may_choose_the_same_key(
    world: World, records: httpx2.AsyncClient
) -> None:
    await records.post(PATH, json=SUMMARY, headers=KEY)
    other = {"Authorization": f"Bearer {await token(world, 'desk')}", **KEY}
    assert (await records.post(PATH, json=SUMMARY, headers=other)).status_code == 202
    assert len(await world.letters(ZOE)) == 2


async def test_a_refused_request_leaves_its_key_free(
    world: World, records: httpx2.AsyncClient
) -> None:
    bad = await records.post(PATH, json={**SUMMARY, "startsAt": "tomorrow"}, headers=KEY)
    assert bad.status_code == 422
    assert (await records.post(PATH, json=SUMMARY, headers=KEY)).status_code == 202
    assert len(await world.letters(ZOE)) == 1


async def test_a_key_is_forgotten_after_a_day(world: World, records: httpx2.AsyncClient) -> None:
    await records.post(PATH, json=SUMMARY, headers=KEY)
    world.clock.advance(timedelta(hours=23))
    await world.part(Cleanup).run()
    await records.post(PATH, json=SUMMARY, headers=KEY)
    assert len(await world.letters(ZOE)) == 1
    world.clock.advance(timedelta(hours=2))
    removed = await world.part(Cleanup).run()
    assert removed is not None
    assert removed.idempotency_keys == 1
    await records.post(PATH, json=SUMMARY, headers=KEY)
    assert len(await world.letters(ZOE)) == 2


@pytest.mark.parametrize(
    "more",
    [
        {"practitioner": "Dr.Benali"},
        {"place": "12 rue des Oliviers, 16000 Alger, bâtiment B"},
        {"startsAt": "2026-02-23T10:30:00+01:00"},
    ],
)
async def test_what_people_write_of_an_appointment_is_told(
    world: World, records: httpx2.AsyncClient, more: dict[str, str]
) -> None:
    answer = await records.post(PATH, json={**SUMMARY, **more}, headers=KEY)
    assert answer.status_code == 202
    assert len(await world.letters(ZOE)) == 1


async def test_no_name_in_it_becomes_an_address(world: World, records: httpx2.AsyncClient) -> None:
    more = {"practitioner": "Me.App", "place": "Dr.Live"}
    await records.post(PATH, json={**SUMMARY, **more}, headers=KEY)
    [letter] = await world.letters(ZOE)
    assert "Me. App" in letter.text
    assert "Dr. Live" in letter.text
    assert "Me.App" not in letter.text + letter.html + letter.subject


@pytest.mark.parametrize("key", [None, "", "x" * 256, "a b", "é".encode().decode("latin-1")])
async def test_a_key_that_can_be_none_is_refused(
    records: httpx2.AsyncClient, key: str | None
) -> None:
    headers = {} if key is None else {"Idempotency-Key": key.encode("latin-1")}
    answer = await records.post(PATH, json=SUMMARY, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"email": "a@b\r\nBcc: c@d.example"}, "email"),
        ({"practitioner": "Dr\r\nBcc: c@d.example"}, "practitioner"),
        ({"practitioner": "visit evil.com"}, "practitioner"),
        ({"practitioner": ""}, "practitioner"),
        ({"place": "<b>x</b>"}, "place"),
        ({"place": "x" * 101}, "place"),
        ({"place": "evil.com"}, "place"),
        ({"place": "evil\uff0ecom"}, "place"),
        ({"place": "B\u202eb"}, "place"),
        ({"startsAt": "0001-01-01T00:00:00+14:00"}, "startsAt"),
        ({"startsAt": "1970-01-01T00:00:00Z"}, "startsAt"),
        ({"startsAt": "9999-12-31T23:59:59-12:00"}, "startsAt"),
        ({"startsAt": "2026-11-23T10:30:00"}, "startsAt"),
        ({"startsAt": "2026-13-45T10:30:00Z"}, "startsAt"),
        ({"lang": "de"}, "lang"),
        ({"lang": ""}, "lang"),
    ],
)
async def test_what_cannot_be_told_is_refused(
    world: World, records: httpx2.AsyncClient, more: dict[str, Any], field: str
) -> None:
    answer = await records.post(PATH, json={**SUMMARY, **more}, headers=KEY)
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == [field]
    assert await world.letters(ZOE) == []


async def test_the_mail_is_in_the_language_of_the_reader(
    world: World, records: httpx2.AsyncClient
) -> None:
    await world.subscriber(ZOE, language="ar")
    await records.post(PATH, json=SUMMARY, headers={**KEY, "Accept-Language": "fr"})
    assert (await world.newest(ZOE)).language == "ar"


async def suppressed(world: World) -> list[str]:
    """Return why letters did not leave."""
    return [each.facts["reason"] for each in await facts(world, "id.email.suppressed")]


async def decides(world: World, *wishes: Deed) -> None:
    """Say what Zoé says of letters on bookings."""
    zoe = await world.subscriber(ZOE)
    source = Source(channel="account", language="en")
    for wish in wishes:
        async with world.database.transaction() as tx:
            now = world.clock.now()
            consents = world.part(Consents)
            await consents.change(tx, zoe.id, wish, [Purpose.TRANSACTIONAL], source, now)


@pytest.mark.parametrize(
    ("wishes", "letters"),
    [((), 1), ((Deed.GRANTED,), 1), ((Deed.GRANTED, Deed.WITHDRAWN), 0)],
)
async def test_who_withdrew_consent_to_letters_on_bookings_gets_none(
    world: World, records: httpx2.AsyncClient, wishes: tuple[Deed, ...], letters: int
) -> None:
    await decides(world, *wishes)
    assert (await records.post(PATH, json=SUMMARY, headers=KEY)).status_code == 202
    assert len(await world.letters(ZOE)) == letters
    assert await suppressed(world) == ([] if letters else ["no_consent"])


@pytest.mark.parametrize(("wishes", "letters"), [((), 0), ((Deed.GRANTED,), 1)])
async def test_where_consents_are_asked_for_silence_is_none(
    worlds: Opener, wishes: tuple[Deed, ...], letters: int
) -> None:
    async with worlds(**CLINIC, CONSENT_REQUIRED="true") as world:
        await decides(world, *wishes)
        theirs = {"Authorization": f"Bearer {await token(world)}", **KEY}
        async with world.client(headers=theirs) as client:
            assert (await client.post(PATH, json=SUMMARY)).status_code == 202
            stranger = {**SUMMARY, "email": "eve@example.org"}
            await client.post(PATH, json=stranger, headers={"Idempotency-Key": "another"})
        assert len(await world.letters(ZOE)) == letters
        assert len(await world.letters("eve@example.org")) == 1


async def test_neither_key_nor_mailbox_stands_in_a_table(
    world: World, records: httpx2.AsyncClient
) -> None:
    await records.post(PATH, json=SUMMARY, headers=KEY)
    for table in metadata.sorted_tables:
        for row in await world.database.all(statement(select(table))):
            assert ZOE not in repr(tuple(row)), table.name
            assert KEY["Idempotency-Key"] not in repr(tuple(row)), table.name
