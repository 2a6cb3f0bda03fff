"""The development mailbox: letters stay on this machine, where `/dev/mail` and `dev code` find them.

Who keeps them is given by `app`, and so is who tells of them besides: the console, in development.
"""

from collections.abc import Awaitable, Callable

from watchword.adapters.mail.letter import compose
from watchword.kernel.clock import Clock
from watchword.kernel.messages import Message
from watchword.kernel.ports import Mailer

Keep = Callable[[Message, str], Awaitable[None]]


class MailboxMailer:
    """Hands letters to whoever keeps them, with their source as it would have left."""

    name = "mailbox"

    def __init__(self, keep: Keep, clock: Clock, tell: Mailer | None = None) -> None:
        """Give letters to `keep`, then to `tell`."""
        self._keep = keep
        self._clock = clock
        self._tell = tell

    async def send(self, message: Message) -> None:
        """Keep the message and its source. Problem: `NotAccepted`, as a relay would say."""
        source = compose(message, self._clock.now()).content.decode("ascii", "replace")
        await self._keep(message, source)
        if self._tell is not None:
            await self._tell.send(message)

    async def check(self) -> str | None:
        """Return nothing: it is as well as the database is."""
        return None

    async def close(self) -> None:
        """Do nothing."""
