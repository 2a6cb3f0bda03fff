"""SMTP: the lines to a relay, shared by letters, closed when idle, opened anew when they broke."""

import asyncio
import contextlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.faulty_relay import Fault, faulty_relay
from tests.support.letter import LETTER
from tests.support.relay import relay
from watchword.adapters.mail.smtp import Relay, SmtpMailer
from watchword.kernel.clock import SystemClock
from watchword.kernel.messages import BULK, CODE, NOTICE
from watchword.kernel.ports import NotAccepted

SHORT, LONG = timedelta(seconds=1), timedelta(minutes=1)
PATIENCE = 30.0  # seconds, for what comes at once


def mailer(port: int, **more: Any) -> SmtpMailer:
    told = {"host": "127.0.0.1", "port": port, "timeout": LONG, **more}
    return SmtpMailer(Relay(**told), SystemClock())


class Once(dict[str, str]):
    """Replies that are said once."""

    def get(self, word: str, usual: Any = None) -> Any:
        """Return a reply, and forget it."""
        return self.pop(word, usual)


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
    async with faulty_relay(lambda _: Fault(wait=0.1)) as server:
        carrier = mailer(server.port, connections=1, timeout=timedelta(seconds=3))
        await asyncio.gather(*(carrier.send(LETTER) for _ in range(12)))  # the last waits longer
        await carrier.close()

        assert server.kept.total() == 12


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
        async with asyncio.timeout(PATIENCE):
            while "DATA" not in server.said:
                await asyncio.sleep(0.005)
            assert await carrier.check() is None
        assert not sending.done()
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)


async def test_a_relay_that_lets_nobody_in_is_not_well_however_many_wait_for_it() -> None:
    async with relay({"HELLO": None}) as server:
        carrier = mailer(server.port, connections=1, timeout=SHORT)
        sending = asyncio.create_task(carrier.send(LETTER))
        async with asyncio.timeout(PATIENCE):
            while not server.lines:
                await asyncio.sleep(0.005)

        assert await carrier.check() is not None
        await asyncio.gather(sending, return_exceptions=True)


async def test_an_idle_line_is_closed() -> None:
    async with relay() as server:
        carrier = mailer(server.port, idle=timedelta(milliseconds=50))
        await carrier.send(LETTER)
        async with asyncio.timeout(PATIENCE):
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


@pytest.mark.parametrize("word", ["MAIL", "RCPT", "BODY"])
async def test_a_relay_that_answers_twice_gets_each_letter_once_on_a_line_of_its_own(
    word: str,
) -> None:
    async with relay({word: "250 ok\r\n250 ok again"}) as server:
        carrier = mailer(server.port)
        for _ in range(3):
            with contextlib.nullcontext() if word == "BODY" else pytest.raises(NotAccepted):
                await carrier.send(LETTER)
        await carrier.close()

        assert (server.lines, len(server.letters)) == (3, 3 if word == "BODY" else 0)


async def test_a_yes_before_the_letter_was_said_is_no_answer_to_the_letter() -> None:
    async with relay({"DATA": "354 go on\r\n250 kept", "BODY": "554 no"}) as server:
        carrier = mailer(server.port)
        with pytest.raises(NotAccepted):
            await carrier.send(LETTER)
        await carrier.close()


async def test_who_is_cancelled_in_mid_letter_leaves_a_clean_line_behind() -> None:
    async with relay({"BODY": None}) as server:
        carrier = mailer(server.port, timeout=timedelta(seconds=30))
        sending = asyncio.create_task(carrier.send(LETTER))
        async with asyncio.timeout(PATIENCE):
            while "DATA" not in server.said:
                await asyncio.sleep(0.01)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        server.replies = {}
        await carrier.send(LETTER)
        await carrier.close()

        assert len(server.letters) == 1
