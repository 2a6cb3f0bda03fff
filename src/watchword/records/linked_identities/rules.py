"""What a linked identity is, what can be wrong with one, and what the journal learns."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from watchword.kernel.facts import Fact
from watchword.kernel.identity import Identity
from watchword.kernel.ids import IdentityId, SubscriberId
from watchword.kernel.problems import Kind, Problem

_LONGEST_LABEL = 254


class IdentityTaken(Problem):
    """This sign-in belongs to another account here."""

    code = "identity_taken"
    kind = Kind.CONFLICT


class IdentityLinkedAlready(Problem):
    """The account has another sign-in with this provider: unlink that one first."""

    code = "identity_linked_already"
    kind = Kind.CONFLICT


class LastWayIn(Problem):
    """This is the last way into the account: choose a password or link another sign-in first."""

    code = "last_way_in"
    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedIdentity:
    """An identity that opens an account."""

    id: IdentityId
    user_id: SubscriberId
    issuer: str
    label: str
    linked_at: datetime
    used_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityLinked(Fact):
    """An account is opened by an identity of a provider from now on."""

    type: ClassVar[str] = "id.identity.linked"
    provider: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityUnlinked(Fact):
    """An account is no longer opened by an identity of a provider."""

    type: ClassVar[str] = "id.identity.unlinked"
    provider: str


def label_of(identity: Identity) -> str:
    """Return what its owner knows an identity by, on one line."""
    told = identity.email or identity.name or identity.subject
    return "".join(sign for sign in told if sign.isprintable())[:_LONGEST_LABEL]


def may_unlink(others: int, *, has_password: bool) -> bool:
    """Tell whether an account can do without an identity that has so many others to come by.

    The code of a letter proves a mailbox and is no authenticator (SP 800-63B-4), so it does not count.
    """
    return has_password or others > 0
