"""The security contact: whoever finds a weakness finds us."""

import pytest

from tests.support.world import World
from tests.support.worlds import Opener


@pytest.mark.req("N-108")
async def test_the_configured_contact_is_told_for_ninety_days(small_worlds: Opener) -> None:
    async with (
        small_worlds(SECURITY_EMAIL="security@example.org") as world,
        world.client() as client,
    ):
        answer = await client.get("/.well-known/security.txt")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text.splitlines() == [
        "Contact: mailto:security@example.org",
        "Expires: 2026-05-30T12:00:00Z",
        "Canonical: https://auth.example.test/.well-known/security.txt",
        "Preferred-Languages: en, fr, ar",
    ]


async def test_without_one_it_is_the_organisations_mailbox(small_worlds: Opener) -> None:
    async with small_worlds(ORG_EMAIL="hello@example.org") as world, world.client() as client:
        answer = await client.get("/.well-known/security.txt")
    assert "Contact: mailto:hello@example.org" in answer.text


async def test_with_neither_there_is_no_file(small_world: World) -> None:
    async with small_world.client() as client:
        answer = await client.get("/.well-known/security.txt")
    assert answer.status_code == 404
