"""Forms of pages with a field that nobody asked for, or twice (A-20)."""

import uuid
from urllib.parse import urlencode

import pytest

from tests.support.browser import browser
from tests.support.knocking import required
from tests.support.world import PASSWORD, World
from watchword.app.asgi import placed_doors

pytestmark = pytest.mark.req("A-20", "R-62")

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize("value", ["1", ""])
async def test_a_form_with_an_unknown_field_is_refused_and_does_nothing(
    small_world: World, value: str
) -> None:
    await small_world.subscriber()
    forms = [(path, door) for path, door in placed_doors(small_world.house) if door.form]
    assert len(forms) > 10
    for number, (path, door) in enumerate(forms):
        async with browser(small_world, f"198.51.{number}.7") as person:
            await person.sign_in()
            form = {**(required(door.body) if door.body else {}), "zzz": value, "csrf": person.csrf}
            refused = await person.client.post(path.replace("{id}", str(uuid.uuid4())), data=form)
            assert refused.status_code == 422, path
            assert (await person.open("/account")).status_code == 200
            assert person.path == "/account", "nobody is signed out"


async def test_no_field_makes_the_end_of_other_sessions_more_than_that(world: World) -> None:
    await world.subscriber()
    async with browser(world) as person, browser(world, "198.51.100.9") as other:
        await person.sign_in()
        await other.sign_in()
        form = {"role": "admin", "csrf": person.csrf}
        refused = await person.client.post("/account/sessions/end-others", data=form)
        assert refused.status_code == 422
        await other.open("/account")
        assert other.path == "/account"


async def test_a_field_that_a_form_gives_twice_is_refused(small_world: World) -> None:
    await small_world.subscriber()
    async with browser(small_world) as person:
        await person.open("/login")
        fields = {"csrf": person.csrf, "email": "alice@example.org", "password": PASSWORD}
        once = urlencode(fields)
        for name, text in fields.items():
            twice = f"{once}&{urlencode({name: text})}"
            answer = await person.client.post("/login", content=twice, headers=FORM)
            assert answer.status_code == 422, name
            assert "This field was sent twice." in answer.text
        answer = await person.client.post("/login", content=once, headers=FORM)
    assert answer.headers["location"] == "/account"
