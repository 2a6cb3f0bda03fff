"""The pages behind the links of letters, which all behave alike."""

from pathlib import Path

import pytest

from tests.support.browser import browser
from tests.support.world import World, open_world
from watchword.kernel.chance import SystemChance
from watchword.kernel.secret import Peppers, mint_token

PAGES = {
    "login": "/login/link",
    "password_reset": "/reset-password",
    "lockout": "/unlock",
    "address_change confirm": "/change-email/confirm",
    "address_change undo": "/change-email/undo",
    "registration": "/verify-email",
    "setup": "/setup",
}


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
async def test_a_link_that_opens_nothing_is_said_to_be_invalid(
    small_world: World, path: str
) -> None:
    async with browser(small_world) as somebody:
        page = await somebody.open(f"{path}?token=wwt_of_nobody")

    assert page.status_code == 400
    assert "This link no longer works" in somebody.text


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
async def test_a_fault_of_ours_says_nothing_of_the_link(tmp_path: Path, path: str) -> None:
    no_tables_yet = f"sqlite:///{tmp_path}/watchword.db"
    async with open_world(no_tables_yet, tmp_path) as world, browser(world) as somebody:
        token = mint_token("t", world.part(Peppers), SystemChance())
        page = await somebody.open(f"{path}?token={token.reveal()}")

    assert page.status_code == 503
    assert int(page.headers["Retry-After"]) >= 1
    assert "no longer works" not in somebody.text


async def test_a_form_that_cannot_be_read_is_told_on_a_page_of_its_own(small_world: World) -> None:
    async with small_world.client() as client:
        refused = await client.post("/setup", content="{}", headers={"Accept": "text/html"})

    assert refused.status_code == 415
    assert "no longer works" not in refused.text
