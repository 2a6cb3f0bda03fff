"""The console: a developer's mail, told on the terminal (ledger A-10)."""

import re
import sys
from typing import TextIO

from watchword.kernel.messages import Message

_LINK = re.compile(r"https?://[^\s<>\"]+")


class ConsoleMailer:
    """Prints subject, recipient, link and code."""

    name = "console"

    def __init__(self, stream: TextIO | None = None) -> None:
        """Print to this stream; standard output unless told otherwise."""
        self._stream = stream

    async def send(self, message: Message) -> None:
        """Print the message's essence."""
        link = _wanted_link(message.text)
        lines = [
            f"Mail: {message.subject}",
            f"  To:   {message.to}",
            *([f"  Link: {link}"] if link else []),
            *([f"  Code: {message.code}"] if message.code else []),
        ]
        text = "\n".join(map(_printable, lines))
        print(text, file=self._stream or sys.stdout, flush=True)

    async def check(self) -> str | None:
        """Return nothing: there is always a terminal or its replacement."""
        return None

    async def close(self) -> None:
        """Do nothing."""


def _wanted_link(text: str) -> str | None:
    """Return the link that a letter wants clicked: one that carries a token, else the first."""
    links: list[str] = _LINK.findall(text)
    return next((link for link in links if "token=" in link), links[0] if links else None)


def _printable(line: str) -> str:
    """Leave out what would command a terminal."""
    return "".join(character for character in line if character.isprintable())
