"""Data export: everything of the caller, and of nobody else."""

import csv
import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest
from jsonschema import Draft202012Validator, FormatChecker
from sqlalchemy import select

from tests.support.facts import facts
from tests.support.world import PASSWORD, World
from tests.support.worlds import Opener
from watchword.flows.data_export.service import DataExport
from watchword.kernel.chance import SystemChance
from watchword.kernel.ids import mint
from watchword.plumbing.db.journal import WRITE
from watchword.plumbing.db.personal import Dossier, Whose
from watchword.plumbing.db.statements import statement
from watchword.records.exports.rules import LEASE, MOST_TRIES
from watchword.records.exports.service import Exports, ExportSealer
from watchword.records.exports.store import exports

DOOR = "/api/v1/me/export"
JOBS = "/api/v1/me/exports"
SEALED = statement(select(exports.c.sealed))


async def schema(client: httpx2.AsyncClient, form: str = "json") -> dict[str, Any]:
    told: dict[str, Any] = (await client.get(f"/api/v1/export/schema?format={form}")).json()
    return told


def unpacked(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


@pytest.mark.req("N-53", "N-56")
async def test_the_json_holds_profile_sessions_consents_and_acts_and_fits_its_schema(
    world: World,
) -> None:
    alice = await world.subscriber(phone="+213555123456")
    async with world.client("198.51.100.7") as client:
        await world.sign_in(client)
        await client.post("/api/v1/me/consents", json={"purpose": "marketing"})
        given = await client.get(f"{DOOR}?format=json")
        told = given.json()
        Draft202012Validator(await schema(client), format_checker=FormatChecker()).validate(told)
    assert given.status_code == 200
    assert given.headers["cache-control"] == "no-store"
    assert 'filename="export-2026-03-01.json"' in given.headers["content-disposition"]
    assert (told["user_id"], told["profile"]["email"]) == (str(alice.id), "alice@example.org")
    assert told["profile"]["phone"] == "+213555123456"
    assert [each["address"] for each in told["sessions"]] == ["198.51.100.7"]
    assert [(each["purpose"], each["act"]) for each in told["consents"]] == [
        ("marketing", "granted")
    ]
    assert {each["type"] for each in told["activity"]} == {
        "id.session.created",
        "id.consent.granted",
    }
    assert told["password"] is not None
    assert told["pin"] is None


@pytest.mark.req("N-56")
async def test_the_csv_says_the_same_line_by_line(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        told = (await client.get(DOOR)).json()
        given = await client.get(f"{DOOR}?format=csv")
        columns = [each["name"] for each in (await schema(client, "csv"))["tableSchema"]["columns"]]
    rows = list(csv.DictReader(io.StringIO(given.text)))
    assert given.headers["content-type"].startswith("text/csv")
    assert list(rows[0]) == columns
    keys = [(row["record"], row["row"], row["field"]) for row in rows]
    assert len(set(keys)) == len(keys)
    profile = {row["field"]: row["value"] for row in rows if row["record"] == "profile"}
    assert profile == {name: value or "" for name, value in told["profile"].items()}
    acts = [row["value"] for row in rows if (row["record"], row["field"]) == ("activity", "type")]
    assert acts[0] == "id.session.created"


@pytest.mark.req("N-53")
async def test_nothing_of_anybody_else_is_in_it(world: World) -> None:
    await world.subscriber()
    mallory = await world.subscriber("mallory@example.net")
    admin = await world.subscriber("root@example.com", role="admin")
    async with world.client("192.0.2.66") as theirs, world.client("192.0.2.99") as root:
        await world.sign_in(theirs, "mallory@example.net")
        await theirs.post("/api/v1/me/consents", json={"purpose": "marketing"})
        await world.sign_in(root, "root@example.com")
        alice = (await root.get("/api/v1/admin/users?q=alice@")).json()["users"][0]["id"]
        for act in ("lock", "unlock"):
            done = await root.post(f"/api/v1/admin/users/{alice}/{act}")
            assert done.status_code == 200, done.text
    async with world.client() as client:
        await world.sign_in(client)
        for form in ("json", "csv"):
            text = (await client.get(f"{DOOR}?format={form}")).text
            assert "another account" in text
            for other in (mallory.id, admin.id, "mallory", "root@", "192.0.2.66", "192.0.2.99"):
                assert str(other) not in text


async def test_who_is_not_signed_in_gets_nothing_and_another_format_there_is_not(
    small_world: World,
) -> None:
    await small_world.subscriber()
    async with small_world.client() as client:
        assert (await client.get(DOOR)).status_code == 401
        await small_world.sign_in(client)
        assert (await client.get(f"{DOOR}?format=xml")).status_code == 422
        assert (await client.get(f"{DOOR}?user_id={UUID(int=1)}")).status_code == 422


async def test_a_value_that_a_spreadsheet_would_run_is_only_text(small_world: World) -> None:
    await small_world.subscriber(phone="+213555123456")
    headers = {"User-Agent": '=HYPERLINK("https://evil.example","prize")'}
    async with small_world.client(headers=headers) as client:
        await small_world.sign_in(client)
        text = (await client.get(f"{DOOR}?format=csv")).text
    values = [row["value"] for row in csv.DictReader(io.StringIO(text))]
    assert not [value for value in values if value.startswith(("=", "@"))]
    assert '\'=HYPERLINK("https://evil.example","prize")' in values
    assert "+213555123456" in values


@pytest.mark.parametrize("divider", [";", "|", "; ", ';"'])
async def test_a_spreadsheet_that_divides_at_another_sign_finds_no_formula_either(
    small_world: World, divider: str
) -> None:
    """In Algiers and Paris it is the semicolon, whatever the file was written with."""
    await small_world.subscriber()
    planted = f"x{divider}=cmd|' /C calc'!A0{divider}-1+1"
    async with small_world.client(headers={"User-Agent": planted}) as client:
        await small_world.sign_in(client)
        text = (await client.get(f"{DOOR}?format=csv")).text
    [value] = {
        each["value"] for each in csv.DictReader(io.StringIO(text)) if "cmd" in each["value"]
    }
    cells = [cell.strip(' "') for cell in re.split(r"[;|\t]", value)]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    assert value.replace("'=", "=").replace("'-", "-") == planted


async def test_an_export_that_is_given_out_is_a_fact(small_world: World) -> None:
    alice = await small_world.subscriber()
    async with small_world.client() as client:
        await small_world.sign_in(client)
        await client.get(DOOR)
    [given] = await facts(small_world, "gdpr.exported")
    assert (given.user_id, given.facts) == (alice.id, {"form": "json", "by": "owner"})


@pytest.mark.req("N-53", "N-56")
async def test_a_prepared_export_comes_by_letter_and_is_taken_once(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        asked = await client.post(JOBS)
        assert asked.status_code == 202
        [waiting] = asked.json()["exports"]
        assert (waiting["state"], waiting["done"]) == ("waiting", 0)
        assert await world.part(DataExport).prepare() == 1
        [ready] = (await client.get(JOBS)).json()["exports"]
        assert ready["state"] == "ready"
        assert ready["done"] == ready["total"] > 0
        token = await world.token("alice@example.org")
        taken = await client.post(f"{JOBS}/download", json={"token": token})
        again = await client.post(f"{JOBS}/download", json={"token": token})
        [gone] = (await client.get(JOBS)).json()["exports"]
        shown = await schema(client)
    assert taken.headers["content-type"] == "application/zip"
    files = unpacked(taken.content)
    assert set(files) == {
        "export.json",
        "export.csv",
        "export.json.schema.json",
        "export.csv.schema.json",
    }
    assert json.loads(files["export.json.schema.json"]) == shown
    Draft202012Validator(shown).validate(json.loads(files["export.json"]))
    assert (again.status_code, again.json()["code"]) == (400, "token_used")
    assert gone["state"] == "taken"
    assert (await world.database.first(SEALED)).sealed is None


async def test_the_link_opens_nothing_for_somebody_else(world: World) -> None:
    await world.subscriber()
    await world.subscriber("mallory@example.net")
    async with world.client() as client, world.client() as theirs:
        await world.sign_in(client)
        await world.sign_in(theirs, "mallory@example.net")
        await client.post(JOBS)
        await world.part(DataExport).prepare()
        body = {"token": await world.token("alice@example.org")}
        refused = await theirs.post(f"{JOBS}/download", json=body)
        async with world.client() as stranger:
            assert (await stranger.post(f"{JOBS}/download", json=body)).status_code == 401
        taken = await client.post(f"{JOBS}/download", json=body)
    assert (refused.status_code, refused.json()["code"]) == (400, "token_invalid")
    assert taken.status_code == 200


async def test_a_copy_that_an_earlier_secret_sealed_is_gone_and_is_asked_for_again(
    small_world: World,
) -> None:
    world = small_world
    await world.subscriber()
    sealer = ExportSealer(bytes(32), SystemChance())
    earlier = replace(world.part(Exports), sealer=sealer)
    async with world.client() as client:
        await world.sign_in(client)
        await client.post(JOBS)
        assert await replace(world.part(DataExport), exports=earlier).prepare() == 1
        body = {"token": await world.token("alice@example.org")}
        refused = await client.post(f"{JOBS}/download", json=body)
        assert (refused.status_code, refused.json()["code"]) == (400, "token_used")
        assert (await client.post(JOBS)).status_code == 202
        assert await world.part(DataExport).prepare() == 1
        body = {"token": await world.token("alice@example.org")}
        assert (await client.post(f"{JOBS}/download", json=body)).status_code == 200


async def test_what_waits_is_sealed_and_gone_at_its_time(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        await client.post(JOBS)
        await world.part(DataExport).prepare()
        sealed = bytes((await world.database.first(SEALED)).sealed)
        body = {"token": await world.token("alice@example.org")}
        world.clock.advance(timedelta(hours=48))
        await world.sign_in(client)
        late = await client.post(f"{JOBS}/download", json=body)
        [expired] = (await client.get(JOBS)).json()["exports"]
    assert b"PK\x03\x04" not in sealed
    assert b"alice" not in sealed
    assert (late.status_code, late.json()["code"]) == (400, "token_expired")
    assert expired["state"] == "expired"
    assert await world.part(DataExport).prepare() == 0
    assert (await world.database.first(SEALED)).sealed is None


async def test_while_one_is_under_way_there_is_no_second(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        for _ in range(2):
            asked = await client.post(JOBS)
            assert len(asked.json()["exports"]) == 1
        await world.part(DataExport).prepare()
        newer = await client.post(JOBS)
    assert [each["state"] for each in newer.json()["exports"]] == ["waiting", "expired"]


async def test_a_killed_workers_export_is_begun_anew_and_given_up_in_the_end(
    world: World,
) -> None:
    await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        await client.post(JOBS)
        kept = world.part(Exports)
        for attempt in range(1, MOST_TRIES + 1):
            claimed = await kept.claim(world.database, world.clock.now())
            assert claimed is not None
            assert claimed.attempts == attempt
            assert await kept.claim(world.database, world.clock.now()) is None
            world.clock.advance(LEASE)
        assert await world.part(DataExport).prepare() == 0
        [failed] = (await client.get(JOBS)).json()["exports"]
    assert failed["state"] == "failed"


async def test_what_another_worker_took_over_is_not_finished_twice(world: World) -> None:
    alice = await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        await client.post(JOBS)
    kept, now = world.part(Exports), world.clock.now()
    slow = await kept.claim(world.database, now)
    world.clock.advance(LEASE)
    assert slow is not None
    assert await world.part(DataExport).prepare() == 1
    assert not await kept.progress(world.database, slow, 1, 2, now)
    assert not await kept.finish(world.database, slow, b"late", now)
    assert len(await kept.of_user(world.database, alice.id)) == 1


async def test_ten_thousand_facts_are_all_there(worlds: Opener) -> None:
    async with worlds() as world, world.client() as client:
        alice = await world.subscriber()
        await world.sign_in(client)
        await acts(world, alice.id, 10_000)
        told = (await client.get(DOOR)).json()
        csv_rows = (await client.get(f"{DOOR}?format=csv")).text.count("\r\n")
        Draft202012Validator(await schema(client)).validate(told)
    written = [each["facts"]["number"] for each in told["activity"] if each["type"] == "test.act"]
    assert written == list(range(10_000))
    assert csv_rows > 50_000


async def test_too_much_for_one_answer_is_prepared_instead(small_world: World) -> None:
    alice = await small_world.subscriber()
    async with small_world.client() as client:
        await small_world.sign_in(client)
        await acts(small_world, alice.id, 50_001)
        refused = await client.get(DOOR)
        await client.post(JOBS)
        await small_world.part(DataExport).prepare()
        body = {"token": await small_world.token("alice@example.org")}
        taken = await client.post(f"{JOBS}/download", json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "export_too_large")
    told = json.loads(unpacked(taken.content)["export.json"])
    assert len([each for each in told["activity"] if each["type"] == "test.act"]) == 50_001


async def test_a_dossier_counts_what_it_tells(world: World) -> None:
    alice = await world.subscriber()
    dossier, whose = world.part(Dossier), Whose(user_id=alice.id)
    told = [len(page) async for _, page in dossier.pages(world.database, whose)]
    assert sum(told) == await dossier.size(world.database, whose) == 2


async def test_the_account_page_prepares_and_the_letters_page_downloads(
    small_world: World,
) -> None:
    await small_world.subscriber()
    async with small_world.client() as client:
        await small_world.sign_in(client, password=PASSWORD, transport="cookie")
        page = await client.get("/account/data")
        assert page.status_code == 200
        csrf = page.text.split('name="csrf" value="')[1].split('"')[0]
        asked = await client.post("/account/data", data={"csrf": csrf})
        assert asked.headers["location"] == "/account/data?saved=asked"
        await small_world.part(DataExport).prepare()
        token = await small_world.token("alice@example.org")
        link = f"/account/data/download?token={token}"
        async with small_world.client() as stranger:
            sent = await stranger.get(link)
            assert sent.headers["location"].startswith("/login?return_to=/account/data/download")
        assert (await client.get(link)).status_code == 200
        file = await client.post("/account/data/download", data={"csrf": csrf, "token": token})
        assert file.headers["content-type"] == "application/zip"
        assert (await client.get(link)).status_code == 400


async def acts(world: World, user_id: UUID, number: int) -> None:
    """Write so many facts of somebody."""
    now, chance = world.clock.now(), SystemChance()
    for begin in range(0, number, 5000):
        async with world.database.transaction() as tx:
            for each in range(begin, min(begin + 5000, number)):
                at = now + timedelta(milliseconds=each)
                await tx.later(
                    WRITE,
                    id=mint(at, chance),
                    at=at,
                    type="test.act",
                    user_id=user_id,
                    facts={"number": each},
                    address="198.51.100.7",
                    user_agent="curl",
                    request_id="r",
                    salt=b"s" * 16,
                )
