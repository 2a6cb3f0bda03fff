"""SMTP: one connection to a relay, kept while letters come and closed when none has for a while.

Encryption: from the first byte when `secure` or on port 465; else STARTTLS, and without it nothing is
sent, not even a name, unless the relay is on this very machine. Certificates are verified.

    refused before acceptance, or no connection     NotAccepted (lasting for 5xx about this letter)
    silence or a broken line after DATA began       Undelivered: nobody can tell
Source: RFC 5321, 3207 (STARTTLS), 4954 (AUTH), 8314 (TLS), 6531 (SMTPUTF8).
"""

import asyncio
import contextlib
import ssl
from dataclasses import dataclass, field
from datetime import timedelta

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPException,
    SMTPResponseException,
    SMTPServerDisconnected,
)

from watchword.adapters.mail.letter import Envelope, compose
from watchword.kernel.addresses import is_loopback
from watchword.kernel.clock import Clock
from watchword.kernel.messages import Message
from watchword.kernel.ports import NotAccepted, Undelivered, Unfit
from watchword.kernel.secret import Secret

_IMPLICIT_PORT = 465
_PERMANENT = 500
_ABOUT_US = {421, 454, 530, 534, 535, 538}
_HINT = "the relay refused our name or password; some providers want an app password instead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """A relay: where, who we are to it, and how long we wait.

    `greeting` is our name in EHLO; `tls` a context with the relay's own authority, if it has one.
    """

    host: str
    port: int = 587
    secure: bool = False
    user: str = ""
    password: Secret = field(default_factory=lambda: Secret(""))
    greeting: str = "localhost"
    timeout: timedelta = timedelta(seconds=8)
    idle: timedelta = timedelta(seconds=30)
    tls: ssl.SSLContext | None = None

    @property
    def implicit_tls(self) -> bool:
        """Tell whether TLS begins with the first byte."""
        return self.secure or self.port == _IMPLICIT_PORT

    @property
    def starttls(self) -> bool:
        """Tell whether STARTTLS is required; only this very machine is spoken to in clear."""
        return not self.implicit_tls and (self.tls is not None or not is_loopback(self.host))


class SmtpMailer:
    """Carries letters to one relay."""

    def __init__(self, relay: Relay, clock: Clock, name: str = "smtp") -> None:
        """Connect when the first letter comes."""
        self.name = name
        self._relay = relay
        self._clock = clock
        self._turn = asyncio.Lock()
        self._line: SMTP | None = None
        self._closing: asyncio.TimerHandle | None = None
        self._ending: asyncio.Task[None] | None = None

    async def send(self, message: Message) -> None:
        """Hand the message over. Problems: `NotAccepted`, `Undelivered`."""
        envelope = compose(message, self._clock.now())
        async with self._turn:
            line = await self._ready(envelope)
            await self._hand_over(line, envelope)
            self._close_when_idle()

    async def check(self) -> str | None:
        """Return nothing when the relay lets us in, else a short reason."""
        async with self._turn:
            try:
                line = await self._connected()
                await line.noop()
            except NotAccepted as trouble:
                return str(trouble)
            except (SMTPException, OSError) as trouble:
                self._drop()
                return _reason(trouble)
            self._close_when_idle()
        return None

    async def close(self) -> None:
        """Take leave of the relay."""
        async with self._turn:
            await self._quit()

    async def _ready(self, envelope: Envelope) -> SMTP:
        """Return a line on which sender and recipient are accepted; a stale one is tried anew once."""
        stale = self._line is not None and self._line.is_connected
        line = await self._connected()
        try:
            await self._address(line, envelope)
        except SMTPServerDisconnected:
            self._drop()
            if not stale:
                raise NotAccepted("the relay closed the line") from None
            return await self._ready(envelope)
        return line

    async def _address(self, line: SMTP, envelope: Envelope) -> None:
        options = ["SMTPUTF8"] if envelope.needs_smtputf8 else []
        if options and not line.supports_extension("smtputf8"):
            raise Unfit("the relay does not know SMTPUTF8")
        encoding = "utf-8" if options else "ascii"
        try:
            await line.mail(envelope.sender, options=options, encoding=encoding)
            await line.rcpt(envelope.recipient, encoding=encoding)
        except SMTPResponseException as refusal:
            await self._start_over(line)
            raise _refused(refusal) from None
        except SMTPServerDisconnected:
            raise
        except (SMTPException, OSError) as trouble:
            self._drop()
            raise NotAccepted(_reason(trouble)) from None

    async def _hand_over(self, line: SMTP, envelope: Envelope) -> None:
        try:
            await line.data(envelope.content)
        except SMTPResponseException as refusal:
            await self._start_over(line)
            raise _refused(refusal) from None
        except (SMTPException, OSError) as trouble:
            self._drop()
            raise Undelivered(_reason(trouble)) from None
        except BaseException:
            self._drop()
            raise

    async def _connected(self) -> SMTP:
        """Return the open line, or open one: TLS, EHLO, AUTH."""
        self._stay()
        if self._line is not None and self._line.is_connected:
            return self._line
        relay = self._relay
        line = SMTP(
            hostname=relay.host,
            port=relay.port,
            username=relay.user or None,
            password=relay.password.reveal() or None,
            local_hostname=relay.greeting,
            timeout=relay.timeout.total_seconds(),
            use_tls=relay.implicit_tls,
            start_tls=relay.starttls,
            tls_context=relay.tls,
        )
        try:
            await line.connect()
        except SMTPAuthenticationError as refusal:
            raise NotAccepted(f"{refusal.code}: {_HINT}") from None
        except (SMTPException, OSError) as trouble:
            raise NotAccepted(_reason(trouble)) from None
        self._line = line
        return line

    async def _start_over(self, line: SMTP) -> None:
        """Forget the half-told letter, so that the line serves the next one."""
        try:
            await line.rset()
        except (SMTPException, OSError):
            self._drop()
        else:
            self._close_when_idle()

    def _close_when_idle(self) -> None:
        self._stay()
        loop = asyncio.get_running_loop()
        self._closing = loop.call_later(self._relay.idle.total_seconds(), self._leave)

    def _leave(self) -> None:
        self._ending = asyncio.get_running_loop().create_task(self.close())

    def _stay(self) -> None:
        if self._closing is not None:
            self._closing.cancel()
            self._closing = None

    async def _quit(self) -> None:
        self._stay()
        if self._line is not None and self._line.is_connected:
            with contextlib.suppress(SMTPException, OSError):
                await self._line.quit(timeout=2)
        self._drop()

    def _drop(self) -> None:
        self._stay()
        if self._line is not None:
            self._line.close()
            self._line = None


def _refused(refusal: SMTPResponseException) -> NotAccepted:
    """Say a refusal: lasting when it is about this letter and for good."""
    lasting = refusal.code >= _PERMANENT and refusal.code not in _ABOUT_US
    return NotAccepted(f"refused with {refusal.code}", lasting=lasting)


def _reason(trouble: Exception) -> str:
    """Name the trouble without what the relay said: it may quote addresses."""
    code = getattr(trouble, "code", None)
    cause = trouble.__cause__
    names = [type(trouble).__name__, *([type(cause).__name__] if cause else [])]
    return " ".join([*names, *([str(code)] if code is not None else [])])
