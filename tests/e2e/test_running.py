"""A running service, asked from outside as people and programs ask it.

TEST_BASE_URL   the address of one that runs in development, on a migrated database; its letters are read at
                /dev/mail, and it wants RATE_LIMIT_AUTH=100/60000, for these stories knock more often than a
                person. Without it one is started for the run.
"""

import os
import time
from collections.abc import Iterator
from uuid import uuid4

import httpx2
import pytest

from tests.support.started import started

AUTH = "/api/v1/auth"
FIRST, SECOND = "a quiet harbour at dawn", "seven boats beside the pier"
OFTEN = {"RATE_LIMIT_AUTH": "100/60000", "RATE_LIMIT_OTP": "100/60000"}
PATIENCE = 20.0  # seconds until a letter is there


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the address of the service."""
    given = os.environ.get("TEST_BASE_URL")
    if given:
        yield given.rstrip("/")
        return
    with started(tmp_path_factory.mktemp("running"), **OFTEN) as service:
        yield service.url


@pytest.fixture
def client(base: str) -> Iterator[httpx2.Client]:
    """Yield a client of the service."""
    with httpx2.Client(base_url=base, timeout=PATIENCE) as opened:
        yield opened


@pytest.fixture
def ada(client: httpx2.Client) -> str:
    """Return the address of somebody who registered and proved it."""
    email = f"ada-{uuid4().hex}@example.org"
    form = {"email": email, "password": FIRST, "firstName": "Ada"}
    assert post(client, "/register", **form).status_code == 201
    done = post(client, "/verify-email", email=email, code=code_for(client, email, asks=1))
    assert done.status_code == 200, done.text
    return email


def post(client: httpx2.Client, path: str, **body: str) -> httpx2.Response:
    """Post JSON to a door."""
    return client.post(AUTH + path, json=body)


def code_for(client: httpx2.Client, email: str, asks: int) -> str:
    """Return the newest code, once an address has so many; notices come between them at any time."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        told = client.get("/dev/mail.json", params={"to": email})
        assert told.status_code == 200, (
            "this service does not show its letters: run it in development"
        )
        codes = [each["code"] for each in told.json()["messages"] if each["code"]]
        if len(codes) >= asks:
            return str(codes[0])
        time.sleep(0.1)
    raise AssertionError(f"no code came within {PATIENCE:.0f} s")


@pytest.mark.req("M-51")
def test_it_lives_and_is_ready_on_a_migrated_database(client: httpx2.Client) -> None:
    for path in ("/live", "/ready", "/health"):
        assert client.get(path).status_code == 200, path
    described = client.get("/openapi.json").json()
    assert f"{AUTH}/password-reset/request" in described["paths"]
    assert f"{AUTH}/ussd-pin-reset/request" in described["paths"]


@pytest.mark.req("M-51")
def test_a_password_is_chosen_anew_by_code(client: httpx2.Client, ada: str) -> None:
    assert post(client, "/password-reset/request", email=ada).status_code == 202
    code = code_for(client, ada, asks=2)
    proven = post(client, "/password-reset/verify", email=ada, code=code)
    assert proven.status_code == 200, proven.text
    grant = proven.json()["reset_token"]
    done = post(client, "/password-reset/confirm", reset_token=grant, password=SECOND)
    assert done.status_code == 200, done.text
    assert post(client, "/login", email=ada, password=FIRST).status_code == 401
    assert post(client, "/login", email=ada, password=SECOND).status_code == 200


@pytest.mark.req("M-51")
def test_a_pin_is_chosen_by_code_and_its_grant_is_good_once(
    client: httpx2.Client, ada: str
) -> None:
    assert post(client, "/ussd-pin-reset/request", email=ada).status_code == 202
    code = code_for(client, ada, asks=2)
    proven = post(client, "/ussd-pin-reset/verify", email=ada, code=code)
    assert proven.status_code == 200, proven.text
    grant = proven.json()["reset_token"]
    weak = post(client, "/ussd-pin-reset/confirm", reset_token=grant, pin="1234")
    assert weak.status_code == 422
    for status in (200, 400):
        done = post(client, "/ussd-pin-reset/confirm", reset_token=grant, pin="0937")
        assert done.status_code == status, done.text


@pytest.mark.req("M-51")
@pytest.mark.parametrize("door", ["password-reset", "ussd-pin-reset"])
def test_strangers_hear_what_everybody_hears(client: httpx2.Client, ada: str, door: str) -> None:
    nobody = f"nobody-{uuid4().hex}@example.org"
    answers = [post(client, f"/{door}/request", email=each) for each in (ada, nobody)]
    assert [each.status_code for each in answers] == [202, 202]
    assert answers[0].content == answers[1].content
    refused = post(client, f"/{door}/verify", email=nobody, code="000000")
    assert (refused.status_code, refused.json()["code"]) == (400, "code_invalid")
