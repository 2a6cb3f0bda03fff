"""What is needed of the outside, and who comes from there, as shapes; `app` decides who fills them.

What slices do for one another stands in `plumbing/ports.py`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from watchword.kernel.feedback import Heard, Post
from watchword.kernel.ids import SessionId, SubscriberId
from watchword.kernel.limits import Limit, Verdict
from watchword.kernel.messages import Message, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody with a living session: who they are, how sure we are, until when.

    `version` is the account row's, for optimistic locking; `transport` is "cookie" or "token".
    """

    session_id: SessionId
    user_id: SubscriberId
    email: str
    given_name: str
    family_name: str
    name: str
    phone: str | None
    phone_verified: bool
    email_verified: bool
    status: str
    role: str
    language: str
    language_by: str
    version: int
    transport: str
    methods: tuple[str, ...]
    aal: int
    created_at: datetime
    authenticated_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Where a request comes from; `network` is the key for limits, `device` a known-device token.

    `language` is that of the answer. `asked_language`: the request itself names it, and then letters are
    in it, too; `heard_language`: what the browser or app says of whoever sits before it.
    """

    address: str
    network: str
    user_agent: str
    language: str
    request_id: str
    device: str | None = None
    asked_language: str | None = None
    heard_language: str | None = None


class Authenticator(Protocol):
    """Whoever can tell a living session from its cookie or its access token."""

    async def by_cookie(self, value: str) -> Caller | None:
        """Return whose cookie it is, or nothing."""
        ...

    async def by_token(self, value: str) -> Caller | None:
        """Return whose access token it is, or nothing."""
        ...


class ServiceDirectory(Protocol):
    """Whoever knows the services that may call us."""

    async def recognise(self, token: str) -> str | None:
        """Return the name of the service whose token it is, or nothing."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """How many letters a carrier took of those that it takes; `most` is nothing without a bound."""

    used: int
    most: int | None


class Mailer(Protocol):
    """A carrier of e-mail."""

    name: str

    async def send(self, message: Message) -> str | None:
        """Hand the message over; return the carrier's own name for it, if it gives one.

        Problems: `NotAccepted`, `Undelivered`.
        """
        ...

    async def check(self) -> str | None:
        """Return nothing when it could send, else a short reason."""
        ...


class Texter(Protocol):
    """A carrier of texts to telephones."""

    name: str

    async def send(self, text: Text) -> str | None:
        """Hand the text over; return the carrier's own name for it, if it gives one.

        Problems: `NotAccepted`, `Undelivered`.
        """
        ...

    async def check(self) -> str | None:
        """Return nothing when it could send, else a short reason."""
        ...


class Reporter(Protocol):
    """Whoever reads what one provider posts to our webhook."""

    carrier: str

    async def read(self, post: Post, now: datetime) -> Heard:
        """Return what a genuine post says. Problems: `NotGenuine`, `Unreadable`, `OutOfReach`."""
        ...


class Fetcher(Protocol):
    """Whoever fetches a small document from an address that was judged before."""

    async def fetch(self, url: str) -> bytes | None:
        """Return the document; nothing when there is none. Problem: `OutOfReach`."""
        ...


@dataclass(frozen=True, slots=True)
class Fill:
    """How many bytes of memory a store takes, and how many it may; 0: as many as there are."""

    used: int
    most: int


class Counters(Protocol):
    """Where hits under a limit are counted."""

    async def hit(self, key: str, limit: Limit, now: datetime) -> Verdict:
        """Count one hit, if the limit allows it."""
        ...

    async def check(self) -> str | None:
        """Return nothing when it works, else a short reason."""
        ...

    async def fill(self) -> Fill | None:
        """Return how full the store is that others share; nothing when it cannot be told."""
        ...


class Cache(Protocol):
    """Where copies of what the database has are kept for a while.

    A copy may be old: whoever takes one compares it. The copy of an account is `user:{id}`, and dropped
    when the account changes.
    """

    async def get(self, key: str) -> bytes | None:
        """Return a copy; nothing when there is none, or the cache is away."""
        ...

    async def put(self, key: str, value: bytes, lasts: timedelta) -> None:
        """Keep a copy for a while, if the cache is there."""
        ...

    async def count(self) -> int:
        """Return how many copies there are."""
        ...

    async def clear(self) -> int:
        """Drop every copy; return how many."""
        ...


class Migrations(Protocol):
    """Whoever knows the schema that this program wants."""

    async def complete(self) -> bool:
        """Tell whether the database has it."""
        ...


class NotAccepted(Exception):
    """The carrier certainly did not take the message.

    `lasting`: it is about this very message or its address, so no carrier ever will. `of_reader`: it is
    about this message or its reader for now, or in doubt; the carrier is well, and takes others.
    `retry_after` is how long this carrier asked to be left alone.
    """

    def __init__(
        self,
        reason: str,
        *,
        lasting: bool = False,
        of_reader: bool = False,
        retry_after: timedelta | None = None,
    ) -> None:
        """Keep the reason (no secret, no address)."""
        super().__init__(reason)
        self.lasting = lasting
        self.of_reader = of_reader
        self.retry_after = retry_after


class Unfit(NotAccepted):
    """This carrier cannot take this message, however well it is; another may."""

    def __init__(self, reason: str) -> None:
        """Keep the reason (no secret, no address)."""
        super().__init__(reason, lasting=True)


class OutOfReach(Exception):
    """Whoever was asked did not answer; later they may. `retry_after`: how long they asked us to wait."""

    def __init__(self, reason: str, *, retry_after: timedelta | None = None) -> None:
        """Keep the reason (no secret, no address)."""
        super().__init__(reason)
        self.retry_after = retry_after


class Undelivered(Exception):
    """Nobody can tell whether the carrier took the message."""


class ColdStorage(Protocol):
    """Where what is seldom read is kept for long; every OSError means that it is out of reach, or full."""

    async def put(self, name: str, content: bytes) -> None:
        """Keep an object. OSError: it could not be kept."""
        ...

    async def put_file(self, name: str, path: Path) -> None:
        """Keep a file as an object."""
        ...

    async def get(self, name: str) -> bytes | None:
        """Return an object; nothing when it is not there. OSError: nobody can tell."""
        ...

    async def get_file(self, name: str, path: Path) -> bool:
        """Write an object into a file; false when it is not there."""
        ...

    async def names(self) -> Sequence[str]:
        """Return the name of every object."""
        ...

    async def delete(self, name: str) -> None:
        """Delete an object; nothing happens when it is not there."""
        ...

    async def tidy(self, before: datetime, ours: Callable[[str], bool]) -> None:
        """Throw away what was begun before a moment under such a name, and never became an object."""
        ...

    async def close(self) -> None:
        """Leave."""
        ...
