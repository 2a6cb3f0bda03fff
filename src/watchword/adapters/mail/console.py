"""The console: a developer's mail, told on the terminal instead of being sent (ledger A-10)."""

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
        link = _LINK.search(message.text)
        lines = [
            f"Mail: {message.subject}",
            f"  To:   {message.to}",
            *([f"  Link: {link[0]}"] if link else []),
            *([f"  Code: {message.code}"] if message.code else []),
        ]
        print("\n".join(lines), file=self._stream or sys.stdout, flush=True)

    async def check(self) -> str | None:
        """Return nothing: there is always a terminal or its replacement."""
        return None

    async def close(self) -> None:
        """Do nothing."""
