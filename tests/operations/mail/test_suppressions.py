"""Suppressions from the console: seen, added to, taken from; and what carriers tell of last week."""

import asyncio
from pathlib import Path

import pytest

from tests.operations.mail.test_commands import beside, by_sendgrid, by_smtp
from tests.support.feedback import left, take
from tests.support.services import SmtpSink
from tests.support.stub import answer
from tests.support.terminal import Terminal
from tests.support.webhooks import Mailgun
from tests.support.world import open_world

ALICE, BOB = "alice@example.org", "bob@example.org"
KINDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.needs("postgres"))]


async def _told(url: str, folder: Path) -> None:
    """Let Mailgun tell of four letters: one bounced, one was complained of."""
    mailgun = Mailgun()
    async with open_world(url, folder, **mailgun.settings) as world:
        for number in range(4):
            await left(world, "mailgun", f"{number}@mg", f"{number}@example.org")
        posts = [
            mailgun.post("failed", "0@example.org", message="0@mg"),
            mailgun.post("complained", "1@example.org", path="complaint", message="1@mg"),
            mailgun.post("delivered", "2@example.org", path="delivery", message="2@mg"),
        ]
        assert await take(world, *posts) == [200] * 3


@pytest.mark.req("N-29")
@pytest.mark.parametrize("kind", KINDS)
def test_after_a_complaint_the_list_shows_the_address_and_the_reason(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url: str = request.getfixturevalue(f"{kind}_url")
    asyncio.run(_told(url, tmp_path))
    terminal = Terminal(url, tmp_path)
    head, *lines = terminal.run("email", "suppressions", "list").out.splitlines()
    assert head.split("\t") == ["address", "reason", "source", "since", "withheld"]
    assert [line.split("\t")[:3] for line in lines] == [
        ["0@example.org", "bounce", "mailgun"],
        ["1@example.org", "complaint", "mailgun"],
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_an_operator_adds_and_removes_addresses(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    terminal = Terminal(request.getfixturevalue(f"{kind}_url"), tmp_path)
    one = ("email", "suppressions")
    assert terminal.run(*one, "add", ALICE, BOB).out.split() == [ALICE, BOB]
    again = terminal.run(*one, "add", "ALICE@example.org", "--json")
    assert (again.code, again.json) == (0, {"suppressed": []})
    listed = terminal.run(*one, "list", "--json").json
    assert [(each["address"], each["reason"], each["source"]) for each in listed] == [
        (ALICE, "operator", "operator"),
        (BOB, "operator", "operator"),
    ]
    assert terminal.run(*one, "remove", ALICE).code == 2  # nobody is here to answer
    otherwise = ("remove", "ALICE@Example.org", "carol@example.org", "--dry-run", "--json")
    assert terminal.run(*one, *otherwise).json == {"would_release": ["ALICE@example.org"]}
    would = terminal.run(*one, "remove", ALICE, "bob@example.org", "--dry-run", "--json")
    assert would.json == {"would_release": [ALICE, "bob@example.org"]}
    assert terminal.run(*one, "remove", ALICE, "--yes", "--json").json == {"released": [ALICE]}
    assert terminal.run(*one, "remove", ALICE, "--yes").code == 1
    assert [each["address"] for each in terminal.run(*one, "list", "--json").json] == [BOB]


@pytest.mark.parametrize(
    "words",
    [["add", "nobody"], ["remove", "a@b@c", "--yes"], ["add"], ["add", ALICE, "--reason", "x"]],
)
def test_what_is_no_address_or_no_reason_is_refused(
    sqlite_url: str, tmp_path: Path, words: list[str]
) -> None:
    assert Terminal(sqlite_url, tmp_path).run("email", "suppressions", *words).code == 2


def test_a_test_letter_to_a_suppressed_address_stays_here_and_says_so(
    sqlite_url: str, tmp_path: Path, smtp_sink: SmtpSink
) -> None:
    terminal = Terminal(sqlite_url, tmp_path, more=by_smtp(smtp_sink))
    terminal.run("email", "suppressions", "add", ALICE, "--reason", "complaint")
    said = terminal.run("email", "test", "--to", ALICE)
    assert said.code == 1
    assert "suppressed complaint" in said.err
    assert f"watchword email suppressions remove {ALICE}" in said.err
    assert smtp_sink.letters == ()


@pytest.mark.req("N-76")
def test_status_has_the_quota_and_the_shares_of_last_week(sqlite_url: str, tmp_path: Path) -> None:
    asyncio.run(_told(sqlite_url, tmp_path))
    plan = answer(200, {"remain": 60, "total": 100, "used": 40})
    with beside(plan) as provider:
        more = by_sendgrid(provider) | {
            "MAILGUN_API_KEY": "key-1",
            "MAILGUN_DOMAIN": "mg.nova-rdv.dz",
            "MAILGUN_API_URL": provider.url,
        }
        terminal = Terminal(sqlite_url, tmp_path, more=more)
        head, sendgrid, mailgun, queue = terminal.run("email", "status").out.splitlines()
        told = terminal.run("email", "status", "--json").json["carriers"]
    assert head.split("\t")[:4] == ["carrier", "quota", "bounce %", "complaint %"]
    assert sendgrid.split("\t")[:4] == ["sendgrid: available", "40 of 100", "-", "-"]
    assert mailgun.split("\t")[1:4] == ["-", "25.0", "25.0"]
    assert queue == "queue: 0 waiting, 0 dead"
    assert told[0]["quota"] == {"used": 40, "most": 100}
    assert (told[1]["letters"], told[1]["bounce_percent"], told[1]["complaint_percent"]) == (
        4,
        25,
        25,
    )
