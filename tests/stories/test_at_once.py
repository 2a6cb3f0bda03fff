"""What somebody does twice at once, or while doing another thing: no two of them wait for each other.

PostgreSQL ends a ring of transactions by giving one of them up after a second, which its caller
reads as "the database is out of reach". So locks are taken in one order: the account's row first,
and never a shared lock on what will be written (see `records/resets/store.py`).
"""

import asyncio
import itertools
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.support.world import PASSWORD, World, open_world
from watchword.plumbing.db.postgres_transaction import PostgresTransaction
from watchword.records.subscribers.rules import Subscriber

Act = Callable[[], Awaitable[httpx2.Response]]
UNLIMITED = dict.fromkeys(
    (
        "RATE_LIMIT_LETTERS",
        "SMS_BUDGET_COUNTRY",
        "SMS_BUDGET_DAY",
        "SMS_BUDGET_HOUR",
        "SMS_BUDGET_PREFIX",
        "SMS_BUDGET_RECIPIENT",
    ),
    "1000000/60000",
)
ROUNDS = 3
RESET = "/auth/password-reset"
PIN_RESET = "/auth/ussd-pin-reset"


@pytest.fixture
async def slow_world(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    """Yield a world in which the statements of a transaction lie apart, so that others come between."""
    chance = random.Random(7)
    for how in ("first", "all", "run"):
        plain = getattr(PostgresTransaction, how)

        async def slowly(*given: Any, _plain: Any = plain, **values: Any) -> Any:
            answer = await _plain(*given, **values)
            await asyncio.sleep(chance.random() * 0.01)
            return answer

        monkeypatch.setattr(PostgresTransaction, how, slowly)
    async with open_world(postgres_url, tmp_path, **UNLIMITED) as opened:
        yield opened


def act(world: World, client: httpx2.AsyncClient, path: str, **body: str | None) -> Act:
    async def do() -> httpx2.Response:
        return await client.post(world.path(path), json=body)

    return do


async def sign_in(world: World, client: httpx2.AsyncClient, alice: Subscriber) -> Act:
    return act(world, client, "/auth/login", email=alice.email, password=PASSWORD)


async def sign_in_by_code(world: World, client: httpx2.AsyncClient, alice: Subscriber) -> Act:
    await act(world, client, "/auth/otp/request", email=alice.email)()
    code = await world.code(alice.email)
    return act(world, client, "/auth/otp/verify", email=alice.email, code=code)


async def ask_for_reset(world: World, client: httpx2.AsyncClient, alice: Subscriber) -> Act:
    return act(world, client, f"{RESET}/request", phone=alice.phone)


async def verify_reset(world: World, client: httpx2.AsyncClient, alice: Subscriber) -> Act:
    await act(world, client, f"{RESET}/request", phone=alice.phone)()
    code = await world.texted(alice.phone or "")
    return act(world, client, f"{RESET}/verify", phone=alice.phone, code=code)


async def reset(world: World, client: httpx2.AsyncClient, alice: Subscriber) -> Act:
    verified = await (await verify_reset(world, client, alice))()
    grant = verified.json().get("resetToken", "spoilt by another request")
    return act(world, client, f"{RESET}/confirm", resetToken=grant, password=PASSWORD)


async def ask_for_pin_reset(world: World, client: httpx2.AsyncClient, alice: Subscriber) -> Act:
    return act(world, client, f"{PIN_RESET}/request", phone=alice.phone)


async def verify_pin_reset(world: World, client: httpx2.AsyncClient, alice: Subscriber) -> Act:
    await act(world, client, f"{PIN_RESET}/request", phone=alice.phone)()
    code = await world.texted(alice.phone or "")
    return act(world, client, f"{PIN_RESET}/verify", phone=alice.phone, code=code)


ACTS = (
    sign_in,
    sign_in_by_code,
    ask_for_reset,
    verify_reset,
    reset,
    ask_for_pin_reset,
    verify_pin_reset,
)


@pytest.mark.needs("postgres")
async def test_no_two_things_that_somebody_does_at_once_wait_for_each_other(
    slow_world: World,
) -> None:
    numbers = itertools.count(100)
    failed = []
    async with slow_world.client() as client:
        for one, other in itertools.combinations_with_replacement(ACTS, 2):
            for _ in range(ROUNDS):
                number = next(numbers)
                alice = await slow_world.subscriber(
                    f"alice{number}@example.org", phone=f"+213555000{number}"
                )
                acts = [
                    await prepare(slow_world, client, alice) for prepare in (one, other, one, other)
                ]
                answers = await asyncio.gather(*(do() for do in acts))
                failed += [
                    (one.__name__, other.__name__) for each in answers if each.status_code >= 500
                ]
    assert failed == []
