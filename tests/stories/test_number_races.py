"""A number is proven by two accounts at the same moment, at two processes: one has it."""

import asyncio
import re

import httpx2

from tests.support.world import World
from tests.support.worlds import Opener
from watchword.records.subscribers.service import Subscribers

AUTH = "/api/v1/auth"
ROUNDS = 6


async def asked(world: World, client: httpx2.AsyncClient, email: str, number: str) -> str:
    """Sign in, name the number and ask for its code; return the code."""
    await world.subscriber(email)
    await world.sign_in(client, email)
    named = await client.patch(f"{AUTH}/me", json={"phone": number})
    assert named.json()["phone_verified"] is False
    assert (await client.post(f"{AUTH}/phone/code")).status_code == 202
    await world.deliver()
    code = re.search(r"\b\d{6}\b", world.telephone.to(number)[-1].body)
    assert code
    return code[0]


async def test_of_two_accounts_that_prove_a_number_at_once_one_has_it(worlds: Opener) -> None:
    async with worlds() as here, worlds() as there:
        for turn in range(ROUNDS):
            emails, number = (f"a{turn}@example.org", f"b{turn}@example.org"), f"+21355012345{turn}"
            async with (
                here.client(f"198.51.100.{turn}") as left,
                there.client(f"198.51.100.{turn + 100}") as right,
            ):
                codes = [
                    await asked(here, left, emails[0], number),
                    await asked(there, right, emails[1], number),
                ]
                answers = await asyncio.gather(
                    left.post(f"{AUTH}/phone/verify", json={"code": codes[0]}),
                    right.post(f"{AUTH}/phone/verify", json={"code": codes[1]}),
                )
                assert [answer.status_code for answer in answers] == [200, 200]
                mine = [
                    (await client.get(f"{AUTH}/me")).json()["phone_verified"]
                    for client in (left, right)
                ]
            assert sorted(mine) == [False, True], f"round {turn}"
            await _loser_is_told(here, there, emails[mine.index(False)])
            owner = await here.part(Subscribers).find_by_key(here.database, number)
            assert owner is not None
            assert owner.email == emails[mine.index(True)]


async def _loser_is_told(here: World, there: World, address: str) -> None:
    """Whichever of the two carries it, the letter says that somebody else proved the number."""
    told = [*await here.letters(address), *await there.letters(address)]
    assert [each.template for each in told].count("phone_proof/phone_taken") == 1
