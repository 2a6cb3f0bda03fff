"""Texts from the console: whether one arrives, where none may go, and what waits."""

import asyncio
from pathlib import Path

import pytest

from tests.operations.mail.test_commands import beside
from tests.support.carriers import TAKEN
from tests.support.stub import Stub, answer
from tests.support.terminal import Terminal
from tests.support.world import open_world
from watchword.kernel.ports import Undelivered
from watchword.records.texts.rules import Draft
from watchword.records.texts.service import Texts

NUMBER = "+213550123456"


def by_twilio(provider: Stub, **more: str) -> dict[str, str]:
    return {
        "TWILIO_SID": "AC1",
        "TWILIO_TOKEN": "kept-elsewhere",
        "TWILIO_PHONE": "+15005550006",
        "TWILIO_API_URL": provider.url,
        "DEFAULT_COUNTRY": "DZ",
        **more,
    }


@pytest.mark.parametrize("typed", [NUMBER, "0550 12 34 56"])
def test_a_test_text_leaves_in_the_language_wanted(
    sqlite_url: str, tmp_path: Path, typed: str
) -> None:
    with beside(TAKEN["twilio"]) as provider:
        terminal = Terminal(sqlite_url, tmp_path, more=by_twilio(provider))
        said = terminal.run("sms", "test", "--to", typed, "--lang", "fr")
    [asked] = provider.asked

    assert (said.code, said.out.strip()) == (0, "SM1"), said.err
    assert asked.form["To"] == NUMBER
    assert "ceci est un essai" in asked.form["Body"]


@pytest.mark.req("M-41")
def test_a_country_may_have_a_sender_of_its_own(sqlite_url: str, tmp_path: Path) -> None:
    with beside(TAKEN["twilio"]) as provider:
        more = by_twilio(provider, SMS_SENDERS="DZ=NOVA")
        terminal = Terminal(sqlite_url, tmp_path, more=more)
        terminal.run("sms", "test", "--to", NUMBER, "--lang", "ar")
        terminal.run("sms", "test", "--to", "+33612345678")
    assert [asked.form["From"] for asked in provider.asked] == ["NOVA", "+15005550006"]


def test_no_text_goes_where_none_may_go(sqlite_url: str, tmp_path: Path) -> None:
    with beside(TAKEN["twilio"]) as provider:
        more = by_twilio(provider, SMS_ALLOWED_COUNTRIES="FR")
        said = Terminal(sqlite_url, tmp_path, more=more).run("sms", "test", "--to", NUMBER)
    assert (said.code, provider.asked) == (1, [])
    assert "texts may not go to DZ" in said.err


def test_what_twilio_refuses_is_told_by_its_status_alone(sqlite_url: str, tmp_path: Path) -> None:
    with beside(answer(401, {"message": f"kept-elsewhere {NUMBER}"})) as provider:
        terminal = Terminal(sqlite_url, tmp_path, more=by_twilio(provider))
        said = terminal.run("sms", "test", "--to", NUMBER, "--json")
        wrong = terminal.run("sms", "test", "--to", "12")
    assert (said.code, said.json["reason"]) == (1, "refused with 401")
    assert "kept-elsewhere" not in said.out + said.err
    assert wrong.code == 2


def test_without_an_account_texts_are_told_on_the_terminal(sqlite_url: str, tmp_path: Path) -> None:
    said = Terminal(sqlite_url, tmp_path).run("sms", "test", "--to", NUMBER)
    assert said.code == 0
    assert NUMBER in said.out


async def _in_doubt(url: str, folder: Path) -> None:
    """Leave a text that the carrier may have, and one that nobody was asked about."""
    async with open_world(url, folder) as world:
        world.telephone.trouble = Undelivered("no answer in time")
        for _ in range(2):
            async with world.database.transaction() as tx:
                draft = Draft(words="OTP_SMS", to=NUMBER, language="en", facts=TOLD)
                await world.part(Texts).queue(tx, draft, world.clock.now())
            await world.deliver()
            world.telephone.trouble = None


TOLD = {"otp": "123456", "ttl": 5}


def test_texts_that_wait_are_listed_with_who_may_have_them_shown_retried_and_dropped(
    sqlite_url: str, tmp_path: Path
) -> None:
    asyncio.run(_in_doubt(sqlite_url, tmp_path))
    terminal = Terminal(sqlite_url, tmp_path)
    [waiting] = terminal.run("sms", "queue", "list", "--json").json
    name = waiting["perhaps_at"]

    assert (waiting["state"], waiting["attempts"]) == ("waiting", 1)
    assert waiting["next"] > "2026-03-01T12:00:01"
    assert waiting["reason"] == f"{name}: no answer in time"
    assert NUMBER not in str(waiting)
    assert f"perhaps_at  {name}" in terminal.run("sms", "queue", "show", waiting["id"]).out
    assert terminal.run("sms", "queue", "retry", waiting["id"]).code == 0
    [retried] = terminal.run("sms", "queue", "list", "--json").json
    assert (retried["attempts"], retried["perhaps_at"]) == (0, None)
    assert terminal.run("sms", "queue", "drop", waiting["id"], "--yes").code == 0
    assert terminal.run("sms", "queue", "list", "--json").json == []
