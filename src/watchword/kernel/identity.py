"""Identity providers: others who say who somebody is, and how we ask them; `app` says who they are.

    errand    what we remember of one way there and back: three secrets
    leave     an errand                 -> the provider's address that the browser goes to
    vouch     an errand, and a code     -> who came back, as the provider says
    look      an operator asks          -> how the provider is

Whom a provider knows is told by the pair of issuer and subject; an address of mail is only something that
it says of them. Source: OpenID Connect Core 1.0, section 5.7; RFC 9700.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from watchword.kernel.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One way to a provider and back.

    `state` binds the way back to the browser, `nonce` the identity token, `verifier` the code (PKCE).
    """

    state: Secret
    nonce: Secret
    verifier: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whom a provider vouches for: `subject` at `issuer`, and what it says of them.

    `email_verified`: the provider says that the mailbox is theirs.
    """

    issuer: str
    subject: str
    email: str = ""
    email_verified: bool = False
    given_name: str = ""
    family_name: str = ""
    name: str = ""


class NotVouched(Exception):
    """What came back proves nobody; the reason is a word or two, never what a stranger wrote."""


class IdentityProvider(Protocol):
    """A provider: its `name` in addresses, its `title` for people, its `issuer` for ever.

    `redirect_uri` is where it sends people back, and nowhere else.
    """

    name: str
    title: str
    issuer: str
    redirect_uri: str

    async def look(self, now: datetime) -> str:
        """Return how it is, in a few words; nobody is sent there. Problems: `OutOfReach`, `NotVouched`."""
        ...

    async def leave(self, errand: Errand, now: datetime) -> str:
        """Return where the browser goes. Problems: `OutOfReach`, `NotVouched`."""
        ...

    async def vouch(
        self, errand: Errand, code: Secret, issuer: str | None, now: datetime
    ) -> Identity:
        """Return who came back with a code; `issuer` is whose answer it says to be (RFC 9207).

        Problems: `NotVouched`, `OutOfReach`.
        """
        ...


@dataclass(frozen=True, slots=True)
class IdentityProviders:
    """Those that the settings name, in the order in which they are offered."""

    each: tuple[IdentityProvider, ...] = ()

    @property
    def offered(self) -> list[tuple[str, str]]:
        """Return name and title of each."""
        return [(each.name, each.title) for each in self.each]

    def named(self, name: str) -> IdentityProvider | None:
        """Return the one of this name, if there is one."""
        return next((each for each in self.each if each.name == name), None)

    def of(self, issuer: str) -> IdentityProvider | None:
        """Return the one whose identities these are, if there still is one."""
        return next((each for each in self.each if issuer == each.issuer), None)
