"""A letter that leaves late tells no code that is good for nothing by then; its link still is."""

from datetime import timedelta

import pytest

from tests.support.world import PASSWORD, World
from watchword.kernel.ports import NotAccepted

AUTH = "/api/v1/auth"
ALICE = "alice@example.org"
AWAY = NotAccepted("refused with 429", retry_after=timedelta(minutes=11))
REGISTER = {"email": ALICE, "password": PASSWORD, "firstName": "Alice", "lastName": "A"}


@pytest.mark.parametrize(
    ("door", "body", "known"),
    [
        ("register", REGISTER, False),
        ("forgot-password", {"email": ALICE}, True),
    ],
)
async def test_a_code_that_has_expired_is_never_sent(
    world: World, door: str, body: dict[str, str], *, known: bool
) -> None:
    if known:
        await world.subscriber(ALICE)
    async with world.client() as client:
        world.mailbox.trouble = AWAY
        assert (await client.post(f"{AUTH}/{door}", json=body)).status_code in {201, 202}
        await world.deliver()
        world.mailbox.trouble = None
        world.clock.advance(timedelta(minutes=15))
        [letter] = await world.letters(ALICE)
        assert letter.code is None
        assert "code" not in letter.text
        assert 'class="code"' not in letter.html
        link = {"token": await world.token(ALICE)}
        path, more = (
            ("verify-email", {})
            if not known
            else ("reset-password", {"password": "x" * 6 + PASSWORD})
        )
        assert (await client.post(f"{AUTH}/{path}", json=link | more)).status_code == 200
