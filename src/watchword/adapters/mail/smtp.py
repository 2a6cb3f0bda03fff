"""SMTP: letters to a relay, on connections that are kept while letters come (`lines`).

Encryption: from the first byte when `secure` or on port 465; else STARTTLS, and without it nothing is
sent, not even a name, unless the relay is on this very machine. Certificates are verified.

    refused, or no connection                          NotAccepted (whom it is about, `refusals` finds)
    silence or a broken line before the letter         NotAccepted: nothing of it was said
    silence or a broken line after the letter began    Undelivered: nobody can tell; so after an answer
                                                       that is neither yes nor no
The first digit of an answer decides.
Source: RFC 5321 (4.2.1: digits), 3207 (STARTTLS), 4954 (AUTH), 8314 (TLS), 6531 (SMTPUTF8).
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPException,
    SMTPResponse,
    SMTPResponseException,
    SMTPServerDisconnected,
)

from watchword.adapters.mail import refusals
from watchword.adapters.mail.dkim import Signer
from watchword.adapters.mail.letter import Envelope, compose
from watchword.adapters.mail.lines import Line, Lines
from watchword.kernel.clock import Clock
from watchword.kernel.mail_server import MailServer, lacking, login_refused
from watchword.kernel.messages import CODE, Message
from watchword.kernel.ports import NotAccepted, Undelivered, Unfit

_CLOSING = 421
_DONE, _GO_ON, _REFUSALS = 2, 3, (4, 5)
_BARE = re.compile(rb"\r\n|\r|\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay(MailServer):
    """A relay, and how long we wait for it.

    `timeout` is for each of two halves: until it waits for the letter, and until it has answered to it.
    `connections` is how many are open at most, `letters_each` how many letters one carries.
    `greeting` is our name in EHLO.
    """

    greeting: str = "localhost"
    timeout: timedelta = timedelta(seconds=8)
    idle: timedelta = timedelta(seconds=30)
    connections: int = 5
    letters_each: int = 100


class SmtpMailer:
    """Carries letters to one relay."""

    def __init__(
        self, relay: Relay, clock: Clock, name: str = "smtp", signer: Signer | None = None
    ) -> None:
        """Connect when the first letter comes; `signer` signs letters that the relay does not."""
        self.name = name
        self._signer = signer
        self._relay = relay
        self._clock = clock
        self._lines = Lines(self._connect, relay.connections, relay.letters_each, relay.idle)

    async def send(self, message: Message) -> None:
        """Hand the message over, when it is its turn. Problems: `NotAccepted`, `Undelivered`."""
        async with self.turn(CODE) as send:
            await send(message)

    @asynccontextmanager
    async def turn(self, urgency: int) -> AsyncIterator[Callable[[Message], Awaitable[None]]]:
        """Wait for one of our connections; yield what hands a message over on it.

        Who waits, waits for us and not for the relay: it is nobody's failure, and no part of our patience.
        """
        async with self._lines.turn(urgency):
            yield self._send

    async def _send(self, message: Message) -> None:
        now = self._clock.now()
        envelope = compose(message, now)
        content = self._signer.sign(envelope.content, now) if self._signer else envelope.content
        line = await self._ready(envelope)
        try:
            await self._hand_over(line, content)
        except NotAccepted:  # the relay is done with it: the line serves the next letter
            self._lines.give_back(line)
            raise
        except BaseException:
            self._lines.drop(line)
            raise
        self._lines.give_back(line)

    async def check(self) -> str | None:
        """Return nothing when the relay lets us in, else a short reason.

        While all connections carry letters it has let us in, and is not asked.
        """
        if self._lines.all_at_work:
            return None
        async with self._lines.turn(CODE):
            return await self._greet()

    async def _greet(self) -> str | None:
        try:
            async with asyncio.timeout(self._relay.timeout.total_seconds()):
                line = await self._lines.take()
                try:
                    await _granted(line.smtp.noop())
                except BaseException:
                    self._lines.drop(line)
                    raise
        except NotAccepted as trouble:
            return str(trouble)
        except (SMTPException, OSError) as trouble:
            return _reason(trouble)
        self._lines.give_back(line)
        return None

    async def close(self) -> None:
        """Take leave of the relay."""
        await self._lines.close()

    async def _ready(self, envelope: Envelope) -> Line:
        """Return a line on which the relay waits for the letter; a stale one is tried anew.

        All of it within our patience: nothing of the letter was told yet. Problem: `NotAccepted`.
        """
        try:
            async with asyncio.timeout(self._relay.timeout.total_seconds()):
                while True:
                    line = await self._lines.take()
                    if await self._introduced(line, envelope):
                        return line
        except TimeoutError:
            raise NotAccepted("the relay did not take the address in time") from None

    async def _introduced(self, line: Line, envelope: Envelope) -> bool:
        """Tell the relay from whom to whom; false: it had closed this line since the last letter."""
        try:
            await _introduce(line.smtp, envelope)
        except SMTPResponseException as refusal:
            if line.used and refusal.code == _CLOSING:
                self._lines.drop(line)
                return False
            await self._start_over(line)
            raise _refused(refusal) from None
        except SMTPServerDisconnected:
            self._lines.drop(line)
            if not line.used:
                raise NotAccepted("the relay closed the line") from None
            return False
        except Unfit:
            self._lines.give_back(line)
            raise
        except (SMTPException, OSError) as trouble:
            self._lines.drop(line)
            raise NotAccepted(_reason(trouble)) from None
        except BaseException:
            self._lines.drop(line)
            raise
        if line.said_too_much:  # the next answer would be taken for the one to the letter
            self._lines.drop(line)
            raise NotAccepted("the relay gave more answers than we asked questions")
        return True

    async def _hand_over(self, line: Line, content: bytes) -> None:
        """Send the letter. Without a whole answer nobody can tell."""
        try:
            answer = await _say(line.smtp, content, self._relay.timeout)
        except (SMTPException, OSError) as trouble:
            raise Undelivered(_reason(trouble)) from None
        if _kind(answer.code) in _REFUSALS:
            raise _refused(SMTPDataError(answer.code, answer.message))
        if _kind(answer.code) != _DONE:
            raise Undelivered(f"answered {answer.code}")
        line.carried += 1

    async def _connect(self) -> SMTP:
        """Open a line: TLS, EHLO, AUTH. Problem: `NotAccepted`."""
        relay = self._relay
        smtp = SMTP(
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
            await smtp.connect()
        except SMTPAuthenticationError as refusal:
            raise NotAccepted(login_refused(refusal.code)) from None
        except (SMTPException, OSError) as trouble:
            raise NotAccepted(_reason(trouble)) from None
        except BaseException:
            smtp.close()
            raise
        return smtp

    async def _start_over(self, line: Line) -> None:
        """Forget the half-told letter, so that the line serves the next one."""
        if line.said_too_much:
            self._lines.drop(line)
            return
        try:
            await _granted(line.smtp.rset())
        except (SMTPException, OSError):
            self._lines.drop(line)
        except BaseException:
            self._lines.drop(line)
            raise
        else:
            self._lines.give_back(line)


async def _introduce(smtp: SMTP, envelope: Envelope) -> None:
    """MAIL, RCPT and DATA: afterwards the relay waits for the letter."""
    options = ["SMTPUTF8"] if envelope.needs_smtputf8 else []
    if options and not smtp.supports_extension("smtputf8"):
        raise Unfit("the relay does not know SMTPUTF8")
    encoding = "utf-8" if options else "ascii"
    await _granted(smtp.mail(envelope.sender, options=options, encoding=encoding))
    await _granted(smtp.rcpt(envelope.recipient, encoding=encoding))
    answer = await smtp.execute_command(b"DATA")
    if _kind(answer.code) != _GO_ON:
        raise SMTPDataError(answer.code, answer.message)


async def _granted(answer: Awaitable[SMTPResponse]) -> None:
    """Wait for an answer; whatever begins with 2 grants it."""
    try:
        await answer
    except SMTPResponseException as said:
        if _kind(said.code) != _DONE:
            raise


def _kind(code: int) -> int:
    """Return the first digit, which decides."""
    return code // 100


async def _say(smtp: SMTP, content: bytes, patience: timedelta) -> SMTPResponse:
    """Say the letter, its lines ended by CRLF and those that begin with a dot doubled."""
    if smtp.protocol is None:
        raise SMTPServerDisconnected("Connection lost")
    if content.count(b"\n") != content.count(b"\r\n"):
        content = _BARE.sub(b"\r\n", content)
    smtp.protocol.write(content.replace(b"\n.", b"\n..") + b".\r\n")
    return await smtp.protocol.read_response(patience.total_seconds())


def _refused(refusal: SMTPResponseException) -> NotAccepted:
    """Say a refusal, and whom it is about."""
    about = refusals.about(refusal)
    return NotAccepted(
        refusals.words(refusal),
        lasting=about is refusals.About.FOR_GOOD,
        of_reader=about is refusals.About.FOR_NOW,
    )


def _reason(trouble: Exception) -> str:
    """Name the trouble without what the relay said: it may quote addresses."""
    if type(trouble) is SMTPException and (lacks := lacking(str(trouble))):
        return lacks
    code = getattr(trouble, "code", None)
    cause = trouble.__cause__
    names = [type(trouble).__name__, *([type(cause).__name__] if cause else [])]
    return " ".join([*names, *([str(code)] if code is not None else [])])
