"""A subscriber's own profile."""

import asyncio

import pytest

from tests.support.browser import browser
from tests.support.facts import facts
from tests.support.world import World

ME, AUTH_ME = "/api/v1/me", "/api/v1/auth/me"


@pytest.mark.req("N-54")
async def test_names_phone_and_language_change(world: World) -> None:
    alice = await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        body = {
            "firstName": "Alícia",
            "last_name": "Ben Ali",
            "phone": "0555 12 34 56",
            "country": "DZ",
            "language": "fr-DZ",
        }
        changed = await client.patch(ME, json=body)
        assert changed.status_code == 200
        told = changed.json()
        assert (told["first_name"], told["last_name"]) == ("Alícia", "Ben Ali")
        assert (told["name"], told["phone"]) == ("Alícia Ben Ali", "+213555123456")
        assert (told["language"], told["version"]) == ("fr", 2)
        me = (await client.get(AUTH_ME)).json()
        assert {k: me[k] for k in told} == told
    [fact] = await facts(world, "id.user.updated")
    assert (fact.user_id, fact.facts["fields"]) == (
        alice.id,
        "given_name family_name phone language",
    )


async def test_what_is_not_sent_stays_and_null_removes_the_phone(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        await client.patch(AUTH_ME, json={"phone": "+213555123456"})
        kept = await client.patch(AUTH_ME, json={"name": "Aïcha bint Omar"})
        assert kept.json()["phone"] == "+213555123456"
        assert (kept.json()["first_name"], kept.json()["last_name"]) == ("Aïcha", "bint Omar")
        gone = await client.patch(AUTH_ME, json={"phone": None})
        assert (gone.json()["phone"], gone.json()["version"]) == (None, 4)
        same = await client.patch(AUTH_ME, json={})
        assert same.json()["version"] == 4, "nothing was asked, nothing was written"


@pytest.mark.req("A-19")
async def test_of_two_parallel_changes_of_one_version_one_wins(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        answers = await asyncio.gather(
            *(client.patch(ME, json={"firstName": f"A{n}", "version": 1}) for n in range(2))
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        lost = next(answer for answer in answers if answer.status_code == 409)
        assert lost.json()["code"] == "conflict"
        late = await client.patch(ME, json={"firstName": "Late", "version": 1})
        assert late.status_code == 409


async def test_parallel_changes_without_a_version_all_arrive(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        answers = await asyncio.gather(
            client.patch(ME, json={"firstName": "Aïcha"}), client.patch(ME, json={"language": "ar"})
        )
        assert {answer.status_code for answer in answers} == {200}
        me = (await client.get(AUTH_ME)).json()
    assert (me["first_name"], me["language"]) == ("Aïcha", "ar")


@pytest.mark.req("A-20")
async def test_every_fault_is_named_at_once(small_world: World) -> None:
    await small_world.subscriber()
    async with small_world.client() as client:
        await small_world.sign_in(client)
        answer = await client.patch(
            ME, json={"firstName": " ", "lastName": "a\nb\x07", "phone": "12", "language": "xx"}
        )
    assert answer.status_code == 422
    fields = {error["field"] for error in answer.json()["errors"]}
    assert fields == {"firstName", "lastName", "phone", "language"}


@pytest.mark.req("A-38")
@pytest.mark.parametrize("field", ["role", "status", "email", "id", "email_verified", "tenant_id"])
async def test_nobody_writes_what_is_not_theirs(small_world: World, field: str) -> None:
    await small_world.subscriber()
    async with small_world.client() as client:
        await small_world.sign_in(client)
        answer = await client.patch(ME, json={field: "admin"})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["code"] == "unknown_field"
        assert (await client.get(ME)).json()["role"] == "user"


async def test_a_stranger_changes_nothing(small_world: World) -> None:
    async with small_world.client() as client:
        assert (await client.patch(ME, json={"firstName": "X"})).status_code == 401


async def test_on_the_page_the_profile_is_saved_and_speaks_its_language(world: World) -> None:
    await world.subscriber()
    async with browser(world) as alice:
        await alice.sign_in()
        page = await alice.open("/account")
        assert 'value="Benali"' in page.text
        wrong = await alice.send(
            "/account", firstName="", lastName="Benali", phone="", language="en"
        )
        assert wrong.status_code == 422
        assert 'href="#firstName"' in wrong.text
        page = await alice.send("/account", firstName="Aïcha", lastName="", phone="", language="fr")
        assert '<html lang="fr"' in page.text
        assert "Enregistré." in alice.text
        assert 'value="Aïcha"' in page.text
        assert 'value="Benali"' not in page.text


async def test_a_stranger_is_led_to_the_sign_in_and_back(small_world: World) -> None:
    await small_world.subscriber()
    async with browser(small_world) as somebody:
        await somebody.open("/account/sessions")
        assert somebody.path == "/login"
        assert somebody.page.url.params["return_to"] == "/account/sessions"
