"""A mail server that keeps what it is sent, on a free loopback port.

start             -> a sink, listening
letters           -> what has arrived, oldest first
wait_for(count)   -> the letters, once that many have arrived
"""

import ssl
import threading
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.support.ports import free_port

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One accepted letter: its envelope, its message, and that as it came."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage
    content: bytes


class _Keep:
    """What has arrived; a plain class, because aiosmtpd looks all through its handler."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.arrived = threading.Condition()

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        content = cast("bytes", envelope.content)
        message = message_from_bytes(content, policy=policy.default)
        letter = Letter(
            sender=envelope.mail_from or "",
            recipients=tuple(envelope.rcpt_tos),
            message=message,
            content=content,
        )
        with self.arrived:
            self.letters.append(letter)
            self.arrived.notify_all()
        return "250 Kept"


def _knows(login: tuple[str, str] | None, *asked: Any) -> AuthResult:
    """Tell whether this is the login."""
    given = asked[-1]
    right = isinstance(given, LoginPassword) and login == (
        given.login.decode(),
        given.password.decode(),
    )
    return AuthResult(success=right)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSink:
    """A listening sink; `stop` closes it."""

    port: int
    host: str
    _keep: _Keep
    _controller: Controller

    @classmethod
    def start(
        cls, tls: ssl.SSLContext | None = None, login: tuple[str, str] | None = None
    ) -> "SmtpSink":
        """Listen on a free loopback port; with `tls`, only to who says STARTTLS and has this login."""
        keep, port = _Keep(), free_port()
        strict: dict[str, Any] = {"tls_context": tls, "require_starttls": True}
        strict |= {"auth_required": True, "authenticator": partial(_knows, login)}
        controller = Controller(
            keep, hostname=HOST, port=port, ready_timeout=60, **(strict if tls else {})
        )
        controller.start()
        return cls(port=port, host=HOST, _keep=keep, _controller=controller)

    @property
    def letters(self) -> tuple[Letter, ...]:
        """What has arrived so far, oldest first."""
        return tuple(self._keep.letters)

    def wait_for(self, count: int, seconds: float = 60.0) -> tuple[Letter, ...]:
        """Return the letters once `count` of them have arrived; fail after `seconds`."""
        with self._keep.arrived:
            if not self._keep.arrived.wait_for(lambda: len(self._keep.letters) >= count, seconds):
                raise TimeoutError(f"{len(self._keep.letters)} of {count} letters arrived")
            return tuple(self._keep.letters)

    def forget(self) -> None:
        """Empty the sink."""
        self._keep.letters.clear()

    def stop(self) -> None:
        """Stop listening."""
        self._controller.stop()
