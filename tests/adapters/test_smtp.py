"""SMTP: letters arrive once, over verified TLS; what went wrong is said as it is."""

import asyncio
import ssl
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.letter import LETTER
from tests.support.ports import free_port
from tests.support.relay import certificate, relay
from tests.support.services import SmtpSink
from watchword.adapters.mail.smtp import Relay, SmtpMailer
from watchword.kernel.clock import SystemClock
from watchword.kernel.ports import NotAccepted, Undelivered
from watchword.kernel.secret import Secret

SHORT, LONG = timedelta(seconds=1), timedelta(minutes=1)
US, FOR_NOW, FOR_GOOD = (False, False), (False, True), (True, False)
PATIENCE = 30.0  # seconds, for what comes at once


def mailer(port: int, **more: Any) -> SmtpMailer:
    told = {"host": "127.0.0.1", "port": port, "timeout": LONG, **more}
    return SmtpMailer(Relay(**told), SystemClock())


@pytest.fixture(scope="session")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return a server's TLS and a client's that trusts it."""
    folder: Path = tmp_path_factory.mktemp("certificate")
    return certificate(folder)


@pytest.mark.req("A-09")
async def test_a_letter_arrives(smtp_sink: SmtpSink) -> None:
    carrier = mailer(smtp_sink.port)
    await carrier.send(LETTER)
    (letter,) = await asyncio.to_thread(smtp_sink.wait_for, 1)
    await carrier.close()

    assert letter.recipients == ("alice@example.org",)
    assert letter.sender == "noreply@example.org"
    assert letter.message["Subject"] == LETTER.subject
    assert letter.message["Message-ID"] == LETTER.id


@pytest.mark.req("D-22")
async def test_letters_leave_over_starttls_and_the_name_only_after_it(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    serving, trusting = contexts
    async with relay(tls=serving, login=True) as server:
        carrier = mailer(server.port, tls=trusting, user="nova", password=Secret("app password"))
        await carrier.send(LETTER)
        await carrier.close()

        assert server.secured == [True]
        assert server.said.index("STARTTLS") < server.said.index("AUTH") < server.said.index("MAIL")


async def test_tls_from_the_first_byte(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    serving, trusting = contexts
    async with relay(tls=serving, implicit=True) as server:
        carrier = mailer(server.port, tls=trusting, secure=True)
        await carrier.send(LETTER)
        await carrier.close()

        assert (server.secured, "STARTTLS" in server.said) == ([True], False)


@pytest.mark.req("D-22")
async def test_without_starttls_nothing_is_told(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    async with relay(login=True) as server:
        carrier = mailer(server.port, tls=contexts[1], user="nova", password=Secret("x"))
        with pytest.raises(NotAccepted) as refusal:
            await carrier.send(LETTER)

        assert not refusal.value.lasting
        assert str(refusal.value) == "the relay offers no encryption (STARTTLS)"
        assert not {"AUTH", "MAIL", "DATA"} & {*server.said}


@pytest.mark.req("D-22", "K-45")
async def test_a_certificate_that_nobody_vouches_for_is_refused(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    async with relay(tls=contexts[0], login=True) as server:
        strangers = ssl.create_default_context()
        carrier = mailer(server.port, tls=strangers, user="nova", password=Secret("x"))
        with pytest.raises(NotAccepted) as refusal:
            await carrier.send(LETTER)

        assert not refusal.value.lasting
        assert not {"AUTH", "MAIL"} & {*server.said}


@pytest.mark.parametrize(
    ("host", "port", "secure", "implicit", "starttls"),
    [
        ("smtp.gmail.com", 587, False, False, True),
        ("smtp.gmail.com", 25, False, False, True),
        ("smtp.gmail.com", 465, False, True, False),
        ("smtp.gmail.com", 2465, True, True, False),
        ("127.0.0.1", 25, False, False, False),
        ("localhost", 1025, False, False, False),
    ],
)
def test_only_this_very_machine_is_spoken_to_in_clear(
    host: str, port: int, secure: bool, implicit: bool, starttls: bool
) -> None:
    chosen = Relay(host=host, port=port, secure=secure)

    assert (chosen.implicit_tls, chosen.starttls) == (implicit, starttls)


@pytest.mark.parametrize(
    ("replies", "about"),
    [
        ({"RCPT": "550 5.1.1 no such user alice@example.org"}, FOR_GOOD),
        ({"RCPT": "550-5.1.1 no such user\r\n550 5.1.1 at all"}, FOR_GOOD),
        ({"RCPT": "550 5.2.1 mailbox disabled"}, FOR_GOOD),
        ({"RCPT": "550 5.4.1 Recipient address rejected: Access denied"}, FOR_GOOD),
        ({"RCPT": "550 sorry, no mailbox here by that name (#5.1.1)"}, FOR_GOOD),
        ({"RCPT": "550 No such user here"}, FOR_GOOD),
        ({"RCPT": "550 <alice@example.org>: User unknown"}, FOR_GOOD),
        ({"RCPT": "550 the mailbox does not exist"}, FOR_GOOD),
        ({"RCPT": "552 mailbox is full"}, FOR_GOOD),
        ({"RCPT": "550 Unrouteable address"}, FOR_GOOD),
        ({"RCPT": "450 try later"}, FOR_NOW),
        ({"RCPT": "450 4.2.0 Greylisted"}, FOR_NOW),
        ({"RCPT": "451 4.7.1 try again later"}, FOR_NOW),
        ({"RCPT": "452 4.2.2 mailbox full"}, FOR_NOW),
        ({"RCPT": "450 4.1.1 unverified address: mx.grey.example said: 550 relaying"}, FOR_NOW),
        ({"RCPT": "550 no"}, FOR_NOW),
        ({"RCPT": "550 Requested action not taken: mailbox unavailable"}, FOR_NOW),
        ({"RCPT": "550 Administrative prohibition"}, FOR_NOW),
        ({"RCPT": "550 5.7.1 Recipient address rejected: policy"}, FOR_NOW),
        ({"RCPT": "550 <relaying.denied@example.org> for example.org"}, FOR_NOW),
        ({"RCPT": "550 relaying denied, said: mx"}, US),
        ({"RCPT": "550 mx said: relaying denied"}, FOR_NOW),
        ({"RCPT": "550-Callout verification failed:\r\n550 relaying denied"}, FOR_NOW),
        ({"RCPT": "550 relay not permitted"}, US),
        ({"RCPT": "554 5.7.1 <alice@example.org>: Relay access denied"}, US),
        ({"RCPT": "550 Relaying denied"}, US),
        (
            {"RCPT": "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)"},
            US,
        ),
        ({"RCPT": "550 SMTP AUTH is required for message submission on port 587"}, US),
        ({"RCPT": "550-Verification failed for <us@x.example>\r\n550 Sender verify failed"}, US),
        ({"RCPT": "550 Access denied - Invalid HELO name (See RFC2821 4.1.1.1)"}, US),
        ({"RCPT": "550 User has exceeded its 24-hour sending limit."}, US),
        ({"RCPT": "550 [192.0.2.1] is in an RBL, see https://www.spamhaus.org/query"}, US),
        ({"RCPT": "550 You must check for new mail before sending mail"}, US),
        ({"RCPT": "550 your account is disabled"}, US),
        ({"RCPT": "550 5.7.26 Unauthenticated mail is not accepted"}, US),
        ({"RCPT": "550 5.1.8 sender's domain does not exist"}, US),
        ({"RCPT": "550 5.4.5 Daily SMTP relay limit exceeded"}, US),
        ({"RCPT": "451 4.3.0 Temporary lookup failure"}, US),
        ({"RCPT": "503 MAIL first"}, US),
        ({"RCPT": "354 what"}, US),
        ({"RCPT": ""}, US),
        ({"MAIL": "550 5.7.1 sender rejected"}, US),
        ({"MAIL": "550 5.1.1 no such user"}, US),
        ({"MAIL": "450 4.1.8 no such sender"}, US),
        ({"MAIL": "553 bad sender"}, US),
        ({"MAIL": "502 what"}, US),
        ({"MAIL": "503 out of turn"}, US),
        ({"MAIL": "530 authentication required"}, US),
        ({"MAIL": "535 no"}, US),
        ({"MAIL": "421 closing"}, US),
        ({"DATA": "554 no"}, FOR_NOW),
        ({"DATA": "250 what"}, US),
        ({"DATA": "550 5.4.5 Daily user sending limit exceeded"}, US),
        ({"BODY": "554 Message rejected: Email address is not verified."}, US),
        ({"BODY": "550 5.7.1 looks like spam"}, FOR_NOW),
        ({"RCPT": f"550 no such user {'x' * 1100} relaying denied"}, FOR_GOOD),
        ({"RCPT": f"550 {'x' * 1100} no such user"}, FOR_NOW),
        ({"BODY": f"451 {'x' * 1100} greylisted"}, US),
        ({"BODY": "550 5.1.1 no such user"}, FOR_GOOD),
        ({"BODY": "554 5.6.0 not a letter"}, FOR_GOOD),
        ({"BODY": "552 5.3.4 too big"}, FOR_GOOD),
        ({"BODY": "552 too much"}, FOR_GOOD),
        ({"BODY": "451 greylisted"}, FOR_NOW),
        ({"BODY": "451 4.7.1 try again later"}, FOR_NOW),
        ({"BODY": "451 local error in processing"}, US),
        ({"BODY": "452 4.3.1 no space left"}, US),
        ({"HELLO": "554 no service here"}, US),
        ({"EHLO": "", "HELO": ""}, US),
    ],
)
async def test_a_refusal_is_told_as_it_is_and_whom_it_is_about(
    replies: dict[str, str], about: tuple[bool, bool]
) -> None:
    async with relay(replies) as server:
        carrier = mailer(server.port)
        with pytest.raises(NotAccepted) as refusal:
            await carrier.send(LETTER)
        await carrier.close()

        assert (refusal.value.lasting, refusal.value.of_reader) == about
        assert "alice" not in str(refusal.value)
        assert server.letters == []


async def test_a_refusal_is_said_by_its_codes_alone() -> None:
    async with relay({"RCPT": "550 5.7.1 relaying to alice@example.org denied"}) as server:
        carrier = mailer(server.port)
        with pytest.raises(NotAccepted) as refusal:
            await carrier.send(LETTER)
        await carrier.close()

    assert str(refusal.value) == "refused with 550 5.7.1"


@pytest.mark.parametrize(
    "replies",
    [
        {"BODY": "251 kept, and sent on"},
        {"BODY": "200 fine"},
        {"MAIL": "251 ok", "RCPT": "252 we shall see", "DATA": "350 go on"},
    ],
)
async def test_the_first_digit_of_an_answer_decides(replies: dict[str, str]) -> None:
    async with relay(replies) as server:
        carrier = mailer(server.port)
        for _ in range(2):
            await carrier.send(LETTER)
        assert await carrier.check() is None
        await carrier.close()

        assert (server.lines, len(server.letters)) == (1, 2)


@pytest.mark.parametrize("reply", ["354 go on", "150 soon", "600 what"])
async def test_an_answer_that_is_neither_yes_nor_no_leaves_it_open(reply: str) -> None:
    async with relay({"BODY": reply}) as server:
        carrier = mailer(server.port)
        with pytest.raises(Undelivered) as doubt:
            await carrier.send(LETTER)
        server.replies = {}
        await carrier.send(LETTER)
        await carrier.close()

        assert str(doubt.value) == f"answered {reply[:3]}"
        assert server.lines == 2


@pytest.mark.parametrize("reply", [None, ""])
async def test_silence_after_the_letter_leaves_it_open_whether_it_was_taken(
    reply: str | None,
) -> None:
    async with relay({"BODY": reply}) as server:
        carrier = mailer(server.port, timeout=SHORT if reply is None else LONG)
        with pytest.raises(Undelivered):
            await carrier.send(LETTER)
        server.replies = {}
        await carrier.send(LETTER)
        await carrier.close()

        assert len(server.letters) == 1


@pytest.mark.parametrize("word", ["HELLO", "EHLO", "MAIL", "RCPT", "DATA"])
async def test_silence_before_the_letter_costs_no_more_than_our_patience(word: str) -> None:
    async with relay({word: None, "HELO": None}) as server:
        carrier = mailer(server.port, timeout=SHORT)
        async with asyncio.timeout(PATIENCE):
            with pytest.raises(NotAccepted) as refusal:
                await carrier.send(LETTER)

        assert not refusal.value.lasting


async def test_nobody_there_is_no_acceptance() -> None:
    carrier = mailer(free_port())
    with pytest.raises(NotAccepted) as refusal:
        await carrier.send(LETTER)

    assert not refusal.value.lasting
    assert await carrier.check() is not None


@pytest.mark.req("A-39")
async def test_a_refused_password_hints_at_app_passwords_and_does_not_print_ours() -> None:
    async with relay(
        {"AUTH": "535 5.7.8 Username and Password not accepted"}, login=True
    ) as server:
        carrier = mailer(server.port, user="nova@gmail.com", password=Secret("hunter2hunter2"))
        with pytest.raises(NotAccepted, match="app password") as refusal:
            await carrier.send(LETTER)

        assert not refusal.value.lasting
        assert "hunter2" not in f"{refusal.value}"
        assert "hunter2" not in repr(carrier._relay)


@pytest.mark.parametrize(
    ("replies", "said"),
    [
        ({"EHLO": "250 relay"}, "the relay offers no login (AUTH)"),
        (
            {"EHLO": "250-relay\r\n250 AUTH XOAUTH2"},
            "the relay offers no login (AUTH) by name and password",
        ),
        (
            {"AUTH": "454 4.7.0 temporary authentication failure"},
            "454: the relay cannot look at our name and password just now",
        ),
    ],
)
async def test_why_a_relay_does_not_let_us_in_is_told_in_words(
    replies: dict[str, str], said: str
) -> None:
    async with relay({"EHLO": "250-relay\r\n250 AUTH PLAIN", **replies}) as server:
        carrier = mailer(server.port, user="nova", password=Secret("hunter2hunter2"))
        assert await carrier.check() == said
        with pytest.raises(NotAccepted) as refusal:
            await carrier.send(LETTER)
        assert str(refusal.value) == said


async def test_a_local_part_outside_ascii_is_not_sent_to_a_relay_that_does_not_know_it() -> None:
    async with relay() as server:
        carrier = mailer(server.port)
        with pytest.raises(NotAccepted) as refusal:
            await carrier.send(replace(LETTER, to="élise@example.org"))
        await carrier.close()

        assert refusal.value.lasting


async def test_check_tells_whether_the_relay_lets_us_in() -> None:
    async with relay() as server:
        carrier = mailer(server.port)
        assert await carrier.check() is None
        server.replies = {"NOOP": ""}
        assert await carrier.check() is not None
        await carrier.close()
