"""What a subscriber is, and what their status allows."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from msgspec.structs import asdict

from watchword.kernel.facts import OWNER, SECURITY_EVENT, Fact, Line
from watchword.kernel.flags import Flag
from watchword.kernel.ids import SubscriberId
from watchword.kernel.problems import Kind, Problem
from watchword.plumbing.contact import described, mailbox_key
from watchword.plumbing.shapes import Answer
from watchword.plumbing.words.languages import CHOSEN

NEW_ACCOUNTS: Final = Flag("registration", "Strangers make accounts of their own.")
PENDING: Final = "pending_verification"
ACTIVE: Final = "active"
LOCKED: Final = "locked"
DISABLED: Final = "disabled"
ERASING: Final = "erasing"
ERASED: Final = "erased"
STATUSES: Final = (PENDING, ACTIVE, LOCKED, DISABLED, ERASING, ERASED)

NOWHERE: Final = "erased.invalid"  # RFC 6761: no name below .invalid ever exists
SEEN_EVERY: Final = timedelta(days=1)

USER: Final = "user"
ADMIN: Final = "admin"

GUESSES: Final = "guesses"
RELEASED: Final = "mailbox_proof"


class AccountPending(Problem):
    """Confirm your e-mail address first: we sent you a letter."""

    code = "email_not_verified"
    kind = Kind.FORBIDDEN


class AccountLocked(Problem):
    """This account is locked: contact the people who run this service."""

    code = "account_locked"
    kind = Kind.FORBIDDEN


class AccountDisabled(Problem):
    """This account is disabled: contact the people who run this service."""

    code = "account_disabled"
    kind = Kind.FORBIDDEN


class LastAdmin(Problem):
    """This is the last active administrator: make another one first."""

    code = "last_admin"
    kind = Kind.CONFLICT


class EmailTaken(Problem):
    """This address has an account already."""

    code = "email_taken"
    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """One account. `contested`: several strangers registered it before its mailbox was proven."""

    id: SubscriberId
    email: str
    email_verified_at: datetime | None
    given_name: str
    family_name: str
    name: str
    phone: str | None
    phone_verified_at: datetime | None
    status: str
    role: str
    language: str
    language_by: str
    contested: bool
    version: int
    created_at: datetime
    updated_at: datetime


class Person(Answer, frozen=True):
    """Who somebody is."""

    id: str
    email: str
    email_verified: bool
    first_name: str
    last_name: str
    name: str
    role: str
    language: str


class Profile(Person, frozen=True):
    """The subscriber's own data; `language_chosen`: by themselves, so that no browser's word counts more."""

    language_chosen: bool
    phone: str | None
    phone_verified: bool
    status: str
    version: int


def person_of(account: Any) -> Person:
    """Tell who somebody is, from an account or the row of one."""
    return Person(
        id=str(account.id),
        email=account.email,
        email_verified=account.email_verified_at is not None,
        first_name=account.given_name,
        last_name=account.family_name,
        name=account.name,
        role=account.role,
        language=account.language,
    )


def profile_of(subscriber: Subscriber) -> Profile:
    """Tell the subscriber what we know of them."""
    return Profile(
        **asdict(person_of(subscriber)),
        phone=subscriber.phone,
        language_chosen=subscriber.language_by == CHOSEN,
        phone_verified=subscriber.phone_verified_at is not None,
        status=subscriber.status,
        version=subscriber.version,
    )


def refusal(status: str) -> Problem | None:
    """Return why an account of this status may not sign in, or nothing."""
    problems = {PENDING: AccountPending, LOCKED: AccountLocked, DISABLED: AccountDisabled}
    if status == ACTIVE:
        return None
    return problems.get(status, AccountDisabled)()


def reached_at(subscriber: Subscriber, address: str) -> bool:
    """Tell whether a mailbox's key, or a proven telephone number, is the account's."""
    return address in addresses_of(subscriber)


def country_of(subscriber: Subscriber | None) -> str:
    """Return the country of an account's proven number, by two letters; empty where nobody can tell."""
    if subscriber is None or subscriber.phone is None or subscriber.phone_verified_at is None:
        return ""
    return described(subscriber.phone).country


def addresses_of(subscriber: Subscriber) -> tuple[str, ...]:
    """Return what an account is reached at: its mailbox's key, and its number once that is proven."""
    number = subscriber.phone if subscriber.phone_verified_at else None
    return (mailbox_key(subscriber.email), *([number] if number else []))


def keep_one_admin(
    admins: Collection[SubscriberId], subscriber: Subscriber, status: str, role: str
) -> None:
    """Refuse to take the last active administrator away. Problem: `last_admin`."""
    stays = status == ACTIVE and role == ADMIN
    if not stays and subscriber.id in admins and len(admins) == 1:
        raise LastAdmin


def keeps_password(*, contested: bool, by_registration: bool) -> bool:
    """Tell whether a pending account keeps its password when its mailbox is proven (decision 0010).

    It does when the proof answers the letter of its only registration. Whoever asked for any other
    letter may not be who registered, and of several who registered nobody knows which one it is.
    """
    return by_registration and not contested


def full_name(given_name: str, family_name: str) -> str:
    """Join the parts of a name."""
    return f"{given_name} {family_name}".strip()


def split_name(name: str) -> tuple[str, str]:
    """Split one name into the pair: the first word, and the rest."""
    given, _, family = name.strip().partition(" ")
    return given, family.strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRegistered(Fact):
    """An account was made."""

    type: ClassVar[str] = "id.user.registered"
    by: str = OWNER
    role: str = USER


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailVerified(Fact):
    """A mailbox proved itself."""

    type: ClassVar[str] = "id.user.email_verified"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneVerified(Fact):
    """A telephone proved itself."""

    type: ClassVar[str] = "id.user.phone_verified"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserUpdated(Fact):
    """Somebody changed their account; `fields` are the names of what changed."""

    type: ClassVar[str] = "id.user.updated"
    fields: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserErased(Fact):
    """An account is no more: a stub without a name or an address stays, if anything does."""

    type: ClassVar[str] = "id.user.erased"
    by: str = OWNER


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberLocked(Fact):
    """An account was locked: by an administrator, or by wrong guesses for a while."""

    type: ClassVar[str] = "id.account.locked"
    by: str

    @property
    def lines(self) -> tuple[Line, ...]:
        """Say it where operators look for it, unless one of them did it."""
        return (SECURITY_EVENT,) if self.by == GUESSES else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberUnlocked(Fact):
    """A lock was taken off."""

    type: ClassVar[str] = "id.account.unlocked"
    by: str = OWNER


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberDisabled(Fact):
    """An administrator disabled an account."""

    type: ClassVar[str] = "id.account.disabled"
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberEnabled(Fact):
    """An administrator enabled an account again."""

    type: ClassVar[str] = "id.account.enabled"
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleGiven(Fact):
    """An account got another role."""

    type: ClassVar[str] = "id.user.role_given"
    by: str
    role: str
