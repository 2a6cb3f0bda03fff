"""Codes: drawn well, compared well, guessed at no more often than said, and told in whole minutes."""

import ast
import asyncio
import hmac
import inspect
from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import select

from tests.support.world import SECRET, World
from tests.support.worlds import Opener
from watchword.kernel import chance
from watchword.kernel.chance import SystemChance
from watchword.plumbing.db.statements import statement
from watchword.records.tickets import service
from watchword.records.tickets.rules import Purpose
from watchword.records.tickets.service import Tickets
from watchword.records.tickets.store import tickets

REQUEST, VERIFY = "/api/v1/auth/otp/request", "/api/v1/auth/otp/verify"
ALICE = "alice@example.org"
CODES = 10_000
DIGESTS = statement(select(tickets.c.code_digest))
GUESSED = statement(
    select(tickets.c.guesses, tickets.c.spent_at).where(tickets.c.purpose == "sign_in")
)


def calls(module: object) -> set[str]:
    """Return what a module calls, as it is written."""
    tree = ast.parse(inspect.getsource(module))  # type: ignore[arg-type]
    return {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}


@pytest.mark.req("N-84")
def test_codes_come_from_the_systems_generator_and_are_compared_in_constant_time() -> None:
    assert {"secrets.token_bytes", "secrets.randbelow"} <= calls(chance)
    assert not {call for call in calls(chance) if call.startswith("random.")}
    assert "self.chance.below" in calls(service)
    assert "hmac.compare_digest" in calls(service)


@pytest.mark.req("N-84")
async def test_ten_thousand_codes_are_uniform(small_world: World) -> None:
    tickets = replace(small_world.part(Tickets), chance=SystemChance())
    drawn = []
    async with small_world.database.transaction() as tx:
        for _ in range(CODES):
            ticket = await tickets.issue(
                tx,
                purpose=Purpose.SIGN_IN,
                address=ALICE,
                lifetime=tickets.settings.code_lifetime,
                now=small_world.clock.now(),
            )
            drawn.append(ticket.code.reveal())
    assert {len(code) for code in drawn} == {6}
    for place in range(6):
        # Chi-squared of nine degrees of freedom: beyond 60 once in a thousand million.
        counted = Counter(code[place] for code in drawn)
        assert sum((counted[digit] - 1000) ** 2 / 1000 for digit in "0123456789") < 60
    assert len(set(drawn)) > CODES - 150  # about fifty pairs are to be expected


@pytest.mark.req("M-39")
@pytest.mark.parametrize(
    ("seconds", "language", "told"),
    [
        ("300", "en", "5 minutes"),
        ("359", "en", "5 minutes"),
        ("60", "en", "1 minute"),
        ("59", "en", "less than one minute"),
        ("59", "fr", "moins d\u2019une minute"),
        ("59", "ar", "أقل من دقيقة"),
    ],
)
async def test_a_letter_tells_the_life_of_its_code_in_whole_minutes(
    small_worlds: Opener, seconds: str, language: str, told: str
) -> None:
    async with small_worlds(OTP_TTL_SECONDS=seconds) as world, world.client() as client:
        await world.subscriber(language=language)
        await client.post(REQUEST, json={"email": ALICE})
        letter = await world.newest(ALICE)
    for part in (letter.text, letter.html):
        assert told in part
        assert "0 minute" not in part


@pytest.mark.req("D-36")
async def test_what_is_kept_of_a_code_is_an_hmac_bound_to_purpose_channel_and_address(
    world: World,
) -> None:
    await world.subscriber()
    async with world.client() as client:
        await client.post(REQUEST, json={"email": ALICE})
        code = await world.code(ALICE)
    [row] = await world.database.all(DIGESTS)
    pepper = SECRET.format(name="PEPPER").encode()
    bound = f"code:sign_in\0email\0{ALICE}\0{code}"
    assert bytes(row.code_digest) == hmac.digest(pepper, bound.encode(), "sha256")


@pytest.mark.req("D-36")
async def test_of_twenty_guesses_at_once_three_are_judged(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await client.post(REQUEST, json={"email": ALICE})
        code = await world.code(ALICE)
        wrong = {"email": ALICE, "code": f"{(int(code) + 1) % 10**6:06d}"}
        answers = await asyncio.gather(*(client.post(VERIFY, json=wrong) for _ in range(20)))
        assert sorted(answer.status_code for answer in answers) == [*5 * [400], *15 * [429]]
        [row] = await world.database.all(GUESSED)
        assert (row.guesses, row.spent_at) == (3, None)
        right = {"email": ALICE, "code": code}
        assert (await client.post(VERIFY, json=right)).status_code == 429
