"""A real mail server (aiosmtpd, STARTTLS, AUTH, real sockets) that fails in every way a relay can.

    FAULTS           the faults by name: at which word, and what happens there
    faulty_relay     a server on a free loopback port; `choose` says for each try which fault it meets
    kept             what the server accepted, whether or not its answer was heard

The words are those of SMTP; HELLO stands for the greeting, BODY for the end of a letter.
"""

import asyncio
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from types import MappingProxyType
from typing import Any, Final

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

NAME, PASSWORD = "watchword", "an app password"
HANG: Final = "hang"
DROP: Final = "drop"
KEEP_AND_DROP: Final = "keep and drop"
GARBAGE: Final = "garbage"
_GREYLISTED: Final = "450 4.7.1 greylisted, come back later"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What happens `at` a word: a reply, or one of the deeds above; `wait` before each answer."""

    at: str = ""
    does: str = ""
    wait: float = 0.0
    once: bool = False


WELL: Final = Fault()
FAULTS: Final[Mapping[str, Fault]] = MappingProxyType(
    {
        "refuses": Fault(at="HELLO", does="554 no service here"),
        "hangs": Fault(at="RCPT", does=HANG),
        "421": Fault(at="MAIL", does="421 4.3.2 closing"),
        "450": Fault(at="RCPT", does="450 4.2.1 busy"),
        "550": Fault(at="RCPT", does="550 5.1.1 no such user"),
        "552": Fault(at="BODY", does="552 5.2.2 mailbox full"),
        "drops after the dot": Fault(at="BODY", does=DROP),
        "keeps and drops": Fault(at="BODY", does=KEEP_AND_DROP),
        "is slow": Fault(wait=0.02),
        "breaks TLS": Fault(at="STARTTLS", does=GARBAGE),
        "greylists": Fault(at="RCPT", does=_GREYLISTED, once=True),
        "refuses the password": Fault(at="AUTH", does="535 5.7.8 no"),
    }
)
WORDS: Final = ("HELLO", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "BODY")
Choose = Callable[[str], Fault]


@dataclass(slots=True, kw_only=True)
class FaultyRelay:
    """A listening server; `kept` counts by Message-ID, `tries` the letters begun by recipient."""

    choose: Choose
    tls: ssl.SSLContext | None = None
    port: int = 0
    connections: int = 0
    kept: Counter[str] = field(default_factory=Counter)
    tries: Counter[str] = field(default_factory=Counter)
    secured: Counter[bool] = field(default_factory=Counter)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    open: "set[_Talk]" = field(default_factory=set)

    def keep(self, content: bytes, *, secured: bool) -> None:
        """Accept a letter."""
        self.kept[str(message_from_bytes(content)["Message-ID"])] += 1
        self.secured[secured] += 1
        self.news.set()

    def hang_up(self) -> None:
        """End every open connection: the next one meets its own fault."""
        for talk in [*self.open]:
            talk.hang_up()

    def admit(
        self, _server: Any, _session: Any, _envelope: Any, _how: str, said: Any
    ) -> AuthResult:
        """Let in who knows the password."""
        right = isinstance(said, LoginPassword) and said.password == PASSWORD.encode()
        return AuthResult(success=right)


class _Handler:
    """What aiosmtpd asks at the end of a letter."""

    def __init__(self, relay: FaultyRelay) -> None:
        self.relay = relay

    async def handle_DATA(self, server: "_Talk", _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        fault = server.fault
        if fault.wait:
            await asyncio.sleep(fault.wait)
        if fault.at != "BODY" or fault.does == KEEP_AND_DROP:
            secured = server.transport.get_extra_info("ssl_object") is not None
            self.relay.keep(envelope.original_content or b"", secured=secured)
        if fault.at != "BODY":
            return "250 kept"
        if fault.does == HANG:
            await asyncio.Event().wait()
        if fault.does in {DROP, KEEP_AND_DROP}:
            server.hang_up()
        return fault.does if fault.does[:1].isdigit() else "451 nobody hears this"


class _Talk(SMTP):  # type: ignore[misc]
    """One connection."""

    def __init__(self, relay: FaultyRelay) -> None:
        super().__init__(
            _Handler(relay),
            tls_context=relay.tls,
            require_starttls=relay.tls is not None,
            auth_required=relay.tls is not None,
            auth_require_tls=relay.tls is not None,
            authenticator=relay.admit,
        )
        self.relay = relay
        self.greeted = False
        self.fault = relay.choose("")
        relay.connections += 1
        relay.open.add(self)

    async def push(self, status: Any) -> None:
        """Answer; the first answer is the greeting."""
        if not self.greeted:
            self.greeted = True
            if await self._fails("HELLO"):
                return
        await super().push(status)

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802 - aiosmtpd's names
        """Greet."""
        if not await self._fails("EHLO"):
            await super().smtp_EHLO(hostname)

    async def smtp_STARTTLS(self, arg: str) -> None:  # noqa: N802
        """Speak TLS."""
        if not await self._fails("STARTTLS"):
            await super().smtp_STARTTLS(arg)

    async def smtp_AUTH(self, arg: str) -> None:  # noqa: N802
        """Let in."""
        if not await self._fails("AUTH"):
            await super().smtp_AUTH(arg)

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802
        """Begin a letter."""
        if not await self._fails("MAIL"):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802
        """Hear to whom: each try of a letter may meet another fault."""
        recipient = (arg or "").partition("<")[2].partition(">")[0]
        self.fault = self.relay.choose(recipient)
        self.relay.tries[recipient] += 1
        if self.fault.once and self.relay.tries[recipient] > 1:
            self.fault = WELL
        if not await self._fails("RCPT"):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        """Hear the letter."""
        if not await self._fails("DATA"):
            await super().smtp_DATA(arg)

    def hang_up(self) -> None:
        """End the connection at once."""
        transport: Any = self.transport
        if transport is not None:
            transport.abort()

    def connection_lost(self, error: Exception | None) -> None:
        """Forget the connection."""
        self.relay.open.discard(self)
        super().connection_lost(error)

    async def _fails(self, word: str) -> bool:
        """Do what the fault says; true: the word is answered, or never will be."""
        fault = self.fault
        if fault.wait:
            await asyncio.sleep(fault.wait)
        if fault.at != word:
            return False
        if fault.does == HANG:
            await asyncio.Event().wait()
        elif fault.does == GARBAGE:
            await super().push("220 ready")
            await super().push(b"\x16\x03\x01\x00\x02this is no handshake")
        elif fault.does == DROP:
            self.hang_up()
        else:
            await super().push(fault.does)
        if word == "HELLO" or fault.does.startswith("421"):
            self.hang_up_politely()
        return True

    def hang_up_politely(self) -> None:
        """Close once everything was said."""
        transport: Any = self.transport
        if transport is not None:
            transport.close()


@asynccontextmanager
async def faulty_relay(
    choose: Choose = lambda _recipient: WELL, tls: ssl.SSLContext | None = None
) -> AsyncIterator[FaultyRelay]:
    """Yield a server; with `tls` it wants STARTTLS, then a name and a password."""
    relay = FaultyRelay(choose=choose, tls=tls)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Talk(relay), "127.0.0.1", 0)
    relay.port = server.sockets[0].getsockname()[1]
    try:
        yield relay
    finally:
        server.close()
        relay.hang_up()
