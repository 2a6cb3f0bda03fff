"""Names and addresses that could write into a letter, or to somebody else (A-20)."""

import pytest

from tests.support.knocking import named, problem
from tests.support.world import PASSWORD, World

pytestmark = pytest.mark.req("A-20", "R-62")


@pytest.mark.parametrize(
    "name",
    [
        "Al\r\nBcc: x@example.org",
        "Al\nice",
        "Alice\u2028",
        "Al\x85ice",
        "Al\u202eecila",
        "Al\u2066ice",
        "http://evil.example",
        "visit www.evil.example",
        "<b>Alice</b>",
        "\ufe64b\ufe65Alice",
        "\U0001d430\U0001d430\U0001d430.evil.example",
        "a" * 101,
        " ",
        "\u200b\u200d",
        "\u2060\u00ad \u180e",
        "\u3164\u2800",
        "\u0301",
    ],
)
async def test_a_name_that_could_write_into_a_letter_is_refused(
    small_world: World, name: str
) -> None:
    body = {"email": "alice@example.org", "password": PASSWORD, "firstName": name}
    async with small_world.client() as client:
        told = problem(await client.post("/api/v1/auth/register", json=body), 422)
    assert named(told) == {"firstName": "invalid_name"}


@pytest.mark.req("D-67")
@pytest.mark.parametrize(
    "name",
    [
        "Zoë-Anne",
        "O'Brien",
        "J. R. St.John",
        "محمد",
        "\u0645\u06cc\u200c\u062e\u0648",
        "Nguyễn Văn",
        "李",
    ],
)
async def test_a_name_as_people_have_it_is_taken(small_world: World, name: str) -> None:
    body = {"email": "alice@example.org", "password": PASSWORD, "firstName": name}
    async with small_world.client() as client:
        assert (await client.post("/api/v1/auth/register", json=body)).status_code == 201


@pytest.mark.parametrize(
    "address",
    [
        "alice@example.org\r\nBcc: eve@example.org",
        "alice@example.org, eve@example.org",
        "Alice <alice@example.org>",
        "alice@example.org\u0000",
        '"a\r\nb"@example.org',
        "alice@[127.0.0.1]",
        "alice@" + "a" * 250 + ".org",
        "alice@example..org",
        "@",
    ],
)
async def test_an_address_that_is_not_one_mailbox_is_refused(
    small_world: World, address: str
) -> None:
    doors = {
        "register": {"password": PASSWORD, "firstName": "Alice"},
        "login": {"password": PASSWORD},
        "forgot-password": {},
        "resend-verification": {},
        "otp/request": {},
        "otp/verify": {"code": "123456"},
    }
    async with small_world.client() as client:
        for door, more in doors.items():
            answer = await client.post(f"/api/v1/auth/{door}", json={"email": address, **more})
            assert set(named(problem(answer, 422))) == {"email"}, door
