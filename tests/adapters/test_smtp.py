"""SMTP: letters arrive once, over verified TLS; what went wrong is said as it is."""

import asyncio
import ssl
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.faulty_relay import Fault, faulty_relay
from tests.support.letter import LETTER
from tests.support.relay import certificate, relay
from tests.support.services import SmtpSink
from tests.support.services.kept import free_port
from watchword.adapters.mail.smtp import Relay, SmtpMailer
from watchword.kernel.clock import SystemClock
from watchword.kernel.messages import BULK, CODE, NOTICE
from watchword.kernel.ports import NotAccepted, Undelivered
from watchword.kernel.secret import Secret

SHORT = timedelta(milliseconds=400)


class Once(dict[str, str]):
    """Replies that are said once."""

    def get(self, word: str, usual: Any = None) -> Any:
        """Return a reply, and forget it."""
        return self.pop(word, usual)


def mailer(port: int, **more: Any) -> SmtpMailer:
    told = {"host": "127.0.0.1", "port": port, "timeout": SHORT, **more}
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


async def test_letters_one_after_another_share_one_line() -> None:
    async with relay() as server:
        carrier = mailer(server.port)
        for _ in range(20):
            await carrier.send(LETTER)
        await carrier.close()

        assert (server.lines, len(server.letters)) == (1, 20)
        assert server.said[-1] == "QUIT"


async def test_letters_at_once_share_no_more_lines_than_there_may_be() -> None:
    async with relay() as server:
        carrier = mailer(server.port, connections=3)
        await asyncio.gather(*(carrier.send(LETTER) for _ in range(20)))
        await carrier.close()

        assert (server.lines, len(server.letters)) == (3, 20)
        assert server.said.count("QUIT") == 3


async def test_a_line_that_has_carried_its_share_gives_way_to_a_new_one() -> None:
    async with relay() as server:
        carrier = mailer(server.port, letters_each=5)
        for _ in range(11):
            await carrier.send(LETTER)
        await carrier.close()

        assert (server.lines, len(server.letters)) == (3, 11)


async def test_who_waits_for_a_line_of_ours_does_not_blame_the_relay() -> None:
    async with faulty_relay(lambda _: Fault(wait=0.05)) as server:
        carrier = mailer(server.port, connections=1)
        began = time.monotonic()
        await asyncio.gather(*(carrier.send(LETTER) for _ in range(4)))
        await carrier.close()

        assert server.kept.total() == 4
        assert time.monotonic() - began > SHORT.total_seconds()


async def test_a_code_takes_the_next_line_before_notices_that_wait() -> None:
    async with faulty_relay(lambda _: Fault(wait=0.01)) as server:
        carrier = mailer(server.port, connections=1)

        async def send(name: str, urgency: int) -> None:
            async with carrier.turn(urgency) as hand_over:
                await hand_over(replace(LETTER, to=f"{name}@example.org"))

        tasks = [("first", NOTICE), ("bulk", BULK), ("notice", NOTICE), ("code", CODE)]
        await asyncio.gather(*(send(*each) for each in tasks))
        await carrier.close()

        names = [each.partition("@")[0] for each in server.tries]
        assert names == ["first", "code", "notice", "bulk"]


async def test_a_relay_that_carries_as_many_letters_as_it_may_is_well() -> None:
    async with relay({"BODY": None}) as server:
        carrier = mailer(server.port, connections=1)
        sending = asyncio.create_task(carrier.send(LETTER))
        async with asyncio.timeout(3):
            while "DATA" not in server.said:
                await asyncio.sleep(0.005)
        began = time.monotonic()

        assert await carrier.check() is None
        assert time.monotonic() - began < SHORT.total_seconds() / 2
        await asyncio.gather(sending, return_exceptions=True)


async def test_a_relay_that_lets_nobody_in_is_not_well_however_many_wait_for_it() -> None:
    async with relay({"HELLO": None}) as server:
        carrier = mailer(server.port, connections=1)
        sending = asyncio.create_task(carrier.send(LETTER))
        async with asyncio.timeout(3):
            while not server.lines:
                await asyncio.sleep(0.005)

        assert await carrier.check() is not None
        await asyncio.gather(sending, return_exceptions=True)


async def test_an_idle_line_is_closed() -> None:
    async with relay() as server:
        carrier = mailer(server.port, idle=timedelta(milliseconds=50))
        await carrier.send(LETTER)
        async with asyncio.timeout(3):
            while server.open:
                await asyncio.sleep(0.01)
        await carrier.send(LETTER)
        await carrier.close()

        assert (server.lines, len(server.letters)) == (2, 2)


async def test_a_line_that_the_relay_closed_meanwhile_is_opened_anew() -> None:
    async with relay() as server:
        carrier = mailer(server.port)
        await carrier.send(LETTER)
        server.hang_up()
        await carrier.send(LETTER)
        await carrier.close()

        assert len(server.letters) == 2


async def test_a_line_on_which_the_relay_takes_leave_is_opened_anew() -> None:
    async with relay() as server:
        carrier = mailer(server.port)
        await carrier.send(LETTER)
        server.replies = Once({"MAIL": "421 idle for too long"})
        await carrier.send(LETTER)
        await carrier.close()

        assert len(server.letters) == 2


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
    ("replies", "lasting"),
    [
        ({"RCPT": "550 5.1.1 no such user alice@example.org"}, True),
        ({"RCPT": "450 try later"}, False),
        ({"RCPT": "550-5.1.1 no such user\r\n550 5.1.1 at all"}, True),
        ({"RCPT": "550 5.2.1 mailbox disabled"}, True),
        ({"RCPT": "550 5.4.1 Recipient address rejected: Access denied"}, True),
        ({"RCPT": "550 no"}, True),
        ({"RCPT": "554 5.7.1 <alice@example.org>: Relay access denied"}, False),
        ({"RCPT": "550 Relaying denied"}, False),
        ({"RCPT": "550 5.7.26 Unauthenticated mail is not accepted"}, False),
        ({"RCPT": "550 5.1.8 sender's domain does not exist"}, False),
        ({"RCPT": "550 5.4.5 Daily SMTP relay limit exceeded"}, False),
        ({"RCPT": "503 MAIL first"}, False),
        ({"MAIL": "550 5.7.1 sender rejected"}, False),
        ({"MAIL": "550 5.1.1 no such user"}, False),
        ({"MAIL": "553 bad sender"}, False),
        ({"MAIL": "502 what"}, False),
        ({"MAIL": "503 out of turn"}, False),
        ({"MAIL": "530 authentication required"}, False),
        ({"MAIL": "535 no"}, False),
        ({"MAIL": "421 closing"}, False),
        ({"DATA": "554 no"}, False),
        ({"DATA": "250 what"}, False),
        ({"RCPT": "354 what"}, False),
        ({"DATA": "550 5.4.5 Daily user sending limit exceeded"}, False),
        ({"BODY": "554 Message rejected: Email address is not verified."}, False),
        ({"BODY": "550 5.7.1 blocked"}, False),
        ({"BODY": "550 5.1.1 no such user"}, True),
        ({"BODY": "554 5.6.0 not a letter"}, True),
        ({"BODY": "552 5.3.4 too big"}, True),
        ({"BODY": "552 too much"}, True),
        ({"BODY": "451 greylisted"}, False),
        ({"HELLO": "554 no service here"}, False),
        ({"EHLO": "", "HELO": ""}, False),
        ({"RCPT": ""}, False),
    ],
)
async def test_a_refusal_is_told_as_it_is(replies: dict[str, str], lasting: bool) -> None:
    async with relay(replies) as server:
        carrier = mailer(server.port)
        with pytest.raises(NotAccepted) as refusal:
            await carrier.send(LETTER)
        await carrier.close()

        assert refusal.value.lasting is lasting
        assert "alice" not in str(refusal.value)
        assert server.letters == []


async def test_a_refusal_is_said_by_its_codes_alone() -> None:
    async with relay({"RCPT": "550 5.7.1 relaying to alice@example.org denied"}) as server:
        carrier = mailer(server.port)
        with pytest.raises(NotAccepted) as refusal:
            await carrier.send(LETTER)
        await carrier.close()

    assert str(refusal.value) == "refused with 550 5.7.1"


async def test_after_a_refusal_the_line_serves_the_next_letter() -> None:
    async with relay({"RCPT": "550 no"}) as server:
        carrier = mailer(server.port)
        with pytest.raises(NotAccepted):
            await carrier.send(LETTER)
        server.replies = {}
        await carrier.send(replace(LETTER, to="bob@example.org"))
        await carrier.close()

        assert (server.lines, server.recipients) == (1, ["alice@example.org", "bob@example.org"])
        assert "RSET" in server.said


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
        carrier = mailer(server.port)
        with pytest.raises(Undelivered):
            await carrier.send(LETTER)
        server.replies = {}
        await carrier.send(LETTER)
        await carrier.close()

        assert len(server.letters) == 1


@pytest.mark.parametrize("word", ["HELLO", "EHLO", "MAIL", "RCPT", "DATA"])
async def test_silence_before_the_letter_costs_no_more_than_our_patience(word: str) -> None:
    async with relay({word: None, "HELO": None}) as server:
        carrier = mailer(server.port)
        began = time.monotonic()
        with pytest.raises(NotAccepted) as refusal:
            await carrier.send(LETTER)

        assert not refusal.value.lasting
        assert time.monotonic() - began < 5


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


async def test_who_is_cancelled_in_mid_letter_leaves_a_clean_line_behind() -> None:
    async with relay({"BODY": None}) as server:
        carrier = mailer(server.port, timeout=timedelta(seconds=30))
        sending = asyncio.create_task(carrier.send(LETTER))
        async with asyncio.timeout(3):
            while "DATA" not in server.said:
                await asyncio.sleep(0.01)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        server.replies = {}
        await carrier.send(LETTER)
        await carrier.close()

        assert len(server.letters) == 1
