"""Making an account, by programs."""

import asyncio
from typing import Any

import pytest

from tests.support.facts import facts
from tests.support.world import PASSWORD, World
from tests.support.worlds import Opener
from watchword.plumbing.contact import email_address
from watchword.records.subscribers.service import Subscribers

AUTH = "/api/v1/auth"
ALICE = "alice@example.org"
BODY = {"email": ALICE, "password": PASSWORD, "firstName": "Alice", "lastName": "Benali"}


async def me_after(world: World, **body: Any) -> dict[str, Any]:
    """Register so, prove the mailbox, sign in, and return what the service knows of the person."""
    body = {"email": ALICE, "password": PASSWORD, **body}
    async with world.client() as client:
        answer = await client.post(f"{AUTH}/register", json=body)
        assert answer.status_code == 201, answer.text
        token = await world.token(body["email"])
        await client.post(f"{AUTH}/verify-email", json={"token": token})
        await world.sign_in(client, body["email"], body["password"])
        me: dict[str, Any] = (await client.get(f"{AUTH}/me")).json()
    return me


@pytest.mark.req("A-31", "K-05")
@pytest.mark.parametrize(
    "names",
    [
        {"firstName": "Aïcha", "lastName": "Benali"},
        {"first_name": "Aïcha", "last_name": "Benali"},
        {"name": "Aïcha Benali"},
    ],
    ids=["pair", "snake_case", "one name"],
)
async def test_names_come_as_a_pair_or_as_one_and_answers_carry_all_three(
    world: World, names: dict[str, str]
) -> None:
    me = await me_after(world, **names)
    told = (me["first_name"], me["last_name"], me["name"])
    assert told == ("Aïcha", "Benali", "Aïcha Benali")


async def test_nobody_registers_without_a_name(small_world: World) -> None:
    async with small_world.client() as client:
        refused = await client.post(f"{AUTH}/register", json={"email": ALICE, "password": PASSWORD})
    assert refused.status_code == 422
    assert [each["field"] for each in refused.json()["errors"]] == ["firstName"]


async def test_a_telephone_number_is_read_in_its_country_and_kept_as_e164(world: World) -> None:
    me = await me_after(world, name="Aïcha Benali", phone="0555 12 34 56", country="DZ")
    assert me["phone"] == "+213555123456"


async def test_the_deployments_country_is_meant_where_none_is_told(small_worlds: Opener) -> None:
    async with small_worlds(DEFAULT_COUNTRY="DZ") as world:
        assert (await me_after(world, name="A", phone="0555123456"))["phone"] == "+213555123456"


async def test_a_number_that_cannot_be_is_refused_at_its_field(small_world: World) -> None:
    async with small_world.client() as client:
        refused = await client.post(f"{AUTH}/register", json={**BODY, "phone": "12"})
    assert refused.status_code == 422
    [fault] = refused.json()["errors"]
    assert (fault["field"], fault["code"]) == ("phone", "invalid_phone")


@pytest.mark.parametrize(
    "number", ["+213 21 12 34 56 ext 7", "+213 21 12 34 56;ext=7", "+213 21 12 34 56 x7"]
)
async def test_an_extension_is_refused_rather_than_lost(small_world: World, number: str) -> None:
    async with small_world.client() as client:
        refused = await client.post(f"{AUTH}/register", json={**BODY, "phone": number})
    assert refused.status_code == 422
    [fault] = refused.json()["errors"]
    assert (fault["field"], fault["code"]) == ("phone", "phone_extension")


async def test_letters_come_in_the_language_that_was_chosen(world: World) -> None:
    me = await me_after(world, name="Aïcha", language="fr")
    assert me["language"] == "fr"
    verification, welcome, *_ = await world.letters(ALICE)
    assert verification.language == welcome.language == "fr"
    assert verification.text.startswith("Bonjour,")


async def test_without_a_choice_the_country_tells_the_language(world: World) -> None:
    assert (await me_after(world, name="Aïcha", country="SN"))["language"] == "fr"


async def test_without_a_choice_letters_come_in_the_language_of_the_request(world: World) -> None:
    async with world.client(headers={"Accept-Language": "fr-DZ,fr;q=0.9"}) as client:
        await client.post(f"{AUTH}/register", json=BODY)
    assert (await world.newest(ALICE)).language == "fr"


async def test_a_language_that_is_not_spoken_is_refused_with_the_other_faults(
    small_world: World,
) -> None:
    async with small_world.client(headers={"Accept-Language": "fr"}) as client:
        wrong = {**BODY, "language": "tlh", "phone": "12"}
        refused = await client.post(f"{AUTH}/register", json=wrong)
    assert refused.status_code == 422
    faults = {fault["field"]: fault["code"] for fault in refused.json()["errors"]}
    assert faults == {"language": "invalid_language", "phone": "invalid_phone"}
    assert "en, fr, ar" in refused.text


@pytest.mark.req("A-31", "G-34")
async def test_a_taken_a_waiting_and_a_free_address_get_the_same_answer(world: World) -> None:
    await world.subscriber("taken@example.org")
    await world.subscriber("waits@example.org", status="pending_verification")
    await world.subscriber("closed@example.org", status="disabled")
    answers = set()
    async with world.client(headers={"X-Request-Id": "same"}) as client:
        for name in ("taken", "waits", "closed", "free"):
            body = {**BODY, "email": f"{name}@example.org"}
            answer = await client.post(f"{AUTH}/register", json=body)
            assert PASSWORD not in answer.text
            headers = tuple(
                (key, value)
                for key, value in answer.headers.items()
                if not key.startswith(("ratelimit", "content-length"))
            )
            answers.add((answer.status_code, answer.text.replace(f"{name}@", "…@"), headers))
    [(status, _, _)] = answers
    assert status == 201


@pytest.mark.req("A-31", "G-34")
async def test_the_mailbox_of_a_taken_address_alone_learns_of_it(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await client.post(f"{AUTH}/register", json={**BODY, "password": "another quiet harbour"})
        await world.sign_in(client)
    templates = [letter.template for letter in await world.letters(ALICE)]
    assert templates[0] == "registration/already_registered"
    assert "registration/verification" not in templates
    assert await facts(world, "id.user.registered") == []


@pytest.mark.req("D-54")
async def test_an_address_in_other_letters_is_the_same_account(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await client.post(f"{AUTH}/register", json={**BODY, "email": "ALICE@Example.org"})
    assert (await world.newest(ALICE)).template == "registration/already_registered"


async def test_of_parallel_registrations_one_account_comes(world: World) -> None:
    async with world.client() as client:
        answers = await asyncio.gather(
            *(client.post(f"{AUTH}/register", json=BODY) for _ in range(8))
        )
    assert {answer.status_code for answer in answers} == {201}
    [registered] = await facts(world, "id.user.registered")
    account = await world.part(Subscribers).find_by_email(world.database, email_address(ALICE))
    assert account is not None
    assert account.id == registered.user_id
    assert account.status == "pending_verification"


@pytest.mark.req("A-38")
@pytest.mark.parametrize("role", ["admin", "root", ""])
async def test_nobody_chooses_to_be_an_administrator(small_world: World, role: str) -> None:
    async with small_world.client() as client:
        refused = await client.post(f"{AUTH}/register", json={**BODY, "role": role})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "role")


@pytest.mark.req("A-38")
async def test_a_role_is_kept_and_is_user_without_a_choice(world: World) -> None:
    vendor = await me_after(world, name="Vera", email="vera@example.org", role="vendor")
    assert (vendor["role"], (await me_after(world, name="Alice"))["role"]) == ("vendor", "user")
