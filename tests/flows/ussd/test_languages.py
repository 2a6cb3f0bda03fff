"""The language of the menu: of the number's country, or chosen."""

import pytest

from tests.support.handset import GATEWAY, NUMBER, Handset, handset_in
from tests.support.world import World
from tests.support.worlds import Opener


async def test_another_language_is_chosen(world: World, handset: Handset) -> None:
    await world.subscriber(phone=NUMBER, language="ar")
    await handset.dial("ATUid_1")
    assert (await handset.press("9")).startswith("CON 1. English\n2. Francais")
    assert (await handset.press("1")).startswith("CON Molam: new PIN\n1. Code by SMS")
    await handset.press("1")
    await world.deliver()
    assert world.telephone.texts[-1].language == "en"


async def test_the_end_is_told_in_the_language_that_was_chosen(
    world: World, handset: Handset
) -> None:
    await world.subscriber(phone=NUMBER)
    await handset.dial("ATUid_1")
    await handset.press("9")
    await handset.press("1")
    assert (await handset.post("9")).startswith("END This session"), "shortened"
    assert (await handset.post("9*1*1*1")).startswith("END This session"), "it leaps"


@pytest.mark.parametrize("ucs2", ["false", "true"])
async def test_a_name_that_a_screen_cannot_show_is_left_out_and_the_screen_is_whole(
    small_worlds: Opener, ucs2: str
) -> None:
    settings = {"USSD_GATEWAY_SECRET": GATEWAY, "ORG_NAME": "مولام", "USSD_UCS2": ucs2}
    async with small_worlds(**settings) as world, world.client() as client:
        screen = await handset_in(world, client).dial("ATUid_1")
        assert screen.startswith("CON Notre service : nouveau PIN\n1. ")
        assert screen.endswith("\n9. Langue")
        algerian = handset_in(world, client, "+213550123456")
        assert ("مولام" in await algerian.dial("ATUid_2")) is (ucs2 == "true")


@pytest.mark.parametrize(
    ("ucs2", "begins"), [("false", "CON Molam : nouveau PIN"), ("true", "CON Molam: رقم")]
)
async def test_arabic_is_shown_where_the_gateway_carries_it(
    small_worlds: Opener, ucs2: str, begins: str
) -> None:
    settings = {"USSD_GATEWAY_SECRET": GATEWAY, "ORG_NAME": "Molam", "USSD_UCS2": ucs2}
    async with small_worlds(**settings) as world, world.client() as client:
        handset = handset_in(world, client, "+213550123456")
        assert (await handset.dial("ATUid_1")).startswith(begins)
