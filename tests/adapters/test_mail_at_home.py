"""Carriers of a developer: the terminal, and the mailbox on this machine."""

from io import StringIO

import pytest

from tests.adapters.test_letter import NOW
from tests.support.letter import LETTER
from watchword.adapters.mail.console import ConsoleMailer
from watchword.adapters.mail.mailbox import MailboxMailer
from watchword.kernel.messages import Message


class Noon:
    """A clock that stands still."""

    def now(self) -> object:
        return NOW


@pytest.mark.req("A-10")
async def test_the_console_tells_subject_recipient_and_link() -> None:
    stream = StringIO()
    await ConsoleMailer(stream).send(LETTER)

    assert LETTER.subject in stream.getvalue()
    assert LETTER.to in stream.getvalue()
    assert "https://id.example.org/verify?token=x" in stream.getvalue()


async def test_the_mailbox_keeps_the_letter_and_its_source() -> None:
    kept: list[tuple[Message, str]] = []

    async def keep(message: Message, source: str) -> None:
        kept.append((message, source))

    await MailboxMailer(keep, Noon()).send(LETTER)  # type: ignore[arg-type]
    ((message, source),) = kept

    assert message is LETTER
    assert "Subject: Confirm your address" in source
