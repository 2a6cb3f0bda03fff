"""The development mailbox: what would have left this machine."""

import pytest

from tests.support.world import World
from tests.support.worlds import Opener
from watchword.plumbing.db import dev_messages

ALICE = "alice@example.org"
PATHS = ("/dev/mail", "/dev/mail.json", "/dev/mail/newest.json", "/dev/mail/0/html")


async def keep_letters(world: World) -> None:
    """Put what the carrier got into the mailbox, with a source."""
    await world.deliver()
    for message in world.mailbox.messages:
        await dev_messages.keep(
            world.database, message, f"Subject: {message.subject}", world.clock.now()
        )


async def ask_for_a_code(world: World, address: str = ALICE) -> None:
    """Let a letter with a code come."""
    async with world.client() as client:
        await client.post(world.path("/auth/otp/request"), json={"email": address})
    await keep_letters(world)


@pytest.mark.parametrize("path", PATHS)
async def test_outside_development_there_is_no_mailbox(small_world: World, path: str) -> None:
    async with small_world.client() as client:
        assert (await client.get(path)).status_code == 404


async def test_a_script_reads_the_newest_code(worlds: Opener) -> None:
    async with worlds(APP_ENV="development") as world, world.client() as client:
        empty = await client.get("/dev/mail/newest.json")
        assert (empty.status_code, empty.json()["code"]) == (404, "not_found")
        await world.subscriber()
        await ask_for_a_code(world)
        newest = (await client.get("/dev/mail/newest.json")).json()
        assert newest["code"] == await world.code(ALICE)
        assert newest["template"] == "login/sign_in_code"


async def test_the_newest_of_one_mailbox_is_not_the_newest_of_all(worlds: Opener) -> None:
    async with worlds(APP_ENV="development") as world, world.client() as client:
        for each in (ALICE, "bob@example.org"):
            await world.subscriber(each)
            await ask_for_a_code(world, each)
        found = await client.get("/dev/mail/newest.json", params={"to": "Alice@example.org"})
        assert found.json()["to"] == ALICE
        both = (await client.get("/dev/mail.json")).json()["messages"]
        assert {each["to"] for each in both} == {ALICE, "bob@example.org"}


async def test_a_letter_that_is_carried_twice_is_kept_once(worlds: Opener) -> None:
    async with worlds(APP_ENV="development") as world, world.client() as client:
        await ask_for_a_code(world)
        await keep_letters(world)
        assert len((await client.get("/dev/mail.json")).json()["messages"]) == 1


async def test_a_person_reads_a_letter_in_three_ways(small_worlds: Opener) -> None:
    async with small_worlds(APP_ENV="development") as world, world.client() as client:
        await world.subscriber()
        await ask_for_a_code(world)
        message = (await client.get("/dev/mail/newest.json")).json()
        listed = await client.get("/dev/mail")
        assert message["subject"] in listed.text
        assert message["code"] in listed.text
        path = f"/dev/mail/{message['id']}"
        assert f'src="{path}/html"' in (await client.get(path)).text
        letter = world.mailbox.messages[-1]
        assert (await client.get(f"{path}/text")).text == letter.text
        assert message["code"] in (await client.get(path, params={"tab": "text"})).text
        assert (await client.get(f"{path}/source")).text == f"Subject: {letter.subject}"


async def test_a_letter_keeps_its_styles_and_gets_no_scripts(small_worlds: Opener) -> None:
    async with small_worlds(APP_ENV="development") as world, world.client() as client:
        await world.subscriber()
        await ask_for_a_code(world)
        message = (await client.get("/dev/mail/newest.json")).json()
        letter = await client.get(f"/dev/mail/{message['id']}/html")
        policy = letter.headers["content-security-policy"]
        assert "style-src 'unsafe-inline'" in policy
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "sandbox" in policy
        assert letter.headers["x-frame-options"] == "SAMEORIGIN"
        page = await client.get("/dev/mail")
        assert "unsafe-inline" not in page.headers["content-security-policy"]


async def test_a_letter_that_is_not_there_is_not_found(small_worlds: Opener) -> None:
    async with small_worlds(APP_ENV="development") as world, world.client() as client:
        for unknown in ("0", "00000000-0000-7000-8000-000000000009", "%00", "..%2f"):
            assert (await client.get(f"/dev/mail/{unknown}")).status_code == 404
