"""The catalogue of events: for each public type its version, what it tells, and when it happens.

A type is that of the fact it tells of (`kernel/facts`). A field may be added with a default; any other
change of a shape is a new version.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

User = Annotated[UUID, Meta(description="The account that it is about.")]
MaybeUser = Annotated[
    UUID | None, Meta(description="The account that it is about; null where there is none.")
]
By = Annotated[
    str,
    Meta(description="Who did it: owner, another account's id, or a part of the service."),
]
Channel = Annotated[
    str, Meta(description="The way that the proof or the wish came by: email, sms, ussd, web, api.")
]
Country = Annotated[
    str | None, Meta(description="The country of the telephone number (ISO 3166-1); null: unknown.")
]
Session = Annotated[UUID, Meta(description="The session.")]
Reason = Annotated[str, Meta(description="Why, in a word or two; never an address.")]
Template = Annotated[str, Meta(description="Which kind of letter it was.")]
Words = Annotated[tuple[str, ...], Meta(description="Plain words, at least one.")]


class Data(Struct, frozen=True, kw_only=True):
    """What an event tells."""


Shape = type[Data]


class OfUser(Data, frozen=True, kw_only=True):
    """An account."""

    user_id: User


class OfUserBy(OfUser, frozen=True, kw_only=True):
    """An account, and who did it."""

    by: By


class Registered(OfUserBy, frozen=True, kw_only=True):
    """A new account."""

    role: Annotated[str, Meta(description="What it may do: user or admin.")]


class Updated(OfUser, frozen=True, kw_only=True):
    """An account whose data changed."""

    fields: Annotated[Words, Meta(description="Which fields changed; not what they say.")]


class ResetRequested(Data, frozen=True, kw_only=True):
    """A wish for a new secret."""

    user_id: MaybeUser = None
    channel: Channel
    country: Country = None


class ResetCompleted(OfUser, frozen=True, kw_only=True):
    """A new secret."""

    channel: Channel
    country: Country = None


class SessionCreated(OfUser, frozen=True, kw_only=True):
    """A new session."""

    session_id: Session
    methods: Annotated[Words, Meta(description="How its owner proved who they are (RFC 8176).")]


class SessionRevoked(Data, frozen=True, kw_only=True):
    """A session that was ended."""

    user_id: MaybeUser = None
    session_id: Session
    reason: Reason
    by: By


class ReuseDetected(Data, frozen=True, kw_only=True):
    """A session whose refresh token came twice."""

    user_id: MaybeUser = None
    session_id: Session


class LoginFailed(Data, frozen=True, kw_only=True):
    """A sign-in that was refused."""

    user_id: MaybeUser = None
    method: Annotated[str, Meta(description="What was to prove who it is.")]
    reason: Reason


class Locked(Data, frozen=True, kw_only=True):
    """An account that was locked, or unlocked."""

    user_id: MaybeUser = None
    by: By


class Consent(OfUser, frozen=True, kw_only=True):
    """A consent."""

    purpose: Annotated[str, Meta(description="What for.")]
    text_version: Annotated[int, Meta(description="The version of the text that was shown.")]
    channel: Channel


class ConsentWithdrawn(Consent, frozen=True, kw_only=True):
    """A consent that was withdrawn."""

    by: By


class LetterComplained(Data, frozen=True, kw_only=True):
    """A letter that its reader called unwanted."""

    user_id: MaybeUser = None
    carrier: Annotated[str, Meta(description="Who carried it.")]
    template: Template


class LetterBounced(LetterComplained, frozen=True, kw_only=True):
    """A letter that came back."""

    lasting: Annotated[bool, Meta(description="Whether the address is good for no letter.")]


class LetterDead(Data, frozen=True, kw_only=True):
    """A dead letter."""

    user_id: MaybeUser = None
    letter: Annotated[UUID, Meta(description="The letter.")]
    template: Template
    reason: Reason


@dataclass(frozen=True, slots=True)
class Public:
    """A public type: its `version` is that of the shape."""

    type: str
    version: int
    shape: Shape
    when: str

    @property
    def schema(self) -> str:
        """Return the name of its schema, which an event carries as `dataschema`."""
        return f"urn:watchword:event:{self.type}:{self.version}"

    def data(self, user_id: UUID | None, facts: Mapping[str, Any]) -> Data:
        """Return what the fact tells others. ValueError: it does not have this shape."""
        names = self.shape.__struct_fields__
        told = {name: _told(name, value) for name, value in facts.items() if name in names}
        try:
            return msgspec.convert({**told, "user_id": user_id}, self.shape)
        except msgspec.ValidationError as error:
            raise ValueError(f"{self.type}: {error}") from error


_PUBLIC: Final = (
    Public("id.user.registered", 1, Registered, "An account was made."),
    Public("id.user.email_verified", 1, OfUser, "An owner proved to read the mailbox."),
    Public("id.user.phone_verified", 1, OfUser, "An owner proved to have the telephone."),
    Public("id.user.updated", 1, Updated, "The data of an account changed."),
    Public("id.user.erased", 1, OfUser, "An account was erased."),
    Public("id.password.changed", 1, OfUser, "A password was changed by who was signed in."),
    Public("id.password.reset.requested", 1, ResetRequested, "A new password was asked for."),
    Public(
        "id.password.reset.completed",
        1,
        ResetCompleted,
        "A new password was set, by a code or a link.",
    ),
    Public("id.ussd.pin.reset.requested", 1, ResetRequested, "A new PIN was asked for."),
    Public(
        "id.ussd.pin.reset.completed", 1, ResetCompleted, "A new PIN was set, by a code or by USSD."
    ),
    Public("id.session.created", 1, SessionCreated, "Somebody signed in."),
    Public("id.session.revoked", 1, SessionRevoked, "A session was ended before its time."),
    Public("id.token.reuse_detected", 1, ReuseDetected, "A refresh token came twice."),
    Public("id.login.failed", 1, LoginFailed, "A sign-in was refused."),
    Public("id.account.locked", 1, Locked, "An account refuses guesses, or was locked."),
    Public("id.account.unlocked", 1, Locked, "An account takes guesses again."),
    Public("id.consent.granted", 1, Consent, "Somebody consented."),
    Public("id.consent.withdrawn", 1, ConsentWithdrawn, "Somebody withdrew a consent."),
    Public("id.consent.renewed", 1, Consent, "Somebody consented once more."),
    Public("id.email.bounced", 1, LetterBounced, "A letter came back."),
    Public("id.email.complained", 1, LetterComplained, "A reader called a letter unwanted."),
    Public("id.email.dead_lettered", 1, LetterDead, "A letter became a dead letter."),
)

_SEVERAL: Final = frozenset({"fields", "methods"})
CATALOGUE: Final[Mapping[str, Public]] = {each.type: each for each in _PUBLIC}


def matching(pattern: str) -> set[str]:
    """Return the types that a pattern means; * stands for any characters."""
    return {each for each in CATALOGUE if fnmatchcase(each, pattern)}


def _told(name: str, value: Any) -> Any:
    """Return a fact's word; several stand in one text, with spaces between them; no country is empty."""
    if name == "country":
        return value or None
    return value.split() if name in _SEVERAL else value
