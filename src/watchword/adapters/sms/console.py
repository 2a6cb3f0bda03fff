"""The console: a developer's texts, told on the terminal instead of being sent."""

import sys
from typing import TextIO

from watchword.kernel.messages import Text


class ConsoleTexter:
    """Prints to whom, and what."""

    name = "console"

    def __init__(self, stream: TextIO | None = None) -> None:
        """Print to this stream; standard output unless told otherwise."""
        self._stream = stream

    async def send(self, text: Text) -> None:
        """Print the text."""
        print(f"Text: {text.body}\n  To:   {text.to}", file=self._stream or sys.stdout, flush=True)

    async def check(self) -> str | None:
        """Return nothing: there is always a terminal or its replacement."""
        return None

    async def close(self) -> None:
        """Do nothing."""
