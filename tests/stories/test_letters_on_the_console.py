"""A developer without a mail server reads letters on the terminal, and everything can be tried by curl."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.support.environments import production
from tests.support.shell import typed
from tests.support.started import Started, started
from tests.support.world import NEW_PASSWORD, PASSWORD, migrate
from watchword.app import asgi
from watchword.app.building import open_house
from watchword.app.settings import SettingsRefused, read
from watchword.records.deliveries.service import Deliveries

ALICE = "alice@example.org"
AUTH = "http://localhost:8000/api/v1/auth"
_PATIENCE_SECONDS = 30


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    with started(tmp_path_factory.mktemp("console")) as running:
        yield running


def last(service: Started, label: str, after: str) -> str:
    """Return what the terminal says under a label in the newest letter of a subject."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < until:
        _, came, letter = service.text.rpartition(f"Mail: {after}")
        if came and f"  {label}: " in letter:
            return letter.partition(f"  {label}: ")[2].splitlines()[0].strip()
        time.sleep(0.05)
    pytest.fail(f"no {label} on the terminal:\n{service.text}")


@pytest.mark.req("A-10", "A-45")
def test_a_forgotten_password_is_reset_by_curl_with_the_token_of_the_console(
    service: Started,
) -> None:
    register = f'{{"email": "{ALICE}", "password": "{PASSWORD}", "firstName": "Alice"}}'
    typed(service, f"curl {AUTH}/register --json '{register}'")
    assert last(service, "To", "Confirm") == ALICE
    assert last(service, "Link", "Confirm").startswith(f"{service.url}/verify-email?token=wwt_")
    assert len(last(service, "Code", "Confirm")) == 6

    (asked,) = typed(service, f'curl {AUTH}/forgot-password --json \'{{"email": "{ALICE}"}}\'')
    assert asked == {"status": "accepted"}
    token = last(service, "Link", "Choose").partition("token=")[2]
    reset = f'{{"token": "{token}", "password": "{NEW_PASSWORD}"}}'
    (done,) = typed(service, f"curl {AUTH}/reset-password --json '{reset}'")
    assert done == {"status": "password_reset"}
    login = f'{{"email": "{ALICE}", "password": "{NEW_PASSWORD}"}}'
    (welcome,) = typed(service, f"curl {AUTH}/login --json '{login}'")
    assert welcome["access_token"]


class Wires:
    """Notes every connection that this process begins while it listens."""

    def __init__(self) -> None:
        self.listening = False
        self.begun: list[str] = []
        sys.addaudithook(self._hear)  # there is no way to take one back

    def _hear(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.listening and event in {"socket.connect", "socket.sendto", "socket.getaddrinfo"}:
            self.begun.append(f"{event} {arguments}")


@pytest.mark.req("A-10")
@pytest.mark.parametrize("carrier", ["", "console"])
async def test_registering_prints_the_letter_and_calls_nobody(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], carrier: str
) -> None:
    told = {
        "APP_ENV": "development",
        "DATABASE_URL": f"sqlite:///{tmp_path}/d.db",
        "EMAIL_SERVICE": carrier,
        "JWT_SECRET": "f3a9c1d27b6e4085a1c4d9e07f52b8631d0ea94c",
    }
    settings = read(told, cwd=tmp_path)
    await migrate.up(told["DATABASE_URL"])
    wires = Wires()
    async with open_house(settings) as house:
        wires.listening = True
        transport = httpx2.ASGITransport(app=asgi.build(house))
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            body = {"email": ALICE, "password": PASSWORD, "firstName": "Alice"}
            answer = await client.post("/api/v1/auth/register", json=body)
            assert answer.status_code == 201
        while await house.part(Deliveries).carry():
            pass
        wires.listening = False
    said = capsys.readouterr().out
    assert "Mail: Confirm" in said
    assert f"To:   {ALICE}" in said
    assert "/verify-email?token=wwt_" in said
    assert wires.begun == []


@pytest.mark.req("A-10")
@pytest.mark.parametrize("carrier", ["console", "mailbox"])
@pytest.mark.parametrize("environment", ["production", "staging"])
def test_what_is_in_production_never_stays_on_a_terminal(
    tmp_path: Path, environment: str, carrier: str
) -> None:
    with pytest.raises(SettingsRefused) as refused:
        read(production(APP_ENV=environment, EMAIL_SERVICE=carrier), cwd=tmp_path)
    assert [name for name, _ in refused.value.faults] == ["EMAIL_SERVICE"]
