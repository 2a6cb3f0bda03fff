"""Mail from the console: who took the letter, who would, and what waits."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from tests.support.carriers import TAKEN
from tests.support.ports import free_port
from tests.support.services import SmtpSink
from tests.support.stub import Stub, answer, stub
from tests.support.terminal import Terminal
from tests.support.world import START, open_world
from watchword.adapters.providers import Reply
from watchword.kernel.ports import NotAccepted
from watchword.operations.mail.rules import CarrierStatus
from watchword.operations.mail.service import Mail
from watchword.records.deliveries.rules import Letter
from watchword.records.deliveries.service import Deliveries

ALICE = "alice@example.org"
Aside = TypeVar("Aside")


@contextmanager
def aside(opening: AbstractAsyncContextManager[Aside]) -> Iterator[Aside]:
    """Yield what listens in a thread of its own, because commands bring their loop."""
    loop, ready, listeners = asyncio.new_event_loop(), threading.Event(), []
    done = asyncio.Event()

    async def listen() -> None:
        async with opening as listening:
            listeners.append(listening)
            ready.set()
            await done.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(listen(),))
    thread.start()
    ready.wait(30)
    try:
        yield listeners[0]
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join(30)
        loop.close()


def beside(usual: Reply, tls: ssl.SSLContext | None = None) -> AbstractContextManager[Stub]:
    """Have a provider listen that answers the same to everything."""
    return aside(stub(usual, tls=tls))


def by_smtp(sink: SmtpSink) -> dict[str, str]:
    return {"SMTP_HOST": sink.host, "SMTP_PORT": str(sink.port)}


def by_sendgrid(provider: Stub) -> dict[str, str]:
    return {"SENDGRID_API_KEY": "SG.kept-elsewhere", "SENDGRID_API_URL": provider.url}


@pytest.mark.req("N-36")
def test_a_test_letter_arrives_and_its_id_is_printed(
    sqlite_url: str, tmp_path: Path, smtp_sink: SmtpSink
) -> None:
    terminal = Terminal(sqlite_url, tmp_path, more=by_smtp(smtp_sink))
    said = terminal.run("email", "test", "--to", ALICE, "--provider", "smtp", "--lang", "fr")
    [letter] = smtp_sink.wait_for(1)

    assert said.code == 0, said.err
    assert said.out.strip() == letter.message["Message-ID"]
    assert letter.recipients == (ALICE,)
    assert "essai" in str(letter.message["Subject"])


def test_a_test_letter_shows_how_one_carrier_takes_over_from_another(
    sqlite_url: str, tmp_path: Path, smtp_sink: SmtpSink
) -> None:
    with beside(answer(503)) as provider:
        more = by_sendgrid(provider) | by_smtp(smtp_sink)
        said = Terminal(sqlite_url, tmp_path, more=more).run(
            "email", "test", "--to", ALICE, "--json"
        )

    told = said.json
    assert said.code == 0
    assert (told["sent"], told["carrier"]) == (True, "smtp")
    assert [(each["carrier"], each["result"]) for each in told["tries"]] == [
        ("sendgrid", "failed"),
        ("smtp", "sent"),
    ]
    assert "sendgrid: failed refused with 503" in said.err


def test_one_carrier_alone_is_asked_and_its_name_for_the_letter_is_told(
    sqlite_url: str, tmp_path: Path, smtp_sink: SmtpSink
) -> None:
    with beside(TAKEN["sendgrid"]) as provider:
        more = by_sendgrid(provider) | by_smtp(smtp_sink)
        terminal = Terminal(sqlite_url, tmp_path, more=more)
        told = terminal.run("email", "test", "--to", ALICE, "--provider", "sendgrid", "--json").json
        unknown = terminal.run("email", "test", "--to", ALICE, "--provider", "postcard")

    assert (told["carrier"], told["reference"]) == ("sendgrid", "sg-1")
    assert (unknown.code, "sendgrid, smtp" in unknown.err) == (2, True)
    assert smtp_sink.letters == ()


def test_a_letter_that_nobody_takes_ends_with_1(sqlite_url: str, tmp_path: Path) -> None:
    more = {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(free_port())}
    terminal = Terminal(sqlite_url, tmp_path, more=more)
    said = terminal.run("email", "test", "--to", ALICE)
    assert said.code == 1
    assert "smtp: failed SMTPConnectError" in said.err
    assert terminal.run("email", "test", "--to", "nobody").code == 2


@pytest.mark.req("N-20")
@pytest.mark.parametrize(
    ("reply", "words", "code"),
    [(answer(200), "available", 0), (answer(401), "unavailable (401)", 1)],
)
def test_status_tells_whether_a_key_is_good(
    sqlite_url: str, tmp_path: Path, reply: Reply, words: str, code: int
) -> None:
    with beside(reply) as provider:
        terminal = Terminal(sqlite_url, tmp_path, more=by_sendgrid(provider))
        said, told = terminal.run("email", "status"), terminal.run("email", "status", "--json")

    assert said.out.splitlines() == [
        "carrier\tquota\tbounce %\tcomplaint %\tlast taken\tlast refused\tbecause",
        f"sendgrid: {words}\t-\t-\t-\t-\t-\t-",
        "queue: 0 waiting, 0 dead",
    ]
    assert said.code == told.code == code
    assert told.json["carriers"][0]["available"] is (code == 0)
    assert "kept-elsewhere" not in said.out + said.err + told.out


@pytest.mark.req("N-82")
def test_a_probe_tells_the_milliseconds_of_each(
    sqlite_url: str, tmp_path: Path, smtp_sink: SmtpSink
) -> None:
    with beside(answer(200)) as provider:
        more = by_sendgrid(provider) | by_smtp(smtp_sink)
        said = Terminal(sqlite_url, tmp_path, more=more).run("email", "probe", "--json")

    assert said.code == 0
    assert [each["carrier"] for each in said.json] == ["sendgrid", "smtp"]
    assert all(each["milliseconds"] > 0 for each in said.json)


async def _given_up(url: str, folder: Path) -> None:
    """Leave two letters that are dead, and one that waits."""
    async with open_world(url, folder) as world:
        for trouble in (NotAccepted("refused with 550", lasting=True), None):
            world.mailbox.trouble = trouble
            letters = 2 if trouble else 1
            for _ in range(letters):
                async with world.database.transaction() as tx:
                    letter = Letter(
                        template="mail/test", to=ALICE, language="en", facts={"at": "x"}
                    )
                    await world.part(Deliveries).queue(tx, letter, world.clock.now())
            if trouble:
                await world.deliver()


@pytest.mark.parametrize(
    "kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.needs("postgres"))]
)
def test_the_queue_is_listed_retried_and_dropped(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url: str = request.getfixturevalue(f"{kind}_url")
    asyncio.run(_given_up(url, tmp_path))
    terminal = Terminal(url, tmp_path)

    every = terminal.run("email", "queue", "list", "--json").json
    assert [each["state"] for each in every] == ["dead", "dead", "waiting"]
    assert every[0]["reason"] == "fake: refused with 550"
    assert [each["next"] is None for each in every] == [True, True, False]
    assert [each["perhaps_at"] for each in every] == [None] * 3
    assert ALICE not in str(every)

    first, second, waiting = (each["id"] for each in every)
    shown = terminal.run("email", "queue", "show", first)
    assert "fake: refused with 550" in shown.out
    assert terminal.run("email", "queue", "show", waiting, "--json").json["state"] == "waiting"
    assert terminal.run("email", "queue", "show", "00000000-0000-7000-8000-0000000000ff").code == 1
    assert terminal.run("email", "queue", "retry", first).out.split() == [first]
    dead = terminal.run("email", "queue", "list", "--dead", "--json").json
    assert [each["id"] for each in dead] == [second]

    assert terminal.run("email", "queue", "drop", "--dead").code == 2  # nobody is here to answer
    dry = terminal.run("email", "queue", "drop", "--dead", "--dry-run", "--json")
    assert dry.json == {"would_drop": [second]}
    assert terminal.run("email", "queue", "drop", "--dead", "--yes").code == 0
    assert terminal.run("email", "queue", "drop", second, "--yes").code == 1
    left = terminal.run("email", "queue", "list", "--json").json
    assert [each["id"] for each in left] == [first, waiting]
    assert "2 waiting, 0 dead" in terminal.run("email", "status").out


async def _told_of_a_carrier(url: str, folder: Path) -> list[CarrierStatus]:
    """Let a carrier take one letter, and refuse another a minute later, which then leaves."""
    async with open_world(url, folder) as world:
        for trouble in (None, NotAccepted("refused with 401")):
            world.mailbox.trouble = trouble
            world.clock.advance(timedelta(minutes=1))
            async with world.database.transaction() as tx:
                letter = Letter(template="mail/test", to=ALICE, language="en", facts={"at": "x"})
                await world.part(Deliveries).queue(tx, letter, world.clock.now())
            await world.deliver()
        world.mailbox.trouble = None
        world.clock.advance(timedelta(minutes=1))
        await world.deliver()
        async with open_world(url, folder) as another:
            return await another.part(Mail).status()


def test_status_tells_when_a_carrier_took_the_last_letter_and_when_and_why_not_another_to_any_process(
    sqlite_url: str, tmp_path: Path
) -> None:
    [fake] = asyncio.run(_told_of_a_carrier(sqlite_url, tmp_path))
    assert fake.last_taken_at == START + timedelta(minutes=3)
    assert fake.last_refused_at == START + timedelta(minutes=2)
    assert fake.row["last taken"] == "2026-03-01T12:03:00Z"
    assert (fake.row["last refused"], fake.row["because"]) == (
        "2026-03-01T12:02:00Z",
        "refused with 401",
    )


@pytest.mark.parametrize("words", [["retry"], ["drop", "--yes"], ["retry", "no-id"]])
def test_which_letters_are_meant_must_be_said(
    sqlite_url: str, tmp_path: Path, words: list[str]
) -> None:
    assert Terminal(sqlite_url, tmp_path).run("email", "queue", *words).code == 2
