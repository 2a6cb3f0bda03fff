"""What slices do for one another, as shapes: none imports another, and `app` decides who fills them.

    PasswordProof  CodeProof  MailboxProof      something is proven
    Entrance  Lockout                           an account is entered, or locked
    ResetGrants  PinRecovery  TelephoneMenu     a password or a PIN is chosen anew; by telephone, too
    IdentityLinking                             an account is entered by way of another provider
    Permission  Postbook                        whether a letter or a text may leave, and which did
    Exporter  Eraser                            what is known of somebody, given out or erased

Whoever is handed a `Transaction` does its part in it, so that all of the flow happens or none
(docs/decisions/0016); the others see to their own. What stands outside, which adapters fill, is a port
in `kernel/ports.py`, and so is what the web asks about whoever comes: adapters know no plumbing.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from watchword.kernel.identity import Identity
from watchword.kernel.ids import SessionId, SubscriberId, TicketId
from watchword.kernel.ports import Caller, Visitor
from watchword.kernel.problems import Problem
from watchword.kernel.secret import Secret
from watchword.plumbing.carriers.carrier import Try
from watchword.plumbing.carriers.latest import Latest
from watchword.plumbing.db.ports import Executor, Transaction
from watchword.plumbing.shapes import Answer
from watchword.plumbing.ussd.gateway import Dialled


class Account(Protocol):
    """Whose account it is: a subscriber, or as much of their row."""

    @property
    def id(self) -> SubscriberId:
        """Which account it is."""

    @property
    def status(self) -> str:
        """Whether it is open."""

    @property
    def role(self) -> str:
        """What it may do."""

    @property
    def email(self) -> str:
        """Where its owner is told."""

    @property
    def given_name(self) -> str:
        """How its owner is greeted."""

    @property
    def language(self) -> str:
        """In which language, when nobody is there to ask."""

    @property
    def language_by(self) -> str:
        """How we know: chosen, seen or guessed."""


class Claimed(Account, Protocol):
    """An account whose mailbox may not be proven yet."""

    @property
    def contested(self) -> bool:
        """Whether several strangers registered it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """A session that lets in, `at` a moment: a browser carries `cookie`, an API client `refresh_token`."""

    session_id: SessionId
    user_id: SubscriberId
    role: str
    methods: tuple[str, ...]
    authenticated_at: datetime
    at: datetime
    expires_at: datetime
    cookie: Secret | None = None
    refresh_token: Secret | None = None
    refresh_expires_at: datetime | None = None


class Tokens(Answer, frozen=True, kw_only=True):
    """What an API client is given; for a browser all of it is null."""

    access_token: str | None = None
    token_type: str | None = None
    expires_in: int | None = None
    refresh_token: str | None = None
    refresh_expires_in: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """A right password: the account's row, the hash it matched, and the key its guess counts under.

    `new_device`: the account has had sessions, but none with this visitor's user agent.
    """

    account: Account
    new_device: bool
    hash: str
    pepper_version: int
    guess: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Stub:
    """What a spent (or looked at) ticket says: whom and which address it is about, and a detail."""

    id: TicketId
    user_id: SubscriberId | None
    address: str
    detail: str | None


class Entrance(Protocol):
    """The one way from "we know who this is" to a session (NIST SP 800-63B-4, section 5).

    A flow that has proven who somebody is asks to `admit` them in its transaction, and for an API
    client's `tokens` after the commit; so does who renews them.
    """

    async def admit(
        self,
        tx: Transaction,
        account: Account,
        *,
        method: str,
        visitor: Visitor,
        transport: str,
        now: datetime,
        new_device: bool | None = None,
    ) -> Admission:
        """Open a session; the journal and, when the device is new, the owner are told.

        Whoever knows already whether it is spares a look.
        """
        ...

    async def tokens(self, admission: Admission) -> Tokens:
        """Return an API client's tokens (RFC 6749, section 5.1)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhausted:
    """A count of guesses that bears no more: of passwords or codes, at which address, and its key."""

    kind: str
    address: str
    guess: bytes


class Lockout(Protocol):
    """Whoever tells of an account that refuses guesses, after one wrong password or code too many."""

    async def lock(
        self,
        tx: Transaction,
        count: Exhausted,
        account: Account | None,
        visitor: Visitor,
        now: datetime,
    ) -> None:
        """Note the lock and write to the owner; without one, do work alike."""
        ...


class PasswordProof(Protocol):
    """Whoever tells the right password from a wrong one, and counts the guess whichever door it was at."""

    async def prove(
        self,
        address: str,
        password: Secret,
        *,
        owner: SubscriberId | None = None,
        door: str,
        visitor: Visitor,
        now: datetime,
    ) -> Proven | None:
        """Compare a password with that of an address's account, `owner`'s alone if one is named.

        Nothing when it is wrong, which counts and is noted. Problems: `too_many_attempts`, `overloaded`.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RightCode:
    """A code that was right: its ticket, not spent yet, how it was asked for, and its guess's key."""

    purpose: str
    ticket: Stub
    channel: str
    country: str
    guess: bytes


class CodeProof(Protocol):
    """Whoever tells the right code from a wrong one, and counts the guess whichever door it was at."""

    async def prove(
        self,
        purpose: str,
        address: str,
        code: Secret,
        *,
        channel: str,
        country: str,
        owner: SubscriberId | None = None,
        visitor: Visitor,
        now: datetime,
    ) -> RightCode:
        """Compare a code with the one of an address; `owner`: who is signed in and asked for it.

        `channel` and `country` are those by which the flow asks for such codes; a journal of codes
        compares by them. Problems: `code_invalid`, which counts and is noted; `too_many_attempts`.
        """
        ...

    async def spend(
        self, tx: Transaction, right: RightCode, visitor: Visitor, now: datetime
    ) -> None:
        """Spend the code and forget the count. Problem: `code_invalid` when somebody was faster."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """What lets somebody choose a new password or PIN: a link, a right code, or a grant; not spent yet.

    `spend` spends it, and returns what it says once more; `unfit`: the problem where the account has changed
    since; `channel`: the way that it came to them by, which of a grant only the ledger knows.
    """

    stub: Stub
    spend: Callable[[Transaction], Awaitable[Stub]]
    unfit: type[Problem]
    channel: str | None = None


class ResetGrants(Protocol):
    """Whoever lets somebody who proved a code choose a new secret; `what` it is says `records/resets`."""

    async def prove(
        self,
        what: str,
        address: str,
        code: Secret,
        *,
        channel: str,
        country: str,
        visitor: Visitor,
        now: datetime,
    ) -> RightCode:
        """Compare a code that was sent for a reset. Problems: those of a code's proof."""
        ...

    async def give(
        self,
        tx: Transaction,
        what: str,
        right: RightCode,
        owner: SubscriberId,
        visitor: Visitor,
        now: datetime,
    ) -> Secret:
        """Spend the code and return a grant, good once. Problem: `code_invalid`: somebody was faster."""
        ...

    async def by_link(self, what: str, token: Secret, now: datetime) -> Permit:
        """Return what a link permits. Problems: `token_invalid`, `token_used`, `token_expired`."""
        ...

    def by_code(self, right: RightCode, visitor: Visitor, now: datetime) -> Permit:
        """Return what a right code permits. Problem, when it is spent: `code_invalid`."""
        ...

    async def by_grant(self, what: str, grant: Secret, now: datetime) -> Permit:
        """Return what a grant permits. Problems: `grant_invalid`, `grant_used`."""
        ...


class TelephoneMenu(Protocol):
    """Whoever answers a plain telephone, by way of a network's gateway."""

    async def answer(self, dialled: Dialled, visitor: Visitor) -> str:
        """Return what the telephone shows: `CON` and a screen, or `END` and the last one."""
        ...


class PinRecovery(Protocol):
    """Whoever leads somebody to a new PIN whose number the network vouches for."""

    async def ask_from(self, number: str, visitor: Visitor, *, by_letter: bool) -> None:
        """Send a code to whoever dialled, as a text or to their mailbox."""
        ...

    async def prove_from(self, number: str, code: Secret, visitor: Visitor) -> Secret:
        """Return a grant for the code. Problems: `code_invalid`, `too_many_attempts`, the account's."""
        ...

    async def confirm(self, grant: Secret, pin: Secret, visitor: Visitor) -> None:
        """Replace the PIN by grant. Problems: `grant_invalid`, `grant_used`, the account's, the PIN's."""
        ...


class MailboxProof(Protocol):
    """Whoever opens a pending account to the one who proved its mailbox (docs/decisions/0010)."""

    async def prove(
        self, tx: Transaction, owner: Claimed, answers: str, visitor: Visitor, now: datetime
    ) -> Account:
        """Open a held account whose mailbox answered a letter; one that is not pending stays as it is."""
        ...


class IdentityLinking(Protocol):
    """Whoever has an identity of another provider open an account, too."""

    async def link(self, caller: Caller, identity: Identity, visitor: Visitor) -> None:
        """Link it to the caller's account. Problems: `identity_taken`, `identity_linked_already`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """A letter or a text that is about to leave, or has left: `channel` says which."""

    channel: str
    id: UUID
    to: str
    template: str


class Permission(Protocol):
    """Whoever knows what people allow us to write to them for."""

    async def allows(self, address: str, purpose: str, now: datetime) -> bool:
        """Tell whether the reader of this address allows letters for a purpose."""
        ...


class Postbook(Protocol):
    """Whoever knows where letters may not go, and remembers those that left."""

    async def withheld(self, letter: Leaving, *, asked_for: bool, now: datetime) -> str | None:
        """Return why a letter may not leave, in a word; `asked_for`: somebody waits for it."""
        ...

    async def owner(self, letter: Leaving) -> SubscriberId | None:
        """Return whose account has the address that a letter goes to."""
        ...

    async def note(self, db: Executor, leaving: Leaving, tried: Try, now: datetime) -> None:
        """Remember what a carrier took."""
        ...

    async def tell(self, db: Executor, channel: str, latest: Sequence[Latest]) -> None:
        """Remember when carriers last took something, and why they last did not."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What somebody is given of their data: its name, its media type, its bytes."""

    name: str
    media_type: str
    content: bytes


class Exporter(Protocol):
    """Whoever gathers all that is known of an account."""

    async def document(self, user_id: SubscriberId, form: str, by: str) -> Document:
        """Return it as `json`, `csv` or `zip`; the journal is told. Problem: `not_found`."""
        ...


class Eraser(Protocol):
    """Whoever erases an account."""

    async def erase(self, user_id: SubscriberId, by: str) -> UUID:
        """Erase it now; return the number of the receipt. Problems: `not_found`, `legal_hold`."""
        ...

    async def erase_unused(self, user_id: SubscriberId, before: datetime, by: str) -> bool:
        """Erase it now, unless it is held, or somebody used it since that moment; tell whether it went."""
        ...

    async def repeat(self, receipt: UUID, user_id: SubscriberId, erased_at: datetime) -> bool:
        """Erase anew what an older backup brought back; false when there is nothing to erase."""
        ...

    async def remember(self, receipt: UUID, user_id: SubscriberId, erased_at: datetime) -> None:
        """Keep that somebody was erased who is not here: an older backup may bring them back one day."""
        ...
