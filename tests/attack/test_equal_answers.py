"""Known or unknown, active or not: strangers get the same answer for the same work.

Work is counted, not timed: statements as the driver sees them, slow hashes, letters written.
"""

from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.browser import browser
from tests.support.counting import statements
from tests.support.world import NEW_PASSWORD, PASSWORD, Hashes, World
from watchword.plumbing.hashing.pool import HashPool
from watchword.records.subscribers.rules import ACTIVE, DISABLED, LOCKED, PENDING

# Addresses of one length: an answer may repeat what was asked, and nothing else.
STATES = {
    "nobody@example.org": None,
    "active@example.org": ACTIVE,
    "waits1@example.org": PENDING,
    "locked@example.org": LOCKED,
    "closed@example.org": DISABLED,
    "nopass@example.org": ACTIVE,
}
TOO_MUCH = 5
QUESTIONS: dict[str, dict[str, Any]] = {
    "register": {"password": NEW_PASSWORD, "firstName": "Eve"},
    "login": {"password": NEW_PASSWORD},
    "forgot-password": {},
    "resend-verification": {},
    "otp/request": {},
    "otp/verify": {"code": "000000"},
    "reset-password": {"code": "000000", "password": NEW_PASSWORD},
    "password-reset/request": {},
    "password-reset/verify": {"code": "000000"},
}
LETTER_OF = {
    "otp/verify": "otp/request",
    "reset-password": "forgot-password",
    "password-reset/verify": "password-reset/request",
}
FORMS: dict[str, dict[str, str]] = {
    "/login": {"password": NEW_PASSWORD, "return_to": ""},
    "/login/code": {"return_to": ""},
    "/forgot-password": {},
    "/reset-password/code": {"code": "000000", "password": NEW_PASSWORD},
    "/resend-verification": {},
}


@dataclass(frozen=True)
class Seen:
    """What a stranger sees of one answer, and what it cost."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    statements: int
    writes: int
    transactions: int
    hashes: int


async def people(world: World) -> None:
    """Add one account in every state, and spend the first hash of the process."""
    for address, status in STATES.items():
        if status is not None:
            password = None if address.startswith("nopass") else PASSWORD
            await world.subscriber(address, password, status=status)
    async with world.client("198.51.100.1") as client:
        body = {"email": "warm@example.org", "password": PASSWORD}
        await client.post("/api/v1/auth/login", json=body)


def seen(answer: Any, address: str, ran: list[str], hashes: int) -> Seen:
    """Return what was seen, the address asked for left out."""
    return Seen(
        status=answer.status_code,
        headers=tuple(sorted(answer.headers.items())),
        body=answer.content.replace(address.encode(), b"ADDRESS"),
        statements=len([word for word in ran if word not in {"BEGIN", "COMMIT"}]),
        writes=len([word for word in ran if word in {"INSERT", "UPDATE", "DELETE"}]),
        transactions=ran.count("BEGIN"),
        hashes=hashes,
    )


async def ask(world: World, number: int, door: str, address: str) -> Seen:
    """Ask a door about an address, from a network of its own."""
    pool = world.part(HashPool)
    assert isinstance(pool, Hashes)
    headers = {"X-Request-Id": "same"}
    async with world.client(f"203.0.113.{number}", headers) as client:
        before = pool.asked
        with statements(world) as ran:
            body = {"email": address, **QUESTIONS[door]}
            answer = await client.post(f"/api/v1/auth/{door}", json=body)
        return seen(answer, address, ran, pool.asked - before)


@pytest.mark.req("A-28", "A-31", "R-38", "N-85", "D-37")
@pytest.mark.parametrize("door", QUESTIONS)
async def test_strangers_cannot_tell_one_address_from_another(world: World, door: str) -> None:
    await people(world)
    told = {
        address: await ask(world, number, door, address) for number, address in enumerate(STATES)
    }
    expected = told["active@example.org"]
    for address, answer in told.items():
        assert answer == expected, address


@pytest.mark.req("D-37")
@pytest.mark.parametrize("door", LETTER_OF)
async def test_nor_by_guessing_at_the_code_of_a_letter(world: World, door: str) -> None:
    await people(world)
    for number, address in enumerate(STATES):
        await ask(world, number, LETTER_OF[door], address)
    for turn in range(TOO_MUCH):
        told = [await ask(world, number, door, address) for number, address in enumerate(STATES)]
        assert len(set(told)) == 1, f"guess {turn + 1}"
        assert told[0].status == 400
    told = [await ask(world, number, door, address) for number, address in enumerate(STATES)]
    assert len(set(told)) == 1, "the address refuses codes"
    assert told[0].status == 429


@pytest.mark.req("A-28", "R-38", "R-39", "D-37")
@pytest.mark.parametrize("door", ["register", "login", "forgot-password", "resend-verification"])
async def test_nor_by_asking_until_a_limit_answers(world: World, door: str) -> None:
    await people(world)
    told = {
        address: [await ask(world, number, door, address) for _ in range(TOO_MUCH + 1)]
        for number, address in enumerate(STATES)
    }
    if door == "register":  # the first one made the account
        told["nobody@example.org"][0] = told["active@example.org"][0]
    expected = told["active@example.org"]
    for address, answers in told.items():
        for turn, answer in enumerate(answers):
            assert answer == expected[turn], f"{address}, time {turn + 1}"


@pytest.mark.req("A-28", "R-38", "D-37")
@pytest.mark.parametrize("path", FORMS)
async def test_the_pages_tell_no_more(small_world: World, path: str) -> None:
    await people(small_world)
    told = {}
    for number, address in enumerate(STATES):
        async with browser(small_world, f"203.0.113.{number}") as stranger:
            stranger.client.headers["X-Request-Id"] = "same"
            await stranger.open(path)
            with statements(small_world) as ran:
                answer = await stranger.post(path, email=address, **FORMS[path])
            answer.headers.pop("content-length", None)
            body = answer.content.replace(stranger.csrf.encode(), b"CSRF")
            told[address] = (
                answer.status_code,
                body.replace(address.encode(), b"ADDRESS"),
                len(ran),
            )
    assert len(set(told.values())) == 1, {a: (t[0], t[2]) for a, t in told.items()}
