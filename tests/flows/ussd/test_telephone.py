"""The plain telephone of development, in the browser: it shows what a gateway would be answered."""

import re

import pytest

from tests.support.browser import Browser, browser
from tests.support.facts import facts
from tests.support.world import World
from tests.support.worlds import Opener
from watchword.app.carrying import Abroad
from watchword.kernel.messages import Text

NUMBER, PIN = "+221770123456", "0937"


async def press(hers: Browser, text: str) -> str:
    """Type and send; return the screen."""
    hidden = dict(re.findall(r'name="(number|session|typed)" value="([^"]*)"', hers.page.text))
    await hers.send("/dev/ussd", **hidden, press=text)
    return hers.text


@pytest.mark.req("M-14")
async def test_somebody_tries_the_menu_without_a_network(small_worlds: Opener) -> None:
    async with small_worlds(APP_ENV="development") as world, browser(world) as hers:
        await world.subscriber(phone=NUMBER)
        await hers.open("/dev/ussd")
        await hers.send("/dev/ussd", number=NUMBER)
        assert "1. Code par SMS" in hers.text
        await press(hers, "1")
        code = await world.texted(NUMBER)
        assert "nouveau PIN de 4 chiffres" in await press(hers, code)
        await press(hers, PIN)
        assert "Votre PIN est changé" in await press(hers, PIN)
        assert "Dial" in hers.text
        assert len(await facts(world, "id.ussd.pin.reset.completed")) == 1
        page = await hers.send("/dev/ussd", number="12")
        assert page.status_code == 422
        assert 'href="#number"' in page.text


async def test_a_text_is_read_in_the_development_mailbox(
    small_worlds: Opener,
) -> None:
    async with small_worlds(APP_ENV="development") as world, world.client() as client:
        [texter] = Abroad(world.house).texters()  # type: ignore[arg-type]
        await texter.send(
            Text(
                id="019ca945-0a00-7002-b214-c47a181be71c",
                to=NUMBER,
                body="Votre code est 493027. Merci.",
                template="OTP_SMS",
                language="fr",
                country="SN",
            )
        )
        [kept] = (await client.get("/dev/mail.json", params={"to": NUMBER})).json()["messages"]
        assert (kept["to"], kept["code"]) == (NUMBER, "493027")
        page = await client.get(f"/dev/mail/{kept['id']}")
        assert "Merci" in page.text
        assert "<iframe" not in page.text


async def test_outside_development_there_is_no_telephone(small_world: World) -> None:
    async with small_world.client() as client:
        assert (await client.get("/dev/ussd")).status_code == 404
