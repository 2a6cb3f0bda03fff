"""Whose language a letter is in: asked for, chosen, of this visit, seen last, the country's, the default."""

from typing import Any

import pytest

from tests.support.browser import browser
from tests.support.facts import facts
from tests.support.world import PASSWORD, World
from tests.support.worlds import Opener

AUTH = "/api/v1/auth"
ALICE = "alice@example.org"
CODE = f"{AUTH}/otp/request"
NEW = {"email": ALICE, "password": PASSWORD, "name": "Alice Benali"}
FRENCH, ARABIC = {"Accept-Language": "fr-DZ,fr;q=0.9"}, {"Accept-Language": "ar"}
FIREFOX = {"User-Agent": "Firefox/150.0 (X11; Linux)"}


async def letter_to(
    world: World, headers: dict[str, str] | None = None, path: str = CODE, **more: str
) -> str:
    """Have a code sent to Alice by somebody with these headers; return the letter's language."""
    await world.deliver()
    async with world.client(headers=headers) as client:
        answer = await client.post(path, json={"email": ALICE, **more})
        assert answer.status_code == 202, answer.text
    return (await world.newest(ALICE)).language


async def registered(
    world: World, headers: dict[str, str] | None = None, **more: Any
) -> dict[str, Any]:
    """Register Alice and prove her mailbox; return what the service knows of her."""
    async with world.client(headers=headers) as client:
        await client.post(f"{AUTH}/register", json={**NEW, **more})
    async with world.client() as client:
        await client.post(f"{AUTH}/verify-email", json={"token": await world.token(ALICE)})
        await world.sign_in(client)
        me: dict[str, Any] = (await client.get(f"{AUTH}/me")).json()
    return me


@pytest.mark.req("M-43")
@pytest.mark.parametrize("path", [CODE, f"{AUTH}/forgot-password"])
async def test_what_the_request_names_goes_before_the_choice(world: World, path: str) -> None:
    await world.subscriber(language="ar")
    assert await letter_to(world, path=path, lang="fr") == "fr"
    assert await letter_to(world, path=f"{path}?lang=en") == "en"


@pytest.mark.req("M-43")
@pytest.mark.parametrize("path", [CODE, f"{AUTH}/forgot-password"])
async def test_the_choice_goes_before_accept_language(world: World, path: str) -> None:
    await world.subscriber(language="ar")
    assert await letter_to(world, FRENCH, path) == "ar"


@pytest.mark.req("M-43")
@pytest.mark.parametrize("path", [CODE, f"{AUTH}/forgot-password"])
async def test_accept_language_goes_before_what_was_merely_seen(world: World, path: str) -> None:
    await world.subscriber(seen="ar")
    assert await letter_to(world, FRENCH, path) == "fr"


@pytest.mark.req("M-43")
async def test_what_was_seen_goes_before_the_country(world: World) -> None:
    me = await registered(world, FRENCH, phone="+213550123456")
    assert (me["language"], me["language_chosen"]) == ("fr", False)
    assert await letter_to(world) == "fr"


@pytest.mark.req("M-43")
async def test_the_numbers_country_goes_before_the_default(world: World) -> None:
    me = await registered(world, phone="+213550123456")
    assert (me["language"], me["language_chosen"]) == ("ar", False)
    assert await letter_to(world) == "ar"


@pytest.mark.req("M-43")
async def test_the_default_is_for_those_of_whom_nothing_is_known(small_worlds: Opener) -> None:
    async with small_worlds(DEFAULT_LANG="fr") as world:
        assert (await registered(world))["language"] == "fr"


async def test_a_guess_follows_the_number_that_comes_later(world: World) -> None:
    await registered(world)
    async with world.client() as client:
        await world.sign_in(client)
        changed = await client.patch(f"{AUTH}/me", json={"phone": "+221771234567"})
    assert changed.json()["language"] == "fr", "Senegal reads French"
    assert await letter_to(world) == "fr"


async def test_a_language_named_at_registration_is_a_choice(world: World) -> None:
    me = await registered(world, ARABIC, language="fr")
    assert (me["language"], me["language_chosen"]) == ("fr", True)
    assert await letter_to(world, ARABIC) == "fr"


async def test_a_choice_is_made_and_taken_back(world: World) -> None:
    await world.subscriber(seen="en")
    async with world.client(headers=ARABIC) as client:
        await world.sign_in(client)
        chosen = (await client.patch(f"{AUTH}/me", json={"language": "en"})).json()
        assert (chosen["language"], chosen["language_chosen"]) == ("en", True)
        assert await letter_to(world, FRENCH) == "en"
        seen = (await client.patch(f"{AUTH}/me", json={"language": None})).json()
        assert (seen["language"], seen["language_chosen"]) == ("ar", False)
        assert (await client.get(f"{AUTH}/me")).json()["language_chosen"] is False
        assert await letter_to(world, FRENCH) == "fr"
    told = [fact.facts["fields"] for fact in await facts(world, "id.user.updated")]
    assert told == ["language", "language"]


async def test_other_changes_of_a_profile_choose_no_language(world: World) -> None:
    await world.subscriber(seen="en")
    async with browser(world) as alice:
        await alice.sign_in()
        page = await alice.open("/account")
        assert '<option value="">As your browser says</option>' in page.text
        await alice.send("/account", firstName="Aïcha", lastName="", phone="", language="")
    assert await letter_to(world, FRENCH) == "fr"


async def test_the_account_page_chooses_a_language_and_takes_the_choice_back(world: World) -> None:
    await world.subscriber(seen="en")
    form = {"firstName": "Alice", "lastName": "", "phone": ""}
    async with browser(world) as alice:
        await alice.sign_in()
        await alice.open("/account")
        page = await alice.send("/account", **form, language="ar")
        assert '<html lang="ar"' in page.text
        assert '<option value="ar" lang="ar" selected>' in page.text
        assert await letter_to(world, FRENCH) == "ar"
        page = await alice.send("/account", **form, language="")
        assert '<html lang="en"' in page.text
        assert " selected>" not in page.text.partition('id="language"')[2].partition("</select>")[0]
    assert await letter_to(world, FRENCH) == "fr"


async def test_the_pages_of_the_account_speak_the_language_that_was_chosen(world: World) -> None:
    await world.subscriber(language="ar")
    async with browser(world) as alice:
        await alice.open("/login")
        await alice.sign_in()
        assert '<html lang="ar"' in (await alice.open("/account")).text
        page = await alice.send("/preferences", lang="fr", return_to="/account")
        assert '<html lang="fr"' in page.text, "a switch in this very browser counts more"


async def test_the_language_of_the_last_sign_in_is_that_of_letters_nobody_waits_for(
    world: World,
) -> None:
    await world.subscriber(seen="en")
    for headers in (FIREFOX, FIREFOX | FRENCH, {"User-Agent": "curl/8.0"}):
        async with world.client(headers=headers) as client:
            await world.sign_in(client)
    assert (await world.newest(ALICE, "entrance/new_device")).language == "fr"


async def test_a_thief_on_a_new_device_turns_no_warning_into_another_language(world: World) -> None:
    await world.subscriber(seen="fr")
    async with world.client(headers=FIREFOX) as client:
        await world.sign_in(client)
    async with world.client(headers={"User-Agent": "curl/8.0"} | ARABIC) as thief:
        await world.sign_in(thief)
    assert (await world.newest(ALICE, "entrance/new_device")).language == "fr"
    assert await letter_to(world) == "fr"


async def test_a_sign_in_changes_no_language_that_was_chosen(world: World) -> None:
    await world.subscriber(language="en")
    async with world.client(headers=FIREFOX | FRENCH) as client:
        await world.sign_in(client)
        me = (await client.get(f"{AUTH}/me")).json()
    assert (me["language"], me["language_chosen"], me["version"]) == ("en", True, 1)
