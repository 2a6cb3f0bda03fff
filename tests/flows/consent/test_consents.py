"""Consents by the API: given, withdrawn, renewed, and every act kept."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select

from tests.support import exposed
from tests.support.facts import facts
from tests.support.world import START, World
from tests.support.worlds import Opener
from watchword.plumbing.db.statements import statement
from watchword.plumbing.metrics.counting import Metrics
from watchword.plumbing.words.languages import LANGUAGES
from watchword.records.consents.store import consents

DOOR = "/api/v1/me/consents"
MARKETING = {"purpose": "marketing"}
ACTS = statement(select(func.count().label("number")).select_from(consents))


async def of(client: httpx2.AsyncClient, purpose: str = "marketing") -> dict[str, Any]:
    """Return what holds for a purpose."""
    told = (await client.get(DOOR)).json()
    return next(each for each in told["consents"] if each["purpose"] == purpose)


async def acts(client: httpx2.AsyncClient) -> list[dict[str, Any]]:
    """Return the caller's acts, the newest first."""
    found: list[dict[str, Any]] = (await client.get(f"{DOOR}/history")).json()["acts"]
    return found


@pytest.mark.req("N-40", "D-55")
async def test_marketing_is_allowed_and_the_other_two_stay_as_they_are(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        given = await client.post(DOOR, json=MARKETING)
        assert given.status_code == 200
        told = {each["purpose"]: each for each in given.json()["consents"]}
        assert told["marketing"]["given"] is True
        assert told["marketing"]["since"].startswith("2026-03-01T12:00:00")
        for other in ("processing", "transactional"):
            assert (told[other]["given"], told[other]["since"]) == (False, None)


@pytest.mark.req("N-51")
async def test_history_shows_every_act_with_its_time_and_address(world: World) -> None:
    await world.subscriber()
    async with world.client("198.51.100.7") as client:
        await world.sign_in(client)
        await client.post(DOOR, json=MARKETING | {"language": "ar"})
        world.clock.advance(timedelta(minutes=10))
        gone = await client.post(f"{DOOR}/withdraw", json=MARKETING)
        assert gone.status_code == 200
        withdrawn, granted = await acts(client)
    assert (granted["act"], granted["value"], granted["at"]) == (
        "granted",
        True,
        "2026-03-01T12:00:00Z",
    )
    assert (withdrawn["act"], withdrawn["value"], withdrawn["at"]) == (
        "withdrawn",
        False,
        "2026-03-01T12:10:00Z",
    )
    assert granted["language"] == "ar"
    assert {granted["ip"], withdrawn["ip"]} == {"198.51.100.7"}
    assert {granted["text_version"], withdrawn["text_version"]} == {1}
    assert {granted["channel"], withdrawn["channel"]} == {"api"}


async def test_facts_and_a_count_tell_of_each_change(world: World) -> None:
    alice = await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        await client.post(DOOR, json=MARKETING)
        await client.post(f"{DOOR}/withdraw", json=MARKETING)
    [granted] = await facts(world, "id.consent.granted")
    [withdrawn] = await facts(world, "id.consent.withdrawn")
    assert granted.user_id == withdrawn.user_id == alice.id
    assert granted.facts["purpose"] == withdrawn.facts["purpose"] == "marketing"
    told = exposed.read(world.part(Metrics).exposition().decode())
    for kind in ("granted", "withdrawn"):
        assert told.value("consents_changed_total", kind=kind) == 1


async def test_sixty_four_at_once_are_one_act(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        for door, count in ((DOOR, 1), (f"{DOOR}/withdraw", 2)):
            answers = await asyncio.gather(*(client.post(door, json=MARKETING) for _ in range(64)))
            assert {answer.status_code for answer in answers} == {200}
            assert (await world.database.first(ACTS)).number == count


@pytest.mark.parametrize("purpose", ["", "MARKETING", "everything", "marketing\n", "' OR 1=1"])
async def test_a_purpose_that_we_do_not_know_is_refused_by_name(
    small_world: World, purpose: str
) -> None:
    await small_world.subscriber()
    async with small_world.client() as client:
        await small_world.sign_in(client)
        for door in (DOOR, f"{DOOR}/withdraw", f"{DOOR}/renew"):
            refused = await client.post(door, json={"purpose": purpose})
            assert refused.status_code == 422
            assert [each["field"] for each in refused.json()["errors"]] == ["purpose"]


async def test_who_was_shown_another_text_has_not_consented_to_this_one(
    small_world: World,
) -> None:
    await small_world.subscriber()
    async with small_world.client() as client:
        await small_world.sign_in(client)
        refused = await client.post(DOOR, json=MARKETING | {"version": 2})
        assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
        assert not (await of(client))["given"]


async def test_nobody_sees_or_changes_the_consents_of_another(small_world: World) -> None:
    for who in ("alice@example.org", "mallory@example.org"):
        await small_world.subscriber(who)
    async with small_world.client() as alice, small_world.client() as mallory:
        await small_world.sign_in(alice)
        await small_world.sign_in(mallory, "mallory@example.org")
        await alice.post(DOOR, json=MARKETING)
        await mallory.post(f"{DOOR}/withdraw", json=MARKETING)
        assert (await of(alice))["given"] is True
        assert await acts(mallory) == []
    async with small_world.client() as stranger:
        assert (await stranger.get(DOOR)).status_code == 401
        assert (await stranger.post(DOOR, json=MARKETING)).status_code == 401


async def test_a_cookie_alone_changes_no_consent(small_world: World) -> None:
    await small_world.subscriber()
    async with small_world.client() as client:
        await small_world.sign_in(client, transport="cookie")
        refused = await client.post(DOOR, json=MARKETING)
        assert (refused.status_code, refused.json()["code"]) == (403, "csrf_refused")


async def test_a_long_history_is_told_in_pages(small_world: World) -> None:
    await small_world.subscriber()
    async with small_world.client() as client:
        await small_world.sign_in(client)
        for _ in range(3):
            await client.post(DOOR, json=MARKETING)
            await client.post(f"{DOOR}/withdraw", json=MARKETING)
        first = (await client.get(f"{DOOR}/history?limit=4")).json()
        assert [act["number"] for act in first["acts"]] == [6, 5, 4, 3]
        rest = (await client.get(f"{DOOR}/history?limit=4&before={first['next']}")).json()
        assert ([act["number"] for act in rest["acts"]], rest["next"]) == ([2, 1], None)
        for wrong in ("limit=0", "limit=101", "before=0", "before=99999999999999999999"):
            assert (await client.get(f"{DOOR}/history?{wrong}")).status_code == 422


@pytest.mark.req("N-49")
async def test_texts_are_told_in_each_language_with_their_version(small_world: World) -> None:
    async with small_world.client() as client:
        told = (await client.get("/api/v1/consents/texts?lang=fr")).json()
        assert told["language"] == "fr"
        marketing = next(each for each in told["texts"] if each["purpose"] == "marketing")
        assert marketing["version"] == 1
        assert "Je souhaite recevoir" in marketing["text"]
        arabic = await client.get("/api/v1/consents/texts", headers={"Accept-Language": "ar"})
        assert arabic.json()["language"] == "ar"
        await small_world.subscriber()
        await small_world.sign_in(client)
        await client.post(DOOR, json=MARKETING)
        assert (await of(client))["text_version"] == marketing["version"]


@pytest.mark.req("N-52")
async def test_what_is_too_old_is_renewed_by_its_owner(worlds: Opener) -> None:
    async with worlds(CONSENT_MAX_AGE="365d") as world:
        await world.subscriber()
        async with world.client() as client:
            await world.sign_in(client)
            await client.post(DOOR, json=MARKETING)
            assert (await client.get("/api/v1/me")).json()["consent_renewal_required"] is False
            await client.post(f"{DOOR}/renew")
            assert len(await acts(client)) == 1, "nothing was due"
            world.clock.advance(timedelta(days=366))
            await world.sign_in(client)
            assert (await client.get("/api/v1/me")).json()["consent_renewal_required"] is True
            assert (await of(client))["given"] is False
            renewed = await client.post(f"{DOOR}/renew")
            assert renewed.json()["consent_renewal_required"] is False
            assert (await of(client))["given"] is True
            assert (await acts(client))[0]["act"] == "renewed"
        assert len(await facts(world, "id.consent.renewed")) == 1


@pytest.mark.req("N-52", "N-49")
async def test_a_newer_text_asks_for_a_renewal(worlds: Opener, tmp_path: Path) -> None:
    async with worlds() as world:
        await world.subscriber()
        async with world.client() as client:
            await world.sign_in(client)
            await client.post(DOOR, json=MARKETING)
    for language in LANGUAGES:
        path = tmp_path / f"texts/marketing/2.{language}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{org}: more letters.", "utf-8")
    async with worlds(CONSENT_TEXTS_DIR=str(tmp_path / "texts")) as world, world.client() as client:
        await world.sign_in(client)
        assert (await client.get("/api/v1/me")).json()["consent_renewal_required"] is True
        held = await of(client)
        assert (held["given"], held["text_version"], held["current_version"]) == (True, 1, 2)
        await client.post(f"{DOOR}/renew", json=MARKETING)
        held = await of(client)
        assert (held["renewal_required"], held["text_version"]) == (False, 2)
        assert held["since"] == START.isoformat().replace("+00:00", "Z")
