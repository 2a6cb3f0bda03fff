"""The development mailbox takes texts, too: `/dev/mail` shows them, `dev code` finds their codes.

Who keeps them is given by `app`, and so is who tells of them besides: the console.
"""

from collections.abc import Awaitable, Callable

from watchword.kernel.messages import Text
from watchword.kernel.ports import Texter

Keep = Callable[[Text], Awaitable[None]]


class MailboxTexter:
    """Hands texts to whoever keeps them."""

    name = "mailbox"

    def __init__(self, keep: Keep, tell: Texter) -> None:
        """Give texts to `keep`, then to `tell`."""
        self._keep = keep
        self._tell = tell

    async def send(self, text: Text) -> None:
        """Keep the text, and tell of it."""
        await self._keep(text)
        await self._tell.send(text)

    async def check(self) -> str | None:
        """Return nothing: it is as well as the database is."""
        return None

    async def close(self) -> None:
        """Do nothing."""
