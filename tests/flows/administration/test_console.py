"""What operators do to accounts and sessions from the console."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.terminal import Terminal
from tests.support.world import PASSWORD, World, open_world

ADA = "ada@example.org"


@pytest.fixture
def terminal(sqlite_url: str, tmp_path: Path) -> Terminal:
    """A terminal on a database of its own."""
    return Terminal(sqlite_url, tmp_path)


def make(terminal: Terminal, email: str = ADA, *more: str) -> str:
    """Make an account and return its id."""
    said = terminal.run("users", "create", "--email", email, "--name", "Ada B", "--json", *more)
    assert said.code == 0, said.err
    found: str = said.json["id"]
    return found


def sign_in(terminal: Terminal, agent: str = "curl/8") -> int:
    """Try to sign in and return the status."""

    async def story() -> int:
        place = open_world(terminal.database_url, terminal.folder)
        async with place as world, world.client() as client:
            body = {"email": ADA, "password": PASSWORD}
            headers = [(b"User-Agent", agent.encode())]
            answer = await client.post(world.path("/auth/login"), json=body, headers=headers)
            return answer.status_code

    return asyncio.run(story())


def test_a_password_is_read_from_standard_input_and_never_shown(terminal: Terminal) -> None:
    words = ("users", "create", "--email", ADA, "--verified", "--password-stdin")
    said = terminal.run(*words, typed=PASSWORD + "\n")
    assert said.code == 0
    assert PASSWORD not in said.out + said.err
    assert "password_link" not in said.out
    assert sign_in(terminal) == 200


def test_without_a_password_the_link_to_choose_one_is_printed(terminal: Terminal) -> None:
    said = terminal.run("users", "create", "--email", ADA, "--admin", "--json")
    link = said.json["password_link"]
    assert said.json["role"] == "admin"

    async def choose(world: World) -> int:
        token = link.partition("token=")[2]
        async with world.client() as client:
            body = {"token": token, "password": PASSWORD}
            return (await client.post(world.path("/auth/reset-password"), json=body)).status_code

    async def story() -> int:
        async with open_world(terminal.database_url, terminal.folder) as world:
            return await choose(world)

    assert asyncio.run(story()) == 200
    assert sign_in(terminal) == 200


def test_an_address_is_made_an_account_once(terminal: Terminal) -> None:
    make(terminal)
    again = terminal.run("users", "create", "--email", ADA.upper())
    assert (again.code, again.out) == (1, "")
    assert "already" in again.err


@pytest.mark.parametrize(
    "words",
    [
        ("users", "create"),
        ("users", "create", "--email", "nobody"),
        ("users", "list", "--status", "odd"),
        ("users", "list", "--after", "x"),
        ("users", "role", ADA, "king"),
        ("users", "show", "nobody"),
        ("sessions", "revoke"),
        ("sessions", "revoke", "x"),
        ("sessions", "revoke", "--email", ADA),
    ],
)
def test_what_makes_no_sense_ends_with_2(terminal: Terminal, words: tuple[str, ...]) -> None:
    said = terminal.run(*words)
    assert (said.code, said.out) == (2, "")
    assert said.err


def test_a_weak_password_is_refused_with_its_reason(terminal: Terminal) -> None:
    words = ("users", "create", "--email", ADA, "--password-stdin")
    said = terminal.run(*words, typed="short\n")
    assert said.code == 2
    assert "15 characters" in said.err


@pytest.mark.req("R-39")
def test_an_account_is_locked_and_unlocked_by_address_or_id(terminal: Terminal) -> None:
    user_id = make(terminal, ADA, "--verified")
    assert terminal.run("users", "lock", ADA, "--yes", "--json").json["status"] == "locked"
    assert terminal.run("users", "unlock", user_id, "--json").json["status"] == "active"
    assert "disabled" in terminal.run("users", "disable", ADA, "--yes").out
    assert "active" in terminal.run("users", "enable", ADA).out


def test_an_account_that_is_not_there_ends_with_1(terminal: Terminal) -> None:
    for who in ("nobody@example.org", "00000000-0000-7000-8000-000000000009"):
        for word in ("--yes", "--dry-run"):
            assert terminal.run("users", "lock", who, word).code == 1


@pytest.mark.parametrize(("act", "status"), [("lock", "locked"), ("disable", "disabled")])
def test_nobody_is_shut_out_unasked(terminal: Terminal, act: str, status: str) -> None:
    words = ("users", "create", "--email", ADA, "--verified", "--password-stdin")
    terminal.run(*words, typed=PASSWORD + "\n")
    assert sign_in(terminal) == 200
    asked = terminal.run("users", act, ADA)
    assert (asked.code, asked.out, "--yes" in asked.err) == (2, "", True)
    dry = terminal.run("users", act, ADA, "--dry-run", "--json")
    assert dry.json == {f"would_{act}": ADA, "status": status, "would_end_sessions": 1}
    assert terminal.run("users", "show", ADA, "--json").json["status"] == "active"
    assert len(terminal.run("sessions", "list", "--email", ADA, "--json").json) == 1


def test_the_last_administrator_stays_one(terminal: Terminal) -> None:
    make(terminal, ADA, "--admin")
    acts = [(act, ADA, how) for act in ("disable", "lock") for how in ("--yes", "--dry-run")]
    for words in [*acts, ("role", ADA, "user")]:
        refused = terminal.run("users", *words)
        assert refused.code == 1
        assert "last active administrator" in refused.err
    make(terminal, "bob@example.org", "--admin")
    assert terminal.run("users", "role", ADA, "user", "--json").json["role"] == "user"


def test_accounts_are_listed_as_lines_or_json(terminal: Terminal) -> None:
    for number in range(3):
        make(terminal, f"user{number}@example.org")
        terminal.clock.advance(timedelta(seconds=1))
    lines = terminal.run("users", "list").out.splitlines()
    assert lines[0].split("\t")[:3] == ["id", "email", "status"]
    assert [line.split("\t")[1] for line in lines[1:]] == [f"user{n}@example.org" for n in range(3)]
    found = terminal.run("users", "list", "--json", "--limit", "2")
    assert len(found.json) == 2
    assert found.json[-1]["id"] in found.err


def test_what_a_stranger_sent_cannot_steer_the_terminal(terminal: Terminal) -> None:
    words = ("users", "create", "--email", ADA, "--verified", "--password-stdin")
    terminal.run(*words, typed=PASSWORD + "\n")
    assert sign_in(terminal, agent="browser\u009b31m") == 200
    shown = terminal.run("sessions", "list", "--email", ADA).out
    assert "browser" in shown
    assert "\u009b" not in shown


def test_sessions_are_listed_and_ended(terminal: Terminal) -> None:
    words = ("users", "create", "--email", ADA, "--verified", "--password-stdin")
    terminal.run(*words, typed=PASSWORD + "\n")
    for _ in range(3):
        assert sign_in(terminal) == 200
    listed = terminal.run("sessions", "list", "--email", ADA, "--json").json
    assert len(listed) == 3
    one = terminal.run("sessions", "revoke", listed[0]["id"], "--yes", "--json")
    assert one.json == {"ended": 1}
    again = terminal.run("sessions", "revoke", listed[0]["id"], "--yes")
    assert again.code == 1
    every = ("sessions", "revoke", "--email", ADA, "--all")
    assert terminal.run(*every, "--dry-run", "--json").json == {"would_end": 2}
    asked = terminal.run(*every)
    assert (asked.code, "--yes" in asked.err) == (2, True)
    assert terminal.run(*every, "--yes", "--json").json == {"ended": 2}
    assert terminal.run("sessions", "list", "--email", ADA, "--json").json == []
