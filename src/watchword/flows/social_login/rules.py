"""What a browser remembers of a sign-in elsewhere, what can go wrong with one, and what letters say."""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from watchword.kernel.identity import Errand, Identity, IdentityProvider
from watchword.kernel.ports import Visitor
from watchword.kernel.problems import FieldError, InputInvalid, Kind, Problem, Unavailable
from watchword.kernel.secret import Secret
from watchword.plumbing.contact import EmailAddress, email_address, person_name
from watchword.plumbing.ports import Account
from watchword.plumbing.settings.identity_providers import SHARED_CALLBACK
from watchword.plumbing.words.languages import Spoken, learned
from watchword.records.deliveries.rules import Letter
from watchword.records.sessions.rules import LoginFailed
from watchword.records.subscribers.rules import split_name

LASTS: Final = timedelta(minutes=10)
DECLINED: Final = "access_denied"
MOST_ATTEMPTS: Final = 5
MOST_KEPT: Final = 4096  # signs in all cookies of attempts together: a header has bounds
_MARK: Final = re.compile("[0-9a-f]{16}")


class OauthStateInvalid(Problem):
    """This sign-in was not begun in this browser, was used, or took too long: begin again."""

    code = "oauth_state_invalid"
    kind = Kind.MALFORMED


class OauthDeclined(Problem):
    """You did not agree to sign in there, so nothing happened here."""

    code = "oauth_declined"
    kind = Kind.FORBIDDEN


class OauthRefused(Problem):
    """The provider did not confirm who you are: begin again."""

    code = "oauth_refused"
    kind = Kind.MALFORMED


class OauthUnavailable(Unavailable):
    """The provider does not answer: try again in a moment, or sign in another way."""

    code = "oauth_unavailable"


class OauthEmailUnverified(Problem):
    """The provider has not verified your e-mail address, and a new account needs one that is."""

    code = "oauth_email_unverified"
    kind = Kind.FORBIDDEN


class OauthAccountExists(Problem):
    """This address has an account: sign in to it, and link this sign-in there."""

    code = "oauth_account_exists"
    kind = Kind.CONFLICT


class Attempt(msgspec.Struct, frozen=True):
    """One way to a provider and back, as the browser keeps it, sealed.

    `session`: that of an account to link to; without one somebody signs in.
    """

    provider: str
    state: str
    nonce: str
    verifier: str
    begun_at: datetime
    return_to: str = ""
    session: UUID | None = None

    @property
    def errand(self) -> Errand:
        """Return what the provider is asked with."""
        return Errand(
            state=Secret(self.state), nonce=Secret(self.nonce), verifier=Secret(self.verifier)
        )

    def holds(self, state: str, now: datetime) -> bool:
        """Tell whether somebody comes back by this way, in time."""
        same = hmac.compare_digest(self.state.encode(), state.encode())
        return same and self.lasts(now)

    def lasts(self, now: datetime) -> bool:
        """Tell whether there is time left to come back."""
        return now - self.begun_at < LASTS


def mark_of(state: str) -> str:
    """Return what the cookie of an attempt is called by; whose it is, the seal in it says."""
    return sha256(state.encode()).hexdigest()[:16]


def is_mark(text: str) -> bool:
    """Tell whether a cookie may be called so."""
    return _MARK.fullmatch(text) is not None


def crowded_out(
    kept: Mapping[str, tuple[Attempt | None, int]], room: int, now: datetime
) -> tuple[str, ...]:
    """Return the marks of attempts that leave the browser when one more begins.

    `kept` says of each what it is, if anything, and how long: the newest stay that fit into the room.
    """
    alive = [
        (attempt.begun_at, mark, size)
        for mark, (attempt, size) in kept.items()
        if attempt is not None and attempt.lasts(now)
    ]
    stay: set[str] = set()
    for _, mark, size in sorted(alive, reverse=True)[: MOST_ATTEMPTS - 1]:
        room -= size
        if room < 0:
            break
        stay.add(mark)
    return tuple(mark for mark in kept if mark not in stay)


class Newcomer(msgspec.Struct, frozen=True):
    """Whom a provider has vouched for, and who has yet to say what we may do with their data.

    `once`: by which it is known that an account was made of it.
    """

    provider: str
    identity: Identity
    vouched_at: datetime
    once: str
    return_to: str = ""

    def holds(self, now: datetime) -> bool:
        """Tell whether it is not long ago."""
        return now - self.vouched_at < LASTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """What a browser brings back: by the address of one provider's own, or by the one of all."""

    provider: str | None
    state: str
    code: str
    issuer: str | None
    error: str

    def came_to(self, provider: IdentityProvider) -> bool:
        """Tell whether it is the address to which this provider sends people, and no other."""
        shared = urlsplit(provider.redirect_uri).path == SHARED_CALLBACK
        return self.provider == (None if shared else provider.name)


def failed(problem: Problem, provider: str, whose: UUID) -> Problem:
    """Return a problem by which the journal learns at whose account somebody was refused."""
    problem.fact = LoginFailed(user_id=whose, method=provider, reason=problem.code)
    return problem


def verified_address(identity: Identity) -> EmailAddress:
    """Return the address that a new account may have. Problem: `oauth_email_unverified`."""
    if not (identity.email and identity.email_verified):
        raise OauthEmailUnverified
    try:
        return email_address(identity.email)
    except InputInvalid:
        raise OauthEmailUnverified(private="this is no address") from None


def names_of(identity: Identity, email: EmailAddress) -> tuple[str, str]:
    """Return first and last name: as the provider tells them, else what stands before the @."""
    given, family = _name(identity.given_name), _name(identity.family_name)
    if not given:
        given, family = split_name(_name(identity.name))
    return given or _name(email.text.partition("@")[0]) or "?", family


def _name(text: str) -> str:
    try:
        return person_name(text, "name") if text else ""
    except InputInvalid:
        return ""


def consent_missing() -> InputInvalid:
    """Return the problem for a new account without the consent that it needs."""
    message = "Without this consent there can be no account."
    return InputInvalid(errors=[FieldError("consents.processing", "consent_required", message)])


def speaks_of(visitor: Visitor) -> Spoken:
    """Return what is learned of a newcomer's language."""
    return learned(
        chosen=visitor.asked_language,
        heard=visitor.heard_language,
        country=None,
        default=visitor.language,
    )


def opened_letter(owner: Account, provider: str, link: str) -> Letter:
    """Tell a mailbox of its new account, and how it is opened."""
    facts = {"name": owner.given_name, "provider": provider, "link": link}
    return Letter(
        template="social_login/account_opened",
        to=owner.email,
        language=owner.language,
        facts=facts,
    )
