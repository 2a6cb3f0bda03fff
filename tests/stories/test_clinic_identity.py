"""Whose service it is stands in letters and on pages, every sign of it as it was written."""

import html

import pytest

from tests.support.browser import browser
from tests.support.environments import CLINIC
from tests.support.worlds import Opener


@pytest.mark.req("N-05")
async def test_the_clinic_is_in_the_letter_of_a_code_and_on_the_privacy_page(
    small_worlds: Opener,
) -> None:
    async with small_worlds(APP_PROFILE="nova", **CLINIC) as world, browser(world) as patient:
        await world.subscriber()
        asked = {"email": "alice@example.org"}
        await patient.client.post(world.path("/auth/otp/request"), json=asked)
        letter = await world.newest("alice@example.org")
        privacy = html.unescape((await patient.open("/privacy")).text)
        lost = html.unescape((await patient.open("/no-such-page")).text)

    for value in CLINIC.values():
        assert value in letter.text
        assert value in html.unescape(letter.html or "")
        assert value in privacy
    assert f"mailto:{CLINIC['CLINIC_EMAIL']}" in lost


async def test_who_asks_for_help_is_sent_to_the_mailbox_for_that(small_worlds: Opener) -> None:
    help_desk = "aide@nova-rdv.dz"
    async with small_worlds(**CLINIC, SUPPORT_EMAIL=help_desk) as world, browser(world) as patient:
        assert f"mailto:{help_desk}" in (await patient.open("/no-such-page")).text
